"""Whether a document conforms to a schema: yes or no, and quickly.

jsonschema's import alone takes longer than a whole check may. So this walker reads the very same schema files, knows
the few keywords that they use, and jsonschema is only loaded to explain a no. Tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from compiler.source.node import Node

Schema = dict[str, Any]
Load = Callable[[str], Schema]

IGNORED = frozenset(("$schema", "title", "description", "default", "deprecated", "examples", "x-kasc-rule"))
KNOWN = IGNORED | {
    "$ref", "type", "const", "enum", "pattern", "minimum", "maximum", "maxLength",
    "properties", "required", "additionalProperties", "items", "oneOf",
}  # fmt: skip
"""Every keyword that a schema may use; a test names any other."""

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
    """Whether a node conforms. `load` gives the schema of a `$ref`. What a rule judges is left out."""
    if "$ref" in schema and "x-kasc-rule" not in schema:
        target = load(schema["$ref"])
        # Schemas are loaded once, so that each is known by its identity.
        if node.memoized("conforms to") is target:
            return True
        fits = conforms(node, target, load)
        if fits:
            node.memoize("conforms to", target)
        return fits
    value = node.value
    kinds = schema.get("type")
    if kinds is not None and not (
        _TYPES[kinds](value) if isinstance(kinds, str) else any(_TYPES[kind](value) for kind in kinds)
    ):
        return False
    if "x-kasc-rule" not in schema and not _plain(value, schema):
        return False
    if isinstance(value, dict):
        if not _mapping(node, value, schema, load):
            return False
    elif isinstance(value, list) and "items" in schema:
        items = schema["items"]
        if not all(conforms(item, items, load) for item in value):
            return False
    return "oneOf" not in schema or sum(conforms(node, branch, load) for branch in schema["oneOf"]) == 1


def _plain(value: object, schema: Schema) -> bool:
    """The keywords that look at one scalar."""
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
    # A comparison with NaN is false either way, as jsonschema's own ones are.
    return not ("minimum" in schema and value < schema["minimum"]) and not (
        "maximum" in schema and value > schema["maximum"]
    )


def _mapping(node: Node, value: dict[str, Node], schema: Schema, load: Load) -> bool:
    if not all(key in value for key in schema.get("required", ())):
        return False
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for key, child in value.items():
        if key in properties:
            if not conforms(child, properties[key], load):
                return False
        elif others is False or (others is not True and not conforms(child, others, load)):
            return False
    return True
