"""Nodes for content that a distribution generates, located at the field that decides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compiler.diagnostics import Location
from compiler.inputs.source.node import Node, Source


def node_at(value: object, source: Source, where: Location) -> Node:
    """Return plain values as nodes at a location; nodes among them are kept."""
    if isinstance(value, Node):
        return value
    span = (where.line, where.column, where.end_line, where.end_column)
    if isinstance(value, Mapping):
        return Node({str(key): node_at(item, source, where) for key, item in value.items()}, source, span, "", {})
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Node([node_at(item, source, where) for item in value], source, span)
    if isinstance(value, bool):
        return Node(value, source, span, str(value).lower())
    text = str(value)
    return Node(text, source, span, text)
