"""Schemas for reading and printing: each whole in itself, and the fields by their paths."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from compiler.schema.apply import load_schema
from compiler.schema.location import schema_folder

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
    from compiler.catalog import section_of

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
