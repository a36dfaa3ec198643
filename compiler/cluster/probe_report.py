"""The results of a probe as diagnostics, as a table and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler import rules
from compiler.apiserver.health import ENDPOINTS, HealthChecks
from compiler.apiserver.health.meaning import condition_of, targets_of
from compiler.diagnostics import Diagnostic, diagnose
from compiler.text import aligned, shown
from compiler.upstream.catalog import health_meanings, health_rows
from compiler.upstream.catalog.facts import minor_of

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.probe_asking import ProbeResult, Problem


class Differences(NamedTuple):
    """Names of missing and unexpected checks with their endpoints, and endpoints with a different order of checks.

    `version` describes the running version if it is not the declared one, else it is empty.
    """

    missing: dict[str, list[str]]
    unexpected: dict[str, list[str]]
    reordered: list[str]
    version: str

    def __bool__(self) -> bool:
        return any(self[:])


def compare(result: ProbeResult, resolved: Resolved) -> Differences:
    """Compare the checks of every endpoint with their definition, if they were received."""
    health = resolved.health
    differences = Differences({}, {}, [], _other_version(result, resolved))
    for endpoint in ENDPOINTS:
        checks = result.endpoints[endpoint].checks
        if checks is None:
            continue
        declared = [check.name for check in getattr(health, endpoint)]
        actual = [check.name for check in checks.checks]
        for name in Counter(declared) - Counter(actual):
            differences.missing.setdefault(name, []).append(endpoint)
        for name in Counter(actual) - Counter(declared):
            differences.unexpected.setdefault(name, []).append(endpoint)
        common = set(declared) & set(actual)
        if _ordered(declared, common, health) != _ordered(actual, common, health):
            differences.reordered.append(endpoint)
    return differences


def _other_version(result: ProbeResult, resolved: Resolved) -> str:
    if result.version is None:
        return ""
    name, running, emulates = result.version
    declared, emulated = resolved.context.catalog.version, f"1.{resolved.context.emulated}"
    if running != declared:
        return f"runs Kubernetes {name}, not {declared}"
    return f"emulates Kubernetes {emulates}, not {emulated}" if emulates != emulated else ""


def _ordered(names: list[str], among: set[str], health: HealthChecks) -> list[str]:
    """Return the common names, each once; checks in an arbitrary order among themselves have the same name."""
    same = {name: group[0] for group in health.any_order for name in group}
    return [same.get(name, name) for name in dict.fromkeys(names) if name in among]


_DIFFERS = "the server runs a different configuration or version: compare its flags with the input"


def diagnostics(result: ProbeResult, differences: Differences, resolved: Resolved) -> Iterator[Diagnostic]:
    """Yield all findings: requests that failed, failing checks, differences."""
    yield from _problems(result)
    for name, endpoints in failing(result).items():
        reason = result.singles[name].reason if name in result.singles else ""
        means, action = meaning(name, resolved)
        details = f" (reported reason: {shown(reason)})" if reason else ""
        message = f"{shown_name(name)} fails in {_all(endpoints)}: {means}{details}"
        yield diagnose(rules.FAILING_HEALTH_CHECK, message, action)
    known = resolved.health.every()
    for name, endpoints in differences.missing.items():
        when = condition_of(known[name].when)
        why = "every server of this version has it" if when == "always" else f"the configuration enables it: {when}"
        message = f"{_all(endpoints)} {'does' if len(endpoints) == 1 else 'do'} not include {name}; {why}"
        yield diagnose(rules.MISSING_HEALTH_CHECK, message, _DIFFERS)
    for name, endpoints in differences.unexpected.items():
        message = (
            f"{_all(endpoints)} unexpectedly include{'s' * (len(endpoints) == 1)} {shown_name(name)}, {_origin(name)}"
        )
        yield diagnose(rules.UNDECLARED_HEALTH_CHECK, message, _DIFFERS)
    if differences.reordered:
        message = f"the checks of {_all(differences.reordered)} are not in the declared order"
        yield diagnose(rules.HEALTH_CHECKS_IN_OTHER_ORDER, message, _DIFFERS)
    if differences.version:
        yield diagnose(rules.SERVER_OF_OTHER_VERSION, f"{result.url} {differences.version}", _DIFFERS)
    if result.single_problem is not None:
        message = f"could not request the checks one by one: {result.url} {result.single_problem.message}"
        yield diagnose(rules.SINGLE_CHECKS_NOT_ACCESSIBLE, message, result.single_problem.hint)
    if result.timed_out:
        missing = "" if result.version else " and no version"
        message = f"timed out after {len(result.singles)} of {len(result.names)} single checks{missing} of {result.url}"
        yield diagnose(rules.PROBE_TIMEOUT, message, "allow more time with --timeout")


def failing(result: ProbeResult) -> dict[str, list[str]]:
    """Return name -> endpoints for each failing check."""
    endpoints: dict[str, list[str]] = {}
    for name, endpoint in result.endpoints.items():
        for check in dict.fromkeys(endpoint.failing):
            endpoints.setdefault(check, []).append(name)
    return endpoints


def meaning(name: str, resolved: Resolved) -> tuple[str, str]:
    """Return the consequence of a failing check in this configuration, and what to do."""
    check = resolved.health.every().get(name)
    row = check.row if check is not None else name
    description = health_meanings().get(row)
    if description is None:
        return "kasc does not know this check", "see the log of the server"
    means = description["fails"]
    if check is not None:
        targets = targets_of(check, resolved.storage_factory)
        if targets:
            means += f"; it connects to {', '.join(map(shown, targets[:5]))}"
    return means, description["do"]


def shown_name(name: str) -> str:
    """Return a name that a server reported, quoted unless it is a plain word."""
    return name if name.isascii() and name.isprintable() and " " not in name and len(name) < 100 else shown(name)


def _problems(result: ProbeResult) -> Iterator[Diagnostic]:
    """Yield each problem once, with the endpoints that have it."""
    by_problem: dict[Problem, list[str]] = {}
    for name, endpoint in result.endpoints.items():
        if endpoint.problem is not None:
            by_problem.setdefault(endpoint.problem, []).append(name)
    for problem, endpoints in by_problem.items():
        scope = "" if len(endpoints) == len(ENDPOINTS) else f" ({_all(endpoints)})"
        yield diagnose(rules.SERVER_NOT_ACCESSIBLE, f"{result.url}{scope} {problem.message}", problem.hint)


def _origin(name: str) -> str:
    """Describe the configurations and versions that have a check."""
    rows = [row for row in health_rows() if _matches(row["name"], name)]
    if not rows:
        return "which no known version of kube-apiserver has"
    when = condition_of(tuple(rows[0].get("when", ())))
    first = min((row["from"] for row in rows), key=minor_of)
    last = None if any("until" not in row for row in rows) else max((row["until"] for row in rows), key=minor_of)
    span = f"Kubernetes {first} {f'to {last}' if last else 'and later'}"
    return f"which {span} has" + (f" if {when}" if when != "always" else "")


def _matches(row: str, name: str) -> bool:
    """Return whether a check has the name of a row, in which a final N is any number."""
    return row == name or (row.endswith("-N") and name.startswith(row[:-1]) and name[len(row) - 1 :].isdecimal())


def _all(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


_COLUMNS = ("CHECK", *(name.upper() for name in ENDPOINTS), "TIME", "MEANING")
OK, FAILS, MISSING, UNEXPECTED = "ok", "fails", "missing", "unexpected"


def table(result: ProbeResult, differences: Differences, resolved: Resolved) -> list[str]:
    """Return lines with the server, its three endpoints, then one check a line with the consequence if it fails."""
    version = f" runs Kubernetes {result.version[0]}" if result.version else ""
    lines = [f"{result.url}{version}"]
    for name, endpoint in result.endpoints.items():
        if endpoint.checks is None:
            lines.append(f"{name:8} request failed")
            continue
        total, failures = len(endpoint.checks.checks), len(endpoint.failing)
        state = f"{failures} of {total} checks fail" if failures else f"{total} checks pass"
        lines.append(f"{name:8} {state}, {_milliseconds(endpoint.seconds)}")
    rows = [_COLUMNS, *(_row(row) for row in rows_of(result, differences, resolved))]
    return [*lines, "", *aligned(rows), ""]


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    time = "-" if row["seconds"] is None else _milliseconds(row["seconds"])
    states = (row["states"].get(name, "-") for name in ENDPOINTS)
    return (shown_name(row["name"]), *states, time, row["means"] or "")


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def rows_of(result: ProbeResult, differences: Differences, resolved: Resolved) -> list[dict[str, Any]]:
    """Return every declared or actual check: its state in each endpoint, and the consequence if it fails."""
    fails = failing(result)
    declared = resolved.health.every()
    names = dict.fromkeys(
        (*declared, *(check.name for end in result.endpoints.values() if end.checks for check in end.checks.checks))
    )
    rows = []
    for name in names:
        states = {}
        for endpoint in ENDPOINTS:
            checks = result.endpoints[endpoint].checks
            if checks is None:
                continue
            exists = any(check.name == name for check in checks.checks)
            if endpoint in fails.get(name, ()):
                states[endpoint] = FAILS
            elif endpoint in differences.missing.get(name, ()):
                states[endpoint] = MISSING
            elif endpoint in differences.unexpected.get(name, ()):
                states[endpoint] = UNEXPECTED
            elif exists:
                states[endpoint] = OK
        means, action = meaning(name, resolved) if name in fails else (None, None)
        single = result.singles.get(name)
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


def data(result: ProbeResult, differences: Differences, resolved: Resolved) -> dict[str, Any]:
    """Return the data for the JSON report; see schemas/report.schema.json."""
    return {
        "server": result.url,
        "version": result.version[0] if result.version else None,
        "healthy": result.healthy,
        "asDeclared": None if result.incomplete else not differences,
        "endpoints": [
            {
                "name": name,
                "status": endpoint.status or None,
                "milliseconds": round(1000 * endpoint.seconds, 1),
                "failing": endpoint.failing,
                "problem": endpoint.problem.message if endpoint.problem else None,
            }
            for name, endpoint in result.endpoints.items()
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
            for row in rows_of(result, differences, resolved)
        ],
    }
