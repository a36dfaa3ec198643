"""Memo of values that are derived from facts, shared by the inputs of a run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Result = TypeVar("Result")
Item = TypeVar("Item")
_MAX_RECENT = 64
"""Size of each of the two generations of results of `memoize_recent`."""


class IdentityTuple(tuple[Item, ...]):
    """A tuple that is compared by identity, so that it is cheap as part of a key."""

    __slots__ = ()
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


class Memo:
    """Results by key."""

    def __init__(self) -> None:
        self._results: dict[Any, Any] = {}
        self._recent: dict[Any, Any] = {}
        self._before: dict[Any, Any] = {}

    def memoize(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Return the result of `make`, cached unless it is None.

        `key` has everything that the result depends on, besides the facts. For few keys, regardless of the inputs.
        """
        result: Result | None = self._results.get(key)
        if result is None:
            result = self._results[key] = make()
        return result

    def memoize_recent(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """As `memoize`, but only recent results are cached: for values that inputs often have in common."""
        result: Result | None = self._recent.get(key)
        if result is None:
            if len(self._recent) >= _MAX_RECENT:
                self._before, self._recent = self._recent, {}
            result = self._before.get(key)
            self._recent[key] = result = make() if result is None else result
        return result
