"""Edits of a user's own input, of any kind, after which the server has other flags.

Comments, order, quoting and indentation stay. Each edit is read back before it is offered: the edited input has exactly
the flags that it had, with the change that was asked for, or the edit is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.changes.editing.edit import Edited, FlagEdit, Refused

if TYPE_CHECKING:
    from compiler.inputs.source import Files
    from compiler.review.examine import Examined, Settings


def edits(examined: Examined, wanted: Sequence[FlagEdit], settings: Settings, files: Files) -> Edited:
    """Return the edits of an input's files after which its server has the wanted flags. Nothing is written.

    `settings` and `files` are those that the input was examined with; `files` may have texts that replace those on
    disk, as those of an earlier step. Flags are removed first, then the version is set, and flags that are set are
    those of the new version. An edit that changes nothing is applied without a location.
    """
    reason = "kasc does not edit this kind of input"
    return Edited((), (), tuple(Refused(each, reason) for each in wanted))
