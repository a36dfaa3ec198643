"""Reports for people and for programs."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from compiler.diagnostics import ERROR, SEVERITIES, Diagnostic, Report


def keep_selected(reports: list[Report], select: list[str], ignore: list[str]) -> None:
    """Take out of the reports what is not selected, and what is ignored.

    Warnings and notes are gone then. Errors are only not shown: the outcome of the input, the exit code and the
    numbers stay as they are, since the server refuses the input all the same.
    """
    for report in reports:
        shown: list[Diagnostic] = []
        for found in report.diagnostics:
            if is_shown(found, select, ignore):
                shown.append(found)
            elif found.severity == ERROR:
                report.unshown.append(found)
        report.diagnostics = shown
        for key in list(report.unlisted):
            if key[0] != ERROR and not _is_selected(key[1], select, ignore):
                del report.unlisted[key]


def is_shown(found: Diagnostic, select: list[str], ignore: list[str]) -> bool:
    """Whether a finding is selected and not ignored."""
    return _is_selected(found.code, select, ignore)


def _is_selected(code: str, select: list[str], ignore: list[str]) -> bool:
    selected = not select or any(matches(code, each) for each in select)
    return selected and not any(matches(code, each) for each in ignore)


def matches(code: str, given: str) -> bool:
    """Whether a code is the given one, or begins with it: `KASC-ETCD` stands for `KASC-ETCD-002` as well."""
    return code == given or code.startswith(f"{given}-")


def totals(reports: list[Report]) -> dict[str, int]:
    """Severity -> findings of it, those included that are not shown."""
    return {severity: sum(report.count(severity) for report in reports) for severity in SEVERITIES}


def not_shown(reports: list[Report]) -> int:
    """Errors that count and are not shown: a selection or the bound of a report leaves them out."""
    return sum(report.hidden(ERROR) for report in reports)


def counted(number: int, word: str) -> str:
    """A number with its word: `1 input`, `2 inputs`."""
    return f"{number} {word}{'s' if number != 1 else ''}"


def unread(reports: list[Report]) -> int:
    """Inputs that could not be read, or are of no known kind."""
    return sum(report.unread for report in reports)


class Counts:
    """The numbers of many reports, added up one by one."""

    def __init__(self) -> None:
        self.inputs = 0
        self.unread = 0
        self.findings = dict.fromkeys(SEVERITIES, 0)
        self.hidden = dict.fromkeys(SEVERITIES, 0)
        self.mendable = 0

    def add(self, report: Report) -> None:
        """One more report."""
        self.inputs += 1
        self.unread += report.unread
        for severity in SEVERITIES:
            self.findings[severity] += report.count(severity)
            self.hidden[severity] += report.hidden(severity)
        self.mendable += sum(bool(found.fix) for found in report.diagnostics)

    def in_words(self) -> str:
        """All of it in one line: `3 inputs (1 unread): 2 errors (1 not shown), 1 note`."""
        words = []
        for severity, number in self.findings.items():
            if number:
                aside = f" ({self.hidden[severity]} not shown)" if self.hidden[severity] else ""
                words.append(f"{counted(number, severity)}{aside}")
        unread = f" ({self.unread} unread)" if self.unread else ""
        return f"{counted(self.inputs, 'input')}{unread}: {', '.join(words) or 'no problems'}"


def in_words(reports: list[Report]) -> str:
    """The findings of all reports in one line, as `Counts` has it."""
    counts = Counts()
    for report in reports:
        counts.add(report)
    return counts.in_words()


class Once:
    """Goes through reports one by one and leaves out what an earlier one has at the same place of a shared file.

    `repeated` counts what was left out. It still counts for the outcome of its input.
    """

    def __init__(self) -> None:
        self.repeated = 0
        self._listed: set[tuple[object, ...]] = set()

    def of(self, report: Report) -> list[Diagnostic]:
        """The findings of the next report that are to be listed, by position."""
        found = report.sorted()
        shared = [each for each in found if each.location is not None and each.location.file != report.path]
        if not shared:
            return found
        again = {_key(each) for each in shared if _key(each) in self._listed}
        self._listed.update(map(_key, shared))
        kept = [each for each in found if not (each in shared and _key(each) in again)]
        self.repeated += len(found) - len(kept)
        return kept

    def in_words(self) -> str:
        """The end of a line that counts findings; empty if nothing was left out."""
        if not self.repeated:
            return ""
        are = "is" if self.repeated == 1 else "are"
        return f"; {counted(self.repeated, 'repeated finding')} in shared files {are} listed once"


def _key(found: Diagnostic) -> tuple[object, ...]:
    return found.code, found.severity, found.message, found.location


def write_report(
    form: str,
    reports: list[Report],
    stream: TextIO | None = None,
    summary: bool = True,
    strict: bool = False,
    more: dict[str, Any] | None = None,
) -> None:
    """Write the reports in one of the forms.

    `summary` adds the line that counts all findings, in the forms for people. With `strict`, warnings fail as errors
    do, where a form tells what failed. `more` is added to the JSON report.
    """
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    if form == "json":
        from compiler.cli.reporters import json as json_report

        stream.write(json_report.render(reports, more))
    elif form == "sarif":
        from compiler.cli.reporters import sarif

        stream.write(sarif.render(reports))
    elif form == "junit":
        from compiler.cli.reporters import junit

        stream.write(junit.render(reports, strict))
    elif form == "github":
        from compiler.cli.reporters import github

        told = github.render(reports, summary)
        stream.write(told.encode(encoding, "backslashreplace").decode(encoding))
        github.write_step_summary(reports)
    else:
        from compiler.cli.reporters import text

        stream.write(text.render(reports, text.wants_colour(stream), summary, text.width_of(stream), encoding))
