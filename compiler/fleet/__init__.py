"""Batches of documents: spread over processes, and compiled again only if something changed; see docs/fleets.md."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

BLOCK = 8
"""Items that are processed in one call."""
_FEW = 32
"""Items for which a second process costs more than it saves."""

Work = Callable[[Sequence[str]], Iterable[Any]]
"""Returns the results for a few items, in their order."""


def in_turn(work: Work, items: Sequence[str]) -> Iterator[Any]:
    """Return the results of `work` for all items, in their order, computed by this process."""
    for start in range(0, len(items), BLOCK):
        yield from work(items[start : start + BLOCK])


def usable_jobs(items: int) -> int:
    """Return the number of processes to use: one for each usable core, or only one for few items."""
    if items < _FEW:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
