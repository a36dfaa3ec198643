"""Code actions: the fixes of `--fix`, suppressions, and the conversion to a kasc document.

Each action is tried before it is offered: the edits of a fix have to improve the report, a suppression has to remove
its finding.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from lsprotocol import types

from compiler.artifacts.imported.faithful import CannotImportError, import_input
from compiler.changes.editing.pieces import Replacement, narrowed
from compiler.cli.lsp.diagnostics import as_diagnostic, file_of
from compiler.cli.lsp.positions import Positions, overlaps
from compiler.cli.lsp.session import Buffers, Snapshot
from compiler.cli.lsp.uris import uri_of
from compiler.diagnostics import Diagnostic
from compiler.inputs.source import file_key
from compiler.inputs.source.node import Lines, place
from compiler.review.comments_and_edits import is_suppressible
from compiler.review.examine import examine
from compiler.review.fixes import Fixer
from compiler.text import clean

CONVERT = "kasc.convertToDocument"
"""The command that converts the input with a path, its only argument."""
FIX_ALL = "source.fixAll.kasc"
_MAX_TRIED = 8
"""Findings in the range of one request for which actions are tried."""
_REASON = "write the reason here"


def code_actions(
    snapshot: Snapshot,
    selected: types.Range,
    only: Sequence[str] = (),
    marked: Sequence[types.Diagnostic] = (),
) -> list[types.CodeAction]:
    """Return the actions for a range of a document, those of the kinds `only` if the editor asks for some kinds.

    `marked` are the diagnostics that the editor shows there: it may count those of the whole line.
    """
    actions = []
    if _wanted(types.CodeActionKind.QuickFix, only):
        here = list(_findings(snapshot, selected, marked))[:_MAX_TRIED]
        actions += [action for each in here if (action := _fix(each, snapshot)) is not None]
        actions += [action for each in here if (action := _suppression(each, snapshot)) is not None]
    if _wanted(FIX_ALL, only) and (action := _fix_all(snapshot)) is not None:
        actions.append(action)
    if _wanted(types.CodeActionKind.RefactorRewrite, only) and _is_convertible(snapshot):
        actions.append(_convert(snapshot))
    return actions


def _wanted(kind: str, only: Sequence[str]) -> bool:
    return not only or any(kind == each or kind.startswith(f"{each}.") for each in only)


def _findings(snapshot: Snapshot, selected: types.Range, marked: Sequence[types.Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the findings in a range of the document, and those that are marked in the editor."""
    shown = [(each.code, each.range) for each in marked]
    for each in snapshot.diagnostics():
        if file_of(each, snapshot) == snapshot.path:
            where = as_diagnostic(each, snapshot).range
            if overlaps(where, selected) or (each.code, where) in shown:
                yield each


def _fix(diagnostic: Diagnostic, snapshot: Snapshot) -> types.CodeAction | None:
    identity = _identity(diagnostic)
    edit = _edits(snapshot, lambda each: _identity(each) == identity) if diagnostic.fix else None
    if edit is None:
        return None
    return types.CodeAction(
        title=_sentence(clean(diagnostic.hint)),
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[as_diagnostic(diagnostic, snapshot)],
        is_preferred=True,
        edit=edit,
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _identity(diagnostic: Diagnostic) -> object:
    return diagnostic.code, diagnostic.message, diagnostic.location


def _fix_all(snapshot: Snapshot) -> types.CodeAction | None:
    fixable = any(each.fix for each in snapshot.diagnostics())
    edit = _edits(snapshot, lambda _: True) if fixable else None
    return types.CodeAction(title="Apply all safe fixes of kasc", kind=FIX_ALL, edit=edit) if edit else None


def _edits(snapshot: Snapshot, is_chosen: Callable[[Diagnostic], bool]) -> types.WorkspaceEdit | None:
    """Return the edits that fix findings as `kasc check --fix` does, None if none of them improves the report."""
    fixer = Fixer(snapshot.settings, is_chosen, dict(snapshot.session.files().texts))
    fixer.fix(snapshot.path)
    changes = {
        uri_of(path): edits_between(file.before, file.after, snapshot.session.positions_of(path))
        for path, file in fixer.files.items()
        if file.before != file.after
    }
    return types.WorkspaceEdit(changes=changes) if changes else None


def edits_between(before: str, after: str, positions: Positions) -> list[types.TextEdit]:
    """Return the edits that turn a text into another: one a line if no lines are added or removed, otherwise one."""
    old, new = before.split("\n"), after.split("\n")
    if len(old) != len(new):
        return [_edit(before, after, 0, before, positions)]
    starts = accumulate((len(line) + 1 for line in old), initial=0)
    changed = (each for each in zip(old, new, starts, strict=False) if each[0] != each[1])
    return [_edit(one, other, start, before, positions) for one, other, start in changed]


def _edit(old: str, new: str, offset: int, text: str, positions: Positions) -> types.TextEdit:
    """Return the edit of a part of a text that starts at an index; it replaces only what differs."""
    start, end, new = narrowed(old, Replacement(0, len(old), new))
    places = (place(text, offset + index) for index in (start, end))
    return types.TextEdit(types.Range(*(positions.position(*each) for each in places)), new)


def _suppression(diagnostic: Diagnostic, snapshot: Snapshot) -> types.CodeAction | None:
    """Return the action that adds a comment above a finding, None if that does not suppress it."""
    if not is_suppressible(diagnostic) or diagnostic.location is None:
        return None
    text = snapshot.source.text
    lines = Lines(text)
    start = lines.index(diagnostic.location.line, 1)
    line = text[start:].partition("\n")[0]
    comment = f"{line[: len(line) - len(line.lstrip(' '))]}# kasc: ignore {diagnostic.code}: {_REASON}\n"
    files = snapshot.session.files()
    after = Buffers({**files.texts, file_key(snapshot.path): text[:start] + comment + text[start:]})
    report = examine(snapshot.path, snapshot.settings, after).report
    left = sum(each.code == diagnostic.code for each in report.diagnostics)
    known = {(each.code, each.message) for each in snapshot.diagnostics()}
    new = [each for each in report.diagnostics if (each.code, each.message) not in known]
    if new or left >= sum(each.code == diagnostic.code for each in snapshot.diagnostics()):
        return None
    where = snapshot.positions.position(diagnostic.location.line, 1)
    return types.CodeAction(
        title=f"Ignore {diagnostic.code} here, with a reason that you write",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[as_diagnostic(diagnostic, snapshot)],
        edit=types.WorkspaceEdit(
            changes={uri_of(snapshot.path): [types.TextEdit(range=types.Range(where, where), new_text=comment)]}
        ),
    )


def _is_convertible(snapshot: Snapshot) -> bool:
    other = snapshot.read_as not in ("", "document", "config-file")
    return other and snapshot.examined is not None and snapshot.examined.resolved is not None


def _convert(snapshot: Snapshot) -> types.CodeAction:
    title = "Convert to a kasc document"
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.RefactorRewrite,
        command=types.Command(title=title, command=CONVERT, arguments=[snapshot.path]),
    )


class Converted(NamedTuple):
    """The result of a conversion: the edit that creates the document, None with the reason in `notes`."""

    edit: types.WorkspaceEdit | None
    uri: str
    notes: list[str]


def convert(snapshot: Snapshot) -> Converted:
    """Return the document of an input that is not one, as `kasc import` writes it, in a new file next to the input."""
    stem = snapshot.path.rpartition(".")[0] or snapshot.path
    path = f"{stem}.kasc.yaml"
    uri = uri_of(path)
    if os.path.lexists(path) or path in snapshot.session.texts:
        return Converted(None, uri, [f"{path} already exists: move it, or run kasc import"])
    examined = examine(snapshot.path, snapshot.settings, snapshot.session.files())
    try:
        result = import_input(examined, snapshot.settings, "yaml", os.path.dirname(path))
    except CannotImportError as error:
        return Converted(None, uri, [f"cannot convert {snapshot.path}: {each}" for each in error.reasons])
    if result is None:
        return Converted(None, uri, ["nothing is converted: fix the errors of the input first"])
    start = types.Position(0, 0)
    content = types.TextEdit(range=types.Range(start, start), new_text=result.text)
    edit = types.WorkspaceEdit(
        document_changes=[
            types.CreateFile(uri=uri),
            types.TextDocumentEdit(
                text_document=types.OptionalVersionedTextDocumentIdentifier(uri=uri), edits=[content]
            ),
        ]
    )
    return Converted(edit, uri, list(result.notes))
