"""The fixes of `kasc check --fix`: edits of a file's text, each checked before it is applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from compiler.diagnostics import ERROR, NOTE, Diagnostic, Edit, KascError, Location, Report
from compiler.inputs.source import Files, file_key
from compiler.inputs.source.node import LINE_BREAK, Lines, Source
from compiler.review.examine import Examined, Settings, examine

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


PASSES = 200
"""Rounds for one input; a key that a TOML file spells wrongly in many places takes one for each."""
_ABOUT_READING = ("KASC-DOC-", "KASC-INPUT-")
Identity = tuple[str, str, str, str, int]


class MendedFile(NamedTuple):
    """A file as it was and as it is to be; `mends` counts the findings that are gone."""

    name: str
    before: str
    after: str
    mends: int


class Mender:
    """Mends inputs that may share files; nothing is written.

    `texts` holds what is other than on disk already (standard input), `is_chosen` says which findings are to be mended.
    """

    def __init__(
        self, settings: Settings, is_chosen: Callable[[Diagnostic], bool], texts: dict[str, str] | None = None
    ) -> None:
        self.settings = settings
        self.is_chosen = is_chosen
        self.texts = dict(texts or {})
        self.files: dict[str, MendedFile] = {}

    def mend(self, path: str) -> None:
        """Apply the fixes of one input, in its own file, those that it extends and those beside it."""
        passed_over: set[Identity] = set()
        examined = examine(path, self.settings, Files(self.texts))
        for _ in range(PASSES):
            chosen = [found for found in self._mendable(examined) if _identity(found) not in passed_over]
            if not chosen:
                return
            after = self._try(path, examined.report, chosen)
            for found in chosen if after is None else ():
                after = self._try(path, examined.report, [found])
                if after is not None:
                    break
                passed_over.add(_identity(found))
            examined = after or examined

    def _mendable(self, examined: Examined) -> list[Diagnostic]:
        own = _own_files(examined)
        return [
            found
            for found in examined.report.sorted()
            if found.fix and self.is_chosen(found) and all(file_key(edit.location.file) in own for edit in found.fix)
        ]

    def _try(self, path: str, before: Report, chosen: list[Diagnostic]) -> Examined | None:
        """Apply fixes and check again; None, with everything as it was, where that made nothing better."""
        texts, changed, done = dict(self.texts), dict(self.files), list(chosen)
        for name in dict.fromkeys(edit.location.file for found in chosen for edit in found.fix):
            here = [found for found in done if found.fix[0].location.file == name]
            text = Files(texts).read(name).text
            new, left = apply_fixes(text, [found.fix for found in here])
            done = [found for found in done if found not in here or not _is_one_of(found.fix, left)]
            key = file_key(name)
            file = changed.get(key) or MendedFile(name, text, text, 0)
            texts[key] = new
            changed[key] = file._replace(after=new, mends=file.mends + len(here) - len(left))
        after = examine(path, self.settings, Files(texts))
        if not _is_better(before, after.report, done):
            return None
        self.texts, self.files = texts, changed
        return after


def _is_one_of(fix: Fix, fixes: list[Fix]) -> bool:
    return any(fix is other for other in fixes)


def _own_files(examined: Examined) -> set[str]:
    """The files that an input is made of. Files of the server are looked into, and never written."""
    own = {file_key(examined.report.path)}
    if examined.resolved is not None:
        given = examined.resolved.context.input
        own |= {file_key(name) for name in given.layers}
        own |= {file_key(file.content.source.name) for file in given.files.values()}
    return own


def _is_better(before: Report, after: Report, done: list[Diagnostic]) -> bool:
    """Whether what was to be mended is gone, the input can be read as well as before, and no other error has come to
    the same place.
    """
    known = {_identity(found) for found in before.diagnostics}
    new = [found for found in after.diagnostics if _identity(found) not in known]
    places = {_place(found) for found in done}
    same = {(found.code, found.message) for found in done}  # what is spelled wrongly elsewhere as well
    return (
        not {_identity(found) for found in done} & {_identity(found) for found in after.diagnostics}
        and not any(found.code.startswith(_ABOUT_READING) for found in new if found.severity != NOTE)
        and not any(
            found.severity == ERROR and _place(found) in places
            for found in new
            if (found.code, found.message) not in same
        )
    )


def _identity(found: Diagnostic) -> Identity:
    file, line = (found.location.file, found.location.line) if found.location else ("", 0)
    return found.code, found.path, found.message, file, line


def _place(found: Diagnostic) -> object:
    return found.path or (found.location[:3] if found.location else None)
