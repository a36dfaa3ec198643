"""How many findings there are, in numbers and in a line."""

from __future__ import annotations

from compiler.diagnostics import ERROR, SEVERITIES, Report


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
