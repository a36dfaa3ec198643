"""Findings that a comment suppresses: `# kasc: ignore KASC-GEN-010: why`, at the finding's line or alone above it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import ERROR, Diagnostic, KascError, Location, Report, diagnose
from compiler.inputs.source.comments import comments, is_comment
from compiler.inputs.source.node import LINE_BREAK, Source
from compiler.rules import by_code
from compiler.text import shown

MARK = "kasc:"
"""What a file holds that suppresses anything; others are not searched."""
_DIRECTIVE = r"#[ \t]*kasc:[ \t]*ignore\b(?P<codes>[^:]*):?(?P<why>.*)"
_FAMILY = "KASC-IGNORE-"


class Suppression(NamedTuple):
    """One code of a comment: what it suppresses, in which line, and where the code stands."""

    code: str
    line: int
    location: Location


def suppress(report: Report, source: Source, read: Callable[[str], Source]) -> None:
    """Take the warnings and notes out of a report that comments in its files suppress, and report such comments
    that are wrong. Errors stay.

    `source` is the input itself; `read` gives other files by their name, and may raise KascError. A comment that
    suppresses nothing is reported in the input alone: which findings a parent has hangs on the document that extends
    it.
    """
    names = [found.location.file for found in report.diagnostics if found.location and found.severity != ERROR]
    for name in dict.fromkeys([source.name, *names]):
        try:
            file = source if name == source.name else read(name)
        except KascError:
            continue
        if MARK in file.text:
            _suppress_in(file, report, is_input=name == source.name)


def _suppress_in(file: Source, report: Report, is_input: bool) -> None:
    read_as = report.read_as if is_input else ""
    here: dict[tuple[str, int], list[Diagnostic]] = {}
    for found in report.diagnostics:
        if found.location is not None and found.location.file == file.name and not found.code.startswith(_FAMILY):
            here.setdefault((found.code, found.location.line), []).append(found)
    suppressed: set[Diagnostic] = set()
    unlisted = {code for _, code, _ in report.unlisted}
    for suppression in _suppressions(file, report, read_as):
        hit = here.pop((suppression.code, suppression.line), [])
        errors = [found for found in hit if found.severity == ERROR]
        here[suppression.code, suppression.line] = errors
        suppressed.update(found for found in hit if found.severity != ERROR)
        if errors and not report.passes_over(rules.SUPPRESSION_OF_ERROR):
            message = f"{suppression.code} is an error here, and no comment suppresses an error"
            hint = "mend what it says and remove the comment: the server refuses the input all the same"
            report.add(diagnose(rules.SUPPRESSION_OF_ERROR, message, hint, location=suppression.location))
        elif (
            not hit
            and is_input
            and suppression.code not in unlisted
            and not report.passes_over(rules.UNUSED_SUPPRESSION)
        ):
            message = f"the comment suppresses {suppression.code}, which is not found in line {suppression.line}"
            hint = "remove it, or put it at the end of the finding's line or alone above that"
            report.add(diagnose(rules.UNUSED_SUPPRESSION, message, hint, location=suppression.location))
    report.diagnostics = [found for found in report.diagnostics if found not in suppressed]


def _suppressions(file: Source, report: Report, read_as: str) -> Iterator[Suppression]:
    """What the comments of a file suppress, each code once for every line; those that are malformed are reported."""
    below = _lines_below(LINE_BREAK.split(file.body))
    for comment in comments(file, read_as, MARK):
        told = re.fullmatch(_DIRECTIVE, comment.text, re.DOTALL)
        if told is None:
            continue
        target = below[comment.line - 1] if comment.whole_line else comment.line
        whole = Location(file.name, comment.line, comment.column, comment.line, comment.column + len(comment.text))
        codes = list(re.finditer(r"[^\s,]+", told["codes"]))
        if not codes:
            hint = "write # kasc: ignore CODE: why"
            report.add(
                diagnose(
                    rules.UNKNOWN_CODE_IN_SUPPRESSION, "the comment names no code to suppress", hint, location=whole
                )
            )
        elif not told["why"].strip():
            if report.passes_over(rules.SUPPRESSION_WITHOUT_REASON):
                continue
            message = f"the comment that suppresses {shown(told['codes'].strip())[1:-1]} gives no reason"
            hint = f"write # kasc: ignore {shown(told['codes'].strip())[1:-1]}: why"
            report.add(diagnose(rules.SUPPRESSION_WITHOUT_REASON, message, hint, location=whole))
        else:
            for code in codes:
                start = comment.column + told.start("codes") + code.start()
                where = Location(file.name, comment.line, start, comment.line, start + len(code[0]))
                if _is_known(code[0], where, report):
                    yield Suppression(code[0], target, where)


def _lines_below(lines: list[str]) -> list[int]:
    """For each line, the number of the first one from there on that is no comment."""
    found = [len(lines) + 1] * len(lines)
    for index in range(len(lines) - 1, -1, -1):
        if not is_comment(lines[index]):
            found[index] = index + 1
        elif index + 1 < len(lines):
            found[index] = found[index + 1]
    return found


def _is_known(code: str, where: Location, report: Report) -> bool:
    if code in by_code():
        return True
    if report.passes_over(rules.UNKNOWN_CODE_IN_SUPPRESSION):
        return False
    hint = report.suggestions.did_you_mean(code, sorted(by_code())) or "write a whole code, such as KASC-HOST-001"
    report.add(
        diagnose(rules.UNKNOWN_CODE_IN_SUPPRESSION, f"{shown(code)} is no code of a finding", hint, location=where)
    )
    return False
