"""`kasc probe INPUT --server URL`: compare the health checks of a running server with the definitions."""

from __future__ import annotations

import os
import re
import sys
import time
from argparse import Namespace

from compiler.apiserver.startup import Resolved
from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, HAS_ERRORS, STALE, USAGE, publish, settings_from, usage_error
from compiler.cluster import Credentials, Deadline
from compiler.cluster.apiserver import APIServer
from compiler.cluster.probe_asking import Prober, ProbeResult, wait_until_ready
from compiler.cluster.probe_report import Differences, compare, data, diagnostics, table
from compiler.diagnostics import Report
from compiler.filesystem import reason
from compiler.review.examine import Examined, examine
from compiler.text import clean

TOKEN = "KASC_TOKEN"
_LONGEST, _LONGEST_WATCH = 30.0, 300.0
"""Seconds for all requests together, without and with --watch."""
_LARGEST_TOKEN = 64 * 1024


def run(options: Namespace) -> int:
    """Probe one server, and report failing checks and differences from its input."""
    try:
        settings = settings_from(options)
        examined = examine(options.input, settings)
        resolved = examined.resolved
        if resolved is None or examined.report.rejected:
            publish(options, [examined.report])
            return USAGE if resolved is None else HAS_ERRORS
        server, has_credentials = _server(options)
    except UsageError as problem:
        return usage_error(problem)
    prober = Prober(server, resolved, has_credentials)
    try:
        result = _probe(prober, options)
    finally:
        server.close()
    differences = compare(result, resolved)
    _write(options, examined, resolved, result, differences)
    if result.partial:
        return USAGE
    if not result.healthy:
        return HAS_ERRORS
    return STALE if differences else FINE


def _server(options: Namespace) -> tuple[APIServer, bool]:
    """Return the server, and whether requests are authenticated. Raises UsageError."""
    if options.keyfile and not options.certfile:
        raise UsageError("--keyfile needs --certfile")
    if options.insecure and options.cafile:
        raise UsageError("--insecure cannot be combined with --cafile")
    credentials = Credentials(
        options.cafile or "", options.certfile or "", options.keyfile or "", _token(options), options.insecure
    )
    seconds = options.timeout or (_LONGEST_WATCH if options.watch else _LONGEST)
    try:
        return APIServer(options.server, credentials, Deadline(seconds, options.request_timeout)), credentials.any
    except ValueError as error:
        raise UsageError(str(error)) from None


def _token(options: Namespace) -> str:
    """Return the token from the file, else from the environment; no message contains it. Raises UsageError."""
    path: str | None = options.token_file
    source = f"--token-file {path}" if path else TOKEN
    text = os.environ.get(TOKEN, "")
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read(_LARGEST_TOKEN)
        except OSError as error:
            raise UsageError(f"cannot read {source}: {reason(error)}") from None
        except UnicodeDecodeError:
            text = "\0"
    token = text.strip()
    if path and not token:
        raise UsageError(f"{source} is empty")
    if not re.fullmatch("[!-~]*", token):
        raise UsageError(f"{source} is not a valid token: it contains whitespace or non-ASCII characters")
    return token


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
    options: Namespace, examined: Examined, resolved: Resolved, result: ProbeResult, differences: Differences
) -> None:
    report = Report(options.input)
    report.read_as, report.kubernetes_version = examined.report.read_as, examined.report.kubernetes_version
    report.extend(diagnostics(result, differences, resolved))
    if options.output == "text" and not options.quiet and not result.failed:
        print("\n".join(map(clean, table(result, differences, resolved))))
    publish(options, [report], more={"probe": data(result, differences, resolved), "partial": result.partial})
