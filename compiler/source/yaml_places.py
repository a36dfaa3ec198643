"""Spans of YAML events: libyaml's marks, without anchors, tags and the blank lines after a value."""

from __future__ import annotations

import re
from typing import Any

from yaml.events import SequenceStartEvent

from compiler.diagnostics import Location
from compiler.source.node import Span
from compiler.source.places import LINE_BREAK

# Anchors, tags, white space and comments: what can precede the value in an event.
_PROPERTIES = re.compile(r"(?:&[\w-]+|!<[^>\s]*>|![^\s,\[\]{}]*|[ \t\r\n]+(?:#[^\r\n]*)?)*")
TAG = re.compile(r"!<!?[^>\s!]*>|![^\s,\[\]{}]*")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")


def span_of(event: Any) -> Span:
    """Return the span between the marks of an event."""
    start, end = event.start_mark, event.end_mark
    return start.line + 1, start.column + 1, end.line + 1, end.column + 1


def opening_span(text: str, event: Any) -> Span:
    """Return the empty span at the start of a collection, after its anchor and tag."""
    mark = event.start_mark
    column = mark.column + 1
    if event.anchor is not None or event.tag is not None:
        mark = event.end_mark
        column = mark.column + 1
        # The event ends after a bracket, and after the hyphen of a list that is not indented; otherwise before the
        # first item.
        if event.flow_style or (type(event) is SequenceStartEvent and text[mark.index : mark.index + 1] != "-"):
            column -= 1
    return mark.line + 1, column, mark.line + 1, column


def scalar_span(text: str, event: Any) -> Span:
    """Return the span of a scalar without its anchor and tag, and without the blank lines after a block scalar."""
    start, end = value_start(text, event), event.end_mark.index
    mark = event.start_mark
    line, column = _advance(mark.line + 1, mark.column + 1, text[mark.index : start])
    literal = text[start:end]
    if event.style in ("|", ">"):
        header = _BLOCK_HEADER.match(literal)
        literal = literal.rstrip() if event.value.strip() or header is None else header.group()
    return line, column, *_advance(line, column, literal)


def value_start(text: str, event: Any) -> int:
    """Return the index at which a scalar starts, after its anchor and tag."""
    start: int = event.start_mark.index
    if event.tag is None and event.anchor is None:
        return start
    properties = _PROPERTIES.match(text, start, event.end_mark.index)
    return properties.end() if properties is not None else start


def has_brace(text: str, event: Any) -> bool:
    """Return whether a mapping starts with a brace, unlike a block mapping and the mapping in `[key: value]`."""
    return bool(event.flow_style) and text[event.end_mark.index - 1] == "{"


def empty_value_span(text: str, event: Any, key_span: Span) -> Span:
    """Return the empty span of a missing value: after its ':', or after its key.

    libyaml's mark is before the next token, which can be lines away.
    """
    if event.tag is not None or event.anchor is not None:
        return scalar_span(text, event)
    mark = event.start_mark
    first, end = mark.index - mark.column, mark.index
    # A line can be as long as the file, so it is not copied for each value.
    while end > first and text[end - 1] in " \t":
        end -= 1
    place = (mark.line + 1, end - first + 1) if end > first and text[end - 1] == ":" else key_span[2:]
    return *place, *place


def tag_location(file: str, text: str, event: Any) -> Location:
    """Return the location of an event's tag."""
    line, column, end_line, end_column = span_of(event)
    start = event.start_mark.index
    tag = TAG.search(text, start, event.end_mark.index)
    if tag is None:
        return Location(file, line, column, end_line, end_column)
    line, column = _advance(line, column, text[start : tag.start()])
    return Location(file, line, column, line, column + len(tag.group()))


def _advance(line: int, column: int, text: str) -> tuple[int, int]:
    """Return the line and column after a text that starts at a line and column."""
    breaks = list(LINE_BREAK.finditer(text))
    if not breaks:
        return line, column + len(text)
    return line + len(breaks), len(text) - breaks[-1].end() + 1
