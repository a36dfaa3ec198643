"""What the tests of compiler/inputs/source share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.source.node import Node, Source, Span

Parser = Callable[[Source, list[Diagnostic]], Node]


def parsed(parser: Parser, text: str) -> Node:
    """The node of a text that has no problems."""
    problems: list[Diagnostic] = []
    node = parser(Source("file", text), problems)
    assert problems == []
    return node


def problems_of(parser: Parser, text: str) -> list[tuple[str, str]]:
    """Code and position (line:column) of every problem of a text, the one that ends the parsing last."""
    problems: list[Diagnostic] = []
    try:
        parser(Source("file", text), problems)
    except KascError as error:
        problems.append(error.diagnostic)
    return [(found.code, _position(found)) for found in problems]


def failure(parser: Parser, text: str) -> Diagnostic:
    """The diagnostic that ends the parsing of a text."""
    with pytest.raises(KascError) as raised:
        parser(Source("file", text), [])
    return raised.value.diagnostic


def _position(found: Diagnostic) -> str:
    assert found.location is not None
    return f"{found.location.line}:{found.location.column}"


def offset(text: str, line: int, column: int) -> int:
    """The index of a line and column; lines end as in YAML."""
    lines = text.replace("\r\n", "\0\n").replace("\r", "\n").replace("\0\n", "\r\n").split("\n")
    return sum(len(before) + 1 for before in lines[: line - 1]) + column - 1


def cut(text: str, span: Span) -> str:
    """The part of a text that a span covers."""
    return text[offset(text, *span[:2]) : offset(text, *span[2:])]


def walk(node: Node) -> Iterator[Node]:
    """A node and everything in it."""
    yield node
    children: list[Node] = []
    if isinstance(node.value, dict):
        children = list(node.value.values())
    elif isinstance(node.value, list):
        children = node.value
    for child in children:
        yield from walk(child)


def check_places(node: Node, text: str) -> None:
    """Every span lies in the text and runs forward, and every key has one."""
    for inner in walk(node):
        spans = [inner.span]
        if isinstance(inner.value, dict):
            assert inner.keys is not None
            assert inner.keys.keys() == inner.value.keys()
            spans += inner.keys.values()
        for span in spans:
            assert 0 <= offset(text, *span[:2]) <= offset(text, *span[2:]) <= len(text)
