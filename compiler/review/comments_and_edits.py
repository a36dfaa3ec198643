"""Comments that suppress findings, and the exact edits of fixes, in the files of an input.

A comment is `# kasc: ignore KASC-GEN-010: why`, on the finding's line or on the line above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import ERROR, Diagnostic, Edit, KascError, Location, Report, diagnose
from compiler.inputs.source.comments import comments, is_comment
from compiler.inputs.source.node import LINE_BREAK, Lines, Source
from compiler.rules import by_code
from compiler.rules.rule import is_own
from compiler.text import shown, shown_bare

MARK = "kasc:"
"""A file without this string has no suppressions."""
_DIRECTIVE = r"#[ \t]*kasc:[ \t]*ignore\b(?P<codes>[^:]*):?(?P<why>.*)"
_FAMILY = "KASC-IGNORE-"


class Suppression(NamedTuple):
    """One code in a comment, the line in which it suppresses findings, and the location of the code."""

    code: str
    line: int
    location: Location


def is_suppressible(diagnostic: Diagnostic) -> bool:
    """Return whether a comment may suppress a finding: an error only if it is about a rule of an organisation."""
    return diagnostic.severity != ERROR or is_own(diagnostic.code)


def suppress(report: Report, source: Source, read: Callable[[str], Source]) -> None:
    """Remove the warnings and notes that comments suppress from a report, and report invalid comments.

    `source` is the input; `read` returns other files by name and may raise KascError. A comment that suppresses nothing
    is only reported in the input: the findings of a parent depend on the document that extends it.
    """
    names = [each.location.file for each in report.diagnostics if each.location and is_suppressible(each)]
    for name in dict.fromkeys([source.name, *names]):
        try:
            file = source if name == source.name else read(name)
        except KascError:
            continue
        if MARK in file.text:
            _suppress_in(file, report, is_input=name == source.name)


def _suppress_in(file: Source, report: Report, is_input: bool) -> None:
    read_as = report.read_as if is_input else ""
    by_line: dict[tuple[str, int], list[Diagnostic]] = {}
    for each in report.diagnostics:
        if each.location is not None and each.location.file == file.name and not each.code.startswith(_FAMILY):
            by_line.setdefault((each.code, each.location.line), []).append(each)
    suppressed: set[Diagnostic] = set()
    unlisted = {code for _, code, _ in report.unlisted}
    # Comments may be about policies that this run does not check.
    controls = {control.id for policy in report.policies for control in policy.controls}
    for suppression in _suppressions(file, report, read_as):
        matching = by_line.pop((suppression.code, suppression.line), [])
        errors = [each for each in matching if not is_suppressible(each) or each.code in report.binding]
        by_line[suppression.code, suppression.line] = errors
        suppressed.update(each for each in matching if each not in errors)
        if errors and not report.drops(rules.SUPPRESSION_OF_ERROR):
            message = f"{suppression.code} is an error here, and errors cannot be suppressed"
            hint = "fix the error and remove the comment: the server refuses the input anyway"
            if suppression.code in report.binding:
                message = f"the policy does not allow comments to suppress {suppression.code}"
                hint = "meet the rule and remove the comment, or ask for an exception in the policy"
            at = suppression.location
            report.add(diagnose(rules.SUPPRESSION_OF_ERROR, message, hint, location=at))
        elif (
            not matching
            and is_input
            and suppression.code not in unlisted
            and (not is_own(suppression.code) or suppression.code in controls)
            and not report.drops(rules.UNUSED_SUPPRESSION)
        ):
            message = f"unused suppression: there is no {suppression.code} on line {suppression.line}"
            hint = "remove it, or move it to the end of the finding's line or to the line above"
            report.add(diagnose(rules.UNUSED_SUPPRESSION, message, hint, location=suppression.location))
    report.diagnostics = [each for each in report.diagnostics if each not in suppressed]


def _suppressions(file: Source, report: Report, read_as: str) -> Iterator[Suppression]:
    """Yield the suppressions of a file; malformed comments are reported."""
    below = _lines_below(LINE_BREAK.split(file.body))
    for comment in comments(file, read_as, MARK):
        directive = re.fullmatch(_DIRECTIVE, comment.text, re.DOTALL)
        if directive is None:
            continue
        target = below[comment.line - 1] if comment.whole_line else comment.line
        whole = Location(file.name, comment.line, comment.column, comment.line, comment.column + len(comment.text))
        codes = list(re.finditer(r"[^\s,]+", directive["codes"]))
        if not codes:
            hint = "write # kasc: ignore CODE: why"
            report.add(
                diagnose(rules.UNKNOWN_CODE_IN_SUPPRESSION, "the comment has no code to suppress", hint, location=whole)
            )
        elif not directive["why"].strip():
            if report.drops(rules.SUPPRESSION_WITHOUT_REASON):
                continue
            message = f"the suppression of {shown_bare(directive['codes'].strip())} has no reason"
            hint = f"write # kasc: ignore {shown_bare(directive['codes'].strip())}: why"
            report.add(diagnose(rules.SUPPRESSION_WITHOUT_REASON, message, hint, location=whole))
        else:
            for code in codes:
                start = comment.column + directive.start("codes") + code.start()
                where = Location(file.name, comment.line, start, comment.line, start + len(code[0]))
                if _is_known(code[0], where, report):
                    yield Suppression(code[0], target, where)


def _lines_below(lines: list[str]) -> list[int]:
    """Return for each line the number of the first line from it on that is not a comment."""
    numbers = [len(lines) + 1] * len(lines)
    for index in range(len(lines) - 1, -1, -1):
        if not is_comment(lines[index]):
            numbers[index] = index + 1
        elif index + 1 < len(lines):
            numbers[index] = numbers[index + 1]
    return numbers


def _is_known(code: str, where: Location, report: Report) -> bool:
    if code in by_code() or is_own(code):
        return True
    if report.drops(rules.UNKNOWN_CODE_IN_SUPPRESSION):
        return False
    hint = report.suggestions.did_you_mean(code, sorted(by_code())) or "write a full code, for example KASC-HOST-001"
    report.add(diagnose(rules.UNKNOWN_CODE_IN_SUPPRESSION, f"{shown(code)} is not a known code", hint, location=where))
    return False


Fix = tuple[Edit, ...]


def narrow_fixes(findings: Iterable[Diagnostic], source: Source, read: Callable[[str], Source]) -> list[Diagnostic]:
    """Return the diagnostics with each edit narrowed to the characters that it replaces.

    A fix whose old text is not in the file is removed. `source` is a file that was read before, `read` returns the
    others by name and may raise KascError.
    """
    lines_by_name = {source.name: Lines(source.text)}

    def lines_of(name: str) -> Lines:
        if name not in lines_by_name:
            try:
                lines_by_name[name] = Lines(read(name).text)
            except KascError:
                lines_by_name[name] = Lines("")
        return lines_by_name[name]

    narrowed = []
    for diagnostic in findings:
        edits = [_narrowed(edit, lines_of(edit.location.file)) for edit in diagnostic.fix]
        narrowed.append(diagnostic._replace(fix=tuple(edit for edit in edits if edit) if all(edits) else ()))
    return narrowed


def _narrowed(edit: Edit, lines: Lines) -> Edit | None:
    """Return the edit at the only occurrence of `old` as a word in its location; None for no or several occurrences.

    Underscores in a flag's name match dashes, as for the server.
    """
    start, end = lines.span(edit.location)
    pattern = re.escape(edit.old).replace(r"\-", "[-_]") if edit.old.startswith("--") else re.escape(edit.old)
    matches = list(re.finditer(rf"(?<![\w.-]){pattern}(?![\w.-])", lines.text[start:end]))
    if len(matches) != 1 or "\n" in matches[0][0]:
        return None
    match = matches[0]
    before = lines.text[start : start + match.start()]
    file, line, column, _, _ = edit.location
    breaks = list(LINE_BREAK.finditer(before))
    if breaks:
        line, column = line + len(breaks), len(before) - breaks[-1].end() + 1
    else:
        column += len(before)
    return Edit(Location(file, line, column, line, column + len(match[0])), match[0], edit.new)


def apply_fixes(text: str, fixes: list[Fix]) -> tuple[str, list[Fix]]:
    """Return a text with fixes applied, and the fixes that were skipped because they overlap with an earlier one.

    All edits of the fixes are of this text.
    """
    lines = Lines(text)
    edits: dict[tuple[int, int], str] = {}
    skipped: list[Fix] = []
    for fix in fixes:
        spans = {lines.span(edit.location): edit.new for edit in fix}
        if any(_conflicts(span, new, edits) for span, new in spans.items()):
            skipped.append(fix)
        else:
            edits |= spans
    for (start, end), new in sorted(edits.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text, skipped


def _conflicts(span: tuple[int, int], new: str, edits: dict[tuple[int, int], str]) -> bool:
    """Return whether an edit touches one of `edits`; an identical edit does not conflict."""
    if span in edits:
        return edits[span] != new
    return any(span[0] <= other[1] and other[0] <= span[1] for other in edits)
