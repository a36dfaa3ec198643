"""`kasc drift INPUT --server URL`: compare what running servers do with their declarations."""

from __future__ import annotations

import io
from argparse import Namespace
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, HAS_ERRORS, USAGE, report_on, settings_from, usage_error, worst
from compiler.cli.connection import LONGEST, connect
from compiler.cli.drift_report import Result, result_of, unread, write
from compiler.cluster import Deadline
from compiler.cluster.drift.comparing import compare
from compiler.cluster.drift.files import examine_live, observed_of
from compiler.cluster.drift.servers import drift_of
from compiler.diagnostics import Report
from compiler.filesystem import reason
from compiler.inputs.source import STANDARD_INPUT
from compiler.review.examine import examine

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.drift.observed import Drift
    from compiler.review.examine import Settings


def run(options: Namespace) -> int:
    """Compare inputs with running servers, or one input with a file about its server."""
    if options.out is None:
        return _run(options)
    text = io.StringIO()
    with redirect_stdout(text):
        code = _run(options)
    return worst(code, _write_file(options.out, text.getvalue()) if text.getvalue() else FINE)


def _write_file(path: str, text: str) -> int:
    """Replace a file at once, as readers of metrics need it. Returns the exit code."""
    from compiler.artifacts.fileset import replace_all

    try:
        replace_all({path: text})
    except OSError as error:
        return usage_error(f"cannot write {path}: {reason(error)}")
    return FINE


def _run(options: Namespace) -> int:
    problems: list[str] = []
    try:
        if options.live is not None and options.server is not None:
            raise UsageError("--live cannot be combined with --server")
        settings = settings_from(options)
        if options.contexts is not None:
            from compiler.cli.drift_fleet import compare_fleet

            results = compare_fleet(options, settings, problems)
        else:
            results = [_compare(options, settings)]
    except UsageError as problem:
        return usage_error(problem)
    write(options, results)
    for text in problems:
        usage_error(text)
    return worst(*(each.code for each in results), USAGE if problems else FINE)


def _compare(options: Namespace, settings: Settings) -> Result:
    """Return the result for a single input. Raises UsageError."""
    if len(options.inputs) != 1:
        raise UsageError("name one input, or the contexts of several with --contexts FILE")
    (path,) = options.inputs
    if options.live == path == STANDARD_INPUT:
        raise UsageError("INPUT and --live cannot both be standard input: name a file for one of them")
    examined = examine(path, settings)
    declared = examined.resolved
    if declared is None or examined.report.rejected:
        return unread(examined.report, USAGE if declared is None else HAS_ERRORS)
    report = report_on(path, examined.report)
    if options.live is not None:
        drift = _with_file(options, declared, settings, report)
    else:
        drift = _with_server(options, declared, report)
    return result_of(declared, report, drift)


def _with_file(options: Namespace, declared: Resolved, settings: Settings, report: Report) -> Drift | None:
    """Return the drift of the server in a file; None after reporting that it cannot be read. Raises UsageError."""
    live = examine_live(options.live, settings, declared)
    if live.resolved is None:
        if not live.report.rejected:
            raise UsageError(f"{options.live} is a structured file, not a server: nothing to compare")
        report.extend(live.report.of("error"))
        report.texts |= live.report.texts
        return None
    return compare(declared, observed_of(live.report.path, live.resolved, settings))


def _with_server(options: Namespace, declared: Resolved, report: Report) -> Drift | None:
    """Return the drift of a server; None after reporting that it cannot be reached. Raises UsageError."""
    deadline = Deadline(options.timeout or LONGEST, options.request_timeout)
    server = connect(options, declared.context.catalog, report, deadline)
    if server is None:
        return None
    try:
        return drift_of(server, declared, report)
    finally:
        server.close()
