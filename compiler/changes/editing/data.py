"""The data of a file before and after edits of its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from compiler.changes.editing.pieces import Replacement, applied
from compiler.diagnostics import KascError
from compiler.inputs.source.node import Node, Source

Parse = Callable[[Source], list[Node]]


class CannotRewriteError(Exception):
    """The text cannot be edited so that it contains the data."""


def contains(source: Source, replacements: Sequence[Replacement], data: Sequence[Any], parse: Parse) -> bool:
    """Return whether the documents of an edited text are `data`."""
    try:
        documents = parse(Source(source.name, applied(source.body, replacements), json=source.json))
    except KascError:
        return False
    return same([node.plain() for node in documents], list(data))


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same, with the same types."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other
