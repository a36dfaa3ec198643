"""Files that a command changes in place: they are shown as differences, or all written or none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from compiler.cli.arguments import UsageError
from compiler.filesystem import UTF8_BOM, read_file, reason, root_of
from compiler.inputs.source import STANDARD_INPUT

if TYPE_CHECKING:
    from compiler.review.examine import Settings
    from compiler.review.fixes import FixedFile


def require_writable(paths: Iterable[str], settings: Settings) -> None:
    """Raise UsageError for a file that leads out of its root, which is never changed."""
    for path in paths:
        if path != STANDARD_INPUT and (refusal := root_of(path, settings.root, settings.searched).refusal(path)):
            raise UsageError(f"cannot fix {path}: {refusal}; name the file itself, or allow it with --root DIR")


def difference(file: FixedFile) -> str:
    """Return a unified diff of a file, in which secrets are masked."""
    from compiler.artifacts.differences import unified
    from compiler.inputs.masking import Masked

    before, after = (Masked(file.name, text).text() for text in (file.before, file.after))
    return unified(before, after, file.name, file.name)


def write_all(changed: Sequence[FixedFile]) -> None:
    """Write all files or none. Raises UsageError if one cannot be written or has changed in the meantime."""
    from compiler.artifacts.fileset import replace_all

    texts: dict[str, str] = {}
    try:
        for file in changed:
            path = os.path.realpath(file.name)  # do not replace a link by a file
            data = read_file(path)
            if data.removeprefix(UTF8_BOM) != file.before.encode():
                raise UsageError(f"{file.name} has changed in the meantime: run kasc again")
            texts[path] = ("\ufeff" if data.startswith(UTF8_BOM) else "") + file.after
        replace_all(texts)
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {reason(error)}") from None
