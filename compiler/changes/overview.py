"""The differences of many declarations as text for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from compiler.changes.change import PLAN, SEVERITIES
from compiler.changes.difference import CHANGED, DELETED, NEW, UNDECLARED, Difference
from compiler.changes.report import block, counts, grouped, safety
from compiler.diagnostics import ERROR, WARNING, Diagnostic, Report
from compiler.text import counted

_REJECTED = len(SEVERITIES)
"""The rank of what kube-apiserver refuses, above all severities."""
_RANKS = {DELETED: SEVERITIES.index(PLAN), NEW: SEVERITIES.index(PLAN)}
_SHORT = 12
"""Characters of the name of a commit."""
NAMED = 3
"""Declarations with equal changes that are named."""


class Entry(NamedTuple):
    """Declarations with equal differences: a heading, and blocks of lines with their ranks, the highest first.

    `label` is the worst severity, or what else there is to say first.
    """

    differences: tuple[Difference, ...]
    rank: int
    label: str
    heading: str
    blocks: tuple[tuple[int, tuple[str, ...]], ...]


def as_text(differences: Sequence[Difference], since: str, height: int | None) -> list[str]:
    """Return lines about the differences, most severe first, as many as fit in `height`; all if it is None.

    `since` is the reference that the earlier versions belong to. The first line counts everything.
    """
    if not differences:
        return [f"no input changed since {since}"]
    every = entries(differences)
    if height is None:
        blocks = ((entry.heading, *(line for _, each in entry.blocks for line in each)) for entry in every)
        return [summary(differences, since), *(line for each in blocks for line in each)]
    return [summary(differences, since), *_fitting(every, height - 2)]


def _fitting(every: Sequence[Entry], room: int) -> list[str]:
    """Return as many headings and blocks as there is room for, and a line with the number of the others.

    Half of the room is for headings; the blocks of these entries follow by their ranks.
    """
    headings = max(1, min(len(every), room // 2))
    chosen = every[:headings]
    room -= headings
    ranked = [
        (-rank, index, number, len(lines))
        for index, entry in enumerate(chosen)
        for number, (rank, lines) in enumerate(entry.blocks)
    ]
    fitting: set[tuple[int, int]] = set()
    for _, index, number, length in sorted(ranked):
        if length > room and fitting:
            break
        fitting.add((index, number))
        room -= length
    more = every[headings : headings + max(0, room)] if len(fitting) == len(ranked) else ()
    lines = []
    for index, entry in enumerate((*chosen, *more)):
        lines.append(entry.heading)
        lines += (line for number, (_, each) in enumerate(entry.blocks) if (index, number) in fitting for line in each)
    hidden = sum(len(entry.differences) for entry in every[len(chosen) + len(more) :])
    left_out = [counted(hidden, "more input")] if hidden else []
    if len(fitting) < len(ranked) or any(entry.blocks for entry in more):
        left_out.append("more changes")
    return [*lines, f"{' and '.join(left_out)}: run with -v"] if left_out else lines


def entries(differences: Sequence[Difference]) -> list[Entry]:
    """Return the differences with those that are equal in one entry, most severe first."""
    alike: dict[str, list[Difference]] = {}
    for each in differences:
        alike.setdefault(_key(each), []).append(each)
    return sorted(map(_entry, alike.values()), key=lambda entry: -entry.rank)


def _key(difference: Difference) -> str:
    """Return what equal differences have in common: their changes, and their errors with their places."""
    errors = [
        [(each.code, each.message, each.location) for each in report.of(ERROR)] if report is not None else []
        for report in (difference.old, difference.new)
    ]
    changes = [change._replace(old_at=None, new_at=None) for change in difference.changes]
    return repr((difference.status, difference.is_compared, changes, errors))


def _entry(alike: list[Difference]) -> Entry:
    first = alike[0]
    blocks = [(_REJECTED, _error(error)) for error in (first.new.of(ERROR) if first.new is not None else ())]
    is_alone = len(alike) == 1
    for group in grouped(first.changes):
        lines = tuple(f"  {line}" for line in block(group, places=is_alone))
        blocks.append((SEVERITIES.index(group[0].severity), lines))
    rank = max(_RANKS.get(first.status, -1), *(rank for rank, _ in blocks), -1)
    heading = f"{listed(alike)}: {'; '.join(facts(first))}"
    return Entry(tuple(alike), rank, _label(first), heading, tuple(blocks))


def _label(difference: Difference) -> str:
    if difference.new is not None and difference.new.rejected:
        return "rejected"
    if difference.status != CHANGED:
        return difference.status
    return difference.severity if difference.changes or not difference.is_compared else "no changes"


def listed(alike: Sequence[Difference]) -> str:
    """Return the paths of declarations, the first ones if they are many."""
    names = [_name(each) for each in alike]
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def _name(difference: Difference) -> str:
    old = difference.old
    moved = f" (renamed from {old.path})" if old is not None and old.path != difference.path else ""
    return f"{difference.path}{moved}"


def facts(difference: Difference, with_safety: bool = True) -> Iterator[str]:
    """Yield what there is to say of a difference; `with_safety` adds whether the versions may run side by side."""
    old, new = difference.old, difference.new
    if new is None:
        yield UNDECLARED
        return
    if old is None:
        yield "new, so there is nothing to compare"
    elif difference.is_compared:
        yield counts(difference.changes)
        if difference.changes and with_safety:
            yield safety(difference.changes)
        if old.rejected:
            yield f"the earlier version is rejected ({_first_error(old)})"
    elif old.rejected:
        yield f"the earlier version cannot be read, so there is nothing to compare ({_first_error(old)})"
    yield from _verdict(new, old is None)


def _verdict(report: Report, is_new: bool) -> Iterator[str]:
    errors = report.count(ERROR)
    if report.unread:
        yield "the input cannot be read"
    elif errors:
        yield f"rejected: {counted(errors, 'error')}"
    elif is_new:
        warnings = report.count(WARNING)
        problems = counted(warnings, WARNING) if warnings else "no problems"
        yield f"checked for Kubernetes {report.kubernetes_version}: {problems}"


def _first_error(report: Report) -> str:
    return next((each.message for each in report.sorted() if each.severity == ERROR), "")


def _error(error: Diagnostic) -> tuple[str, ...]:
    at = error.location
    place = f"{at.file}:{at.line}:{at.column}: " if at is not None and at.file else ""
    return (f"  error: {place}{error.message} ({error.code})",)


def summary(differences: Sequence[Difference], since: str) -> str:
    """Return one line about all differences: how many inputs and changes of which kind there are."""
    statuses = {
        "with changes": sum(bool(each.changes) for each in differences),
        "new": sum(each.status == NEW for each in differences),
        "deleted": sum(each.status == DELETED for each in differences),
        "rejected": sum(each.new is not None and each.new.rejected for each in differences),
        "without effect": sum(each.is_compared and not each.changes for each in differences),
    }
    if re.fullmatch("[0-9a-f]{40,64}", since):
        since = since[:_SHORT]
    parts = ", ".join(f"{number} {status}" for status, number in statuses.items() if number)
    changes = [change for each in differences for change in each.changes]
    return f"{counted(len(differences), 'input')} changed since {since}: {parts}; {counts(changes)}"
