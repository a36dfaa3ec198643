"""The comments of a file: what its format takes for one, so that a text with a number sign in it is none."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from typing import NamedTuple

from compiler.diagnostics import KascError
from compiler.source.node import Node, Source, Span
from compiler.source.places import LINE_BREAK
from compiler.source.reading import is_toml

Place = tuple[int, int]


class Comment(NamedTuple):
    """A comment from its number sign on. `alone` tells that nothing else stands in its line; places are from 1."""

    line: int
    column: int
    text: str
    alone: bool


def comments(source: Source, read_as: str, about: str) -> list[Comment]:
    """The comments of a file in whose lines `about` occurs; `read_as` is the kind of input that it is read as."""
    taken: list[Span] | None
    lines = LINE_BREAK.split(source.text.removeprefix("\ufeff"))
    if read_as == "argv":
        taken = None  # a line is a comment as a whole, or not at all
    else:
        try:
            taken = sorted(_words(source) if read_as == "flags" else _scalars(source))
        except KascError:
            return []
    found = []
    toml = is_toml(source) and read_as != "flags"
    for number, line in enumerate(lines, 1):
        if about not in line:
            continue
        column = _start(line, number, taken, toml)
        if column:
            found.append(Comment(number, column, line[column - 1 :], not line[: column - 1].strip()))
    return found


def is_comment(line: str) -> bool:
    """Whether a line holds a comment and nothing else."""
    return line.lstrip().startswith("#")


def _start(line: str, number: int, taken: list[Span] | None, anywhere: bool) -> int:
    """The column of the comment in a line, 0 where it has none. TOML has comments `anywhere`, YAML behind a space.

    `taken` are the spans of everything else, in order; they do not overlap.
    """
    if taken is None:
        return int(line.startswith("#"))
    for sign in re.finditer("#" if anywhere else r"(?:^|(?<=[ \t]))#", line):
        place = (number, sign.start() + 1)
        index = bisect(taken, place, key=_beginning) - 1
        if index < 0 or place >= taken[index][2:]:
            return place[1]
    return 0


def _beginning(span: Span) -> Place:
    return span[:2]


def _words(source: Source) -> list[Span]:
    """The words of a file for a shell."""
    from compiler.importers.shell_words import Splitter, trace_of

    splitter = Splitter(source.text, trace_of(source), {})
    return [word.location[1:] for word, _ in splitter.tokens() if word.location]


def _scalars(source: Source) -> Iterator[Span]:
    """The keys and scalars of a structured file."""
    if is_toml(source):
        from compiler.source.toml_source import parse_toml

        waiting = [parse_toml(source, [])]
    else:
        from compiler.source.yaml_source import parse_yaml_all

        waiting = parse_yaml_all(source, [])
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield from _spans(node)
        if isinstance(node.value, dict):
            waiting += node.value.values()
        elif isinstance(node.value, list):
            waiting += node.value


def _spans(node: Node) -> Iterator[Span]:
    if isinstance(node.value, dict):
        yield from (node.keys or {}).values()
    elif not isinstance(node.value, list):
        yield node.span
