"""`kasc probe INPUT --server URL`: hold a running server's health checks against the definitions."""

from __future__ import annotations

import os
import re
import sys
import time
from argparse import Namespace

from compiler.apiserver.startup import Resolved
from compiler.cli.common import FINE, HAS_ERRORS, STALE, USAGE, UsageError, publish, reason, settings_from, usage_error
from compiler.cluster.apiserver import APIServer
from compiler.cluster.connection import Credentials, Deadline
from compiler.cluster.probe_answers import Differences, compare
from compiler.cluster.probe_asking import Prober, Seen, wait_until_ready
from compiler.cluster.probe_report import data, of_seen, table
from compiler.diagnostics import Report
from compiler.review.examine import Examined, examine
from compiler.text import clean

TOKEN = "KASC_TOKEN"
_LONGEST, _LONGEST_WATCH = 30.0, 300.0
"""Seconds that all requests may take together, without and with --watch."""
_LARGEST_TOKEN = 64 * 1024


def run(options: Namespace) -> int:
    """Ask one server, and report what fails and how it differs from its input."""
    try:
        settings = settings_from(options)
        examined = examine(options.input, settings)
        resolved = examined.resolved
        if resolved is None or examined.report.rejected:
            publish(options, [examined.report])
            return USAGE if resolved is None else HAS_ERRORS
        server, named = _server(options)
    except UsageError as problem:
        return usage_error(problem)
    prober = Prober(server, resolved, named)
    try:
        seen = _ask(prober, options)
    finally:
        server.close()
    differences = compare(seen, resolved)
    _write(options, examined, resolved, seen, differences)
    if seen.partial:
        return USAGE
    if not seen.healthy:
        return HAS_ERRORS
    return STALE if differences else FINE


def _server(options: Namespace) -> tuple[APIServer, bool]:
    """The server, and whether the client says who it is; raises UsageError."""
    if options.keyfile and not options.certfile:
        raise UsageError("--keyfile needs --certfile")
    if options.insecure and options.cafile:
        raise UsageError("--insecure trusts everybody: leave it out, or --cafile")
    credentials = Credentials(
        options.cafile or "", options.certfile or "", options.keyfile or "", _token(options), options.insecure
    )
    seconds = options.timeout or (_LONGEST_WATCH if options.watch else _LONGEST)
    try:
        return APIServer(options.server, credentials, Deadline(seconds, options.request_timeout)), credentials.any
    except ValueError as problem:
        raise UsageError(str(problem)) from None


def _token(options: Namespace) -> str:
    """The token of a file, else of the environment; no message shows it. Raises UsageError."""
    path: str | None = options.token_file
    where = f"--token-file {path}" if path else TOKEN
    text = os.environ.get(TOKEN, "")
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read(_LARGEST_TOKEN)
        except OSError as problem:
            raise UsageError(f"{where} cannot be read: {reason(problem)}") from None
        except UnicodeDecodeError:
            text = "\0"
    token = text.strip()
    if path and not token:
        raise UsageError(f"{where} is empty")
    if not re.fullmatch("[!-~]*", token):
        raise UsageError(f"{where} holds no token: there are blanks or signs in it that no token has")
    return token


def _ask(prober: Prober, options: Namespace) -> Seen:
    """Everything, with --watch once the server is ready, or does not become so."""
    if options.watch:
        progress = _Progress(prober.server.url)
        try:
            ready = wait_until_ready(prober, progress.show)
        finally:
            progress.end()
        if ready.problem is not None:
            return prober.only(ready)
    return prober.everything()


class _Progress:
    """One line on a terminal's standard error."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.start = time.monotonic()
        self.shown = False

    def show(self, text: str) -> None:
        if sys.stderr.isatty():
            self.shown = True
            waited = time.monotonic() - self.start
            line = clean(f"{self.url}: {text}")[:120]
            print(f"\r\x1b[K{waited:.0f}s {line}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _write(options: Namespace, examined: Examined, resolved: Resolved, seen: Seen, differences: Differences) -> None:
    report = Report(options.input)
    report.read_as, report.kubernetes_version = examined.report.read_as, examined.report.kubernetes_version
    report.extend(of_seen(seen, differences, resolved))
    if options.output == "text" and not options.quiet and not all(end.problem for end in seen.endpoints.values()):
        print("\n".join(map(clean, table(seen, differences, resolved))))
    publish(options, [report], more={"probe": data(seen, differences, resolved), "partial": seen.partial})
