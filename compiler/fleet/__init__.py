"""Many documents in one run: spread over processes, done again only where something changed; see docs/fleets.md."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

BLOCK = 8
"""Items that are done in one go."""

Work = Callable[[Sequence[str]], Iterable[Any]]
"""Gives the results for a few items, in their order."""


def in_turn(work: Work, items: Sequence[str]) -> Iterator[Any]:
    """The results of `work` for all items, in their order, in this process."""
    for start in range(0, len(items), BLOCK):
        yield from work(items[start : start + BLOCK])
