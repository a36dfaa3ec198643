"""Editing inputs, and reading them independently of the code under test."""

from __future__ import annotations

from compiler import resolve
from compiler.changes.editing import edits
from compiler.changes.editing.edit import Edited, FlagEdit
from compiler.inputs.source import Files, file_key
from compiler.review.comments_and_edits import apply_fixes
from compiler.review.examine import DEFAULTS, Settings, examine

Flags = dict[str, tuple[str, ...]]


def edited(path: str, *wanted: FlagEdit, settings: Settings = DEFAULTS, texts: dict[str, str] | None = None) -> Edited:
    """Return the edits of an input; those of each file lead from its old to its new text and touch nothing else."""
    files = Files({file_key(name): text for name, text in (texts or {}).items()})
    result = edits(examine(path, settings, files), wanted, settings, files)
    assert len(result.applied) + len(result.refused) == len(wanted)
    assert all(each.reason for each in result.refused)
    for file in result.files:
        assert file.before != file.after
        after, skipped = apply_fixes(file.before, [(edit,) for edit in file.edits])
        assert (after, skipped) == (file.after, [])
        assert all(edit.location.file == file.name for edit in file.edits)
    return result


def flags_of(path: str, texts: dict[str, str] | None = None, settings: Settings = DEFAULTS) -> Flags:
    """Return the values of the flags of an input, as they are written."""
    resolved = resolve(path, settings, texts=texts or {}).resolved
    assert resolved is not None
    flags: Flags = {}
    for use in resolved.context.input.arguments:
        flags[use.flag] = (*flags.get(use.flag, ()), use.text)
    return flags


def change(wanted: str) -> FlagEdit:
    """Return the edit of a line such as `enable-admission-plugins remove-item PodSecurity`."""
    flag, action, value = [*wanted.split(" "), "", ""][:3]
    return FlagEdit(flag, action, value)
