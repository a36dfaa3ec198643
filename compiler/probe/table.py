"""What a server told, as a table and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.health.checks import ENDPOINTS
from compiler.probe.comparing import Differences, checks_of
from compiler.probe.findings import failing, meaning, shown_name

if TYPE_CHECKING:
    from compiler.pipeline import Resolved
    from compiler.probe.asking import Seen

_COLUMNS = ("CHECK", *(name.upper() for name in ENDPOINTS), "TIME", "MEANING")
OK, FAILS, MISSING, UNEXPECTED = "ok", "fails", "missing", "unexpected"


def table(seen: Seen, differences: Differences, resolved: Resolved) -> list[str]:
    """Lines for people: the server, its three lists, then one check a line with what its failure means."""
    version = f" runs Kubernetes {seen.version[0]}" if seen.version else ""
    lines = [f"{seen.url}{version}"]
    for name, endpoint in seen.endpoints.items():
        if endpoint.checks is None:
            lines.append(f"{name:8} could not be asked")
            continue
        all_, bad = len(endpoint.checks.checks), len(endpoint.failing)
        state = f"{bad} of {all_} checks fail" if bad else f"{all_} checks pass"
        lines.append(f"{name:8} {state}, {_milliseconds(endpoint.seconds)}")
    rows = [_COLUMNS, *(_row(row) for row in rows_of(seen, differences, resolved))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return [
        *lines,
        "",
        *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows),
        "",
    ]


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    time = "-" if row["seconds"] is None else _milliseconds(row["seconds"])
    states = (row["states"].get(name, "-") for name in ENDPOINTS)
    return (shown_name(row["name"]), *states, time, row["means"] or "")


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def rows_of(seen: Seen, differences: Differences, resolved: Resolved) -> list[dict[str, Any]]:
    """Every check that is declared or there: its state in each list that has it, and what its failure means."""
    fails = failing(seen)
    declared = checks_of(resolved).every()
    names = dict.fromkeys(
        (*declared, *(check.name for end in seen.endpoints.values() if end.checks for check in end.checks.checks))
    )
    rows = []
    for name in names:
        states = {}
        for endpoint in ENDPOINTS:
            checks = seen.endpoints[endpoint].checks
            if checks is None:
                continue
            there = any(check.name == name for check in checks.checks)
            if endpoint in fails.get(name, ()):
                states[endpoint] = FAILS
            elif endpoint in differences.missing.get(name, ()):
                states[endpoint] = MISSING
            elif endpoint in differences.unexpected.get(name, ()):
                states[endpoint] = UNEXPECTED
            elif there:
                states[endpoint] = OK
        means, action = meaning(name, resolved) if name in fails else (None, None)
        single = seen.singles.get(name)
        rows.append(
            {
                "name": name,
                "states": states,
                "seconds": single.seconds if single else None,
                "reason": single.reason if single else "",
                "means": means,
                "do": action,
            }
        )
    return [row for row in rows if row["states"]]


def data(seen: Seen, differences: Differences, resolved: Resolved) -> dict[str, Any]:
    """The same for programs; see schemas/report.schema.json."""
    return {
        "server": seen.url,
        "version": seen.version[0] if seen.version else None,
        "healthy": seen.healthy,
        "asDeclared": None if seen.incomplete else not differences,
        "endpoints": [
            {
                "name": name,
                "status": endpoint.status or None,
                "milliseconds": round(1000 * endpoint.seconds, 1),
                "failing": endpoint.failing,
                "problem": endpoint.problem.message if endpoint.problem else None,
            }
            for name, endpoint in seen.endpoints.items()
        ],
        "checks": [
            {
                "name": row["name"],
                "states": row["states"],
                "milliseconds": None if row["seconds"] is None else round(1000 * row["seconds"], 1),
                "reason": row["reason"] or None,
                "means": row["means"],
                "do": row["do"],
            }
            for row in rows_of(seen, differences, resolved)
        ],
    }
