"""A comparison as data for programs and as text for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from compiler.changes.change import SEVERITIES, Change
from compiler.changes.version import NAME as VERSION
from compiler.text import counted

if TYPE_CHECKING:
    from compiler.diagnostics import Location

_LONGEST = 100
"""Characters of a value in text."""
_TITLES = {"api": "API", "tls": "TLS", "apf": "priority and fairness", "flag-default": "default of flag"}


def as_data(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return changes as the JSON report has them."""
    return [change_data(change) for change in changes]


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
        **({"safeOnce": change.safe_once} if change.safe_once else {}),
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


def as_text(changes: Sequence[Change], height: int | None) -> list[str]:
    """Return lines about the changes, most severe first, as many as fit in `height`; all if it is None.

    Changes that have all but their name in common are one.
    """
    if not changes:
        return [counts(())]
    groups = grouped(changes)
    blocks = [list(block(group, places=True)) for group in groups]
    lines = [f"{counts(changes)}; {safety(changes)}"]
    shown = 0
    for each in blocks:
        is_last = each is blocks[-1]
        if height is not None and shown and len(lines) + len(each) + (not is_last) > height:
            break
        lines += each
        shown += 1
    hidden = sum(map(len, groups[shown:]))
    if hidden:
        lines.append(f"{counted(hidden, 'more change')}: run with -v")
    return lines


def grouped(changes: Sequence[Change]) -> list[list[Change]]:
    """Return the changes in groups that have all but their name and places in common, in order."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        endpoints = change.values.get("endpoints")
        alike = change.kind, change.severity, change.before, change.after, change.effect, change.safe_mixed, endpoints
        groups.setdefault(repr(alike), []).append(change)
    return list(groups.values())


def counts(changes: Sequence[Change]) -> str:
    """Return how many changes of each severity there are: `3 changes: 1 breaking, 2 cosmetic`."""
    return f"{counted(len(changes), 'change')}: {by_severity(changes)}" if changes else "no changes"


def by_severity(changes: Iterable[Change]) -> str:
    """Return the number of changes of each severity, the worst first: `1 breaking, 2 cosmetic`."""
    numbers = Counter(change.severity for change in changes)
    return ", ".join(f"{numbers[severity]} {severity}" for severity in reversed(SEVERITIES) if severity in numbers)


def safety(changes: Iterable[Change]) -> str:
    """Return whether servers with both configurations may be in use at the same time, in words."""
    may = "may" if all(change.safe_mixed for change in changes) else "must not"
    return f"servers with the old and the new configuration {may} run side by side"


def block(group: list[Change], places: bool) -> Iterator[str]:
    """Yield the lines about changes that are alike; `places` adds where the inputs set the value of a single one."""
    change = group[0]
    mixed = "" if change.safe_mixed else ", not safe side by side"
    yield f"{change.severity}: {title_of(change.kind)} {names_of(group)}{mixed}"
    yield f"    {shown_value(change.before)} -> {shown_value(change.after)}"
    yield f"    {change.effect}"
    where = [
        f"{side} {at.file}:{at.line}:{at.column}"
        for side, at in (("old", change.old_at), ("new", change.new_at))
        if at is not None and at.file
    ]
    if places and where and len(group) == 1:
        yield f"    {', '.join(where)}"


def names_of(group: list[Change]) -> str:
    """Return the names of changes that are alike, the first ones if they are many."""
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
