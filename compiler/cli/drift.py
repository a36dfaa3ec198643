"""`kasc drift INPUT --server URL`: compare what a running server does with its declaration."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from compiler import rules
from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, HAS_ERRORS, STALE, USAGE, publish, settings_from, usage_error
from compiler.cli.connection import connect
from compiler.cli.reporters import MARKDOWN, write_page
from compiler.cluster import Deadline
from compiler.cluster.drift.asking import ask
from compiler.cluster.drift.comparing import compare
from compiler.cluster.drift.files import examine_live, observed_of
from compiler.cluster.drift.report import data, diagnostics, masked, problems, table
from compiler.cluster.http_connection import ServerError
from compiler.diagnostics import Report, diagnose
from compiler.review.examine import examine
from compiler.text import clean_line

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.drift.observed import Drift
    from compiler.review.examine import Settings

_LONGEST = 30.0
"""Seconds for all requests together."""


def run(options: Namespace) -> int:
    """Compare one input with a running server, or with a file about it."""
    try:
        if options.live is not None and options.server is not None:
            raise UsageError("--live cannot be combined with --server")
        settings = settings_from(options)
        examined = examine(options.input, settings)
        declared = examined.resolved
        if declared is None or examined.report.rejected:
            publish(options, [examined.report])
            return USAGE if declared is None else HAS_ERRORS
        report = Report(options.input)
        report.read_as, report.kubernetes_version = examined.report.read_as, examined.report.kubernetes_version
        if options.live is not None:
            drift = _with_file(options, declared, settings, report)
        else:
            drift = _with_server(options, declared, settings, report)
    except UsageError as problem:
        return usage_error(problem)
    if drift is None:
        publish(options, [report])
        return USAGE
    report.extend(problems(drift))
    incomplete = report.rejected
    _write(options, report, drift)
    if incomplete:
        return USAGE
    return STALE if drift.differences else FINE


def _with_file(options: Namespace, declared: Resolved, settings: Settings, report: Report) -> Drift | None:
    """Return the drift of the server in a file; None after reporting that it cannot be read. Raises UsageError."""
    live = examine_live(options.live, settings, declared)
    if live.resolved is None:
        if not live.report.rejected:
            raise UsageError(f"{options.live} is a structured file, not a server: nothing to compare")
        report.extend(live.report.of("error"))
        report.texts |= live.report.texts
        return None
    return compare(declared, observed_of(options.live, live.resolved, settings))


def _with_server(options: Namespace, declared: Resolved, settings: Settings, report: Report) -> Drift | None:
    """Return the drift of a server; None after reporting that it cannot be reached. Raises UsageError."""
    deadline = Deadline(options.timeout or _LONGEST, options.request_timeout)
    server = connect(options, declared.context.catalog, report, deadline)
    if server is None:
        return None
    try:
        observed = ask(server, settings.host.address)
    except ServerError as error:
        report.add(diagnose(rules.SERVER_NOT_ACCESSIBLE, f"{server.url} {error}", error.hint))
        return None
    finally:
        server.close()
    return masked(compare(declared, observed), server.hide)


def _write(options: Namespace, report: Report, drift: Drift) -> None:
    if options.output == "json":
        import json

        from compiler.cli.reporters.json import as_data

        report.extend(diagnostics(drift))
        report.select(options.select, options.ignore)
        whole = as_data([report])
        whole["files"][0] |= data(drift)
        sys.stdout.write(json.dumps(whole, indent=1) + "\n")
    elif options.output == MARKDOWN:
        from compiler.cli.reporters.markdown import drift as markdown

        write_page(markdown.render(drift))
    elif options.output == "text":
        for line in table(drift):
            print(clean_line(line))
        if report.rejected:
            publish(options, [report])
    else:
        report.extend(diagnostics(drift))
        publish(options, [report])
