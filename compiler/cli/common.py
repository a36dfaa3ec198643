"""What commands share: settings from options, finding inputs, progress, exit codes."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from typing import Any, TextIO

from compiler.diagnostics import ERROR, WARNING, Report
from compiler.filesystem import read_file, root_of
from compiler.inputs.server import Host
from compiler.review.examine import Settings
from compiler.text import clean_lines, say

FINE, HAS_ERRORS, USAGE, STALE = 0, 1, 2, 3
_LARGEST_CONFIGURATION = 1024 * 1024
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
        if not os.path.exists(folder):
            raise UsageError(f"--file-map {text!r}: there is no {folder}")
        mappings.append((prefix, folder))
    if options.files_root is not None and not os.path.isdir(options.files_root):
        raise UsageError(f"--files-root {options.files_root!r} is not a folder")
    if options.root is not None and not os.path.isdir(options.root):
        raise UsageError(f"--root {options.root!r} is not a directory")
    if options.host_address is not None:
        import ipaddress

        try:
            ipaddress.ip_address(options.host_address)
        except ValueError:
            raise UsageError(f"--host-address {options.host_address!r}: write an IP address") from None
    host = Host(options.host_address or "", options.files_root or "", tuple(mappings))
    return Settings(
        options.read_as, version, host, getattr(options, "policy", None), options.root or "", _searched(options)
    )


def _searched(options: Namespace) -> tuple[str, ...]:
    """The directories that the command line names as inputs."""
    return tuple(path for path in getattr(options, "inputs", ()) if os.path.isdir(path))


def _complete_report(options: Namespace) -> None:
    """Fill in the options of the report: from a configuration file where there is one, else the defaults."""
    defaults: dict[str, Any] = {"output": "text", "quiet": False, "strict": False, "select": [], "ignore": []}
    found = _configuration_file()
    if found:
        from compiler.cli.configuration import read_configuration

        defaults |= read_configuration(*found)
    for name, value in defaults.items():
        if getattr(options, name, "") is None:
            setattr(options, name, value)
    if options.select or options.ignore:
        from compiler.cli.configuration import checked_codes

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
            if os.path.islink(path) and (refusal := root_of(path).refusal(path)):
                raise UsageError(f"{path} cannot be read: {refusal}")
            try:
                text = read_file(path, _LARGEST_CONFIGURATION).decode(errors="surrogateescape")
            except OSError as problem:
                raise UsageError(f"{path} cannot be read: {reason(problem)}") from None
            if name != "pyproject.toml" or ("kasc" in text and re.search(_OWN_TABLE, text, re.MULTILINE)):
                return path, text
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def check_version(text: str) -> None:
    """Raises UsageError where the text is no Kubernetes version."""
    from compiler.inputs.importers.document import is_version

    if not is_version(text):
        raise UsageError(f"--kubernetes-version {text!r}: write a version such as 1.36")


def version_of(text: str | None) -> str:
    """The known minor version that a command is about; says so where it is not the one that was asked for.

    Raises UsageError for what is no version.
    """
    from compiler.upstream.catalog.facts import minor_of, nearest, versions

    if text is not None:
        check_version(text)
    version = nearest(text)
    if text is not None and minor_of(text) != minor_of(version):
        known = f"{versions()[0]} to {versions()[-1]}"
        print(f"kasc: nothing is recorded of Kubernetes {text}; {version} is nearest of {known}", file=sys.stderr)
    return version


def find_inputs(
    given: list[str],
    problems: list[str],
    leave_out: str = "",
    *,
    servers_only: bool = False,
    verbose: bool = False,
    root: str = "",
) -> list[str]:
    """Files as given, and the inputs below directories, sorted, without what another document extends and what is below
    `leave_out`. What names no input is added to `problems`; with `verbose`, standard error has what was skipped.
    """
    found: list[str] = []
    for path in given:
        if path and not os.path.isdir(path):
            found.append(path)
            continue
        inside: list[str] = []
        if path:
            from compiler.inputs.importers.search import Search

            search = Search(problems, servers_only, leave_out, root)
            inside = search.inputs_below(path)
            for skipped in search.skipped if verbose else ():
                say(f"skipped {skipped.path}: {skipped.reason}")
        found += inside
        if not inside:
            problems.append(f"no input found in {path}" if path else "the name of an input is empty")
    return list(dict.fromkeys(found))


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
    from compiler.cli.reporters import write_report

    keep_selected(options, reports)
    write_report(options.output, reports, stream, summary and not options.quiet, options.strict, more)
    return worst(*(_code_for(report, options.strict) for report in reports))


class Publisher:
    """Takes the reports of a run one by one, and writes what `publish` writes.

    With `at_once` the findings are written as they come, in the form for people; other forms hold them until the end.
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
        """One more input."""
        if self.text is None:
            self.reports.append(report)
            return
        keep_selected(self.options, [report])
        self.code = worst(self.code, _code_for(report, self.options.strict))
        self.text.add(report)

    def end(self, summary: bool = True) -> int:
        """Write what is left to write. Returns the exit code, as `publish` does."""
        if self.text is None:
            return publish(self.options, self.reports, self.stream, summary)
        if summary and not self.options.quiet:
            self.text.end()
        return self.code


def _code_for(report: Report, strict: bool) -> int:
    if report.unread:
        return USAGE
    return HAS_ERRORS if fails(report, strict) else FINE


def keep_selected(options: Namespace, reports: list[Report]) -> None:
    """Take out of the reports what the options do not select."""
    if options.select or options.ignore:
        from compiler.cli import reporters as selection

        selection.keep_selected(reports, options.select, options.ignore)


def fails(report: Report, strict: bool) -> bool:
    """Whether an input has errors (or warnings, if strict)."""
    bad = (ERROR, WARNING) if strict else (ERROR,)
    return any(map(report.count, bad))


def worst(*codes: int) -> int:
    """The exit code of several together: what could not be done comes before errors, errors before what is stale."""
    return next((code for code in (USAGE, HAS_ERRORS, STALE) if code in codes), FINE)


def reason(problem: OSError) -> str:
    """Why the system refused something, in the middle of a sentence."""
    text = problem.strerror or str(problem)
    return text[:1].lower() + text[1:]


def write_text(text: str) -> None:
    """Print an artifact, in UTF-8 whatever the terminal takes: it is the same wherever it is made."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())


def usage_error(problem: Exception | str) -> int:
    """Print a problem with the command line and return its exit code."""
    print(clean_lines(f"kasc: {problem}"), file=sys.stderr)
    return USAGE
