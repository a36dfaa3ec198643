"""Positions of keys and values in TOML that tomli has accepted.

The scanner only locates: it does not validate and does not compute values.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from compiler.bounds import MAX_DEPTH, MAX_NODES
from compiler.diagnostics import KascError
from compiler.inputs.source.node import Node, Source, Span, at_span, location, too_deep, too_many

# An unclosed string extends to the end of its line or of the text, so that no pattern scans the text twice.
_STRING = (
    r'"""(?:[^"\\]++|\\.?|"(?!""))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\.?)*+"?'
    r"|'[^'\n]*+'?"
)
_KEY_PART = r"""[A-Za-z0-9_-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'"""
_DATE_AND_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9][^\s,\]}#]*+"

_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_KEY = re.compile(rf"[ \t]*+({_KEY_PART})[ \t]*+(\.?)", re.DOTALL)
_EQUALS = re.compile(r"=[ \t]*+")
_LITERAL = re.compile(rf"{_STRING}|{_DATE_AND_TIME}|[^\s,\]}}#]++", re.DOTALL)
_LONG_KEY = rf"(?P<long>(?:(?:{_KEY_PART})[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}})"
_NESTING = rf"{_LONG_KEY}|{_STRING}|#[^\n]*+|[A-Za-z0-9_.-]++|[\[\]{{}}]"  # compiled when needed

_Part = tuple[str, int, int]


class ConflictError(Exception):
    """A duplicate key: its name, and the spans of its first and second occurrence."""

    def __init__(self, key: str, first: Span, second: Span) -> None:
        super().__init__(key)
        self.key = key
        self.first = first
        self.second = second


def check_nesting(source: Source, text: str) -> None:
    """Raise KascError DOC-02 if brackets or dotted keys are nested deeper than the bound.

    Checked before tomli parses the text: some versions of it crash on deep nesting, and take quadratic time for keys
    of many parts. In text that is not valid TOML, the count of brackets is approximate.
    """
    crowded = text.count("[") + text.count("{") > MAX_DEPTH
    if not crowded and max(line.count(".") for line in text.split("\n")) < MAX_DEPTH:
        return
    depth = 0
    for token in re.finditer(_NESTING, text, re.DOTALL):
        char = token.group()
        if char in ("[", "{"):
            depth += 1
        elif char in ("]", "}"):
            depth = max(0, depth - 1)
        if depth > MAX_DEPTH or token.lastgroup == "long":
            raise too_deep(location(source, text, token.start(), token.start() + 1))


class Scanner:
    """Builds the nodes of a TOML text with spans, keys and literals as literal, but without scalar values.

    The span of a table extends from its header to the end of its last value before the next header. A table that only
    dotted keys or longer headers define starts at the first of them.
    """

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.root = Node({}, source, (1, 1, 1, 1), "", {})
        self.table = self.root
        self.enclosing: list[Node] = [self.root]  # the nodes whose spans grow with the values of the current section
        self.depth = 1
        self.size = 0
        self.declared: set[int] = set()  # the tables that have a header

    def scan(self) -> Node:
        """Return the root table. Raises KascError DOC-02 if a bound is exceeded, ConflictError for a duplicate key."""
        text, size = self.text, len(self.text)
        index = self.skip(0)
        self.root.span = (*self.span(index, index)[:2], *self.span(index, index)[:2])
        while index < size:
            if text[index] == "[":
                index = self.header(index)
            else:
                index, end = self.pair(index, self.table, self.depth)
                for node in self.enclosing:
                    node.span = (*node.span[:2], *end)
            index = self.skip(index)
        return self.root

    def skip(self, index: int) -> int:
        """Return the index after white space and comments."""
        blank = _BLANK.match(self.text, index)
        return blank.end() if blank is not None else index

    def span(self, start: int, end: int) -> Span:
        """Return the span of a slice of the text."""
        starts = self.starts
        first = bisect_right(starts, start)
        last = first if first == len(starts) or end < starts[first] else bisect_right(starts, end)
        return first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1

    def header(self, index: int) -> int:
        """Open the table of a `[header]` or `[[header]]`, and return the index after it."""
        self.count(index)
        of_array = self.text.startswith("[[", index)
        parts, end = self.key(index + 1 + of_array)
        end += 1 + of_array
        span = self.span(index, end)
        parent, depth = self.root, 1
        for part in parts[:-1]:
            parent, depth = self.step(parent, part, self.span(part[1], part[2]), depth)
        name, start, stop = parts[-1]
        self.enclosing = [self.root]
        self.root.span = (*self.root.span[:2], *span[2:])
        if of_array:
            self.open_item(parent, name, self.span(start, stop), span)
            self.depth = depth + 2
        else:
            self.open_table(parent, name, self.span(start, stop), span)
            self.depth = depth + 1
        self.bound(self.depth, span)
        return end

    def open_table(self, parent: Node, name: str, key_span: Span, span: Span) -> None:
        """Make the table of a `[header]` the current one."""
        values, keys = _entries(parent)
        table = values.get(name)
        if table is None:
            table = values[name] = Node({}, self.source, span, "", {})
        elif id(table) in self.declared or not isinstance(table.value, dict):
            raise ConflictError(name, keys[name], key_span)
        self.declared.add(id(table))
        table.span = span
        keys[name] = key_span
        self.table = table
        self.enclosing.append(table)

    def open_item(self, parent: Node, name: str, key_span: Span, span: Span) -> None:
        """Append a table to the array of a `[[header]]` and make it the current one."""
        values, keys = _entries(parent)
        array = values.get(name)
        if array is None:
            array = values[name] = Node([], self.source, span)
            keys[name] = key_span
        if not isinstance(array.value, list):
            raise ConflictError(name, keys[name], key_span)
        self.table = Node({}, self.source, span, "", {})
        array.value.append(self.table)
        array.span = (*array.span[:2], *span[2:])
        self.enclosing += [array, self.table]

    def step(self, table: Node, part: _Part, span: Span, depth: int) -> tuple[Node, int]:
        """Return the table at one part of a dotted key and its depth.

        That is the last table of an array of tables, and a new table if the key is not set.
        """
        values, keys = _entries(table)
        child = values.get(part[0])
        if child is None:
            child = values[part[0]] = Node({}, self.source, span, "", {})
            keys[part[0]] = span
        elif isinstance(child.value, list) and child.value:
            child, depth = child.value[-1], depth + 1
        if not isinstance(child.value, dict):
            raise ConflictError(part[0], keys[part[0]], span)
        self.bound(depth + 1, span)
        return child, depth + 1

    def key(self, index: int) -> tuple[list[_Part], int]:
        """Return the parts of a key, each with its name, start and end, and the index after the key."""
        parts = []
        while (match := _KEY.match(self.text, index)) is not None:
            parts.append((_key_name(match.group(1)), match.start(1), match.end(1)))
            index = match.end()
            if not match.group(2):
                break
        return parts, index

    def pair(self, index: int, table: Node, depth: int) -> tuple[int, tuple[int, int]]:
        """Add a `key = value` pair to a table. Return the index after the value, and its end as line and column."""
        parts, index = self.key(index)
        passed = []
        for part in parts[:-1]:
            table, depth = self.step(table, part, self.span(part[1], part[2]), depth)
            passed.append(table)
        name, start, stop = parts[-1]
        key_span = self.span(start, stop)
        equals = _EQUALS.match(self.text, index)
        node, index = self.value(equals.end() if equals is not None else index, depth)
        values, keys = _entries(table)
        if name in values:
            raise ConflictError(name, keys[name], key_span)
        values[name] = node
        keys[name] = key_span
        end = node.span[2:]
        for outer in passed:
            outer.span = (*outer.span[:2], *end)
        return index, end

    def value(self, start: int, depth: int) -> tuple[Node, int]:
        """Return the node of a value and the index after it."""
        self.count(start)
        char = self.text[start : start + 1]
        if char == "[":
            return self.array(start, depth + 1)
        if char == "{":
            return self.inline_table(start, depth + 1)
        literal = _LITERAL.match(self.text, start)
        end = literal.end() if literal is not None else start
        return Node(None, self.source, self.span(start, end), self.text[start:end]), end

    def array(self, start: int, depth: int) -> tuple[Node, int]:
        """Return the node of an array and the index after it."""
        self.bound(depth, self.span(start, start + 1))
        text, items = self.text, []
        index = self.skip(start + 1)
        while text[index] != "]":
            node, index = self.value(index, depth)
            items.append(node)
            index = self.after_comma(index)
        return Node(list(items), self.source, self.span(start, index + 1)), index + 1

    def inline_table(self, start: int, depth: int) -> tuple[Node, int]:
        """Return the node of an inline table and the index after it."""
        self.bound(depth, self.span(start, start + 1))
        table = Node({}, self.source, (1, 1, 1, 1), "", {})
        index = self.skip(start + 1)
        while self.text[index] != "}":
            index, _ = self.pair(index, table, depth)
            index = self.after_comma(index)
        table.span = self.span(start, index + 1)
        return table, index + 1

    def after_comma(self, index: int) -> int:
        """Return the index of the next value or the closing bracket after a value in brackets."""
        index = self.skip(index)
        return self.skip(index + 1) if self.text[index] == "," else index

    def count(self, start: int) -> None:
        """Count a value that starts at an index. Raises KascError DOC-02 if the bound is exceeded."""
        self.size += 1
        if self.size > MAX_NODES:
            raise KascError(too_many(at_span(self.source, self.span(start, start + 1))))

    def bound(self, depth: int, span: Span) -> None:
        """Raise KascError DOC-02 if a depth exceeds the bound."""
        if depth > MAX_DEPTH:
            raise too_deep(at_span(self.source, span))


def _entries(table: Node) -> tuple[dict[str, Node], dict[str, Span]]:
    """Return the mutable values and keys of a table."""
    if not isinstance(table.value, dict) or table.keys is None:
        raise TypeError("the node is not a table")
    return table.value, table.keys


def _key_name(literal: str) -> str:
    """Return the unquoted name of a part of a key."""
    if literal[0] == "'":
        return literal[1:-1]
    if literal[0] != '"':
        return literal
    if "\\" not in literal:
        return literal[1:-1]
    import tomli  # escapes are rare in keys, and tomli decodes them

    name: str = tomli.loads(f"key = {literal}")["key"]
    return name
