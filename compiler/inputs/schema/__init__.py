"""Validation of a document against the JSON Schemas of its version."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from compiler.inputs.source.node import Node


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
