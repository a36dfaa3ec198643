"""The artifact `files`: the structured configuration files that a document carries."""

from __future__ import annotations

import posixpath
from typing import Any

from compiler.config_files.decoding import Schema, kind_schema, schema_of_kind
from compiler.emit.yaml_text import dump
from compiler.input import InlineFile
from compiler.options.traits import STRUCTURED
from compiler.pipeline import Resolved

_REFERENCES = """\
# The secrets below are references ({env: NAME} or {file: PATH}), which kube-apiserver does not follow:
# put the keys in their places where the server runs (docs/secrets.md).
"""


def structured_files(resolved: Resolved) -> dict[str, Any]:
    """File name below `files/` -> content, for every option whose content the document gives.

    The name is the last part of the path on the server; where two paths end alike, or not in a name, the flag's name
    takes part in it.
    """
    given = resolved.options.input.files
    ends = [posixpath.basename(path) for path in given]
    found: dict[str, Any] = {}
    for path, file in given.items():
        name = posixpath.basename(path)
        if not _is_file_name(name):
            name = f"{file.flag}.yaml"
        if ends.count(name) > 1 or name in found:
            name = f"{file.flag}-{name}"
        found[name] = file
    version = resolved.options.catalog.version
    return {name: _content(file, version) for name, file in found.items()}


def _content(file: InlineFile, version: str) -> Any:
    """The content as it is; without unknown fields where the server ignores them: any of them may hold a secret."""
    schema = schema_of_kind(file.content, version) or kind_schema(version, STRUCTURED[file.flag])
    if schema is None or schema["x-kasc-strict"] or schema.get("x-kasc-any-case"):
        return file.content.plain()
    return _known_fields(file.content.plain(), schema)


def _known_fields(value: Any, schema: Schema) -> Any:
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        return {key: _known_fields(inner, properties[key]) for key, inner in value.items() if key in properties}
    if isinstance(value, list) and "items" in schema:
        return [_known_fields(item, schema["items"]) for item in value]
    return value


def _is_file_name(name: str) -> bool:
    return name not in ("", ".", "..") and len(name.encode(errors="replace")) < 200 and name.isprintable()


def file_text(content: Any) -> str:
    """The text of a structured file. It is YAML whatever its name says, as the server reads either."""
    return (_REFERENCES if _holds_references(content) else "") + dump(content)


def _holds_references(content: Any, key: str = "") -> bool:
    if isinstance(content, dict):
        if key == "secret" and list(content) in (["env"], ["file"]):
            return True
        return any(_holds_references(value, name) for name, value in content.items())
    return isinstance(content, list) and any(_holds_references(item) for item in content)
