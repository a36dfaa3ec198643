"""YAML inside a string of a file, with the positions of its values in that file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from compiler.diagnostics import Diagnostic, KascError, Location, Problems
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.node import LINE_BREAK, Node, Source, Span, text_of
from compiler.inputs.source.yaml import parse_first_yaml
from compiler.inputs.source.yaml_scalars import resolve_as_server

_Mapping: TypeAlias = Callable[[Span], Span]


class Embedded:
    """A string with YAML in it. A literal block has exact positions, in any other scalar all values have its own."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.text = text_of(node)
        self.span_of = _spans(node, self.text)

    def document(self, text: str, first: int = 0) -> tuple[Node | None, list[Diagnostic]]:
        """Parse a part of the string as Kubernetes does, which starts at its line `first` from 0; and its problems.

        The document is None if it is not well-formed.
        """
        return self._parse(text, first, lambda source, problems: parse_first_yaml(source, problems, resolve_as_server))

    def file(self) -> tuple[Node | None, list[Diagnostic]]:
        """Parse the string as the content of a file of kube-apiserver."""
        return self._parse(self.text, 0, parse_as_server)

    def _parse(
        self, text: str, first: int, parse: Callable[[Source, list[Diagnostic]], Node]
    ) -> tuple[Node | None, list[Diagnostic]]:
        problems = Problems()
        root: Node | None = None
        try:
            root = parse(Source(self.node.source.name, text), problems)
        except KascError as error:
            problems.append(error.diagnostic)
        if root is not None:
            _move(root, self.node.source, lambda span: self.span_of(_below(span, first)), set())
        return root, [self._placed(each, first) for each in problems]

    def _placed(self, diagnostic: Diagnostic, first: int) -> Diagnostic:
        where = diagnostic.location
        if where is None:
            return diagnostic
        return diagnostic._replace(location=Location(where.file, *self.span_of(_below(where[1:], first))), fix=())


def _below(span: Span, lines: int) -> Span:
    return span[0] + lines, span[1], span[2] + lines, span[3]


def _spans(node: Node, text: str) -> _Mapping:
    """Return the function from spans in a string to spans in its file."""
    line, column, end_line, _ = node.span
    lines = LINE_BREAK.split(node.source.body)[line - 1 : end_line]
    if not lines or lines[0][column - 1 : column] != "|":
        return lambda _: node.span
    values = text.split("\n")
    index = next((index for index, value in enumerate(values) if value.strip()), None)
    raw = lines[index + 1] if index is not None and index + 1 < len(lines) else ""
    if index is None or not raw.endswith(values[index]):
        return lambda _: node.span
    indent = len(raw) - len(values[index])

    def in_block(span: Span) -> Span:
        return span[0] + line, span[1] + indent, span[2] + line, span[3] + indent

    return in_block


def _move(node: Node, source: Source, span_of: _Mapping, moved: set[int]) -> None:
    """Move a node and those in it to another source; nodes that an alias repeats are moved once."""
    if id(node) in moved:
        return
    moved.add(id(node))
    node.source = source
    node.span = span_of(node.span)
    if node.keys is not None:
        node.keys = {key: span_of(span) for key, span in node.keys.items()}
    if isinstance(node.value, dict):
        for child in node.value.values():
            _move(child, source, span_of, moved)
    elif isinstance(node.value, list):
        for child in node.value:
            _move(child, source, span_of, moved)
