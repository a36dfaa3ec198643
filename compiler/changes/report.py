"""A comparison as data for programs and as text for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compiler.changes.change import SEVERITIES, Change, Comparison
from compiler.changes.version import NAME as VERSION

if TYPE_CHECKING:
    from compiler.diagnostics import Location

_LONGEST = 100
"""Characters of a value in text."""
_TITLES = {"api": "API", "tls": "TLS", "apf": "priority and fairness", "flag-default": "default of flag"}


def as_data(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the changes as the JSON report has them."""
    return [change_data(change) for change in comparison.changes]


def change_data(change: Change) -> dict[str, Any]:
    """Return one change as data; `locations` are where the old and the new input set the value."""
    return {
        "kind": change.kind,
        "name": change.name,
        "from": change.before,
        "to": change.after,
        "severity": change.severity,
        "effect": change.effect,
        "safeMixed": change.safe_mixed,
        "locations": [
            {"in": side, **location_data(location)}
            for side, location in (("old", change.old_at), ("new", change.new_at))
            if location is not None and location.file
        ],
    }


def location_data(location: Location) -> dict[str, Any]:
    """Return a location as data."""
    file, line, column, end_line, end_column = location
    return {"file": file, "line": line, "column": column, "endLine": end_line, "endColumn": end_column}


def as_text(comparison: Comparison, height: int | None) -> list[str]:
    """Return lines about the changes, most severe first, as many as fit in `height`; all if it is None.

    Changes that have all but their name in common are one.
    """
    if not comparison.changes:
        return ["no changes"]
    groups = grouped(comparison.changes)
    blocks = [list(_block(group)) for group in groups]
    lines = [_summary(comparison)]
    shown = 0
    for block in blocks:
        is_last = block is blocks[-1]
        if height is not None and shown and len(lines) + len(block) + (not is_last) > height:
            break
        lines += block
        shown += 1
    hidden = sum(map(len, groups[shown:]))
    if hidden:
        lines.append(f"{hidden} more {'change' if hidden == 1 else 'changes'}: run with -v")
    return lines


def grouped(changes: tuple[Change, ...]) -> list[list[Change]]:
    """Return the changes in groups that have all but their name and places in common, in order."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        endpoints = change.values.get("endpoints")
        alike = change.kind, change.severity, change.before, change.after, change.effect, change.safe_mixed, endpoints
        groups.setdefault(repr(alike), []).append(change)
    return list(groups.values())


def _summary(comparison: Comparison) -> str:
    counts = dict.fromkeys(reversed(SEVERITIES), 0)
    for change in comparison.changes:
        counts[change.severity] += 1
    parts = ", ".join(f"{number} {severity}" for severity, number in counts.items() if number)
    number = len(comparison.changes)
    safe = "may" if comparison.safe_mixed else "must not"
    return (
        f"{number} {'change' if number == 1 else 'changes'}: {parts}; "
        f"servers with the old and the new configuration {safe} run side by side"
    )


def _block(group: list[Change]) -> Iterator[str]:
    change = group[0]
    mixed = "" if change.safe_mixed else ", not safe side by side"
    yield f"{change.severity}: {title_of(change.kind)} {_names(group)}{mixed}"
    yield f"    {shown_value(change.before)} -> {shown_value(change.after)}"
    yield f"    {change.effect}"
    places = [
        f"{side} {at.file}:{at.line}:{at.column}"
        for side, at in (("old", change.old_at), ("new", change.new_at))
        if at is not None and at.file
    ]
    if places and len(group) == 1:
        yield f"    {', '.join(places)}"


def _names(group: list[Change]) -> str:
    names = [change.name for change in group]
    if group[0].kind == "flag":
        names = [name if name == VERSION else f"--{name}" for name in names]
    return listed(names)


def listed(names: list[str]) -> str:
    """Return names in one line, the first ones if they are many."""
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} and {len(names) - 4} more"


def title_of(kind: str) -> str:
    """Return a kind of changes in words."""
    return _TITLES.get(kind, kind.replace("-", " "))


def shown_value(value: Any) -> str:
    """Return a value in one line."""
    if value is None:
        return "unset"
    if isinstance(value, str):
        text = value
    elif isinstance(value, list) and all(isinstance(each, str) for each in value):
        text = ", ".join(value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
