"""The results of a probe as diagnostics, as a table and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compiler import rules
from compiler.apiserver.health.checks import ENDPOINTS
from compiler.apiserver.health.meaning import condition_of, targets_of
from compiler.cluster.probe_answers import Differences
from compiler.diagnostics import Diagnostic, diagnose
from compiler.text import shown
from compiler.upstream.catalog import health_meanings, health_rows
from compiler.upstream.catalog.facts import minor_of

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.probe_asking import Problem, Seen


_DIFFERS = "the server runs with another configuration or version: compare its flags with the input"


def of_seen(seen: Seen, differences: Differences, resolved: Resolved) -> Iterator[Diagnostic]:
    """All findings: what could not be asked, what fails, what differs."""
    yield from _problems(seen)
    for name, endpoints in failing(seen).items():
        reason = seen.singles[name].reason if name in seen.singles else ""
        means, action = meaning(name, resolved)
        said = f" (the server says: {shown(reason)})" if reason else ""
        message = f"{shown_name(name)} fails in {_all(endpoints)}: {means}{said}"
        yield diagnose(rules.FAILING_HEALTH_CHECK, message, action)
    known = resolved.health.every()
    for name, endpoints in differences.missing.items():
        when = condition_of(known[name].when)
        has = "every server of this version has" if when == "always" else f"follows from the declared: {when}"
        message = f"{_all(endpoints)} {'lacks' if len(endpoints) == 1 else 'lack'} {name}, which {has}"
        yield diagnose(rules.MISSING_HEALTH_CHECK, message, _DIFFERS)
    for name, endpoints in differences.unexpected.items():
        message = f"{_all(endpoints)} {'has' if len(endpoints) == 1 else 'have'} {shown_name(name)}, {_origin(name)}"
        yield diagnose(rules.UNDECLARED_HEALTH_CHECK, message, _DIFFERS)
    if differences.reordered:
        message = f"the checks of {_all(differences.reordered)} stand in another order than declared"
        yield diagnose(rules.HEALTH_CHECKS_IN_OTHER_ORDER, message, _DIFFERS)
    if differences.version:
        yield diagnose(rules.SERVER_OF_OTHER_VERSION, f"{seen.url} {differences.version}", _DIFFERS)
    if seen.single_problem is not None:
        message = f"the checks could not be asked one by one: {seen.url} {seen.single_problem.message}"
        yield diagnose(rules.SINGLE_CHECKS_NOT_ACCESSIBLE, message, seen.single_problem.hint)
    if seen.late:
        alone = f"{len(seen.singles)} of {len(seen.names)} checks"
        version = "" if seen.version else ", and not for its version"
        message = f"{seen.url} was asked for {alone} one by one{version} when the time was over"
        yield diagnose(rules.PROBE_TIMEOUT, message, "allow more time with --timeout")


def failing(seen: Seen) -> dict[str, list[str]]:
    """The checks that fail, each with its endpoints."""
    found: dict[str, list[str]] = {}
    for name, endpoint in seen.endpoints.items():
        for check in dict.fromkeys(endpoint.failing):
            found.setdefault(check, []).append(name)
    return found


def meaning(name: str, resolved: Resolved) -> tuple[str, str]:
    """What it means for this configuration where a check fails, and what to do."""
    check = resolved.health.every().get(name)
    row = check.row if check is not None else name
    told = health_meanings().get(row)
    if told is None:
        return "nothing is known of this check", "see the log of the server"
    means = told["fails"]
    if check is not None:
        targets = targets_of(check, resolved.storage_factory)
        if targets:
            means += f"; it asks {', '.join(map(shown, targets[:5]))}"
    return means, told["do"]


def shown_name(name: str) -> str:
    """A name that a server gave, as it is where that is harmless."""
    return name if name.isascii() and name.isprintable() and " " not in name and len(name) < 100 else shown(name)


def _problems(seen: Seen) -> Iterator[Diagnostic]:
    """Each problem once, with the paths that have it."""
    by_problem: dict[Problem, list[str]] = {}
    for name, endpoint in seen.endpoints.items():
        if endpoint.problem is not None:
            by_problem.setdefault(endpoint.problem, []).append(name)
    for problem, endpoints in by_problem.items():
        where = "" if len(endpoints) == len(ENDPOINTS) else f", asked for {_all(endpoints)},"
        yield diagnose(rules.SERVER_NOT_ACCESSIBLE, f"{seen.url}{where} {problem.message}", problem.hint)


def _origin(name: str) -> str:
    """What would give a server a check that is not declared."""
    rows = [row for row in health_rows() if _matches(row["name"], name)]
    if not rows:
        return "which no known kube-apiserver has"
    when = condition_of(tuple(rows[0].get("when", ())))
    first = min((row["from"] for row in rows), key=minor_of)
    last = None if any("until" not in row for row in rows) else max((row["until"] for row in rows), key=minor_of)
    span = f"Kubernetes {first} {f'to {last}' if last else 'and later'}"
    return f"which comes with {span}" + (f" and {when}" if when != "always" else "")


def _matches(row: str, name: str) -> bool:
    """Whether a check's name is that of a row, whose final N stands for a number."""
    return row == name or (row.endswith("-N") and name.startswith(row[:-1]) and name[len(row) - 1 :].isdecimal())


def _all(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


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
    declared = resolved.health.every()
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
