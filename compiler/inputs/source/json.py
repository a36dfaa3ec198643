"""JSON parsed to nodes with positions, as kube-apiserver reads it.

The grammar is that of RFC 8259, as in Go's encoding/json. Positions are computed here because those of Python's json
module differ between Python versions.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from compiler import rules
from compiler.bounds import MAX_DEPTH, MAX_NODES, MAX_NUMBER
from compiler.diagnostics import Diagnostic, KascError, Location, Problems
from compiler.inputs.source import yaml_scalars as findings
from compiler.inputs.source.node import Lines, Node, Scalar, Source, Span, at_span, too_deep, too_many
from compiler.inputs.source.yaml_scalars import resolve

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_is_integer = re.compile(r"-?[0-9]+").fullmatch
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CODE = re.compile(r"[0-9a-fA-F]{4}")
_WORD = re.compile(r"[A-Za-z]+")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_REPLACEMENT = "\ufffd"


class JsonSyntaxError(ValueError):
    """A JSON syntax error: the index of the first invalid character, and the reason in lowercase."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index = index
        self.reason = reason


def _number_of(literal: str) -> int | float:
    """Return the value of a number; infinity if it overflows a float."""
    return int(literal) if _is_integer(literal) and len(literal) <= MAX_NUMBER else float(literal)


def parse_json(
    source: Source, problems: list[Diagnostic], *, as_server: bool = True, max_depth: int = MAX_DEPTH
) -> Node:
    """Parse a JSON document.

    The last of duplicate keys wins. If `as_server`, the nodes' source is marked as JSON, an unpaired surrogate decodes
    to U+FFFD, and numbers are not bounded.
    Adds duplicate keys (DOC-05) and numbers out of bounds (DOC-06) to `problems`. Raises JsonSyntaxError, and
    KascError if a bound is exceeded (DOC-02).
    """
    return _Reader(Source(source.name, source.text, json=as_server), problems, as_server, max_depth).document()


class _Reader:
    def __init__(self, source: Source, problems: list[Diagnostic], as_server: bool, max_depth: int) -> None:
        self.source = source
        self.text = source.text
        self.caller_problems = problems
        self.problems = Problems()
        self.as_server = as_server
        self.max_depth = max_depth
        self.starts = Lines(self.text).starts
        self.size = 0

    def document(self) -> Node:
        try:
            node, index = self.value(self.skip(0), 1)
            index = self.skip(index)
            if index < len(self.text):
                raise JsonSyntaxError(index, "unexpected data after the value")
            return node
        finally:
            self.caller_problems += self.problems

    def skip(self, index: int) -> int:
        """Return the index after white space."""
        space = _SPACE.match(self.text, index)
        return space.end() if space is not None else index

    def span(self, start: int, end: int) -> Span:
        starts = self.starts
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        return line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1

    def value(self, start: int, depth: int) -> tuple[Node, int]:
        """Return the value that starts at an index, and the index after it."""
        char = self.text[start : start + 1]
        self.size += 1
        if self.size > MAX_NODES:
            raise KascError(too_many(self.location(start)))
        if char in ("{", "["):
            if depth > self.max_depth:
                raise too_deep(self.location(start))
            return self.mapping(start, depth) if char == "{" else self.sequence(start, depth)
        if char == '"':
            text, end = self.string(start)
            return Node(text, self.source, self.span(start, end), text), end
        number = _NUMBER.match(self.text, start)
        if number is not None:
            return self.number(number[0], start), number.end()
        word = _WORD.match(self.text, start)
        if word is None or word[0] not in _WORDS:
            raise JsonSyntaxError(start, _not_a_value(self.text, start))
        return Node(_WORDS[word[0]], self.source, self.span(start, word.end()), word[0]), word.end()

    def number(self, literal: str, start: int) -> Node:
        node = Node(literal, self.source, self.span(start, start + len(literal)), literal)
        try:
            node.value = _number_of(literal) if self.as_server else resolve(literal)
        except ValueError as error:
            self.problems.report(rules.UNSUPPORTED_TYPE_OF_VALUE, findings.number, node, error)
        return node

    def location(self, index: int) -> Location:
        return at_span(self.source, self.span(index, index + 1))

    def sequence(self, start: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        index = self.skip(start + 1)
        if not self.text.startswith("]", index):
            index, closed = start, False
            while not closed:
                item, index = self.value(self.skip(index + 1), depth + 1)
                items.append(item)
                index, closed = self.next(index, "]", "a list")
        return Node(items, self.source, self.span(start, index + 1)), index + 1

    def mapping(self, start: int, depth: int) -> tuple[Node, int]:
        values: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        index = self.skip(start + 1)
        if not self.text.startswith("}", index):
            index, closed = start, False
            while not closed:
                begin = self.skip(index + 1)
                if not self.text.startswith('"', begin):
                    raise JsonSyntaxError(begin, "expected a key in double quotes")
                key, end = self.string(begin)
                span = self.span(begin, end)
                index = self.skip(end)
                if not self.text.startswith(":", index):
                    raise JsonSyntaxError(index, "expected a colon after the key")
                if key in values:
                    self.problems.report(
                        rules.DUPLICATE_KEY, findings.duplicate_key, key, keys[key], at_span(self.source, span)
                    )
                values[key], index = self.value(self.skip(index + 1), depth + 1)
                keys[key] = span
                index, closed = self.next(index, "}", "an object")
        return Node(values, self.source, self.span(start, index + 1), "", keys), index + 1

    def next(self, index: int, closing: str, kind: str) -> tuple[int, bool]:
        """Return the index of the comma or closing bracket after an element, and whether it is the bracket."""
        index = self.skip(index)
        char = self.text[index : index + 1]
        if not char:
            raise JsonSyntaxError(index, f"{kind} is not closed")
        if char != "," and char != closing:
            raise JsonSyntaxError(index, f"expected a comma or {closing} in {kind}")
        return index, char == closing

    def string(self, start: int) -> tuple[str, int]:
        """Return the string whose opening quote is at an index, and the index after its closing quote."""
        text = self.text
        parts = []
        index = start + 1
        while True:
            plain = _PLAIN.match(text, index)
            end = plain.end() if plain is not None else index
            parts.append(text[index:end])
            char = text[end : end + 1]
            if char == '"':
                return "".join(parts), end + 1
            if not char:
                raise JsonSyntaxError(start, "a string is not closed")
            if char != "\\":
                raise JsonSyntaxError(end, "a string cannot contain a control character; use an escape sequence")
            decoded, index = self.escape(end)
            parts.append(decoded)

    def escape(self, start: int) -> tuple[str, int]:
        """Return the decoded escape sequence, and the index after it; a surrogate pair is one sequence."""
        letter = self.text[start + 1 : start + 2]
        if letter in _ESCAPES:
            return _ESCAPES[letter], start + 2
        code = self.code(start)
        if code is None:
            reason = "\\u needs four hexadecimal digits" if letter == "u" else "unknown escape"
            raise JsonSyntaxError(start, reason)
        if 0xD800 <= code < 0xDC00:
            low = self.code(start + 6)
            if low is not None and 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), start + 12
        if not 0xD800 <= code < 0xE000:
            return chr(code), start + 6
        if not self.as_server:
            raise JsonSyntaxError(start, "unpaired surrogate")
        return _REPLACEMENT, start + 6

    def code(self, start: int) -> int | None:
        """Return the code unit of the \\u escape at an index; None if there is none."""
        digits = _CODE.match(self.text, start + 2) if self.text.startswith("\\u", start) else None
        return int(digits[0], 16) if digits is not None else None


def _not_a_value(text: str, index: int) -> str:
    char = text[index : index + 1]
    if not char:
        return "unexpected end of input, expected a value"
    word = _WORD.match(text, index)
    if word is not None:
        return f"{word[0][:20]} is not a valid JSON value"
    return "a string needs double quotes" if char == "'" else "expected a value"
