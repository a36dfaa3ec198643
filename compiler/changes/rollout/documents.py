"""The documents of a rollout: a kasc document for each phase, and a page about what to do in them.

Nothing secret is written: keys of encryption configurations are references, as in documents of `kasc import`.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from compiler.artifacts.files import check_secrets
from compiler.artifacts.imported import imported
from compiler.artifacts.imported.faithful import require_same
from compiler.changes.rollout.phases import DOCUMENT
from compiler.changes.rollout.report import as_markdown
from compiler.filesystem import read_file
from compiler.text.markdown import prose

if TYPE_CHECKING:
    from compiler.changes.rollout import Rollout

PAGE = "rollout.md"
MARK = "written by kasc diff --write-phases"
_CREDIT = f"<!-- {MARK} -->"


class OccupiedError(Exception):
    """A directory has files that a rollout must not replace; the message names one of them."""


class Documents(NamedTuple):
    """The files of a rollout by path, and notes about secrets and about what a document cannot contain."""

    files: dict[str, str]
    notes: tuple[str, ...]


def documents_of(rollout: Rollout) -> Documents:
    """Return the files of a rollout.

    Raises CannotImportError if a document would not be the server of its phase, and KascError for a flag whose value
    must not be in a document.
    """
    files: dict[str, str] = {}
    notes: dict[str, None] = {}
    variables: dict[str, str] = {}
    number = len(rollout.phases)
    for index, phase in enumerate(rollout.phases, 1):
        server = phase.state.server
        check_secrets(server.context)
        heading = f"Phase {index} of {number}, {MARK}: {phase.title}"
        document = imported(server, "yaml", phase.state.configuration.version, heading=heading, variables=variables)
        require_same(server, document.text, "yaml")
        files[phase.document] = document.text
        notes.update(dict.fromkeys(document.notes))
    files[PAGE] = _page(rollout, list(notes))
    return Documents(files, tuple(notes))


def _page(rollout: Rollout, notes: list[str]) -> str:
    """Return what to do in each phase, as Markdown."""
    lines = [_CREDIT, "", "# Rollout", ""]
    lines.append(
        "Compile the document of a phase, roll it out to every server, check it, and wait before the next one:"
    )
    lines += ["", f"    kasc compile 1-NAME/{DOCUMENT} -o OUT", ""]
    if notes:
        lines += ["Before the first phase:", "", *(f"- {prose(note)}" for note in notes), ""]
    return "\n".join(lines) + "\n" + as_markdown(rollout)


def check_target(directory: str, files: dict[str, str]) -> None:
    """Raise OccupiedError if a directory has anything but an earlier version of these files; raises OSError."""
    try:
        names = sorted(os.listdir(directory))
    except FileNotFoundError:
        return
    expected = {path.partition("/")[0] for path in files}
    others = [name for name in names if name not in expected]
    if others:
        raise OccupiedError(os.path.join(directory, others[0]))
    for path in files:
        place = os.path.join(directory, path)
        if os.path.lexists(place) and not _is_ours(place):
            raise OccupiedError(place)


def _is_ours(path: str) -> bool:
    """Return whether a file was written by an earlier run."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return False
    return MARK.encode() in read_file(path)[:1000]
