"""Shared by all commands: settings from options, input discovery, reports, exit codes."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, TextIO

from compiler.cli.arguments import UsageError
from compiler.cli.reporters import write_report
from compiler.diagnostics import Report
from compiler.filesystem import read_file, reason, root_of
from compiler.inputs import DIALECT_KINDS, INPUT_KINDS, Host
from compiler.review.examine import Settings
from compiler.text import clean_lines, did_you_mean, say
from compiler.upstream.catalog.facts import minor_of, nearest, versions

if TYPE_CHECKING:
    from compiler.review.policies import Policy

FINE, HAS_ERRORS, USAGE, STALE = 0, 1, 2, 3
_LARGEST_CONFIGURATION = 1024 * 1024
_RELEASE = r"[0-9]+(?:\.[0-9]+){0,3}(?:[-+][0-9A-Za-z.+-]+)?"
"""A version of a distribution: `1.11`, `1.34.2+rke2r1`."""
_COMMIT = r"[0-9a-f]{7,40}"
_FROM_SOURCE = frozenset(("gardener", "kamaji", "kubespray"))
"""Distributions that are also installed from a commit, which counts as newer than all releases."""
CONFIGURATION_FILES = (".kasc.toml", "pyproject.toml")
# Every way to write the table tool.kasc. Most projects have none, and their file need not be parsed.
_OWN_TABLE = r"""tool["' \t]*\.["' \t]*kasc|^[ \t]*(?:\[[ \t]*["']?tool["']?[ \t]*\]|["']?tool["']?[ \t]*=)"""


def settings_from(options: Namespace) -> Settings:
    """Return how inputs are read, and set the report options that the command line leaves unset.

    Raises UsageError for an invalid version, mapping, address or code, and for an invalid configuration file.
    """
    if hasattr(options, "select"):
        complete_report(options)
    version: str | None = options.kubernetes_version
    if version is not None:
        check_version(version)
    mappings = []
    for text in options.file_map:
        prefix, equals, directory = text.partition("=")
        if not equals or not prefix.startswith("/") or not directory:
            raise UsageError(f"invalid --file-map {text!r}: write PREFIX=DIR, for example /etc/kubernetes=./pki")
        if not os.path.exists(directory):
            raise UsageError(f"invalid --file-map {text!r}: {directory} does not exist")
        mappings.append((prefix, directory))
    if options.files_root is not None and not os.path.isdir(options.files_root):
        raise UsageError(f"--files-root {options.files_root!r} is not a directory")
    if options.root is not None and not os.path.isdir(options.root):
        raise UsageError(f"--root {options.root!r} is not a directory")
    if options.host_address is not None:
        import ipaddress

        try:
            ipaddress.ip_address(options.host_address)
        except ValueError:
            raise UsageError(f"--host-address {options.host_address!r} is not a valid IP address") from None
    host = Host(options.host_address or "", options.files_root or "", tuple(mappings))
    kind, release = _kind_and_release(options.read_as)
    return Settings(kind, version, host, _policies(options), options.root or "", _searched(options), release)


def _policies(options: Namespace) -> tuple[Policy, ...]:
    """Return the policies of the command line, else of the configuration file. Raises UsageError."""
    names = getattr(options, "policy", None)
    if not names:
        return ()
    from compiler.cli.policies import policies_of

    return policies_of(names)


def _kind_and_release(text: str | None) -> tuple[str | None, str]:
    """Return the kind of `--as KIND[@VERSION]`, and the version of the distribution without a leading v.

    Raises UsageError for an unknown kind, and for a version of a kind that has none.
    """
    if text is None:
        return None, ""
    kind, at, release = text.partition("@")
    if kind not in INPUT_KINDS:
        hint = did_you_mean(kind, INPUT_KINDS) or f"use {', '.join(INPUT_KINDS)}"
        raise UsageError(f"invalid --as {text!r}: {hint}")
    release = release.removeprefix("v")
    is_commit = kind in _FROM_SOURCE and re.fullmatch(_COMMIT, release) is not None
    if at and (kind not in DIALECT_KINDS or not (is_commit or re.fullmatch(_RELEASE, release))):
        hint = (
            "write a version, for example talos@1.11"
            if kind in DIALECT_KINDS
            else f"{kind} has no version: write --as {kind}"
        )
        raise UsageError(f"invalid --as {text!r}: {hint}")
    return kind, release


def _searched(options: Namespace) -> tuple[str, ...]:
    """Return the directories among the inputs."""
    return tuple(path for path in getattr(options, "inputs", ()) if os.path.isdir(path))


def complete_report(options: Namespace) -> None:
    """Set unset report options from the configuration file, if there is one, else to their defaults."""
    defaults: dict[str, Any] = {
        "output": "text",
        "quiet": False,
        "strict": False,
        "select": [],
        "ignore": [],
        "policy": [],
    }
    configuration = _configuration_file()
    if configuration is not None:
        from compiler.cli.configuration import read_configuration

        defaults |= read_configuration(*configuration)
    for name, value in defaults.items():
        if getattr(options, name, "") is None:
            setattr(options, name, value)
    if options.select or options.ignore:
        from compiler.cli.configuration import checked_codes

        options.select, options.ignore = (checked_codes(f"--{n}", getattr(options, n)) for n in ("select", "ignore"))


def _configuration_file() -> tuple[str, str] | None:
    """Return path and content of the nearest configuration file, from the current directory upwards.

    None if there is none. Raises UsageError if it cannot be read.
    """
    try:
        directory = os.getcwd()
    except OSError:
        return None
    while True:
        for name in CONFIGURATION_FILES:
            path = os.path.join(directory, name)
            if not os.path.isfile(path):
                continue
            if os.path.islink(path) and (refusal := root_of(path).refusal(path)):
                raise UsageError(f"cannot read {path}: {refusal}")
            try:
                text = read_file(path, _LARGEST_CONFIGURATION).decode(errors="surrogateescape")
            except OSError as error:
                raise UsageError(f"cannot read {path}: {reason(error)}") from None
            if name != "pyproject.toml" or ("kasc" in text and re.search(_OWN_TABLE, text, re.MULTILINE)):
                return path, text
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent


def check_version(text: str) -> None:
    """Raise UsageError if the text is not a valid Kubernetes version."""
    from compiler.inputs.importers.document import is_version

    if not is_version(text):
        raise UsageError(f"--kubernetes-version {text!r} is not a valid version: write for example 1.36")


def version_of(text: str | None) -> str:
    """Return the supported minor version closest to the requested one, the newest if none was requested.

    Prints a warning if it is not the requested one. Raises UsageError for an invalid version.
    """
    if text is not None:
        check_version(text)
    version = nearest(text)
    if text is not None and minor_of(text) != minor_of(version):
        known = f"{versions()[0]} to {versions()[-1]}"
        print(f"kasc: no data for Kubernetes {text}; using {version}, the closest of {known}", file=sys.stderr)
    return version


def find_inputs(
    names: list[str],
    problems: list[str],
    leave_out: str = "",
    *,
    servers_only: bool = False,
    verbose: bool = False,
    root: str = "",
    may_be_empty: bool = False,
) -> list[str]:
    """Return the named files, and the inputs below the named directories, sorted, each once.

    Documents that another one extends and files below `leave_out` are left out. Names without an input are added to
    `problems`, unless they `may_be_empty`. With `verbose`, skipped files are listed on standard error.
    """
    inputs: list[str] = []
    for path in names:
        if path and not os.path.isdir(path):
            inputs.append(path)
            continue
        inside: list[str] = []
        if path:
            from compiler.inputs.importers.search import Search

            search = Search(problems, servers_only, leave_out, root)
            inside = search.inputs_below(path)
            for skipped in search.skipped if verbose else ():
                say(f"skipped {skipped.path}: {skipped.reason}")
        inputs += inside
        if not inside and not (path and may_be_empty):
            problems.append(f"no input found in {path}" if path else "an input has an empty name")
    return list(dict.fromkeys(inputs))


def report_on(path: str, examined: Report) -> Report:
    """Return an empty report on an input that was examined before, with its kind and version."""
    report = Report(path)
    report.read_as, report.kubernetes_version = examined.read_as, examined.kubernetes_version
    return report


def publish(
    options: Namespace,
    reports: list[Report],
    stream: TextIO | None = None,
    summary: bool = True,
    more: dict[str, Any] | None = None,
) -> int:
    """Write the report in the selected format, with the selected findings. Returns the exit code.

    `more` is added to the JSON report. The code is 2 if a file could not be read, 1 if one has errors (with --strict:
    or warnings), else 0.
    """
    for report in reports:
        report.select(options.select, options.ignore)
    write_report(options.output, reports, stream, summary and not options.quiet, options.strict, more)
    return worst(*(code_for(report, options.strict) for report in reports))


class Publisher:
    """Collects the reports of a run and writes what `publish` writes.

    With `at_once`, the text format is streamed; the other formats are written at the end.
    """

    def __init__(self, options: Namespace, stream: TextIO | None = None, at_once: bool = False) -> None:
        self.options = options
        self.stream = stream
        self.reports: list[Report] = []
        self.code = FINE
        self.text: Any = None
        if at_once and options.output == "text":
            from compiler.cli.reporters.text import Stream

            self.text = Stream(stream or sys.stdout)

    def add(self, report: Report) -> None:
        """Add the report of one more input."""
        if self.text is None:
            self.reports.append(report)
            return
        report.select(self.options.select, self.options.ignore)
        self.code = worst(self.code, code_for(report, self.options.strict))
        self.text.add(report)

    def end(self, summary: bool = True) -> int:
        """Write the rest of the report. Returns the exit code, as `publish` does."""
        if self.text is None:
            return publish(self.options, self.reports, self.stream, summary)
        if summary and not self.options.quiet:
            self.text.end()
        return self.code


def code_for(report: Report, strict: bool) -> int:
    """Return the exit code for one report: 2 if the input could not be read, 1 if it fails, else 0."""
    if report.unread:
        return USAGE
    return HAS_ERRORS if report.fails(strict) else FINE


def worst(*codes: int) -> int:
    """Return the exit code of several results: usage errors come before input errors, those before stale artifacts."""
    return next((code for code in (USAGE, HAS_ERRORS, STALE) if code in codes), FINE)


def screen_height() -> int:
    """Return the lines of the terminal, 24 if there is none."""
    try:
        return max(10, os.get_terminal_size().lines - 1)
    except OSError:
        return 24


def write_text(text: str) -> None:
    """Print an artifact in UTF-8, whatever the locale: artifacts are reproducible byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())


def usage_error(problem: Exception | str) -> int:
    """Print an error message and return the exit code of usage errors."""
    print(clean_lines(f"kasc: {problem}"), file=sys.stderr)
    return USAGE
