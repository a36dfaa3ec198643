"""The comments of a file, by the rules of its format: a `#` inside a string does not start a comment."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from typing import NamedTuple

from compiler.diagnostics import KascError
from compiler.inputs.source import is_toml
from compiler.inputs.source.node import LINE_BREAK, Node, Source, Span


class Comment(NamedTuple):
    """A comment from its `#` on; `line` and `column` are from 1.

    `whole_line` is set if the comment is the only content of its line.
    """

    line: int
    column: int
    text: str
    whole_line: bool


def comments(source: Source, read_as: str, keyword: str) -> list[Comment]:
    """Return the comments in lines that contain `keyword`; `read_as` is the kind of input the file is read as."""
    occupied: list[Span] | None
    lines = LINE_BREAK.split(source.body)
    if read_as == "argv":
        occupied = None  # an argument list has comment lines only
    else:
        try:
            occupied = sorted(_words(source) if read_as == "flags" else _scalars(source))
        except KascError:
            return []
    result = []
    toml = is_toml(source) and read_as != "flags"
    for number, line in enumerate(lines, 1):
        if keyword not in line:
            continue
        column = _comment_column(line, number, occupied, toml)
        if column:
            result.append(Comment(number, column, line[column - 1 :], not line[: column - 1].strip()))
    return result


def is_comment(line: str) -> bool:
    """Return whether a line contains only a comment."""
    return line.lstrip().startswith("#")


def _comment_column(line: str, number: int, occupied: list[Span] | None, anywhere: bool) -> int:
    """Return the column of the comment in a line, 0 if it has none.

    A comment starts `anywhere` in TOML, only after white space in YAML. `occupied` has the spans of all keys and
    values, in order and without overlap.
    """
    if occupied is None:
        return int(line.startswith("#"))
    for match in re.finditer("#" if anywhere else r"(?:^|(?<=[ \t]))#", line):
        place = (number, match.start() + 1)
        index = bisect(occupied, place, key=_start_of) - 1
        if index < 0 or place >= occupied[index][2:]:
            return place[1]
    return 0


def _start_of(span: Span) -> tuple[int, int]:
    return span[:2]


def _words(source: Source) -> list[Span]:
    """Return the spans of the shell words of a file."""
    from compiler.inputs.shell_words import Splitter, trace_of

    splitter = Splitter(source.text, trace_of(source), {})
    return [word.location[1:] for word, _ in splitter.tokens() if word.location]


def _scalars(source: Source) -> Iterator[Span]:
    """Yield the spans of the keys and scalars of a YAML or TOML file."""
    if is_toml(source):
        from compiler.inputs.source.toml import parse_toml

        pending = [parse_toml(source, [])]
    else:
        from compiler.inputs.source.yaml import parse_yaml_all

        pending = parse_yaml_all(source, [])
    visited: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        yield from _spans(node)
        if isinstance(node.value, dict):
            pending += node.value.values()
        elif isinstance(node.value, list):
            pending += node.value


def _spans(node: Node) -> Iterator[Span]:
    if isinstance(node.value, dict):
        yield from (node.keys or {}).values()
    elif not isinstance(node.value, list):
        yield node.span
