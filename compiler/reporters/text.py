"""The report for people: each finding with its line and a caret below it."""

from __future__ import annotations

import os
from typing import TextIO

from compiler import rules
from compiler.diagnostics import ERROR, NOTE, WARNING, Diagnostic, Report
from compiler.printing import clean, clean_path, without_command
from compiler.reporters.excerpt import WIDTH, Excerpts
from compiler.reporters.once import Once
from compiler.reporters.totals import Counts

_COLOURS = {ERROR: "31", WARNING: "33", NOTE: "36"}
# Files that hold nothing but secrets.
_UNSHOWN = (rules.INVALID_TOKEN_AUTH_FILE.id,)


def wants_colour(stream: TextIO) -> bool:
    """Colour goes to terminals only, and not where NO_COLOR or a dumb terminal asks for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """The columns of a terminal; a fixed number for everything else."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def render(
    reports: list[Report], colour: bool = False, summary: bool = True, width: int = WIDTH, encoding: str = "utf-8"
) -> str:
    """All findings by file and position, then the verdicts of a policy, and one line that counts all findings."""
    lines: list[str] = []
    counts, once = Counts(), Once()
    for report in reports:
        counts.add(report)
        lines += findings(report, once.of(report), colour, width, encoding)
    if summary:
        lines += [f"{clean_path(each.path)}: {each.policy.in_words()}" for each in reports if each.policy is not None]
        lines.append(_last_line(counts) + once.in_words())
    return "".join(f"{line}\n" for line in lines)


class Stream:
    """Writes the same report by report; the verdict of a policy follows the findings of its input."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.counts = Counts()
        self.once = Once()
        self.manner = (wants_colour(stream), width_of(stream), stream.encoding or "utf-8")

    def add(self, report: Report) -> None:
        """The findings of one more input."""
        self.counts.add(report)
        lines = findings(report, self.once.of(report), *self.manner) if report.diagnostics else []
        if report.policy is not None:
            lines.append(f"{clean_path(report.path)}: {report.policy.in_words()}")
        self.stream.write("".join(f"{line}\n" for line in lines))

    def end(self) -> None:
        """The line that counts all findings."""
        self.stream.write(f"{_last_line(self.counts)}{self.once.in_words()}\n")


def _last_line(counts: Counts) -> str:
    mend = f"; kasc check --fix mends {counts.mendable} of them" if counts.mendable else ""
    return counts.in_words() + mend


def findings(
    report: Report, chosen: list[Diagnostic], colour: bool = False, width: int = WIDTH, encoding: str = "utf-8"
) -> list[str]:
    """The lines about some findings of a report."""

    def is_outside(name: str) -> bool:
        return report.root is not None and bool(report.root.refusal(name))

    excerpts = Excerpts(report.texts, width, encoding, is_outside)
    return [without_command(line) for found in chosen for line in _finding(report, found, colour, excerpts)]


def _may_be_shown(report: Report, found: Diagnostic) -> bool:
    """Whether the line of a finding may appear: not if its file holds nothing but secrets."""
    file = found.location.file if found.location else ""
    return file not in report.concealed and (found.rule not in _UNSHOWN or file == report.path)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def _finding(report: Report, found: Diagnostic, colour: bool, excerpts: Excerpts) -> list[str]:
    place = clean_path(found.location.file if found.location else report.path)
    if found.location:
        place += f":{found.location.line}:{found.location.column}"
    rule = f" ({found.rule})" if found.rule else ""
    severity = _paint(found.severity, f"1;{_COLOURS[found.severity]}", colour)
    lines = [f"{_paint(place, '1', colour)}: {severity} {found.code}{rule}: {clean(found.message)}"]
    if found.location and _may_be_shown(report, found):
        excerpt = excerpts.of(found.location, found.location.file == report.path)
        if excerpt:
            number, line, carets = excerpt
            lines += [f"{number} | {line}", f"{'':{len(number)}} | {_paint(carets, _COLOURS[found.severity], colour)}"]
    if found.hint:
        lines.append(f"    {_paint('hint:', '1', colour)} {clean(found.hint)}")
    return lines
