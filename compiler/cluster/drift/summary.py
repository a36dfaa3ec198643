"""The results of many comparisons: one line a server, and metrics for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler.changes.change import SEVERITIES
from compiler.cluster.drift.observed import ALL, KINDS
from compiler.text import aligned, clean, counted

if TYPE_CHECKING:
    from compiler.cluster.drift.observed import Drift

_COLUMNS = ("SERVER", "CONTEXT", "VERSION", "RESULT", "NOT COMPARED")


class Summary(NamedTuple):
    """The result for one server.

    `name` is that of its document. `release` is the version that it runs, empty if it is unknown. `problem` is why it
    could not be compared, or not completely; empty if it was. `differences` are their numbers by kind and severity,
    `not_compared` the numbers of what no source reports by kind, and `missing` the kinds of which nothing is reported.
    """

    name: str
    context: str = ""
    release: str = ""
    problem: str = ""
    differences: Mapping[tuple[str, str], int] = Counter()
    not_compared: Mapping[str, int] = Counter()
    missing: tuple[str, ...] = ()

    @property
    def drifts(self) -> bool:
        """Return whether anything differs."""
        return bool(self.differences)


def summary_of(name: str, context: str, drift: Drift, problem: str) -> Summary:
    """Return the summary of a comparison."""
    missing = {each.kind for each in drift.not_compared if each.name == ALL}
    return Summary(
        name,
        context,
        drift.observed.release,
        problem,
        Counter((each.kind, each.severity) for each in drift.differences),
        Counter(each.kind for each in drift.not_compared),
        tuple(kind for kind in KINDS if kind in missing),
    )


def table(summaries: Sequence[Summary]) -> list[str]:
    """Return one line for each server, and the totals."""
    rows = [_COLUMNS, *(tuple(clean(cell) or "-" for cell in _row(each)) for each in summaries)]
    return [*aligned(rows), _totals(summaries)]


def _row(summary: Summary) -> tuple[str, ...]:
    return summary.name, summary.context, summary.release, result(summary), ", ".join(summary.missing)


def result(summary: Summary) -> str:
    """Return in one line what differs, and why it was not compared completely."""
    if not summary.drifts:
        return summary.problem or "no drift"
    by_severity: Counter[str] = Counter()
    for (_, severity), number in summary.differences.items():
        by_severity[severity] += number
    parts = ", ".join(f"{by_severity[name]} {name}" for name in reversed(SEVERITIES) if by_severity[name])
    text = f"{counted(by_severity.total(), 'difference')} ({parts})"
    return f"{text}; {summary.problem}" if summary.problem else text


def _totals(summaries: Sequence[Summary]) -> str:
    drifting = sum(each.drifts for each in summaries)
    incomplete = sum(bool(each.problem) for each in summaries)
    text = f"{counted(len(summaries), 'server')}: {drifting} with drift"
    return f"{text}, {incomplete} not or not completely compared" if incomplete else text


def metrics(summaries: Iterable[Summary], now: float) -> str:
    """Return metrics in the text exposition format of Prometheus; `now` is in seconds since the epoch.

    The number of series for one server is constant. A server that could not be compared has no differences, and
    `kasc_drift_compared` is 0.
    """
    servers = {each.name: each for each in summaries}.values()
    samples = {
        "differences": [
            _sample(each, number=each.differences.get((kind, severity), 0), kind=kind, severity=severity)
            for each in servers
            if each.drifts or not each.problem
            for kind in KINDS
            for severity in SEVERITIES
        ],
        "not_compared": [
            _sample(each, number=each.not_compared.get(kind, 0), kind=kind)
            for each in servers
            if each.drifts or not each.problem
            for kind in KINDS
        ],
        "compared": [_sample(each, number=int(not each.problem)) for each in servers],
        "timestamp_seconds": [_sample(each, number=int(now)) for each in servers],
    }
    lines = []
    for name, text in _METRICS.items():
        lines += [f"# HELP kasc_drift_{name} {text}", f"# TYPE kasc_drift_{name} gauge"]
        lines += [f"kasc_drift_{name}{sample}" for sample in samples[name]]
    return "".join(f"{line}\n" for line in lines)


_METRICS = {
    "differences": "Differences between the running server and its declaration.",
    "not_compared": "Flags, gates, APIs and others that no source of the running server reports.",
    "compared": "Whether the server was reached and compared completely.",
    "timestamp_seconds": "When the server was compared, in seconds since the epoch.",
}
"""Names of the metrics without their prefix, and their HELP texts."""


def _sample(summary: Summary, *, number: int, **labels: str) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in {"server": summary.name, **labels}.items())
    return f"{{{pairs}}} {number}"


def _escaped(text: str) -> str:
    """Return the value of a label. Prometheus: text exposition format."""
    return clean(text).replace("\\", "\\\\").replace('"', '\\"')
