"""Edits of a file's text: the exact characters that a fix replaces, and all fixes applied at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from compiler.diagnostics import Diagnostic, Edit, KascError, Location
from compiler.inputs.source.node import LINE_BREAK, Lines, Source

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
