"""`kasc diff --write-phases DIR`: the documents of a rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.cli.common import FINE, HAS_ERRORS, usage_error
from compiler.text import clean_path, counted, say

if TYPE_CHECKING:
    from compiler.changes.rollout import Rollout


def write_phases(directory: str, rollout: Rollout) -> int:
    """Write a document for each phase and rollout.md, all or none; return the exit code."""
    from compiler.artifacts.fileset import write_all
    from compiler.artifacts.imported.faithful import CannotImportError
    from compiler.changes.rollout.documents import OccupiedError, check_target, documents_of
    from compiler.diagnostics import KascError
    from compiler.filesystem import reason

    if not rollout.phases:
        say("nothing changes, so no phases are written")
        return FINE
    try:
        files, notes = documents_of(rollout)
        check_target(directory, files)
        write_all(directory, files)
    except KascError as error:
        say(f"kasc: no phases are written: {error.diagnostic.message}; {error.diagnostic.hint}")
        return HAS_ERRORS
    except CannotImportError as error:
        for difference in error.reasons:
            say(f"kasc: no phases are written: {difference}")
        return HAS_ERRORS
    except OccupiedError as error:
        return usage_error(f"{error} is not a file of this rollout: name an empty directory with --write-phases")
    except OSError as error:
        return usage_error(f"cannot write {error.filename or directory}: {reason(error)}")
    for note in notes:
        say(note)
    say(f"{clean_path(directory)}: {counted(len(rollout.phases), 'phase')} written; start with rollout.md")
    return FINE
