"""Priority and fairness: the concurrency that all levels share, which is the sum of two flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.changes.change import Change
from compiler.changes.flags import by_row, is_known, meant

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

LIMITS = ("max-requests-inflight", "max-mutating-requests-inflight")
EXPLAINS = frozenset(LIMITS)


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield one change of the concurrency; without priority and fairness, one of each limit."""
    if not all(is_known(server, *LIMITS) for server in (old, new)):
        return
    limits = [[server.context.flags.number(flag) for flag in LIMITS] for server in (old, new)]
    if limits[0] == limits[1]:
        return
    sums = [server.config.flow_control.total_concurrency for server in (old, new)]
    if None in sums:
        for flag, before, after in zip(LIMITS, *limits, strict=True):
            if before != after:
                yield by_row(flag, old, new, before, after)
        return
    flag = next(flag for flag, before, after in zip(LIMITS, *limits, strict=True) if before != after)
    shown = [dict(zip(LIMITS, each, strict=True)) for each in limits] if sums[0] == sums[1] else sums
    yield meant("apf", "concurrency", f"concurrency{'.same-sum' * (sums[0] == sums[1])}", old, new, flag, *shown)
