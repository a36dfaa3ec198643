"""From what a server told to diagnostics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.catalog import health_meanings, health_rows, minor_of
from compiler.diagnostics import Diagnostic, diagnose
from compiler.flags.text import shown
from compiler.health.checks import ENDPOINTS
from compiler.health.meaning import condition_of, targets_of
from compiler.probe.comparing import Differences, checks_of

if TYPE_CHECKING:
    from compiler.pipeline import Resolved
    from compiler.probe.asking import Problem, Seen

_DIFFERS = "the server runs with another configuration or version: compare its flags with the input"


def of_seen(seen: Seen, differences: Differences, resolved: Resolved) -> Iterator[Diagnostic]:
    """All findings: what could not be asked, what fails, what differs."""
    yield from _problems(seen)
    for name, endpoints in failing(seen).items():
        reason = seen.singles[name].reason if name in seen.singles else ""
        means, action = meaning(name, resolved)
        said = f" (the server says: {shown(reason)})" if reason else ""
        message = f"{shown_name(name)} fails in {_all(endpoints)}: {means}{said}"
        yield diagnose("PROBE-01", message, action)
    known = checks_of(resolved).every()
    for name, endpoints in differences.missing.items():
        when = condition_of(known[name].when)
        has = "every server of this version has" if when == "always" else f"follows from the declared: {when}"
        message = f"{_all(endpoints)} {'lacks' if len(endpoints) == 1 else 'lack'} {name}, which {has}"
        yield diagnose("PROBE-02", message, _DIFFERS)
    for name, endpoints in differences.unexpected.items():
        message = f"{_all(endpoints)} {'has' if len(endpoints) == 1 else 'have'} {shown_name(name)}, {_origin(name)}"
        yield diagnose("PROBE-03", message, _DIFFERS)
    if differences.reordered:
        message = f"the checks of {_all(differences.reordered)} stand in another order than declared"
        yield diagnose("PROBE-04", message, _DIFFERS)
    if differences.version:
        yield diagnose("PROBE-05", f"{seen.url} {differences.version}", _DIFFERS)
    if seen.single_problem is not None:
        message = f"the checks could not be asked one by one: {seen.url} {seen.single_problem.message}"
        yield diagnose("PROBE-07", message, seen.single_problem.hint)
    if seen.late:
        alone = f"{len(seen.singles)} of {len(seen.names)} checks"
        version = "" if seen.version else ", and not for its version"
        message = f"{seen.url} was asked for {alone} one by one{version} when the time was over"
        yield diagnose("PROBE-20", message, "allow more time with --timeout")


def failing(seen: Seen) -> dict[str, list[str]]:
    """The checks that fail, each with its endpoints."""
    found: dict[str, list[str]] = {}
    for name, endpoint in seen.endpoints.items():
        for check in dict.fromkeys(endpoint.failing):
            found.setdefault(check, []).append(name)
    return found


def meaning(name: str, resolved: Resolved) -> tuple[str, str]:
    """What it means for this configuration where a check fails, and what to do."""
    check = checks_of(resolved).every().get(name)
    row = check.row if check is not None else name
    told = health_meanings().get(row)
    if told is None:
        return "nothing is known of this check", "see the log of the server"
    means = told["fails"]
    if check is not None:
        targets = targets_of(check, resolved)
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
        yield diagnose("PROBE-06", f"{seen.url}{where} {problem.message}", problem.hint)


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
