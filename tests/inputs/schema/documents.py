"""Documents generated from the schemas, with valid and possibly invalid values."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from compiler.inputs.schema import load_schema
from compiler.inputs.source.node import Node, Source

SOURCE = Source("a.yaml", "")
ANY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**64) | st.floats(allow_nan=False) | st.text("aZ0-./ é", max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("aZ0-.", max_size=3), inner, max_size=2),
    max_leaves=4,
)
PATTERNS = {
    r"^v?1\.[0-9]+(\.[0-9]+)?$": st.sampled_from(["1.36", "v1.30.2"]),
    ".": st.sampled_from(["${A}", "$A", "{{ a }}"]),
    r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$": st.sampled_from(["a", "prod-eu-1", "a.b"]),
}


def node_of(value: Any) -> Node:
    """Return a node for a plain value, with an arbitrary location."""
    span = (1, 1, 1, 2)
    if isinstance(value, dict):
        return Node(
            {key: node_of(child) for key, child in value.items()}, SOURCE, span, keys=dict.fromkeys(value, span)
        )
    if isinstance(value, list):
        return Node([node_of(child) for child in value], SOURCE, span)
    return Node(value, SOURCE, span, str(value))


def conforming(schema: dict[str, Any], version: str) -> st.SearchStrategy[Any]:
    """Return values that conform to a schema, for the keywords in use."""
    if "$ref" in schema and "x-kasc-rule" not in schema:
        return conforming(load_schema(version, schema["$ref"]), version)
    for key, created in (
        ("const", lambda: st.just(schema["const"])),
        ("enum", lambda: st.sampled_from(schema["enum"])),
    ):
        if key in schema:
            return created()
    kinds = schema.get("type", "string")
    result = [_of_kind(kind, schema, version) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return st.one_of(result)


def _of_kind(kind: str, schema: dict[str, Any], version: str) -> st.SearchStrategy[Any]:
    if kind == "object":
        properties = schema.get("properties", {})
        needed = list(schema.get("required", ()))
        branches = [branch["required"] for branch in schema.get("oneOf", ()) if "required" in branch]
        choices = [[*needed, *branch] for branch in branches] or [needed]
        others = {key for branch in branches for key in branch}
        return st.sampled_from(choices).flatmap(lambda keys: _object(properties, keys, others, schema, version))
    if kind == "array":
        return st.lists(conforming(schema.get("items", {}), version), max_size=2)
    low, high = schema.get("minimum", -100), schema.get("maximum", 100)
    plain: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "integer": st.integers(low, max(low, min(high, 10**6))),
        "number": st.integers(-5, 5) | st.floats(-5, 5),
        "string": PATTERNS.get(schema.get("pattern", ""), st.text("aZ0-./", max_size=5)),
    }
    return plain[kind]


def _object(
    properties: dict[str, Any], keys: list[str], others: set[str], schema: dict[str, Any], version: str
) -> st.SearchStrategy[Any]:
    free = [key for key in properties if key not in keys and key not in others]
    chosen = st.lists(st.sampled_from(free), max_size=2, unique=True) if free else st.just([])
    extra = schema.get("additionalProperties")
    more = (
        st.dictionaries(st.sampled_from(["a", "b.c"]), conforming(extra, version), max_size=1)
        if isinstance(extra, dict)
        else st.just({})
    )

    def fill(optional: list[str]) -> st.SearchStrategy[Any]:
        fixed = {key: conforming(properties[key], version) for key in (*keys, *optional) if key in properties}
        return st.tuples(st.fixed_dictionaries(fixed), more).map(lambda pair: {**pair[1], **pair[0]})

    return chosen.flatmap(fill)


def documents(version: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return documents that conform to the schemas of a version."""
    return conforming(load_schema(version, "apiserver.schema.json"), version)


@st.composite
def mutated(draw: st.DrawFn, version: str) -> dict[str, Any]:
    """Return documents with one value replaced, or one key added or removed."""
    created = copy.deepcopy(draw(documents(version)))
    places: list[tuple[Any, Any]] = []

    def collect(value: Any) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in list(items):
            places.append((value, key))
            collect(child)

    collect(created)
    parent, key = draw(st.sampled_from(places))
    action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
    if action == "replace":
        parent[key] = draw(ANY)
    elif action == "remove":
        del parent[key]
    elif isinstance(parent, dict):
        parent[draw(st.sampled_from(["nope", "content", "path", "source", "name"]))] = draw(ANY)
    return created
