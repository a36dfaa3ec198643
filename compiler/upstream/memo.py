"""What follows from facts and a few values, kept for the other inputs of a run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Result = TypeVar("Result")
Item = TypeVar("Item")
_MOST_RECENT = 64
"""Results that `recently` keeps, and as many of before."""


class Kept(tuple[Item, ...]):
    """A tuple that equals itself alone, so that as a part of a key it costs nothing, however long it is."""

    __slots__ = ()
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


class Reckoned:
    """Keeps what is reckoned, by its key."""

    def __init__(self) -> None:
        self._reckoned: dict[Any, Any] = {}
        self._recent: dict[Any, Any] = {}
        self._before: dict[Any, Any] = {}

    def reckon(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """What `make` gives, of which `key` names all it depends on beside these facts; kept, but for None.

        For what has few keys, however many inputs there are.
        """
        known: Result | None = self._reckoned.get(key)
        if known is None:
            known = self._reckoned[key] = make()
        return known

    def recently(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """As `reckon`, but only the last few are kept: for what inputs have in common, but may as well differ in."""
        known: Result | None = self._recent.get(key)
        if known is None:
            if len(self._recent) >= _MOST_RECENT:
                self._before, self._recent = self._recent, {}
            known = self._before.get(key)
            self._recent[key] = known = make() if known is None else known
        return known
