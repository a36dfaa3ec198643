"""A parsed document: plain values with their positions in the file."""

from __future__ import annotations

from typing import Any, TypeAlias

from compiler.diagnostics import Location

Scalar: TypeAlias = bool | int | float | str | None
Span: TypeAlias = tuple[int, int, int, int]
"""Line, column, end line, end column; from 1, in characters, the end exclusive."""


class Source:
    """One input file: its name in messages and its decoded text; `json` is set if the server reads it as JSON."""

    __slots__ = ("json", "name", "text")

    def __init__(self, name: str, text: str, *, json: bool = False) -> None:
        self.name = name
        self.text = text
        self.json = json

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
