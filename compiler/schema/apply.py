"""A document against the schemas of its version."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from compiler.diagnostics import Report
from compiler.schema.conforms import conforms
from compiler.schema.location import schema_folder
from compiler.source.node import Node

Path = tuple[str | int, ...]


@cache
def load_schema(version: str, name: str) -> dict[str, Any]:
    """One schema file of a version, such as `etcd.schema.json`."""
    with open(os.path.join(schema_folder(), f"v{version}", name), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def check_removals(layers: Sequence[Node], version: str, report: Report) -> None:
    """Report nulls under keys that the schemas do not know.

    A null removes what a layer below sets and is gone after the merge, so that a misspelt one would remove nothing
    without a word. Keys that a layer below sets are another matter, whatever version knows them.
    """
    schema = load_schema(version, "apiserver.schema.json")
    for index, layer in enumerate(layers):
        for path, mapping, known in _unknown_removals(layer, schema, (), version):
            if any(_sets(below, path) for below in layers[:index]):
                continue
            from compiler.schema.explain import unknown_key

            if not report.passes_over("SCHEMA-01"):
                report.add(unknown_key(mapping, path[:-1], str(path[-1]), known, version, report.suggestions))


def _unknown_removals(
    node: Node, schema: dict[str, Any], path: Path, version: str
) -> Iterator[tuple[Path, Node, dict[str, Any]]]:
    """Yield the path of each unknown key with a null, the mapping that it is in, and the keys that are known there."""
    if not isinstance(node.value, dict):
        return
    known = schema.get("properties", {})
    for key, child in node.value.items():
        if child.value is None:
            if key not in known and schema.get("additionalProperties") is False:
                yield (*path, key), node, known
        elif key in known and isinstance(child.value, dict):
            inner = known[key]
            if "$ref" in inner:
                inner = load_schema(version, inner["$ref"])
                # The server itself lets unknown fields of some files pass, and fields in any case.
                if not inner.get("x-kasc-strict", True) or inner.get("x-kasc-any-case"):
                    continue
            yield from _unknown_removals(child, inner, (*path, key), version)


def _sets(layer: Node, path: Path) -> bool:
    """Return whether a layer has a value other than null under a path of keys."""
    found: Node | None = layer
    for key in path:
        found = found.get(str(key)) if found is not None else None
    return found is not None and found.value is not None


def validate(root: Node, version: str, report: Report) -> set[Path]:
    """Report what the schemas refuse; the paths of refused values are returned, so that nothing else judges them."""
    if conforms(root, load_schema(version, "apiserver.schema.json"), lambda name: load_schema(version, name)):
        return set()
    from compiler.schema.explain import explain

    return explain(root, version, report)
