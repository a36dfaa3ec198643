"""What commands share: settings from options, finding inputs, progress, exit codes."""

from __future__ import annotations

import os
import re
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from typing import Any, TextIO

from compiler.diagnostics import ERROR, WARNING, Report
from compiler.examine import Examined, Settings, examine
from compiler.host import Host

FINE, HAS_ERRORS, USAGE, STALE = 0, 1, 2, 3
_SUFFIXES = (".yaml", ".yml", ".toml", ".json")
_UNREADABLE = "KASC-DOC-001"
CONFIGURATION_FILES = (".kasc.toml", "pyproject.toml")
# Every way to write the table tool.kasc; most projects have none, and their file is not parsed.
_OWN_TABLE = r"""tool["' \t]*\.["' \t]*kasc|^[ \t]*(?:\[[ \t]*["']?tool["']?[ \t]*\]|["']?tool["']?[ \t]*=)"""


class UsageError(Exception):
    """The command line asks for something that cannot be; the text says what to write instead."""


def settings_from(options: Namespace) -> Settings:
    """How inputs are read; what the command line leaves open of the report is filled in.

    Raises UsageError for a version, a mapping, an address or a code that is none, and for a malformed configuration.
    """
    if hasattr(options, "output"):
        _complete_report(options)
    version: str | None = options.kubernetes_version
    if version is not None:
        check_version(version)
    mappings = []
    for text in options.file_map:
        prefix, equals, folder = text.partition("=")
        if not equals or not prefix.startswith("/") or not folder:
            raise UsageError(f"--file-map {text!r}: write PREFIX=DIR, such as /etc/kubernetes=./pki")
        mappings.append((prefix, folder))
    if options.host_address:
        import ipaddress

        try:
            ipaddress.ip_address(options.host_address)
        except ValueError:
            raise UsageError(f"--host-address {options.host_address!r}: write an IP address") from None
    host = Host(options.host_address or "", options.files_root or "", tuple(mappings))
    return Settings(options.read_as, version, host)


def _complete_report(options: Namespace) -> None:
    """Fill in the options of the report: from a configuration file where there is one, else the defaults."""
    defaults: dict[str, Any] = {"output": "text", "quiet": False, "strict": False, "select": [], "ignore": []}
    found = _configuration_file()
    if found:
        from compiler.commands.configuration import read_configuration

        defaults |= read_configuration(*found)
    for name, value in defaults.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.select or options.ignore:
        from compiler.commands.configuration import checked_codes

        options.select, options.ignore = (checked_codes(f"--{n}", getattr(options, n)) for n in ("select", "ignore"))


def _configuration_file() -> tuple[str, str] | None:
    """Path and text of the nearest file above the current folder that configures kasc; None where there is none."""
    try:
        folder = os.getcwd()
    except OSError:
        return None
    while True:
        for name in CONFIGURATION_FILES:
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                continue
            try:
                with open(path, encoding="utf-8", errors="surrogateescape") as file:
                    text = file.read()
            except OSError as problem:
                raise UsageError(f"{path} cannot be read: {(problem.strerror or str(problem)).lower()}") from None
            if name != "pyproject.toml" or ("kasc" in text and re.search(_OWN_TABLE, text, re.MULTILINE)):
                return path, text
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def check_version(text: str) -> None:
    """Raises UsageError where the text is no Kubernetes version."""
    from compiler.importers.document import is_version

    if not is_version(text):
        raise UsageError(f"--kubernetes-version {text!r}: write a version such as 1.36")


def find_inputs(given: list[str]) -> list[str]:
    """Files as given, and the files of folders, sorted; folders leave out what another document extends."""
    found: list[str] = []
    for path in given:
        found += _below(path) if path != "-" and os.path.isdir(path) else [path]
    return list(dict.fromkeys(found))


def _below(folder: str) -> list[str]:
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.join(root, name) for name in sorted(files) if name.endswith(_SUFFIXES)]
    from compiler.importers.detect import is_input, parents_of

    inputs = [path for path in found if is_input(path)]
    parents = {parent for path in inputs for parent in parents_of(path)}
    return [path for path in inputs if os.path.normpath(path) not in parents]


def examine_all(paths: list[str], settings: Settings) -> Iterator[Examined]:
    """Each input in turn, with progress on standard error where it takes more than a second."""
    cache: dict[str, Any] = {}
    progress = _Progress(len(paths))
    for path in paths:
        yield examine(path, settings, cache)
        progress.step()
    progress.end()


class _Progress:
    """One line on a terminal's standard error, renewed at most ten times a second."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.shown = 0.0
        self.start = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def step(self) -> None:
        self.done += 1
        now = time.monotonic()
        if self.terminal and self.total > 1 and now - self.start > 1 and now - self.shown > 0.1:
            self.shown = now
            print(f"\r{self.done}/{self.total} inputs", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.shown:
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)


def publish(
    options: Namespace,
    reports: list[Report],
    stream: TextIO | None = None,
    summary: bool = True,
    more: dict[str, Any] | None = None,
) -> int:
    """Write the report that the options ask for, of the findings that they select. Returns the exit code.

    `more` is what a command adds to the JSON report. The code is 2 where a file could not be read, 1 where one has
    errors (or warnings, if strict), else 0.
    """
    from compiler.reporters import write_report

    if options.select or options.ignore:
        from compiler.reporters.selection import keep_selected

        keep_selected(reports, options.select, options.ignore)
    write_report(options.output, reports, stream, summary and not options.quiet, options.strict, more)
    if any(found.code == _UNREADABLE for report in reports for found in report.all()):
        return USAGE
    bad = (ERROR, WARNING) if options.strict else (ERROR,)
    return HAS_ERRORS if any(found.severity in bad for report in reports for found in report.all()) else FINE


def usage_error(problem: Exception | str) -> int:
    """Print a problem with the command line and return its exit code."""
    print(f"kasc: {problem}", file=sys.stderr)
    return USAGE
