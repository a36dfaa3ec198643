"""The number of findings in several reports, and which findings are listed."""

from __future__ import annotations

from compiler.diagnostics import ERROR, SEVERITIES, Diagnostic, Report
from compiler.text import counted


def totals(reports: list[Report]) -> dict[str, int]:
    """Return severity -> number of findings, including those that are not shown."""
    return {severity: sum(report.count(severity) for report in reports) for severity in SEVERITIES}


def not_shown(reports: list[Report]) -> int:
    """Return the number of errors hidden by a selection or by the size limit of reports."""
    return sum(report.hidden(ERROR) for report in reports)


def unread(reports: list[Report]) -> int:
    """Return the number of inputs that could not be read or recognized."""
    return sum(report.unread for report in reports)


class Counts:
    """The sums over several reports."""

    def __init__(self) -> None:
        self.inputs = 0
        self.unread = 0
        self.findings = dict.fromkeys(SEVERITIES, 0)
        self.hidden = dict.fromkeys(SEVERITIES, 0)
        self.fixable = 0

    def add(self, report: Report) -> None:
        """Add a report."""
        self.inputs += 1
        self.unread += report.unread
        for severity in SEVERITIES:
            self.findings[severity] += report.count(severity)
            self.hidden[severity] += report.hidden(severity)
        self.fixable += sum(bool(diagnostic.fix) for diagnostic in report.diagnostics)

    def in_words(self) -> str:
        """Return all numbers in one line: `3 inputs (1 unread): 2 errors (1 not shown), 1 note`."""
        words = []
        for severity, number in self.findings.items():
            if number:
                hidden = f" ({self.hidden[severity]} not shown)" if self.hidden[severity] else ""
                words.append(f"{counted(number, severity)}{hidden}")
        unread = f" ({self.unread} unread)" if self.unread else ""
        return f"{counted(self.inputs, 'input')}{unread}: {', '.join(words) or 'no problems'}"


def in_words(reports: list[Report]) -> str:
    """Return the numbers of findings of all reports in one line, as `Counts.in_words` does."""
    counts = Counts()
    for report in reports:
        counts.add(report)
    return counts.in_words()


class Once:
    """Filter for reports, one by one, of findings that an earlier one has at the same position of a shared file.

    `repeated` is the number of removed findings. They still count for the outcome of their input.
    """

    def __init__(self) -> None:
        self.repeated = 0
        self._listed: set[tuple[object, ...]] = set()

    def of(self, report: Report) -> list[Diagnostic]:
        """Return the findings of the next report to list, by position."""
        diagnostics = report.sorted()
        shared = [each for each in diagnostics if each.location is not None and each.location.file != report.path]
        if not shared:
            return diagnostics
        repeated = {_key(each) for each in shared if _key(each) in self._listed}
        self._listed.update(map(_key, shared))
        listed = [each for each in diagnostics if not (each in shared and _key(each) in repeated)]
        self.repeated += len(diagnostics) - len(listed)
        return listed

    def in_words(self) -> str:
        """Return the suffix of the line with the number of findings; empty if none was repeated."""
        if not self.repeated:
            return ""
        are = "is" if self.repeated == 1 else "are"
        return f"; {counted(self.repeated, 'repeated finding')} in shared files {are} listed once"


def _key(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.code, diagnostic.severity, diagnostic.message, diagnostic.location
