"""Self-contained schemas, for reading and for editors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from compiler.inputs.schema import load_schema, schema_directory
from compiler.upstream.catalog.facts import section_of

SUFFIX = ".schema.json"
_MAX_REFERENCES = 24


def bundled(version: str, name: str = "apiserver") -> dict[str, Any]:
    """Return a schema of a version, for example `etcd` or `files/Policy`, with references to other files inlined."""
    schema: dict[str, Any] = _inline(load_schema(version, f"{name}{SUFFIX}"), version)
    return schema


def _inline(part: Any, version: str) -> Any:
    if isinstance(part, list):
        return [_inline(item, version) for item in part]
    if not isinstance(part, dict):
        return part
    name = part.get("$ref")
    if isinstance(name, str) and not name.startswith("#"):
        inner = {key: value for key, value in load_schema(version, name).items() if key not in ("$schema", "title")}
        part = {**inner, **{key: value for key, value in part.items() if key != "$ref"}}
    return {key: _inline(value, version) for key, value in part.items()}


def names(version: str) -> dict[str, str]:
    """Map the names of the schemas of a version to their files below the schema directory.

    Option groups have both spellings of their names, structured files their kinds, followed by the artifacts and
    `report`.
    """
    files: dict[str, str] = {}
    root = schema_directory()
    for directory in (f"v{version}", f"v{version}/files", "artifacts", ""):
        for file in sorted(os.listdir(os.path.join(root, directory))):
            if file.endswith(SUFFIX):
                name = file.removesuffix(SUFFIX)
                files.setdefault(name, os.path.join(directory, file))
                files.setdefault(section_of(name), os.path.join(directory, file))
    return files


def artifact_schema(name: str) -> dict[str, Any]:
    """Return the schema of an artifact."""
    with open(os.path.join(schema_directory(), "artifacts", f"{name}{SUFFIX}"), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path and schema of every field; list elements and map values add nothing to the path."""
    yield from _fields(schema, schema, path, ())


def _fields(
    part: dict[str, Any], root: dict[str, Any], path: str, references: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    reference = part.get("$ref", "")
    if reference in references or len(references) > _MAX_REFERENCES:
        return
    if reference:
        part = {**root["$defs"][reference.rpartition("/")[2]], **{key: part[key] for key in part if key != "$ref"}}
    references = (*references, reference) if reference else references
    for name, field in part.get("properties", {}).items():
        inner = field
        if "$ref" in field:
            inner = {**root["$defs"][field["$ref"].rpartition("/")[2]], **field}
        yield f"{path}.{name}" if path else name, inner
        yield from _fields(field, root, f"{path}.{name}" if path else name, references)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            yield from _fields(part[key], root, path, references)
    for branch in part.get("oneOf", ()):
        yield from _fields(branch, root, path, references)


DIALECT = "http://json-schema.org/draft-07/schema#"
NAME = "editor"
OWN_NAMES = ("*.kasc.yaml", "*.kasc.yml", "*.kasc.toml")
"""File name patterns that only kasc documents have."""
_NEVER_NULL = ("apiVersion", "kind")

Schema = dict[str, Any]
Choices = tuple[dict[str, str], ...]


def editor_schema(version: str, choices: Choices) -> Schema:
    """Return the schema of a document for editors.

    Editors need a self-contained schema in a widely supported dialect that allows null, as they validate single layers.
    `choices` has the descriptions of enum values, a mapping for each enum.
    """
    return {"$schema": DIALECT, **_for_editors(bundled(version), choices)}


def _for_editors(schema: Schema, choices: Choices) -> Schema:
    """Return a schema with descriptions of defaults and enum values, and null allowed."""
    result: Schema = _annotations(schema, choices)
    for key, value in schema.items():
        if key == "properties":
            parts = {name: _for_editors(part, choices) for name, part in value.items()}
            result[key] = {name: part if name in _NEVER_NULL else _or_null(part) for name, part in parts.items()}
        elif key == "additionalProperties" and isinstance(value, dict):
            result[key] = _or_null(_for_editors(value, choices))
        elif key == "items":
            # For a list, TOML's language server shows the description of its elements.
            inherited = {name: result[name] for name in ("description", "markdownDescription") if name in result}
            result[key] = ({} if "description" in value else inherited) | _for_editors(value, choices)
        elif key == "oneOf":
            result[key] = [_for_editors(branch, choices) for branch in value]
        elif key not in ("$schema", "description", "default") and not key.startswith("x-"):
            result[key] = value
    return result


def _annotations(schema: Schema, choices: Choices) -> Schema:
    """Return the keywords that editors display.

    `default` is not among them: completing the name of a group would insert the defaults of all its options.
    """
    result: Schema = {}
    text = schema.get("description", "")
    if str(schema.get("title", "")).startswith("--") or "default" in schema:
        text += f"\n\nDefault: {_text(schema.get('default'))}."
    if text:
        result["description"] = text.strip()
    if "`" in text:
        # YAML's language server shows backquotes in a plain description literally.
        result["markdownDescription"] = result["description"]
    if schema.get("deprecated"):
        result["deprecationMessage"] = f"{schema.get('title', 'This')} is deprecated."
    values = schema.get("enum", ())
    for meanings in choices:
        if values and set(values) <= set(meanings):
            descriptions = [meanings[value] for value in values]
            result["enumDescriptions"] = descriptions
            result["x-taplo"] = {"docs": {"enumValues": descriptions}}
    return result


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _or_null(schema: Schema) -> Schema:
    """Return the schema with null allowed, which removes the value of an earlier layer."""
    result = dict(schema)
    if "type" in result:
        kinds = result["type"]
        result["type"] = [*([kinds] if isinstance(kinds, str) else kinds), "null"]
    if "enum" in result:
        result["enum"] = [*result["enum"], None]
    if "oneOf" in result:
        result["oneOf"] = [*result["oneOf"], {"type": "null"}]
    return result


def schema_url(version: str, tag: str) -> str:
    """Return the URL of the schema of a version, for a tag or branch of kasc's repository."""
    return f"https://raw.githubusercontent.com/kasc/kasc/{tag}/schemas/v{version}/{NAME}.schema.json"


def catalog_entry(versions: tuple[str, ...], newest: str) -> Schema:
    """Return the entry of the schemas in the SchemaStore catalog, which editors use.

    It only matches file names that are specific to kasc: `apiserver.yaml` is common elsewhere.
    """
    return {
        "name": "kasc",
        "description": "Complete declaration of one kube-apiserver, for kasc",
        "fileMatch": list(OWN_NAMES),
        "url": schema_url(newest, "main"),
        "versions": {version: schema_url(version, "main") for version in versions},
    }


def modeline(reference: str, form: str) -> str:
    """Return the comment that names the schema of a document for language servers; `form` is `yaml` or `toml`."""
    return f"#:schema {reference}" if form == "toml" else f"# yaml-language-server: $schema={reference}"


def local_schema(directory: str, version: str) -> str | None:
    """Return the relative path of the schema that `kasc schema` wrote for editors above a directory, or None."""
    current = os.path.abspath(directory)
    while True:
        path = os.path.join(current, ".kasc", "schemas", f"v{version}.schema.json")
        if os.path.isfile(path):
            return os.path.relpath(path, os.path.abspath(directory)).replace(os.sep, "/")
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent
