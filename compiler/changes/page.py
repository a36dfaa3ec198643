"""The section about changes in the artifact `report`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.apiserver.startup import Resolved
from compiler.artifacts.resolved import relative
from compiler.changes import diff
from compiler.changes.change import BREAKING, DATA_LOSS, PLAN, Change, Comparison
from compiler.changes.report import counts, grouped, names_of, safety, shown_value, title_of
from compiler.changes.rollout import rollout_of
from compiler.changes.rollout.report import as_data
from compiler.diagnostics import ERROR, Location
from compiler.review.examine import Settings, examine

_BADGES = {DATA_LOSS: "error", BREAKING: "error", PLAN: "warning"}
"""Severity -> the class of its badge; `note` for the others."""


class NotComparableError(Exception):
    """An input is not a server; the text says why."""


def section_against(old: str, settings: Settings) -> Callable[[Resolved], dict[str, Any]]:
    """Return what makes the section about changes from an old input. Raises NotComparableError."""
    report, resolved = examine(old, settings)
    if resolved is None:
        reasons = (each.message for each in report.of(ERROR))
        raise NotComparableError(next(reasons, "it is a structured file, not a server"))
    return lambda new: section(diff(resolved, new))


def section(comparison: Comparison) -> dict[str, Any]:
    """Return the variables of the section: what changes from the old server, and how to roll it out."""
    document = comparison.new.context.input.start.file
    rollout = as_data(rollout_of(comparison))
    return {
        "old": relative(comparison.old.context.report.path, document),
        "count": len(comparison.changes),
        "summary": counts(comparison.changes),
        "safety": safety(comparison.changes) if comparison.changes else "",
        "rows": [_row(group, document) for group in grouped(comparison.changes)],
        "phases": rollout["phases"],
        "refused": rollout["refused"],
    }


def _row(group: list[Change], document: str) -> dict[str, Any]:
    first = group[0]
    places = {"old": first.old_at, "new": first.new_at} if len(group) == 1 else {}
    return {
        "severity": first.severity,
        "badge": _BADGES.get(first.severity, "note"),
        "what": title_of(first.kind),
        "names": names_of(group),
        "places": [f"{side} {_place(at, document)}" for side, at in places.items() if at is not None and at.file],
        "from": shown_value(first.before),
        "to": shown_value(first.after),
        "effect": first.effect,
        "safe": first.safe_mixed,
    }


def _place(at: Location, document: str) -> str:
    return f"{relative(at.file, document)}:{at.line}"
