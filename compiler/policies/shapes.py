"""The names and types of what a rule sees, by version: flags as they are specified, the rest as in the artifacts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from compiler.inputs.schema import schema_directory
from compiler.upstream.catalog import Catalog

PARTS = ("flags", "config", "storage", "health", "cluster")
"""What a rule may have a schema about."""
_LISTS = ("stringSlice", "stringArray", "int32Slice", "namedCertKey")
_NUMBERS = ("int", "int32", "int64", "uint", "float32", "float64", "duration", "quantity", "Level")
_MAPS = {
    "configurationMap": "boolean",
    "colonSeparatedMultimapStringString": "boolean",
    "stringToString": "string",
    "noSplitMap": "string",
    "pattern=N,...": "number",
}
LISTED = frozenset(("service-cluster-ip-range",))
"""Flags that take one string, which the server reads as a list with commas."""
_CERTIFICATE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "certFile": {"type": "string"},
        "keyFile": {"type": "string"},
        "names": {"type": "array", "items": {"type": "string"}},
    },
}
_CLUSTER = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "kubernetesVersion": {"type": "string"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


class Shape:
    """What a value may be, as a JSON Schema, with the definitions that it refers to; integers are numbers here."""

    def __init__(self, schema: dict[str, Any], definitions: dict[str, Any]) -> None:
        self.schema = schema
        self.definitions = definitions

    @cached_property
    def is_duration(self) -> bool:
        """Whether it is, or may be, a duration: a string in the artifacts, seconds for a policy."""
        return any(each.get("$ref", "").endswith("/duration") for each in (self.schema, *self.schema.get("oneOf", ())))

    @cached_property
    def alternatives(self) -> list[Shape]:
        """The alternatives of the shape, without references."""
        schema = self.schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return [_SECONDS] if name == "duration" else Shape(self.definitions[name], self.definitions).alternatives
        if "oneOf" in schema:
            return [each for branch in schema["oneOf"] for each in Shape(branch, self.definitions).alternatives]
        return [self]

    @cached_property
    def types(self) -> frozenset[str]:
        """The names of its types in JSON."""
        names = {name for each in self.alternatives for name in _types_of(each.schema)}
        return frozenset("number" if name == "integer" else name for name in names)

    @cached_property
    def properties(self) -> Members | None:
        """Its members by name; None if it may have others."""
        members: dict[str, tuple[Any, Any]] = {}
        for each in self.alternatives:
            if "object" in _types_of(each.schema):
                if each.schema.get("additionalProperties") is not False:
                    return None
                members |= {name: (inner, each.definitions) for name, inner in each.schema["properties"].items()}
        return Members(members)

    @cached_property
    def values(self) -> Shape | None:
        """The shape of the members of a map whose names are not fixed; None if it is not known."""
        return self._inner("additionalProperties")

    @cached_property
    def items(self) -> Shape | None:
        """The shape of the elements of a list; None if it is not known."""
        return self._inner("items")

    def _inner(self, keyword: str) -> Shape | None:
        for each in self.alternatives:
            inner = each.schema.get(keyword)
            if isinstance(inner, dict):
                return Shape(inner, each.definitions)
        return None


class Members(Mapping[str, Shape]):
    """The shapes of the members of a map; each is made when it is first needed."""

    def __init__(self, schemas: dict[str, tuple[Any, Any]]) -> None:
        self._schemas = schemas
        self._shapes: dict[str, Shape] = {}

    def __getitem__(self, name: str) -> Shape:
        if name not in self._shapes:
            self._shapes[name] = Shape(*self._schemas[name])
        return self._shapes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._schemas)

    def __len__(self) -> int:
        return len(self._schemas)


def _types_of(schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the types that a schema without alternatives names; those of its values if it names none."""
    if "type" in schema:
        kind = schema["type"]
        return (kind,) if isinstance(kind, str) else tuple(kind)
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return tuple({_type_of(value) for value in values})


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "boolean", str: "string", dict: "object", list: "array"}.get(type(value), "number")


_SECONDS = Shape({"type": "number"}, {})


@cache
def shapes(catalog: Catalog) -> dict[str, Shape]:
    """Return the shape of each of `PARTS` for a version."""
    config, storage, health = map(_artifact, ("resolved", "storage", "health"))
    flags = {name: flag_schema(name, spec.type) for name, spec in catalog.flags.items()}
    return {
        "flags": Shape({"type": "object", "additionalProperties": False, "properties": flags}, {}),
        "config": Shape(config["properties"]["config"], config["$defs"]),
        "storage": Shape(storage["properties"]["resources"], storage["$defs"]),
        "health": Shape(health, health["$defs"]),
        "cluster": Shape(_CLUSTER, {}),
    }


@cache
def whole(catalog: Catalog) -> Shape:
    """Return the shape of everything that a rule sees, which `when` is about."""
    definitions = {name: shape.definitions for name, shape in shapes(catalog).items()}
    parts = {name: shape.schema for name, shape in shapes(catalog).items()}
    merged = {name: inner for each in definitions.values() for name, inner in each.items()}
    return Shape({"type": "object", "additionalProperties": False, "properties": parts}, merged)


def flag_schema(name: str, kind: str) -> dict[str, Any]:
    """Return what the value of a flag is, by the flag's type."""
    if kind == "namedCertKey":
        return {"type": "array", "items": _CERTIFICATE}
    if kind in _LISTS or name in LISTED:
        return {"type": "array", "items": {"type": "number" if kind == "int32Slice" else "string"}}
    if kind in _MAPS:
        return {"type": "object", "additionalProperties": {"type": _MAPS[kind]}}
    if kind in _NUMBERS:
        return {"type": "number"}
    return {"type": "boolean" if kind == "bool" else "string"}


@cache
def _artifact(name: str) -> dict[str, Any]:
    with open(os.path.join(schema_directory(), "artifacts", f"{name}.schema.json"), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded
