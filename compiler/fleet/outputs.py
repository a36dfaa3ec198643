"""Which folders below OUT kasc wrote, and for which documents: so that those of documents that are gone are found.

The list lies in OUT and belongs into the repository with the artifacts. Nothing that it does not name is ever removed,
no link is followed, and nothing outside of OUT is touched whatever the list says.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from compiler.artifacts import artifact_of
from compiler.artifacts.fileset import write_all
from compiler.filesystem import open_directory, read_file
from compiler.fleet import fingerprints as shapes

LIST = ".kasc-outputs.json"
_LARGEST_LIST = 16 * 1024 * 1024
"""Bytes: the list of some 100,000 directories."""
_ROWS = shapes.mapping_of(shapes.name, shapes.row(shapes.path, shapes.list_of(shapes.path)))
"""Name of a directory -> its document and its files."""


class DamagedListError(Exception):
    """The list of outputs is damaged; the text says what to do."""


class Output(NamedTuple):
    """A folder: its document, as a path from OUT, and the names of its files."""

    document: str
    files: tuple[str, ...]


class Orphan(NamedTuple):
    """Files that nothing writes any more: all those of a folder, or some (`partial`). `why` is in words."""

    name: str
    files: tuple[str, ...]
    why: str
    partial: bool = False


class Outputs:
    """The list of a folder OUT. Raises DamagedListError and OSError."""

    def __init__(self, out: str) -> None:
        self.out = out
        self.before = _load(out)
        self.now: dict[str, Output] = {}
        self.orphans: list[Orphan] = []
        self.folders: dict[str, str] = {}

    def add(self, name: str, document: str, files: tuple[str, ...], emitted: list[str]) -> None:
        """A document that compiles to a folder; `emitted` are the artifacts that were asked for.

        Files of artifacts that were not asked for stay as they are: another command may write those.
        """
        before = self.before.get(name)
        left = [file for file in before.files if file not in files] if before else []
        stale = tuple(file for file in left if artifact_of(file) in emitted)
        if any(os.path.lexists(os.path.join(self.out, name, file)) for file in stale):
            self.orphans.append(Orphan(name, stale, "its document no longer gives them", True))
        kept = [file for file in left if file not in stale]
        found = Output(self._from_out(document), _one((*files, *kept)))
        self.now[name] = before if before == found else found

    def find_orphans(self, found: list[str], searched: list[str]) -> None:
        """The folders whose documents are gone. `found` are all inputs of the run, `searched` the folders given.

        A document that lies elsewhere is not gone, nor is one that has errors.
        """
        inputs = {self._from_out(path) for path in found}
        tops = [self._from_out(folder) for folder in searched]
        written = {output.document for output in self.now.values()}
        for name, (document, files) in self.before.items():
            if name in self.now:
                continue
            if not os.path.lexists(os.path.join(self.out, name)):
                continue
            told = os.path.normpath(os.path.join(self.out, document))
            if not os.path.exists(told):
                why = f"{told} is gone"
            elif document in written:
                why = f"{told} has another name now"
            elif document not in inputs and any(_is_below(document, top) for top in tops):
                why = f"{told} is no input of its own any more"
            else:
                self.now[name] = self.before[name]
                continue
            self.orphans.append(Orphan(name, files, why))

    def prune(self) -> Iterator[tuple[Orphan, list[str]]]:
        """Remove the orphans; gives each with what is left of it, because kasc did not write it."""
        for orphan in self.orphans:
            yield orphan, _remove(self.out, orphan)
        self.orphans.clear()

    def keep(self, whole: bool) -> None:
        """Write the list. Orphans stay in it, and where a run was about a part (not `whole`), so does the rest."""
        if not os.path.isdir(self.out):
            return
        with _locked(self.out):
            there = _load(self.out)
            entries = dict(self.now) if whole else there | self.now
            for orphan in self.orphans:
                document, files = entries.get(orphan.name) or self.before[orphan.name]
                entries[orphan.name] = Output(document, tuple(dict.fromkeys((*files, *orphan.files))))
            if entries != there:
                write_all(self.out, {LIST: _text(entries)})

    def _from_out(self, path: str) -> str:
        folder, name = os.path.split(path)
        seen = self.folders.get(folder)
        if seen is None:
            seen = self.folders[folder] = os.path.relpath(folder or ".", self.out).replace(os.sep, "/")
        return os.path.normpath(f"{seen}/{name}")


@lru_cache(maxsize=256)
def _one(files: tuple[str, ...]) -> tuple[str, ...]:
    """The same names, but once in memory: most folders have the same files."""
    return files


def _is_below(path: str, top: str) -> bool:
    return path.startswith(f"{top}/") or (top == "." and not path.startswith("../"))


def _load(out: str) -> dict[str, Output]:
    path = os.path.join(out, LIST)
    try:
        rows = json.loads(read_file(path, _LARGEST_LIST, follow=False).decode())["outputs"]
        if not _ROWS(rows):
            raise ValueError
        return {name: Output(document, _one(tuple(files))) for name, (document, files) in rows.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, RecursionError):
        message = f"{path} is damaged, as by an unfinished merge: mend it, or delete it; then no orphans are known"
        raise DamagedListError(message) from None


def _text(entries: dict[str, Output]) -> str:
    """A line for each folder, so that branches which add different documents can be merged."""
    encode = json.JSONEncoder(ensure_ascii=True, separators=(", ", ": ")).encode
    rows = ",\n".join(f"{encode(name)}: {encode(entries[name])}" for name in sorted(entries))
    return f'{{"schemaVersion": 1, "outputs": {{\n{rows}\n}}}}\n'


@contextlib.contextmanager
def _locked(folder: str) -> Iterator[None]:
    """One run at a time changes the list; where the file system knows no locks, the last one wins."""
    import fcntl

    descriptor = open_directory(folder, follow=True)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove(out: str, orphan: Orphan) -> list[str]:
    """Remove the files of an orphan and the folders that are empty then. Returns what is left. Raises OSError."""
    if "/" in orphan.name or orphan.name in ("", ".", ".."):
        return []
    top = open_directory(out, follow=True)
    try:
        try:
            folder = open_directory(orphan.name, top)
        except OSError:
            return [orphan.name] if os.path.lexists(os.path.join(out, orphan.name)) else []
        try:
            for file in orphan.files:
                if artifact_of(file):
                    _unlink(folder, file.split("/"))
            left = sorted(os.listdir(folder))
        finally:
            os.close(folder)
        if not left:
            os.rmdir(orphan.name, dir_fd=top)
        return [f"{orphan.name}/{name}" for name in left]
    finally:
        os.close(top)


def _unlink(folder: int, parts: list[str]) -> None:
    """Remove one file below an open folder, and the folders on the way that are empty then; no link is followed."""
    name, *rest = parts
    if name in ("", ".", ".."):
        return
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if not rest:
            if stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=folder)
            return
        try:
            inside = open_directory(name, folder)
        except OSError:
            return
        try:
            _unlink(inside, rest)
        finally:
            os.close(inside)
        with contextlib.suppress(OSError):
            os.rmdir(name, dir_fd=folder)
