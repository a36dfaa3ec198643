"""`kasc status INPUT`: probe, drift and verify in one summary."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, HAS_ERRORS, STALE, USAGE, publish, report_on, settings_from, usage_error, worst
from compiler.cli.connection import LONGEST, connect
from compiler.cli.drift_report import problem_of
from compiler.cli.verify import verify
from compiler.cluster import Deadline
from compiler.cluster.drift import report as drift_report
from compiler.cluster.drift.servers import drift_of
from compiler.cluster.etcd import configure_libraries
from compiler.cluster.probe_asking import Prober
from compiler.cluster.probe_report import Differences, compare
from compiler.cluster.probe_report import data as probe_data
from compiler.cluster.probe_report import diagnostics as probe_diagnostics
from compiler.cluster.status import Answer, Status, data, lines, of_drift, of_probe, of_scans
from compiler.cluster.verify_report import data as verify_data
from compiler.diagnostics import Report
from compiler.review.examine import examine
from compiler.text import clean_line

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.apiserver import APIServer


def run(options: Namespace) -> int:
    """Ask the server and its etcd, and answer whether all is as declared. What cannot be asked is reported."""
    configure_libraries()
    try:
        examined = examine(options.input, settings_from(options))
        resolved = examined.resolved
        if resolved is None or examined.report.rejected:
            publish(options, [examined.report])
            return USAGE if resolved is None else HAS_ERRORS
        report = report_on(options.input, examined.report)
        deadline = Deadline(options.timeout or LONGEST, options.request_timeout)
        server = connect(options, resolved.context.catalog, report, deadline)
        stored, etcds = _verify(options, resolved, report)
    except UsageError as problem:
        return usage_error(problem)
    more: dict[str, Any] = {}
    file: dict[str, Any] = {}
    if server is None:
        healthy = as_declared = Answer(None, problem_of(report))
    else:
        try:
            healthy, more["probe"] = _probe(server, resolved, report)
            as_declared, file = _drift(server, resolved, report)
        finally:
            server.close()
    status = Status(healthy, as_declared, stored)
    _write(options, report, status, file, {**more, "verify": etcds})
    return _code(status)


def _probe(server: APIServer, resolved: Resolved, report: Report) -> tuple[Answer, dict[str, Any]]:
    """Return whether the server is healthy, and the data of `kasc probe`."""
    result = Prober(server, resolved).everything()
    # Checks that differ from the declaration are part of the drift.
    report.extend(probe_diagnostics(result, Differences({}, {}, [], ""), resolved))
    return of_probe(result), probe_data(result, compare(result, resolved), resolved)


def _drift(server: APIServer, resolved: Resolved, report: Report) -> tuple[Answer, dict[str, Any]]:
    """Return whether the server runs as declared, and the data of `kasc drift`."""
    own = Report(report.path)
    drift = drift_of(server, resolved, own)
    if drift is not None:
        own.extend(drift_report.problems(drift))
    problem = problem_of(own)
    report.extend(own.all())
    if drift is None:
        return Answer(None, problem), {}
    report.extend(drift_report.diagnostics(drift))
    return of_drift(drift, problem), drift_report.data(drift)


def _verify(options: Namespace, resolved: Resolved, report: Report) -> tuple[Answer, list[dict[str, Any]]]:
    """Return whether objects are stored as declared, and the data of `kasc verify`. Raises UsageError."""
    own = Report(report.path)
    results = verify(options, resolved, own)
    report.extend(own.all())
    answer = of_scans([scan for scan, _ in results], list(own.all()))
    return answer, [verify_data(scan, members, bool(scan.problem)) for scan, members in results]


def _write(options: Namespace, report: Report, status: Status, file: dict[str, Any], more: dict[str, Any]) -> None:
    """Write the summary and the findings; `file` is added to the file in the JSON report, `more` to the report."""
    if options.output == "json":
        import json

        from compiler.cli.reporters.json import as_data

        report.select(options.select, options.ignore)
        whole = as_data([report]) | {"status": data(status), **more}
        whole["files"][0] |= file
        sys.stdout.write(json.dumps(whole, indent=1) + "\n")
        return
    if options.output == "text":
        print("\n".join(map(clean_line, lines(status))))
    publish(options, [report])


def _code(status: Status) -> int:
    """Return the exit code: 2 if an answer is unknown, 1 if the server is unhealthy, 3 if anything differs, else 0."""
    return worst(
        USAGE if any(answer.value is None for answer in status) else FINE,
        HAS_ERRORS if status.healthy.value is False else FINE,
        STALE if False in (status.as_declared.value, status.stored_as_declared.value) else FINE,
    )
