"""Findings as diagnostics of the protocol, by the file that they are in."""

from __future__ import annotations

import os

from lsprotocol import types

from compiler import rules
from compiler.cli.lsp.positions import START
from compiler.cli.lsp.session import Session, Snapshot
from compiler.cli.reporters.sarif import link_of
from compiler.diagnostics import ERROR, NOTE, WARNING, Diagnostic
from compiler.text import clean

SOURCE = "kasc"
_SEVERITIES = {
    ERROR: types.DiagnosticSeverity.Error,
    WARNING: types.DiagnosticSeverity.Warning,
    NOTE: types.DiagnosticSeverity.Information,
}
_TAGS = {
    rules.DEPRECATED_FLAG.code: types.DiagnosticTag.Deprecated,
    rules.UNUSED_SUPPRESSION.code: types.DiagnosticTag.Unnecessary,
}

ByFile = dict[str, list[types.Diagnostic]]
"""Path of a file -> the diagnostics in it."""


def by_file(snapshot: Snapshot) -> ByFile:
    """Return the findings about a document; those without a place are at its start."""
    files: ByFile = {snapshot.path: []}
    for each in snapshot.diagnostics():
        files.setdefault(file_of(each, snapshot), []).append(as_diagnostic(each, snapshot))
    return files


def file_of(diagnostic: Diagnostic, snapshot: Snapshot) -> str:
    """Return the path of the file that a finding is in."""
    return os.path.abspath(diagnostic.location.file) if diagnostic.location is not None else snapshot.path


def as_diagnostic(each: Diagnostic, snapshot: Snapshot) -> types.Diagnostic:
    """Return one finding."""
    where = START
    if each.location is not None:
        where = snapshot.session.positions_of(os.path.abspath(each.location.file)).range(each.location)
    return types.Diagnostic(
        range=where,
        message="\n".join(clean(text) for text in (each.message, each.hint) if text),
        severity=_SEVERITIES[each.severity],
        code=each.code,
        code_description=types.CodeDescription(href=link_of(each.code)),
        source=SOURCE,
        tags=[_TAGS[each.code]] if each.code in _TAGS else None,
    )


class Board:
    """What the editor shows: the findings of all open documents, each file with those of every document it is in."""

    def __init__(self) -> None:
        self._by_document: dict[str, ByFile] = {}
        self._shown: ByFile = {}

    def update(self, session: Session, paths: list[str]) -> ByFile:
        """Examine documents again; return the files whose diagnostics changed, with all of these.

        A document that is not open any more has none. A part of another open document has only those of that document:
        it is not checked as if it were a whole one.
        """
        for path in paths:
            if path in session.texts:
                self._by_document[path] = by_file(session.snapshot(path))
            else:
                self._by_document.pop(path, None)
        current: ByFile = {}
        for path, files in self._by_document.items():
            is_part = session.is_part(path)
            for name, diagnostics in files.items():
                of_file = current.setdefault(name, [])
                of_file += [each for each in diagnostics if not is_part and each not in of_file]
        changed = {name: each for name, each in current.items() if each != self._shown.get(name)}
        changed |= {name: [] for name, each in self._shown.items() if each and name not in current}
        self._shown = current
        return changed
