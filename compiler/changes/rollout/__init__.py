"""Rollouts: the phases in which the servers of a cluster get another configuration.

A rollout ends with the new configuration. Servers with the configurations of two phases that follow each other may run
side by side, once what to wait for in the first one is true; if not, all servers are stopped in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from compiler.changes import diff
from compiler.changes.change import Change, Comparison
from compiler.changes.rollout.configuration import resolved
from compiler.changes.rollout.edits import State
from compiler.changes.rollout.phases import Draft, Phase, phases_from
from compiler.changes.rollout.stages import Plan
from compiler.changes.rollout.steps import Move, applied
from compiler.changes.rollout.uses import moved_by
from compiler.changes.version import NAME as VERSION


class Rollout(NamedTuple):
    """The phases in order, and why the change cannot be rolled out while servers run, if so."""

    phases: tuple[Phase, ...]
    refused: tuple[str, ...]


class _Link(NamedTuple):
    """A state, the stages that lead to it, and what changes by them."""

    state: State
    moves: tuple[Move, ...]
    changes: tuple[Change, ...]


def rollout_of(comparison: Comparison) -> Rollout:
    """Return the rollout of a change; no phases if nothing changes."""
    if not comparison.changes:
        return Rollout((), ())
    drafts = _best(Plan(comparison))
    stopping = frozenset(
        flag for draft in drafts for change in draft.unsafe for flag in draft.tracked & moved_by(change)
    )
    if stopping:
        # Stages are of no use to a flag if servers have to be stopped for one of them.
        drafts = min(_best(Plan(comparison, stopping)), drafts, key=_stops)
    refused = dict.fromkeys(step.refuse for draft in drafts for step in draft.steps if step.refuse)
    return Rollout(phases_from(drafts, comparison.old.context.report.path), tuple(refused))


def _best(plan: Plan) -> list[Draft]:
    """Return the phases of the first of the possible chains that stops the servers no more often than it has to."""
    best: list[Draft] = []
    for start in plan.starts():
        drafts = _drafts(plan, _chain(plan, start))
        if not best or _stops(drafts) < _stops(best):
            best = drafts
        if _stops(best) <= bool(plan.stopped):
            break
    return best


def _stops(drafts: Sequence[Draft]) -> int:
    """Return the number of phases that stop all servers."""
    return sum(bool(draft.unsafe) for draft in drafts)


def _chain(plan: Plan, start: int) -> list[_Link]:
    """Return the states of a rollout, without those that the server refuses and those that change nothing."""
    old, new = plan.comparison.old, plan.comparison.new
    known = old.context.report.errors() | new.context.report.errors()
    first = _Link(State(plan.old, old), (), ())
    links, pending, before = [first], list[Move](), plan.old
    for stage, configuration in plan.configurations(start):
        pending.append(Move(stage, before, configuration))
        before = configuration
        if configuration is plan.new:
            break
        if configuration.is_same(links[-1].state.configuration) or configuration.is_same(plan.new):
            continue
        server = resolved(configuration, old, new)
        if not server.context.report.errors() <= known:
            continue
        if changes := diff(links[-1].state.server, server).changes:
            links.append(_Link(State(configuration, server), tuple(pending), changes))
        pending = []
    end = State(plan.new, new)
    while len(links) > 1 and not (changes := diff(links[-1].state.server, new).changes):
        pending = [*links.pop().moves, *pending]
    if len(links) == 1:
        changes = plan.comparison.changes
    return [*links, _Link(end, tuple(pending), changes)]


def _drafts(plan: Plan, links: Sequence[_Link]) -> list[Draft]:
    """Return what the phases are made from."""
    drafts = []
    for index, (state, moves, changes) in enumerate(links[1:]):
        before = links[index].state
        parts = list(applied(plan.uses, moves, (before, state), changes, plan.tracks))
        met = {task.until for _, step in parts for task in step.before} - {""}
        unsafe = tuple(each for each in changes if not each.safe_mixed and each.safe_once not in met)
        flags = frozenset((VERSION, *(flag for use, _ in parts for flag in (*use.recipe.flags, *use.flags))))
        tracked = frozenset(flag for flag in plan.tracks if any(move.moves([flag]) for move in moves))
        drafts.append(Draft(before, state, tuple(step for _, step in parts), unsafe, flags, tracked))
    return drafts
