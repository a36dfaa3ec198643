"""Validation of a document against the JSON Schemas of its version, and unknown keys."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from compiler import rules
from compiler.diagnostics import Diagnostic, diagnose
from compiler.inputs.source.node import Node
from compiler.text import Suggestion, Suggestions, shown
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import STRUCTURED, key_of, section_of, span, versions
from compiler.upstream.catalog.history import flag_advice, removal, removed_names


def schema_directory() -> str:
    """Return the directory with v1.NN/ and artifacts/."""
    package = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    inside = os.path.join(package, "schemas")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "schemas")


Schema = dict[str, Any]
Load = Callable[[str], Schema]

IGNORED = frozenset(("$schema", "title", "description", "default", "deprecated", "examples", "x-kasc-rule"))
KNOWN = IGNORED | {
    "$ref", "type", "const", "enum", "pattern", "minimum", "maximum", "maxLength",
    "properties", "required", "additionalProperties", "items", "oneOf",
}  # fmt: skip
"""Every keyword that a schema may use, enforced by a test."""

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


def conforms(node: Node, schema: Schema, load: Load) -> bool:
    """Return whether a node conforms to a schema; `load` returns the schema of a `$ref`.

    Constraints that a rule of the server checks (x-kasc-rule) are skipped.
    """
    if "$ref" in schema and "x-kasc-rule" not in schema:
        target = load(schema["$ref"])
        # Schemas are loaded once, so they can be compared by identity.
        if node.memoized("conforms to") is target:
            return True
        valid = conforms(node, target, load)
        if valid:
            node.memoize("conforms to", target)
        return valid
    value = node.value
    kinds = schema.get("type")
    if kinds is not None and not (
        _TYPES[kinds](value) if isinstance(kinds, str) else any(_TYPES[kind](value) for kind in kinds)
    ):
        return False
    if "x-kasc-rule" not in schema and not _scalar_conforms(value, schema):
        return False
    if isinstance(value, dict):
        if not _mapping_conforms(node, value, schema, load):
            return False
    elif isinstance(value, list) and "items" in schema:
        items = schema["items"]
        if not all(conforms(item, items, load) for item in value):
            return False
    return "oneOf" not in schema or sum(conforms(node, branch, load) for branch in schema["oneOf"]) == 1


def _scalar_conforms(value: object, schema: Schema) -> bool:
    """Return whether a scalar satisfies const, enum, pattern, length and range."""
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return False
        return "maxLength" not in schema or len(value) <= schema["maxLength"]
    if not isinstance(value, int | float) or isinstance(value, bool):
        return True
    # Comparisons with NaN are false, as in jsonschema.
    return not ("minimum" in schema and value < schema["minimum"]) and not (
        "maximum" in schema and value > schema["maximum"]
    )


def _mapping_conforms(node: Node, value: dict[str, Node], schema: Schema, load: Load) -> bool:
    if not all(key in value for key in schema.get("required", ())):
        return False
    properties = schema.get("properties", {})
    additional = schema.get("additionalProperties", True)
    for key, child in value.items():
        if key in properties:
            if not conforms(child, properties[key], load):
                return False
        elif additional is False or (additional is not True and not conforms(child, additional, load)):
            return False
    return True


Path = tuple[str | int, ...]


@cache
def load_schema(version: str, name: str) -> dict[str, Any]:
    """Return a schema file of a version, for example `etcd.schema.json`."""
    with open(os.path.join(schema_directory(), f"v{version}", name), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def top_level_keys(version: str) -> list[str]:
    """Return the top-level keys of a document, in the order of its schema."""
    return list(load_schema(version, "apiserver.schema.json")["properties"])


def wrapped_keys(child: Node, version: str) -> list[str]:
    """Return the keys of a mapping that belong to the top level of a document."""
    value = child.value
    return [key for key in top_level_keys(version) if key in value] if isinstance(value, dict) else []


def unwrapped(root: Node, version: str) -> Node | None:
    """Return the document with the keys of its wrappers at the top level; None if it has no wrapper.

    A wrapper is a mapping around top-level keys, for example `spec`. An existing top-level key wins.
    """
    value = root.value if isinstance(root.value, dict) else {}
    known = set(top_level_keys(version))
    wrappers = [key for key, child in value.items() if key not in known and wrapped_keys(child, version)]
    if not wrappers:
        return None
    children, spans = {key: child for key, child in value.items() if key not in wrappers}, dict(root.keys or {})
    for wrapper in wrappers:
        inner = value[wrapper]
        for key, child in inner.value.items() if isinstance(inner.value, dict) else ():
            if key not in children:
                children[key] = child
                spans[key] = (inner.keys or {}).get(key, child.span)
    return Node(children, root.source, root.span, root.text, spans)


def unknown_key(
    node: Node, path: Path, key: str, known: dict[str, Any], version: str, suggestions: Suggestions
) -> Diagnostic:
    """Return SCHEMA-01 for an unknown key of a mapping."""
    message, hint = _key_message(path, key, known, catalog(version), suggestions)
    child = node.get(key)
    if child is not None and not hint.startswith("did you mean"):
        hint = _placement_hint(path, key, child, version) or hint
    if isinstance(hint, Suggestion) and _is_taken(node, key, hint.new):
        hint = str(hint)
    full = (*path, key)
    return diagnose(
        rules.UNKNOWN_KEY,
        message,
        hint,
        path=dotted(full),
        flag=flag_of(full, version),
        location=node.key_location(key),
    )


def _is_taken(node: Node, key: str, name: str) -> bool:
    """Return whether renaming a key to `name` would make a duplicate key in the same layer.

    TOML may define the parts of a list or table in several places.
    """
    other, renamed = node.get(name), node.get(key)
    if other is None or renamed is None or other.source is not renamed.source:
        return False
    return not (isinstance(other.value, list | dict) and renamed.source.name.endswith(".toml"))


def _placement_hint(path: Path, key: str, child: Node, version: str) -> str:
    """Return the hint for a key, or a mapping around keys, that belongs elsewhere; empty if it does not."""
    wrapped = wrapped_keys(child, version)
    if not path and wrapped:
        return f"move {', '.join(wrapped)} out of {key}, to the top level"
    if len(path) == 2 and flag_of(path, version) in STRUCTURED:
        return f"move {key} under content"
    if key in top_level_keys(version):
        return f"move {key} one level up: it is a top-level key"
    flags = catalog(version).flags
    if not path and isinstance(child.value, dict) and any(name.lstrip("-") in flags for name in child.value):
        return "write flags by their names under extraFlags"
    return ""


def _key_message(
    path: Path, key: str, known: dict[str, Any], current: Catalog, suggestions: Suggestions
) -> tuple[str, str]:
    place = f"{dotted(path)}." if path else ""
    message = f"unknown key {shown(key)} in {dotted(path) or 'the document'}"
    if len(path) > 1 or (path and path[0] in ("metadata", "deployment", "extraFlags")):
        return message, suggestions.did_you_mean(key, known) or f"known keys are {', '.join(known)}"
    spelled = key_of(key.replace("_", "-").lstrip("-")) if "-" in key or "_" in key else key
    if spelled in known:
        return message, Suggestion(f"write {place}{spelled}", key, spelled)
    for group, options in current.groups.items():
        if spelled in options:
            return message, f"write it in the group {section_of(group)}: {section_of(group)}.{spelled}"
    for version in versions():
        for options in catalog(version).groups.values():
            if spelled in options:
                return _other_version(spelled, options[spelled].name, current.version)
    removed_flags = {key_of(name): name for name in removed_names("flags")}
    if spelled in removed_flags:
        entry = removal("flags", removed_flags[spelled], current.version) or {}
        message = f"--{removed_flags[spelled]} was removed in {entry['removed']}" if "removed" in entry else message
        use, advice = entry.get("replacement", ""), flag_advice(removed_flags[spelled])
        successor = key_of(use) if entry.get("successor") else ""
        if successor in known:
            return message, Suggestion(f"use {use}: write {place}{successor}", key, successor)
        return message, advice or (f"use {use}" if use else "remove it")
    if not path and key in ("name", "labels"):
        return message, f"write metadata.{key}"
    candidates = [
        *known,
        *(f"{section_of(group)}.{name}" for group, options in current.groups.items() for name in options),
    ]
    short = suggestions.did_you_mean(key, known)
    return message, short or suggestions.did_you_mean(
        f"{place}{key}", candidates
    ) or "see `kasc explain` for the keys of a group"


def _other_version(key: str, flag: str, version: str) -> tuple[str, str]:
    supported = [each for each in versions() if flag in catalog(each).flags]
    entry = removal("flags", flag, version)
    message = f"{key} (--{flag}) exists in {span(supported)}, not in {version}"
    use = (entry or {}).get("replacement", "")
    return message, f"use {use}" if use else "remove it, or compile for a version that has it"


def dotted(path: Path) -> str:
    """Return a path in a document as `etcd.etcdServers[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def flag_of(path: Path, version: str) -> str:
    """Return the flag of a path in a document, empty if it has none."""
    if len(path) < 2:
        return ""
    for group, options in catalog(version).groups.items():
        if section_of(group) == path[0] and path[1] in options:
            return options[str(path[1])].name
    return ""
