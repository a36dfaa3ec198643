"""Edits of a user's own input, of any kind, after which the server has other flags.

Comments, order, quoting and indentation stay. Each edit is read back before it is offered: the edited input has exactly
the flags that it had, with the change that was asked for, or the edit is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.changes.editing.edit import (
    REMOVE,
    REMOVE_ITEM,
    SET,
    SET_ITEM,
    SET_VERSION,
    Applied,
    Edited,
    EditedFile,
    FlagEdit,
    Refused,
)

if TYPE_CHECKING:
    from compiler.inputs.source import Files
    from compiler.review.examine import Examined, Settings


def edits(examined: Examined, wanted: Sequence[FlagEdit], settings: Settings, files: Files) -> Edited:
    """Return the edits of an input's files after which its server has the wanted flags. Nothing is written.

    `settings` and `files` are those that the input was examined with; `files` may have texts that replace those on
    disk, as those of an earlier step. Flags are removed first, then the version is set, and flags that are set are
    those of the new version. An edit that changes nothing is applied without a location.
    """
    from compiler.changes.editing.reasons import with_reason
    from compiler.changes.editing.session import Session

    path = examined.report.path
    resolved = examined.resolved
    if resolved is None or not resolved.context.input.certain:
        reason = "kasc edits only a file that certainly configures a kube-apiserver"
        return Edited((), (), tuple(Refused(each, reason, "set its kind with --as") for each in wanted))
    session = Session(path, settings, files)
    results: dict[int, Applied | Refused] = {}
    version = next((each.value for each in wanted if each.action == SET_VERSION), "")
    for stage in ((REMOVE, REMOVE_ITEM), (SET_VERSION,), (SET, SET_ITEM)):
        if version and SET in stage:
            session.at(version)
        for index, each in enumerate(wanted):
            if each.action in stage:
                results[index] = session.edit(each)
    ordered = [results[index] for index in sorted(results)]
    changed = [text for text in session.texts.values() if text.edits()]
    return Edited(
        tuple(EditedFile(text.name, text.before, text.after, text.edits()) for text in changed),
        tuple(each for each in ordered if isinstance(each, Applied)),
        tuple(with_reason(each, resolved.context) for each in ordered if isinstance(each, Refused)),
    )
