"""The fixes of `kasc check --fix`: edits of a file's text, applied only if they improve the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from compiler.diagnostics import ERROR, NOTE, Diagnostic, Report
from compiler.inputs.source import Files, file_key
from compiler.review.comments_and_edits import Fix, apply_fixes
from compiler.review.examine import Examined, Settings, examine

PASSES = 200
"""Maximum number of rounds for one input; a TOML key misspelled in several places takes a round for each."""
_ABOUT_READING = ("KASC-DOC-", "KASC-INPUT-")
Identity = tuple[str, str, str, str, int]
"""Code, path, message, file and line of a diagnostic."""


class FixedFile(NamedTuple):
    """A file before and after its fixes; `fixes` is the number of findings that were fixed."""

    name: str
    before: str
    after: str
    fixes: int


class Fixer:
    """Fixes inputs that may share files, without writing them.

    `texts` has contents that differ from those on disk (standard input); `is_chosen` returns whether to fix a
    diagnostic.
    """

    def __init__(
        self, settings: Settings, is_chosen: Callable[[Diagnostic], bool], texts: dict[str, str] | None = None
    ) -> None:
        self.settings = settings
        self.is_chosen = is_chosen
        self.texts = dict(texts or {})
        self.files: dict[str, FixedFile] = {}

    def fix(self, path: str) -> None:
        """Apply the fixes of one input in its file and in the files that it extends or has as a source."""
        failed: set[Identity] = set()
        examined = examine(path, self.settings, Files(self.texts))
        for _ in range(PASSES):
            chosen = [each for each in self._fixable(examined) if _identity(each) not in failed]
            if not chosen:
                return
            after = self._try(path, examined.report, chosen)
            for each in chosen if after is None else ():
                after = self._try(path, examined.report, [each])
                if after is not None:
                    break
                failed.add(_identity(each))
            examined = after or examined

    def _fixable(self, examined: Examined) -> list[Diagnostic]:
        files = files_of(examined)
        return [
            each
            for each in examined.report.sorted()
            if each.fix and self.is_chosen(each) and all(file_key(edit.location.file) in files for edit in each.fix)
        ]

    def _try(self, path: str, before: Report, chosen: list[Diagnostic]) -> Examined | None:
        """Apply fixes and examine the input again; return None, with nothing changed, if that is not an improvement."""
        texts, files, applied = dict(self.texts), dict(self.files), list(chosen)
        for name in dict.fromkeys(edit.location.file for each in chosen for edit in each.fix):
            in_file = [each for each in applied if each.fix[0].location.file == name]
            text = Files(texts).read(name).text
            new, skipped = apply_fixes(text, [each.fix for each in in_file])
            applied = [each for each in applied if each not in in_file or not _is_one_of(each.fix, skipped)]
            key = file_key(name)
            file = files.get(key) or FixedFile(name, text, text, 0)
            texts[key] = new
            files[key] = file._replace(after=new, fixes=file.fixes + len(in_file) - len(skipped))
        after = examine(path, self.settings, Files(texts))
        if not _is_better(before, after.report, applied):
            return None
        self.texts, self.files = texts, files
        return after


def _is_one_of(fix: Fix, fixes: list[Fix]) -> bool:
    return any(fix is other for other in fixes)


def files_of(examined: Examined) -> set[str]:
    """Return the files that an input consists of, as `file_key`. Files of the server are only read, never written."""
    files = {file_key(examined.report.path)}
    if examined.resolved is not None:
        server = examined.resolved.context.input
        files |= {file_key(name) for name in server.layers}
        files |= {file_key(file.content.source.name) for file in server.files.values()}
    return files


def _is_better(before: Report, after: Report, fixed: list[Diagnostic]) -> bool:
    """Return whether fixes are an improvement.

    They are if all of `fixed` are gone, there are no new errors about reading the input, and no new errors at the same
    paths.
    """
    known = {_identity(each) for each in before.diagnostics}
    new = [each for each in after.diagnostics if _identity(each) not in known]
    places = {_place(each) for each in fixed}
    same = {(each.code, each.message) for each in fixed}  # other occurrences of the same error
    return (
        not {_identity(each) for each in fixed} & {_identity(each) for each in after.diagnostics}
        and not any(each.code.startswith(_ABOUT_READING) for each in new if each.severity != NOTE)
        and not any(
            each.severity == ERROR and _place(each) in places for each in new if (each.code, each.message) not in same
        )
    )


def _identity(diagnostic: Diagnostic) -> Identity:
    location = diagnostic.location
    file, line = (location.file, location.line) if location else ("", 0)
    return diagnostic.code, diagnostic.path, diagnostic.message, file, line


def _place(diagnostic: Diagnostic) -> object:
    return diagnostic.path or (diagnostic.location[:3] if diagnostic.location else None)
