"""`kasc probe INPUT --server URL`: compare the health checks of a running server with the definitions."""

from __future__ import annotations

import sys
import time
from argparse import Namespace

from compiler.apiserver.startup import Resolved
from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, HAS_ERRORS, STALE, USAGE, publish, report_on, settings_from, usage_error
from compiler.cli.connection import LONGEST, connect
from compiler.cluster import Deadline
from compiler.cluster.probe_asking import Prober, ProbeResult, wait_until_ready
from compiler.cluster.probe_report import Differences, compare, data, diagnostics, table
from compiler.diagnostics import Report
from compiler.review.examine import examine
from compiler.text import clean

_LONGEST_WATCH = 300.0
"""Seconds for all requests together with --watch."""


def run(options: Namespace) -> int:
    """Probe one server, and report failing checks and differences from its input."""
    try:
        settings = settings_from(options)
        examined = examine(options.input, settings)
        resolved = examined.resolved
        if resolved is None or examined.report.rejected:
            publish(options, [examined.report])
            return USAGE if resolved is None else HAS_ERRORS
        report = report_on(options.input, examined.report)
        seconds = options.timeout or (_LONGEST_WATCH if options.watch else LONGEST)
        server = connect(options, resolved.context.catalog, report, Deadline(seconds, options.request_timeout))
    except UsageError as problem:
        return usage_error(problem)
    if server is None:
        publish(options, [report])
        return USAGE
    prober = Prober(server, resolved)
    try:
        result = _probe(prober, options)
    finally:
        server.close()
    differences = compare(result, resolved)
    _write(options, report, resolved, result, differences)
    if result.partial:
        return USAGE
    if not result.healthy:
        return HAS_ERRORS
    return STALE if differences else FINE


def _probe(prober: Prober, options: Namespace) -> ProbeResult:
    """Probe all endpoints, with --watch as soon as the server is ready or has failed."""
    if options.watch:
        progress = _Progress(prober.server.url)
        try:
            ready = wait_until_ready(prober, progress.update)
        finally:
            progress.end()
        if ready.problem is not None:
            return prober.only(ready)
    return prober.everything()


class _Progress:
    """Progress in one line of the terminal on standard error."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.start = time.monotonic()
        self.shown = False

    def update(self, text: str) -> None:
        if sys.stderr.isatty():
            self.shown = True
            waited = time.monotonic() - self.start
            line = clean(f"{self.url}: {text}")[:120]
            print(f"\r\x1b[K{waited:.0f}s {line}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _write(
    options: Namespace, report: Report, resolved: Resolved, result: ProbeResult, differences: Differences
) -> None:
    report.extend(diagnostics(result, differences, resolved))
    if options.output == "text" and not options.quiet and not result.failed:
        print("\n".join(map(clean, table(result, differences, resolved))))
    publish(options, [report], more={"probe": data(result, differences, resolved), "partial": result.partial})
