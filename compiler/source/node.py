"""A parsed document: plain values that know their place in the file."""

from __future__ import annotations

from typing import Any, TypeAlias

from compiler.diagnostics import Location

Scalar: TypeAlias = bool | int | float | str | None
Span: TypeAlias = tuple[int, int, int, int]
"""Line, column, end line, end column; from 1, in characters, the end exclusive."""


class Source:
    """One input file: its name as shown to the user and its decoded text.

    `json` tells that the server reads it as JSON.
    """

    __slots__ = ("json", "name", "text")

    def __init__(self, name: str, text: str, *, json: bool = False) -> None:
        self.name = name
        self.text = text
        self.json = json


class Node:
    """A value of a document.

    `value` is a scalar, a list of nodes, or a dict of nodes; `span` covers it in `source`. `keys` holds, for a dict,
    the span of each key. `text` is a scalar as written (`1.30`, `0x10`, without quotes); empty for others.

    Nothing changes a node once it is made. So `reckoned` may keep what follows from a node and a key, for the many
    documents that have a parent's node in common.
    """

    __slots__ = ("keys", "reckoned", "source", "span", "text", "value")

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
        self.reckoned: dict[Any, Any] | None = None

    def keep(self, key: Any, found: Any) -> None:
        """Remember what follows from this node and a key."""
        if self.reckoned is None:
            self.reckoned = {}
        self.reckoned[key] = found

    def kept(self, key: Any) -> Any:
        """What was remembered; None for nothing."""
        return self.reckoned.get(key) if self.reckoned is not None else None

    @property
    def location(self) -> Location:
        """Where the value stands."""
        return Location(self.source.name, *self.span)

    def key_location(self, key: str) -> Location:
        """Where a key of this mapping stands; the mapping itself where the key is not there."""
        child = self.value.get(key) if isinstance(self.value, dict) else None
        span = (self.keys or {}).get(key)
        if span is None:
            return self.location
        return Location((child or self).source.name, *span)

    def get(self, key: str) -> Node | None:
        """The value under a key, None where there is none or this is no mapping."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def plain(self) -> object:
        """The value without positions: what `json.loads` would give."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, path: tuple[str | int, ...]) -> Node:
        """The node under a path of keys and indices, as far as the path exists."""
        node = self
        for step in path:
            value = node.value
            if isinstance(value, dict):
                found = value.get(step) if isinstance(step, str) else None
            else:
                found = value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
            if found is None:
                break
            node = found
        return node
