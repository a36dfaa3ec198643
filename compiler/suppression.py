"""Findings that a comment suppresses: `# kasc: ignore KASC-GEN-010: why`, at the finding's line or alone above it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from compiler.diagnostics import ERROR, Diagnostic, KascError, Location, Report, diagnose
from compiler.flags.text import shown
from compiler.source.comments import comments, is_comment
from compiler.source.node import Source
from compiler.source.places import LINE_BREAK

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
    problems: list[Diagnostic] = []
    read_as = report.read_as if is_input else ""
    for suppression in _suppressions(file, read_as, problems):
        hit = [found for found in report.diagnostics if _concerns(suppression, found)]
        errors = [found for found in hit if found.severity == ERROR]
        report.diagnostics = [found for found in report.diagnostics if found not in hit or found in errors]
        if errors:
            message = f"{suppression.code} is an error here, and no comment suppresses an error"
            hint = "mend what it says and remove the comment: the server refuses the input all the same"
            problems.append(diagnose("IGNORE-04", message, hint, location=suppression.location))
        elif not hit and is_input:
            message = f"the comment suppresses {suppression.code}, which is not found in line {suppression.line}"
            hint = "remove it, or put it at the end of the finding's line or alone above that"
            problems.append(diagnose("IGNORE-01", message, hint, location=suppression.location))
    report.extend(problems)


def _concerns(suppression: Suppression, found: Diagnostic) -> bool:
    where = found.location
    return (
        where is not None
        and (found.code, where.file, where.line) == (suppression.code, suppression.location.file, suppression.line)
        and not found.code.startswith(_FAMILY)
    )


def _suppressions(file: Source, read_as: str, problems: list[Diagnostic]) -> Iterator[Suppression]:
    """What the comments of a file suppress, each code once for every line; those that are malformed are reported."""
    lines = LINE_BREAK.split(file.text.removeprefix("\ufeff"))
    for comment in comments(file, read_as, MARK):
        told = re.fullmatch(_DIRECTIVE, comment.text, re.DOTALL)
        if told is None:
            continue
        target = comment.line
        while comment.alone and target <= len(lines) and is_comment(lines[target - 1]):
            target += 1
        whole = Location(file.name, comment.line, comment.column, comment.line, comment.column + len(comment.text))
        codes = list(re.finditer(r"[^\s,]+", told["codes"]))
        if not codes:
            hint = "write # kasc: ignore CODE: why"
            problems.append(diagnose("IGNORE-02", "the comment names no code to suppress", hint, location=whole))
        elif not told["why"].strip():
            message = f"the comment that suppresses {shown(told['codes'].strip())[1:-1]} gives no reason"
            hint = f"write # kasc: ignore {shown(told['codes'].strip())[1:-1]}: why"
            problems.append(diagnose("IGNORE-03", message, hint, location=whole))
        else:
            for code in codes:
                start = comment.column + told.start("codes") + code.start()
                where = Location(file.name, comment.line, start, comment.line, start + len(code[0]))
                if _is_known(code[0], where, problems):
                    yield Suppression(code[0], target, where)


def _is_known(code: str, where: Location, problems: list[Diagnostic]) -> bool:
    from compiler.diagnostics import code_of
    from compiler.rules import RULES
    from compiler.suggest import did_you_mean

    known = list(map(code_of, RULES))
    if code in known:
        return True
    hint = did_you_mean(code, known) or "write a whole code, such as KASC-HOST-001"
    problems.append(diagnose("IGNORE-02", f"{shown(code)} is no code of a finding", hint, location=where))
    return False
