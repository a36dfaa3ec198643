"""The keywords of schemas that rules may have: what each applies to, and which members of the data a schema names."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from compiler.inputs.source.node import Node

DEFINITIONS = "#/$defs/"
"""How a `$ref` begins."""
ANNOTATIONS = frozenset(("title", "description", "$comment", "examples", "default", "deprecated"))
BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (operator.ge, "less than"),
    "maximum": (operator.le, "more than"),
    "exclusiveMinimum": (operator.gt, "not more than"),
    "exclusiveMaximum": (operator.lt, "not less than"),
}
"""Keyword -> its comparison, and the words for a value that does not meet it."""
SIZES: dict[str, tuple[type[Any], Callable[[int, int], bool], str]] = {
    "minLength": (str, operator.ge, "less than"),
    "maxLength": (str, operator.le, "more than"),
    "minItems": (list, operator.ge, "less than"),
    "maxItems": (list, operator.le, "more than"),
    "minProperties": (dict, operator.ge, "less than"),
    "maxProperties": (dict, operator.le, "more than"),
}
"""Keyword -> the type that it is about, its comparison, and the words for a value that does not meet it."""
APPLIES_TO = {
    **dict.fromkeys((*BOUNDS, "multipleOf"), "number"),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), "string"),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "items", "prefixItems"), "array"),
    **dict.fromkeys(("contains", "minContains", "maxContains"), "array"),
    **dict.fromkeys(("minProperties", "maxProperties", "properties", "additionalProperties"), "object"),
    **dict.fromkeys(("propertyNames", "required"), "object"),
}
"""Keyword -> the type of values that it says something about."""
IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
"""Keywords with schemas of the same value."""
KEYWORDS = frozenset((*APPLIES_TO, *IN_PLACE, *ANNOTATIONS, "$ref", "type", "enum", "const"))
"""Every keyword that a schema of a rule may have."""
_ABOUT_MEMBERS = frozenset(("properties", "required", "type", "$ref", *IN_PLACE, *ANNOTATIONS))


def members_of(schema: Node, definitions: dict[str, Node]) -> frozenset[str] | None:
    """Return the members of a map that a schema names; None if it may be about any of them."""
    names: set[str] = set()
    for node in _in_place(schema, definitions, set()):
        if not isinstance(node.value, dict) or not _ABOUT_MEMBERS.issuperset(node.value):
            return None
        members = node.at(("properties",)).value if "properties" in node.value else {}
        names.update(members if isinstance(members, dict) else ())
        required = node.value.get("required")
        names.update(
            str(each.value) for each in (required.value if required and isinstance(required.value, list) else ())
        )
    return frozenset(names)


def member_schemas(schema: Node, name: str, definitions: dict[str, Node]) -> Iterator[Node]:
    """Yield the schemas that a schema has for a member of a map."""
    for node in _in_place(schema, definitions, set()):
        members = node.get("properties")
        child = members.get(name) if members is not None else None
        if child is not None:
            yield child


def _in_place(schema: Node, definitions: dict[str, Node], known: set[int]) -> Iterator[Node]:
    """Yield a schema and those of the same value in it, each once."""
    if id(schema) in known:
        return
    known.add(id(schema))
    yield schema
    for key in IN_PLACE if isinstance(schema.value, dict) else ():
        child = schema.get(key)
        for each in child.value if child is not None and isinstance(child.value, list) else (child,):
            if isinstance(each, Node) and not isinstance(each.value, bool):
                yield from _in_place(each, definitions, known)
    reference = schema.get("$ref")
    target = definitions.get(str(reference.value).removeprefix(DEFINITIONS)) if reference is not None else None
    if target is not None:
        yield from _in_place(target, definitions, known)
