"""The text of a file under edit, which knows where each of its characters was in the text before all edits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, takewhile
from operator import eq
from typing import Any, NamedTuple

from compiler.diagnostics import Edit, Location
from compiler.inputs.source.node import line_starts


class Replacement(NamedTuple):
    """A span of a text, by the indices of its start and of its exclusive end, and the text that replaces it."""

    start: int
    end: int
    new: str


class Piece(NamedTuple):
    """A run of characters; `start` is its index in the text before all edits, -1 for one that an edit inserted."""

    text: str
    start: int


class EditedText:
    """A file's text before and after the edits that were made so far. It is not modified: `replaced` returns another.

    >>> text = EditedText("a.yaml", "one two\\n").replaced([Replacement(4, 7, "2")])
    >>> text.after, [(edit.old, edit.new, edit.location.column) for edit in text.edits()]
    ('one 2\\n', [('two', '2', 5)])
    """

    def __init__(self, name: str, before: str, pieces: Sequence[Piece] | None = None) -> None:
        self.name = name
        self.before = before
        self.pieces = tuple(pieces) if pieces is not None else (Piece(before, 0),)
        self.after = "".join(piece.text for piece in self.pieces)

    def replaced(self, replacements: Iterable[Replacement]) -> EditedText:
        """Return the text with replacements of its current characters, which must not overlap."""
        pieces: list[Piece] = []
        position = 0
        for start, end, new in sorted(replacements):
            pieces += self._between(position, start)
            if new:
                pieces.append(Piece(new, -1))
            position = end
        pieces += self._between(position, len(self.after))
        return EditedText(self.name, self.before, pieces)

    def _between(self, start: int, end: int) -> Iterable[Piece]:
        """Yield the pieces of a range of the current text."""
        index = 0
        for text, origin in self.pieces:
            first, last = max(start - index, 0), min(end - index, len(text))
            if first < last:
                yield Piece(text[first:last], origin if origin < 0 else origin + first)
            index += len(text)

    def origin(self, index: int) -> int:
        """Return where a character of the current text was in the text before all edits.

        For one that was inserted, that is the end of the original text in front of it.
        """
        last = position = 0
        for text, origin in self.pieces:
            if origin >= 0:
                if index < position + len(text):
                    return origin + max(index - position, 0)
                last = origin + len(text)
            elif index < position + len(text):
                return last
            position += len(text)
        return len(self.before)

    def edits(self) -> tuple[Edit, ...]:
        """Return the differences between the two texts in order, located in the text before."""
        edits = []
        position, inserted = 0, ""
        for text, origin in (*self.pieces, Piece("", len(self.before))):
            if origin < 0:
                inserted += text
                continue
            old = self.before[position:origin]
            if old != inserted:
                edits.append(Edit(self.location(position, origin), old, inserted))
            position, inserted = origin + len(text), ""
        return tuple(edits)

    def location(self, start: int, end: int) -> Location:
        """Return the location of a range of the text before all edits."""
        starts = line_starts(self.before)
        places = []
        for index in (start, end):
            line = _line_of(starts, index)
            places += [line + 1, index - starts[line] + 1]
        return Location(self.name, *places)


def _line_of(starts: Sequence[int], index: int) -> int:
    """Return the number, from 0, of the line that an index is in."""
    return bisect_right(starts, index) - 1


def narrowed(text: str, replacement: Replacement) -> Replacement:
    """Return a replacement without the characters at its start and end that stay the same."""
    start, end, new = replacement
    old = text[start:end]
    prefix = common_start(old, new)
    suffix = common_start(old[prefix:][::-1], new[prefix:][::-1])
    return Replacement(start + prefix, end - suffix, new[prefix : len(new) - suffix])


def common_start(one: Sequence[Any], other: Sequence[Any], are_equal: Callable[[Any, Any], bool] = eq) -> int:
    """Return the length of the common start of two strings or lists."""
    return sum(1 for _ in takewhile(bool, map(are_equal, one, other)))


def without_overlaps(replacements: Sequence[Replacement]) -> bool:
    """Return whether no two replacements overlap."""
    ordered = sorted(replacements)
    return all(first.end <= second.start for first, second in pairwise(ordered))


def applied(text: str, replacements: Iterable[Replacement]) -> str:
    """Return a text after replacements that do not overlap."""
    for start, end, new in sorted(replacements, reverse=True):
        text = text[:start] + new + text[end:]
    return text
