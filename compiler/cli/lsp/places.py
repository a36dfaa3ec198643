"""What is at a place of a document: a word, the uses of flags, a key or value."""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler.cli.lsp.cursor import Path, nodes
from compiler.cli.lsp.positions import contains
from compiler.cli.lsp.session import Snapshot
from compiler.diagnostics import Location
from compiler.inputs.arguments import Argument
from compiler.inputs.source.node import LINE_BREAK, Node

_WORD = re.compile(r"[A-Za-z0-9_./@-]+")


class Word(NamedTuple):
    """A word of the text and its location."""

    text: str
    location: Location


def word_at(snapshot: Snapshot, line: int, column: int) -> Word | None:
    """Return the word at a place or right before it; None if there is none."""
    text = LINE_BREAK.split(snapshot.source.text)[line - 1]
    for match in _WORD.finditer(text):
        if match.start() < column <= match.end() + 1:
            return Word(match[0], Location(snapshot.path, line, match.start() + 1, line, match.end() + 1))
    return None


def arguments_at(snapshot: Snapshot, line: int, column: int) -> list[Argument]:
    """Return the uses of flags whose name or value is at a place of the document."""
    if snapshot.examined is None or snapshot.examined.resolved is None:
        return []
    return [
        each
        for each in snapshot.examined.resolved.context.input.arguments
        if _is_at(each.location, snapshot.path, line, column) or _is_at(each.name_location, snapshot.path, line, column)
    ]


def _is_at(location: Location | None, path: str, line: int, column: int) -> bool:
    return location is not None and location.file == path and contains(location, line, column)


class Spot(NamedTuple):
    """A key or a scalar: the path of its value, the document that it is in, and its location."""

    path: Path
    root: Node
    location: Location
    is_key: bool


def spot_at(snapshot: Snapshot, line: int, column: int) -> Spot | None:
    """Return the key or scalar at a place; None if there is none, or the text is not well-formed."""
    for root in snapshot.roots:
        for node, path in nodes(root):
            if isinstance(node.value, dict):
                for key in node.value:
                    where = node.key_location(key)
                    if key in (node.keys or {}) and contains(where, line, column):
                        return Spot((*path, key), root, where, True)
            elif not isinstance(node.value, list) and contains(node.location, line, column):
                return Spot(path, root, node.location, False)
    return None
