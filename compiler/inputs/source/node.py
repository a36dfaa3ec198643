"""A parsed document: plain values with their positions, and positions in text."""

from __future__ import annotations

import re
from array import array
from itertools import accumulate
from typing import Any, TypeAlias

from compiler import rules
from compiler.bounds import MAX_ARGUMENT, MAX_DEPTH, MAX_EXPANDED, MAX_LINES, MAX_NODES, MAX_NUMBER
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose

Scalar: TypeAlias = bool | int | float | str | None
Span: TypeAlias = tuple[int, int, int, int]
"""Line, column, end line, end column; from 1, in characters, the end exclusive."""


class Source:
    """One input file: its name in messages and its decoded text; `json` is set if the server reads it as JSON.

    `argv` is set if NUL characters separated its lines, each of which is one argument of a process.
    """

    __slots__ = ("argv", "json", "name", "text")

    def __init__(self, name: str, text: str, *, json: bool = False, argv: bool = False) -> None:
        self.name = name
        self.text = text
        self.json = json
        self.argv = argv

    @property
    def body(self) -> str:
        """The text without a byte order mark."""
        return self.text.removeprefix("\ufeff")


class Node:
    """A value of a document.

    `value` is a scalar, a list of nodes, or a dict of nodes; `span` covers it in `source`. `keys` has the span of each
    key of a dict. `text` is a scalar as written (`1.30`, `0x10`, without quotes); empty for lists and dicts.

    Nodes are not modified once parsing is done. So results computed from a node can be memoized on it, which helps
    when many documents share the nodes of a parent.
    """

    __slots__ = ("keys", "memo", "source", "span", "text", "value")

    def __init__(
        self,
        value: Scalar | list[Node] | dict[str, Node],
        source: Source,
        span: Span,
        text: str = "",
        keys: dict[str, Span] | None = None,
    ) -> None:
        self.value = value
        self.source = source
        self.span = span
        self.text = text
        self.keys = keys
        self.memo: dict[Any, Any] | None = None

    def memoize(self, key: Any, result: Any) -> None:
        """Store a result computed from this node under a key."""
        if self.memo is None:
            self.memo = {}
        self.memo[key] = result

    def memoized(self, key: Any) -> Any:
        """Return the result stored under a key, None if there is none."""
        return self.memo.get(key) if self.memo is not None else None

    @property
    def location(self) -> Location:
        """The location of the value."""
        return Location(self.source.name, *self.span)

    def key_location(self, key: str) -> Location:
        """Return the location of a key of this mapping; that of the mapping if it does not have the key."""
        child = self.value.get(key) if isinstance(self.value, dict) else None
        span = (self.keys or {}).get(key)
        if span is None:
            return self.location
        return Location((child or self).source.name, *span)

    def get(self, key: str) -> Node | None:
        """Return the value of a key; None if there is none or this is not a mapping."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def plain(self) -> object:
        """Return the value without positions, as `json.loads` would."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, path: tuple[str | int, ...]) -> Node:
        """Return the node at a path of keys and indices, or its last ancestor that exists."""
        node = self
        for step in path:
            value = node.value
            if isinstance(value, dict):
                child = value.get(step) if isinstance(step, str) else None
            else:
                child = value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
            if child is None:
                break
            node = child
        return node


_NO_SOURCE, _NO_SPAN = Source("", ""), (1, 1, 1, 1)


def node_of(value: Any) -> Node:
    """Return plain data as a node without a position."""
    if isinstance(value, dict):
        return Node({key: node_of(item) for key, item in value.items()}, _NO_SOURCE, _NO_SPAN, "", {})
    if isinstance(value, list):
        return Node([node_of(item) for item in value], _NO_SOURCE, _NO_SPAN)
    return Node(value, _NO_SOURCE, _NO_SPAN, value if isinstance(value, str) else "")


LINE_BREAK = re.compile(r"\r\n?|\n")
QUOTE_STRING = "quote it if it is meant as a string"
"""The hint for a scalar that was probably meant as a string."""


def place(text: str, index: int) -> tuple[int, int]:
    """Return the line and column of an index, both from 1.

    >>> place("ab\\ncd", 4)
    (2, 2)
    """
    line, start = 1, 0
    for match in LINE_BREAK.finditer(text, 0, index):
        line, start = line + 1, match.end()
    return line, index - start + 1


def line_starts(text: str) -> array[int]:
    """Return the index of each line's first character."""
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    return array("L", accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))


class Lines:
    """A text and the indices at which its lines start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = line_starts(text)

    def index(self, line: int, column: int) -> int:
        """Return the index of a line and column, both from 1; the length of the text if it has no such position.

        >>> Lines("ab\\ncd").index(2, 2)
        4
        """
        return min(self.starts[line - 1] + column - 1, len(self.text)) if line <= len(self.starts) else len(self.text)

    def span(self, location: Location) -> tuple[int, int]:
        """Return the start and end index of a location."""
        _, line, column, end_line, end_column = location
        return self.index(line, column), self.index(end_line, end_column)


def location(source: Source, text: str, start: int, end: int) -> Location:
    """Return the location of a slice of `text`, which is the text of `source` without its byte order mark."""
    return Location(source.name, *place(text, start), *place(text, end))


def at_span(source: Source, span: Span) -> Location:
    """Return a span of a source as a location."""
    return Location(source.name, *span)


def too_deep(where: Location) -> KascError:
    """Return the error for values nested deeper than `MAX_DEPTH`."""
    return KascError(
        diagnose(
            rules.FILE_TOO_LARGE_OR_DEEP,
            f"mappings and lists are nested deeper than {MAX_DEPTH} levels",
            "no option needs this depth: look for brackets or indentation repeated by mistake",
            location=where,
        )
    )


def too_many(where: Location) -> Diagnostic:
    """Return the diagnostic for a file with more values than `MAX_NODES`, which cannot be read further."""
    message = f"the file has more than {MAX_NODES} values, with aliases expanded"
    return diagnose(
        rules.FILE_TOO_LARGE_OR_DEEP, message, "split the file, or use fewer aliases of aliases", location=where
    )


def too_many_words(where: Location | None) -> KascError:
    """Return the error for a command line of more words than `MAX_NODES`."""
    message = f"the command line has more than {MAX_NODES} words"
    return KascError(
        diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, "check that the file is a list of flags", location=where)
    )


def check_lines(source: Source) -> None:
    """Raise KascError (DOC-02) for a file with more lines than `MAX_LINES`."""
    if max(source.text.count("\n"), source.text.count("\r")) > MAX_LINES:
        message = f"the file has more than {MAX_LINES} lines"
        where = Location(source.name, 1, 1, 1, 1)
        hint = "check that it is the right file"
        raise KascError(diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, hint, location=where))


def too_long(where: Location) -> KascError:
    """Return the error for a word or variable longer than `MAX_ARGUMENT`."""
    message = f"an argument or variable is longer than {MAX_ARGUMENT} characters, the most that Linux accepts"
    return KascError(
        diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, "move the value to a file that a flag names", location=where)
    )


def expands_too_far(where: Location) -> KascError:
    """Return the error for variables that add more characters than `MAX_EXPANDED`."""
    message = f"the variables expand to more than {MAX_EXPANDED} characters"
    return KascError(
        diagnose(
            rules.FILE_TOO_LARGE_OR_DEEP, message, "look for variables that repeat other variables", location=where
        )
    )


def long_number(where: Location, length: int) -> Diagnostic:
    """Return the diagnostic for a number with more characters than `MAX_NUMBER`."""
    return diagnose(
        rules.UNSUPPORTED_TYPE_OF_VALUE,
        f"the number has {length} characters, more than the limit of {MAX_NUMBER}",
        QUOTE_STRING,
        location=where,
    )


def overflowing(where: Location, text: str) -> Diagnostic:
    """Return the diagnostic for a number that overflows a float."""
    return diagnose(
        rules.UNSUPPORTED_TYPE_OF_VALUE,
        f"the number {text if len(text) <= 40 else text[:37] + '...'} overflows a 64-bit float",
        f"write a smaller number, or {QUOTE_STRING}",
        location=where,
    )


def code_point(char: str) -> str:
    """Return the code point of a character that cannot be printed, for example U+0007."""
    return f"U+{ord(char):04X}"


def quoted(text: str) -> str:
    """Return a string of the file in quotes for a message: escaped, and truncated if it is long."""
    return repr(text) if len(text) <= 60 else repr(text[:57]) + "..."


def text_of(node: Node | None) -> str:
    """Return the value of a string node, empty for any other node."""
    return node.value if node is not None and isinstance(node.value, str) else ""


def items_of(node: Node | None) -> list[Node]:
    """Return the items of a list node, none for any other node."""
    return node.value if node is not None and isinstance(node.value, list) else []


def find(node: Node, *keys: str) -> Node | None:
    """Return the node at a path of keys, None if the path does not exist."""
    child: Node | None = node
    for key in keys:
        child = child.get(key) if child is not None else None
    return child
