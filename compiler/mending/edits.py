"""Edits of a file's text: which characters exactly, and all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from compiler.diagnostics import Diagnostic, Edit, KascError, Location
from compiler.source.node import Source
from compiler.source.places import LINE_BREAK, Lines

Fix = tuple[Edit, ...]


def narrow_fixes(findings: Iterable[Diagnostic], source: Source, read: Callable[[str], Source]) -> list[Diagnostic]:
    """The findings with each edit narrowed to the characters that it replaces.

    A fix that is about something else than what stands in its file is left out. `source` is a file that was read
    already, `read` gives the others by name and may raise KascError.
    """
    known = {source.name: Lines(source.text)}

    def lines_of(name: str) -> Lines:
        if name not in known:
            try:
                known[name] = Lines(read(name).text)
            except KascError:
                known[name] = Lines("")
        return known[name]

    narrowed = []
    for found in findings:
        edits = [_narrowed(edit, lines_of(edit.location.file)) for edit in found.fix]
        narrowed.append(found._replace(fix=tuple(edit for edit in edits if edit) if all(edits) else ()))
    return narrowed


def _narrowed(edit: Edit, lines: Lines) -> Edit | None:
    """The edit of the one place where `old` stands in the location as a word; None where there is none, or several.

    The server takes underscores in a flag's name for dashes.
    """
    start, end = lines.span(edit.location)
    pattern = re.escape(edit.old).replace(r"\-", "[-_]") if edit.old.startswith("--") else re.escape(edit.old)
    found = list(re.finditer(rf"(?<![\w.-]){pattern}(?![\w.-])", lines.text[start:end]))
    if len(found) != 1 or "\n" in found[0][0]:
        return None
    before = lines.text[start : start + found[0].start()]
    file, line, column, _, _ = edit.location
    breaks = list(LINE_BREAK.finditer(before))
    if breaks:
        line, column = line + len(breaks), len(before) - breaks[-1].end() + 1
    else:
        column += len(before)
    where = Location(file, line, column, line, column + len(found[0][0]))
    return Edit(where, found[0][0], edit.new)


def apply_fixes(text: str, fixes: list[Fix]) -> tuple[str, list[Fix]]:
    """A text with fixes in it, all of whose edits are about it; and the fixes that are not in it, for they overlap
    with one before them.
    """
    lines = Lines(text)
    taken: dict[tuple[int, int], str] = {}
    left: list[Fix] = []
    for fix in fixes:
        spans = {lines.span(edit.location): edit.new for edit in fix}
        if any(_conflicts(span, new, taken) for span, new in spans.items()):
            left.append(fix)
        else:
            taken |= spans
    for (start, end), new in sorted(taken.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text, left


def _conflicts(span: tuple[int, int], new: str, taken: dict[tuple[int, int], str]) -> bool:
    """Whether an edit touches another one; the very same one may be needed twice."""
    if span in taken:
        return taken[span] != new
    return any(span[0] <= other[1] and other[0] <= span[1] for other in taken)
