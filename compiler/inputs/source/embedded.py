"""YAML inside a string of a file, with the positions of its values in that file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from compiler.diagnostics import Diagnostic, KascError, Location, Problems
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.characters import characters, only_whole, span_in
from compiler.inputs.source.node import Lines, Node, Source, Span, text_of

Parser: TypeAlias = Callable[[Source, list[Diagnostic]], Node]


class Embedded:
    """A string with YAML in it. A string whose characters have no positions is one place.

    `decoded` is the text if the string has it in an encoded form, for example base64.
    """

    def __init__(self, node: Node, decoded: str | None = None) -> None:
        self.node = node
        self.text = text_of(node) if decoded is None else decoded
        # Positions of a parser also count carriage returns, which only an escape sequence adds to a string.
        self._spans = characters(node) if decoded is None and "\r" not in self.text else None

    def parse(
        self, parser: Parser = parse_as_server, start: int = 0, end: int | None = None
    ) -> tuple[Node | None, list[Diagnostic]]:
        """Parse the string, or a part of it; None if it is not well-formed. Return the problems of the parser too."""
        part = Source(self.node.source.name, self.text[start:end])
        problems = Problems()
        root: Node | None = None
        try:
            root = parser(part, problems)
        except KascError as error:
            problems.append(error.diagnostic)
        mover = _Mover(self.node, self._spans, Lines(part.body), start + len(part.text) - len(part.body))
        if root is not None:
            mover.move(root)
        return root, [mover.placed(each) for each in problems]


class _Mover:
    """Moves nodes and problems of a part of a string, which starts at an index, to the file with the string."""

    def __init__(self, outer: Node, spans: list[Span] | None, lines: Lines, start: int) -> None:
        self.outer = outer
        self.spans = spans
        self.lines = lines
        self.start = start
        self.moved: set[int] = set()

    def move(self, node: Node) -> None:
        """Move a node and those in it; nodes that an alias repeats are moved once."""
        if id(node) in self.moved:
            return
        self.moved.add(id(node))
        node.source = self.outer.source
        node.span = self._span(node.span)
        if node.keys is not None:
            node.keys = {key: self._span(span) for key, span in node.keys.items()}
        for child in node.value.values() if isinstance(node.value, dict) else ():
            self.move(child)
        for child in node.value if isinstance(node.value, list) else ():
            self.move(child)
        if self.spans is None:
            only_whole(node)

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return a problem of the parser as one of the file."""
        where = diagnostic.location
        if where is None:
            return diagnostic
        return diagnostic._replace(location=Location(self.outer.source.name, *self._span(where[1:])), fix=())

    def _span(self, span: Span) -> Span:
        if not self.spans:
            return self.outer.span
        start, end = self.lines.span(Location("", *span))
        return span_in(self.spans, self.start + start, self.start + end)
