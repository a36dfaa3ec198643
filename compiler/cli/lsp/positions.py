"""Positions of the Language Server Protocol, and those of kasc: the only place that converts between them.

kasc counts lines and columns from 1, columns in characters. The protocol counts both from 0, columns in the code units
of the encoding that client and server agreed on: bytes of UTF-8, units of UTF-16 (the default), or characters.
"""

from __future__ import annotations

from lsprotocol import types

from compiler.diagnostics import Location
from compiler.inputs.source.node import LINE_BREAK

UTF8, UTF16, UTF32 = "utf-8", "utf-16", "utf-32"
_BOM = "\ufeff"
START = types.Range(types.Position(0, 0), types.Position(0, 0))


class Positions:
    """The lines of a text in an editor; `encoding` is the one that was negotiated.

    kasc does not count a byte order mark at the start of the text, an editor that keeps it does.
    """

    def __init__(self, text: str, encoding: str = UTF16) -> None:
        self.lines = LINE_BREAK.split(text)
        self.encoding = encoding
        self._mark = len(_BOM) if text.startswith(_BOM) else 0

    def position(self, line: int, column: int) -> types.Position:
        """Return the position of a line and column, both from 1; the nearest one in the text if it has none there."""
        if line > len(self.lines):
            line, column = len(self.lines), len(self.lines[-1]) + 1
        before = self.lines[line - 1][: column - 1 + (self._mark if line == 1 else 0)]
        return types.Position(line - 1, self._units(before))

    def range(self, location: Location) -> types.Range:
        """Return the range of a location."""
        _, line, column, end_line, end_column = location
        return types.Range(self.position(line, column), self.position(end_line, end_column))

    def place(self, position: types.Position) -> tuple[int, int]:
        """Return the line and column of a position, both from 1; the nearest one in the text if it has none there.

        A position inside a character is at its start.
        """
        if position.line >= len(self.lines):
            return len(self.lines), len(self.lines[-1]) + 1
        text = self.lines[position.line]
        column = self._characters(text, position.character)
        mark = self._mark if position.line == 0 else 0
        return position.line + 1, max(column - mark, 0) + 1

    def line_end(self, line: int) -> types.Position:
        """Return the end of a line, counted from 1; of the last line if there are fewer."""
        line = min(line, len(self.lines))
        return types.Position(line - 1, self._units(self.lines[line - 1]))

    def whole(self) -> types.Range:
        """Return the range of the whole text."""
        return types.Range(types.Position(0, 0), self.line_end(len(self.lines)))

    def _units(self, text: str) -> int:
        """Return the number of code units of a string."""
        if self.encoding == UTF32 or text.isascii():
            return len(text)
        return sum(map(self._size, text))

    def _size(self, character: str) -> int:
        if self.encoding == UTF16:
            return 1 + (character > "\uffff")
        return 1 + (character > "\x7f") + (character > "\u07ff") + (character > "\uffff")

    def _characters(self, text: str, units: int) -> int:
        """Return the number of whole characters in the first code units of a string."""
        if self.encoding == UTF32 or text.isascii():
            return min(units, len(text))
        for index, character in enumerate(text):
            units -= self._size(character)
            if units < 0:
                return index
        return len(text)


def overlaps(one: types.Range, other: types.Range) -> bool:
    """Return whether two ranges have a position in common, the ends included."""
    return _key(one.start) <= _key(other.end) and _key(other.start) <= _key(one.end)


def _key(position: types.Position) -> tuple[int, int]:
    return position.line, position.character


def contains(location: Location, line: int, column: int) -> bool:
    """Return whether a place is in a location or right behind it."""
    return location[1:3] <= (line, column) <= location[3:5]
