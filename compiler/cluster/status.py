"""The answers of `kasc status`: whether a server is healthy, runs as declared, and its objects are stored so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler import rules
from compiler.cluster.drift.summary import result, summary_of
from compiler.cluster.probe_report import failing, shown_name
from compiler.text import aligned, counted

if TYPE_CHECKING:
    from compiler.cluster.drift.observed import Drift
    from compiler.cluster.probe_asking import ProbeResult
    from compiler.cluster.verify_scan import ScanResult
    from compiler.diagnostics import Diagnostic

_NOT_STORED = frozenset(rule.code for rule in (rules.ETCD_READ_INCOMPLETE, rules.UNHEALTHY_ETCD_MEMBER))
"""Findings about an etcd that are not about the objects in it."""
_MOST_NAMES = 5
_WORDS = {True: "yes", False: "no", None: "unknown"}


class Answer(NamedTuple):
    """The answer to one question, None if it is unknown, and what it is about in one line."""

    value: bool | None
    text: str


class Status(NamedTuple):
    """The three answers."""

    healthy: Answer
    as_declared: Answer
    stored_as_declared: Answer


def of_probe(probed: ProbeResult) -> Answer:
    """Return whether all health checks pass; unknown if a list is missing and nothing in the others fails."""
    names = list(failing(probed))
    if names:
        shown = ", ".join(map(shown_name, names[:_MOST_NAMES])) + (", ..." if len(names) > _MOST_NAMES else "")
        return Answer(False, f"{len(names)} of {counted(len(probed.names), 'check')} fail: {shown}")
    problem = next((each.problem for each in probed.endpoints.values() if each.problem), None)
    if problem is not None:
        return Answer(None, f"{probed.url} {problem.message}")
    return Answer(True, f"{counted(len(probed.names), 'check')} pass")


def of_drift(drift: Drift, problem: str) -> Answer:
    """Return whether nothing differs; unknown with the problem that kept the rest from being compared."""
    text = result(summary_of("", "", drift, problem))
    return Answer(False if drift.differences else None if problem else True, text)


def of_scans(scans: Sequence[ScanResult], findings: Sequence[Diagnostic]) -> Answer:
    """Return whether every etcd stores the objects as declared; unknown if one could not be read completely."""
    keys = counted(sum(scan.keys for scan in scans), "key")
    if differing := [each for each in findings if each.code not in _NOT_STORED]:
        return Answer(False, f"{counted(len(differing), 'difference')} in {keys}")
    if problem := next((scan.problem for scan in scans if scan.problem), ""):
        return Answer(None, problem)
    if findings:
        return Answer(False, f"{keys} as declared, but {counted(len(findings), 'unhealthy member')}")
    return Answer(True, keys)


def lines(status: Status) -> list[str]:
    """Return a line for each question."""
    return aligned(
        [(name.replace("_", " "), _WORDS[answer.value], answer.text) for name, answer in status._asdict().items()]
    )


def data(status: Status) -> dict[str, Any]:
    """Return the answers for the JSON report; see schemas/report.schema.json."""
    names = ("healthy", "asDeclared", "storedAsDeclared")
    return {name: answer.value for name, answer in zip(names, status, strict=True)}
