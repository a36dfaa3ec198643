"""Self-contained schemas, for reading and for editors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from compiler.inputs.schema import load_schema, schema_folder

SUFFIX = ".schema.json"
_DEEPEST = 24


def bundled(version: str, name: str = "apiserver") -> dict[str, Any]:
    """A schema of a version, such as `etcd` or `files/Policy`, with the other files that it refers to put in."""
    found: dict[str, Any] = _with_files(load_schema(version, f"{name}{SUFFIX}"), version)
    return found


def _with_files(part: Any, version: str) -> Any:
    if isinstance(part, list):
        return [_with_files(item, version) for item in part]
    if not isinstance(part, dict):
        return part
    name = part.get("$ref")
    if isinstance(name, str) and not name.startswith("#"):
        inner = {key: value for key, value in load_schema(version, name).items() if key not in ("$schema", "title")}
        part = {**inner, **{key: value for key, value in part.items() if key != "$ref"}}
    return {key: _with_files(value, version) for key, value in part.items()}


def names(version: str) -> dict[str, str]:
    """What the schemas of a version are called -> their files below the schemas' folder.

    Option groups go by both spellings of their names, structured files by their kinds, then the artifacts and
    `report`.
    """
    from compiler.upstream.catalog import section_of

    found: dict[str, str] = {}
    root = schema_folder()
    for folder in (f"v{version}", f"v{version}/files", "artifacts", ""):
        for file in sorted(os.listdir(os.path.join(root, folder))):
            if file.endswith(SUFFIX):
                name = file.removesuffix(SUFFIX)
                found.setdefault(name, os.path.join(folder, file))
                found.setdefault(section_of(name), os.path.join(folder, file))
    return found


def artifact_schema(name: str) -> dict[str, Any]:
    """The schema of an artifact."""
    with open(os.path.join(schema_folder(), "artifacts", f"{name}{SUFFIX}"), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field below a schema with its path: those of list elements and of map values without a name for these."""
    yield from _fields(schema, schema, path, ())


def _fields(
    part: dict[str, Any], root: dict[str, Any], path: str, above: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    reference = part.get("$ref", "")
    if reference in above or len(above) > _DEEPEST:
        return
    if reference:
        part = {**root["$defs"][reference.rpartition("/")[2]], **{key: part[key] for key in part if key != "$ref"}}
    above = (*above, reference) if reference else above
    for name, field in part.get("properties", {}).items():
        inner = field
        if "$ref" in field:
            inner = {**root["$defs"][field["$ref"].rpartition("/")[2]], **field}
        yield f"{path}.{name}" if path else name, inner
        yield from _fields(field, root, f"{path}.{name}" if path else name, above)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            yield from _fields(part[key], root, path, above)
    for branch in part.get("oneOf", ()):
        yield from _fields(branch, root, path, above)


DIALECT = "http://json-schema.org/draft-07/schema#"
NAME = "editor"
OWN_NAMES = ("*.kasc.yaml", "*.kasc.yml", "*.kasc.toml")
"""Names that a document may have and nothing else has."""
_NEVER_NULL = ("apiVersion", "kind")

Schema = dict[str, Any]
Choices = tuple[dict[str, str], ...]


def editor_schema(version: str, choices: Choices) -> Schema:
    """The schema of a document of a version for editors. `choices` has what words mean, a mapping for each choice."""
    return {"$schema": DIALECT, **_told(bundled(version), choices)}


def _told(schema: Schema, choices: Choices) -> Schema:
    """A schema with what editors show: the default in the text, and what words of a choice mean."""
    found: Schema = _described(schema, choices)
    for key, value in schema.items():
        if key == "properties":
            parts = {name: _told(part, choices) for name, part in value.items()}
            found[key] = {name: part if name in _NEVER_NULL else _or_null(part) for name, part in parts.items()}
        elif key == "additionalProperties" and isinstance(value, dict):
            found[key] = _or_null(_told(value, choices))
        elif key == "items":
            # TOML's language server shows of a list what is said of its elements.
            inherited = {name: found[name] for name in ("description", "markdownDescription") if name in found}
            found[key] = ({} if "description" in value else inherited) | _told(value, choices)
        elif key == "oneOf":
            found[key] = [_told(branch, choices) for branch in value]
        elif key not in ("$schema", "description", "default") and not key.startswith("x-"):
            found[key] = value
    return found


def _described(schema: Schema, choices: Choices) -> Schema:
    """What is for people. The keyword `default` is no part of it: who completes the name of a group would get all
    defaults of its options written out.
    """
    found: Schema = {}
    text = schema.get("description", "")
    if str(schema.get("title", "")).startswith("--") or "default" in schema:
        text += f"\n\nDefault: {_text(schema.get('default'))}."
    if text:
        found["description"] = text.strip()
    if "`" in text:
        # Of a plain description, YAML's language server shows the marks as they are.
        found["markdownDescription"] = found["description"]
    if schema.get("deprecated"):
        found["deprecationMessage"] = f"{schema.get('title', 'This')} is deprecated."
    words = schema.get("enum", ())
    for meanings in choices:
        if words and set(words) <= set(meanings):
            told = [meanings[word] for word in words]
            found["enumDescriptions"] = told
            found["x-taplo"] = {"docs": {"enumValues": told}}
    return found


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _or_null(schema: Schema) -> Schema:
    """The same schema where null is allowed: it removes what an earlier layer set."""
    found = dict(schema)
    if "type" in found:
        kinds = found["type"]
        found["type"] = [*([kinds] if isinstance(kinds, str) else kinds), "null"]
    if "enum" in found:
        found["enum"] = [*found["enum"], None]
    if "oneOf" in found:
        found["oneOf"] = [*found["oneOf"], {"type": "null"}]
    return found


def schema_url(version: str, tag: str) -> str:
    """Where the schema of a version is published, for a tag or branch of kasc's repository."""
    return f"https://raw.githubusercontent.com/kasc/kasc/{tag}/schemas/v{version}/{NAME}.schema.json"


def catalog_entry(versions: tuple[str, ...], newest: str) -> Schema:
    """The entry of these schemas in the catalog of SchemaStore, which editors ask.

    There, documents are known by the names that are kasc's own alone: others have an `apiserver.yaml` as well.
    """
    return {
        "name": "kasc",
        "description": "One kube-apiserver, declared whole, for kasc",
        "fileMatch": list(OWN_NAMES),
        "url": schema_url(newest, "main"),
        "versions": {version: schema_url(version, "main") for version in versions},
    }


def modeline(reference: str, form: str) -> str:
    """The comment by which language servers find the schema of a document; `form` is `yaml` or `toml`."""
    return f"#:schema {reference}" if form == "toml" else f"# yaml-language-server: $schema={reference}"


def local_schema(folder: str, version: str) -> str | None:
    """The schema that `kasc schema --vscode` and its like wrote above a folder, relative to it; None without one."""
    here = os.path.abspath(folder)
    while True:
        path = os.path.join(here, ".kasc", "schemas", f"v{version}.schema.json")
        if os.path.isfile(path):
            return os.path.relpath(path, os.path.abspath(folder)).replace(os.sep, "/")
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above
