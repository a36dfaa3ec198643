"""Artifacts in parts, for documents that are nearly alike: what is written of one needs no building for the next."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple

Filling = str | tuple[str, ...] | None
"""What a hole is filled with: a text, a list of texts, or null."""


class _Hole:
    """The value of a key of which every document has its own."""


HOLE = _Hole()


class Part(NamedTuple):
    """A map or a list, not empty, of which only the text may be wanted: `build` makes it from what `key` names.

    Parts with equal keys are the same, types and order of map keys included, but for their holes: each `HOLE` that is
    the value of a key (not the first one of a list's item) stands for the next one of `holes`.
    """

    key: Hashable
    build: Callable[[], Any]
    holes: tuple[Filling, ...] = ()

    def whole(self) -> Any:
        """The map or list itself."""
        return _filled(self.build(), iter(self.holes)) if self.holes else self.build()


class Parts(tuple[Part, ...]):
    """A value of a map that is built in parts: their entries, one after the other, are those of one map or list."""

    __slots__ = ()

    @classmethod
    def of(cls, key: Hashable, build: Callable[[], Any], holes: tuple[Filling, ...] = ()) -> Parts:
        """A single part."""
        return cls((Part(key, build, holes),))

    def whole(self) -> Any:
        """The map or list itself."""
        first, *rest = (part.whole() for part in self)
        for more in rest:
            first = first | more if isinstance(first, dict) else [*first, *more]
        return first


def _filled(value: Any, holes: Iterator[Filling]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, holes) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, holes) for item in value]
    if value is HOLE:
        hole = next(holes)
        return list(hole) if isinstance(hole, tuple) else hole
    return value


def plain(value: Any) -> Any:
    """The same with every part built."""
    if isinstance(value, Parts):
        return plain(value.whole())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return list(map(plain, value)) if isinstance(value, list | tuple) else value


def shared(value: Any) -> Any:
    """A map or a list that many documents may have the same."""
    return Parts.of(exactly(value), lambda: value) if value else value


def shared_but(name: str, value: Any) -> Any:
    """The same for a map, or a list of maps, in which each document has lists of texts of its own under a name."""
    if not value:
        return value
    rows = [value] if isinstance(value, dict) else value
    rest = [{**row, name: None} for row in rows]
    holes = tuple(tuple(row[name]) for row in rows)

    def build() -> Any:
        found = [{**row, name: HOLE} for row in rows]
        return found[0] if isinstance(value, dict) else found

    return Parts.of((name, isinstance(value, dict), exactly(rest)), build, holes)


def exactly(value: Any) -> Hashable:
    """Plain data as a part of a key: it tells 1 from True and from 1.0, and knows the order of a map's keys."""
    try:
        return marshal.dumps(value, 2)
    except ValueError:
        return repr(value)
