"""The result of a comparison as diagnostics, as a table and as data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from compiler import rules
from compiler.cluster.drift.observed import ALL, FILE, KINDS, Difference, Drift, NotCompared
from compiler.diagnostics import Diagnostic, diagnose
from compiler.text import aligned, clean, counted
from compiler.text.redaction import hide_in_message

_LONGEST, _MOST_NAMES = 40, 12
"""Characters of a value, and names of what is not compared for one reason, in text."""
COLUMNS = ("KIND", "NAME", "DECLARED", "LIVE", "SEVERITY", "REPORTED BY")
_PLURALS = {
    "version": "versions",
    "flag": "flags",
    "feature-gate": "feature gates",
    "plugin": "admission plugins",
    "api": "APIs",
    "storage-version": "storage versions",
    "health-check": "health checks",
    "file": "contents of files",
}
_TITLES = {"flag": "--", "version": "", "api": "API ", "plugin": "admission plugin "}
_STATES = {
    **dict.fromkeys(("feature-gate", "plugin"), ("disabled", "enabled")),
    "api": ("not served", "served"),
}
"""The words for false and true."""
Mask = Callable[[str], str]


def masked(drift: Drift, mask: Mask) -> Drift:
    """Return the result without secrets that the server sent back. Names of differences are upstream's."""

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return mask(value)
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {mask(key): plain(item) for key, item in value.items()}
        return value

    return drift._replace(
        differences=tuple(each._replace(live=plain(each.live)) for each in drift.differences),
        not_compared=tuple(NotCompared(kind, mask(name), mask(reason)) for kind, name, reason in drift.not_compared),
    )


def problems(drift: Drift) -> Iterator[Diagnostic]:
    """Yield an error if the server reports nothing, or stopped responding before everything was read."""
    observed = drift.observed
    if observed.stopped:
        hint = "what was read until then is compared; allow more time with --timeout"
        yield diagnose(rules.SERVER_NOT_ACCESSIBLE, f"{observed.name} {observed.stopped}", hint)
    elif observed.empty:
        reason = observed.missing[0].reason if observed.missing else "it has none of the sources"
        hint = "use credentials that may read /flagz, /metrics and /version"
        yield diagnose(rules.SERVER_NOT_ACCESSIBLE, f"{observed.name} reports nothing to compare: {reason}", hint)


def diagnostics(drift: Drift) -> Iterator[Diagnostic]:
    """Yield one warning for each difference, at the place that declares the value."""
    for each in drift.differences:
        live, declared = _shown(each.kind, each.live), _shown(each.kind, each.declared)
        message = f"{_title(each)}: {live} on {drift.observed.name}, declared as {declared}"
        hint = f"{each.source} reports it: change the declaration, or roll it out to the server"
        yield diagnose(rules.SERVER_DRIFT, message, hint, flag=each.flag, location=each.location)


def _title(difference: Difference) -> str:
    return _TITLES.get(difference.kind, f"{difference.kind.replace('-', ' ')} ") + difference.name


def data(drift: Drift) -> dict[str, Any]:
    """Return what the JSON report adds to the file; see schemas/report.schema.json."""
    observed = drift.observed
    return {
        "drift": [
            {
                "kind": each.kind,
                "name": each.name,
                "declared": each.declared,
                "live": each.live,
                "severity": each.severity,
                "source": each.source,
            }
            for each in drift.differences
        ],
        "notCompared": [each._asdict() for each in drift.not_compared],
        "live": {"name": observed.name, "version": observed.release or None, "complete": not observed.stopped},
    }


def table(drift: Drift) -> list[str]:
    """Return lines with the server, one difference a line, and what was not compared by reason."""
    lines = [title(drift)]
    if drift.differences:
        sources = {each.source for each in drift.differences}
        rows = [COLUMNS, *map(cells, drift.differences)]
        if len(sources) == 1:
            lines[0] += "" if drift.observed.name in sources else f", reported by {min(sources)}"
            rows = [row[:-1] for row in rows]
        lines += ["", *aligned([tuple(map(clean, row)) for row in rows])]
    if drift.not_compared:
        lines += ["", "not compared:", *(f"  {line}" for line in not_compared(drift))]
    return lines


def title(drift: Drift) -> str:
    """Return the server, its version and the number of differences."""
    observed, count = drift.observed, len(drift.differences)
    version = f" runs Kubernetes {observed.release}" if observed.release else ""
    result = "nothing to compare" if observed.empty else counted(count, "difference") if count else "no drift"
    return f"{observed.name}{version}: {result}"


def cells(difference: Difference) -> tuple[str, ...]:
    """Return a difference as a row with the columns COLUMNS."""
    kind, name, declared, live, severity, source, *_ = difference
    return kind, name, _shown(kind, declared), _shown(kind, live), severity, source


def _shown(kind: str, value: Any) -> str:
    if isinstance(value, bool) and kind in _STATES:
        return _STATES[kind][value]
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = hide_in_message(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def not_compared(drift: Drift) -> Iterator[str]:
    """Yield one line for each kind and reason, in the order of the kinds."""
    groups: dict[tuple[str, str], list[str]] = {}
    for kind, name, reason in drift.not_compared:
        groups.setdefault((kind, reason), []).append(name)
    order = (*KINDS, FILE)
    for (kind, reason), names in sorted(groups.items(), key=lambda item: order.index(item[0][0])):
        shown = ", ".join(names[:_MOST_NAMES])
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        yield f"{_PLURALS[kind]}{'' if names == [ALL] else f' {shown}{more}'}: {reason}"
