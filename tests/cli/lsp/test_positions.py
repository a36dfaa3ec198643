"""Columns in code units and columns in characters: each position of a text has one of each, in every encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pygls")

from lsprotocol import types

from compiler.cli.lsp.positions import Positions, overlaps
from compiler.diagnostics import Location

ENCODINGS = ("utf-8", "utf-16", "utf-32")
UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
TEXTS = st.text(st.sampled_from("ab:\n\r\té€\u2028\x0c𝒳🙂\ufeff"), max_size=30)


@given(TEXTS, st.sampled_from(ENCODINGS), st.data())
def test_positions_and_places_are_the_inverse_of_each_other(text: str, encoding: str, data: st.DataObject) -> None:
    positions = Positions(text, encoding)
    line = data.draw(st.integers(1, len(positions.lines)))
    mark = text.startswith("\ufeff") and line == 1
    column = data.draw(st.integers(1, len(positions.lines[line - 1]) + 1 - mark))
    position = positions.position(line, column)
    before = positions.lines[line - 1][: column - 1 + mark]
    codec, size = UNITS[encoding]
    assert (position.line, position.character) == (line - 1, len(before.encode(codec)) // size)
    assert positions.place(position) == (line, column)


@given(TEXTS, st.sampled_from(ENCODINGS), st.integers(0, 40), st.integers(0, 60))
def test_any_position_of_an_editor_is_a_place_in_the_text(text: str, encoding: str, line: int, character: int) -> None:
    positions = Positions(text, encoding)
    row, column = positions.place(types.Position(line, character))
    assert 1 <= row <= len(positions.lines)
    assert 1 <= column <= len(positions.lines[row - 1]) + 1
    nearest = positions.position(row, column)
    if line < len(positions.lines):
        assert nearest.line == line
        assert nearest.character <= character or (line == 0 and text.startswith("\ufeff"))


@given(TEXTS, st.sampled_from(ENCODINGS), *[st.integers(1, 50)] * 4)
def test_any_location_is_a_range_in_the_text(text: str, encoding: str, a: int, b: int, c: int, d: int) -> None:
    positions = Positions(text, encoding)
    whole = positions.whole()
    found = positions.range(Location("a.yaml", a, b, c, d))
    for position in (found.start, found.end):
        assert (position.line, position.character) <= (whole.end.line, whole.end.character)


def test_lines_are_those_of_the_protocol() -> None:
    text = "a\u2028b\x0c\x85c\r\nd\re\n𝒳f"
    assert Positions(text).lines == ["a\u2028b\x0c\x85c", "d", "e", "𝒳f"]
    assert Positions(text).position(4, 2) == types.Position(3, 2)
    assert Positions(text, "utf-8").position(4, 2) == types.Position(3, 4)
    assert Positions(text, "utf-32").position(4, 2) == types.Position(3, 1)
    assert Positions(text).place(types.Position(3, 1)) == (4, 1)


def test_ranges_that_touch_overlap() -> None:
    def on(start: int, end: int) -> types.Range:
        return types.Range(types.Position(0, start), types.Position(0, end))

    assert overlaps(on(1, 3), on(3, 3))
    assert overlaps(on(2, 2), on(1, 5))
    assert not overlaps(on(1, 3), on(4, 5))
