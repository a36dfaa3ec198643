"""The list of directories that kasc wrote to OUT, and their documents, to find the artifacts of removed documents.

The list is a file in OUT and is committed together with the artifacts. Only files that it names are removed, links are
not followed, and nothing outside OUT is touched whatever the list contains.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from compiler.artifacts import artifacts_of
from compiler.artifacts.fileset import write_all
from compiler.filesystem import open_directory, read_file
from compiler.fleet import fingerprints as shapes

LIST = ".kasc-outputs.json"
_MAX_LIST = 16 * 1024 * 1024
"""Bytes of the list: about 100,000 directories."""
_ROWS = shapes.mapping_of(shapes.name, shapes.row(shapes.path, shapes.list_of(shapes.path)))
"""Directory name -> its document and its files."""


class OutputsError(Exception):
    """The list of outputs is damaged; the text says what to do."""


class Output(NamedTuple):
    """An output directory: its document, as a path relative to OUT, and the names of its files."""

    document: str
    files: tuple[str, ...]


class Orphan(NamedTuple):
    """Files that no document compiles to: all files of a directory, or some (`partial`). `why` is the reason."""

    name: str
    files: tuple[str, ...]
    why: str
    partial: bool = False


class Outputs:
    """The list of a directory OUT. Raises OutputsError and OSError."""

    def __init__(self, out: str) -> None:
        self.out = out
        self.previous = _load(out)
        self.current: dict[str, Output] = {}
        self.orphans: list[Orphan] = []
        self._directories: dict[str, str] = {}

    def add(self, name: str, document: str, files: tuple[str, ...], artifacts: Sequence[str]) -> None:
        """Add the output directory of a document; `artifacts` are those that were compiled.

        Files of other artifacts are kept: another command may write them.
        """
        previous = self.previous.get(name)
        others = [file for file in previous.files if file not in files] if previous else []
        stale = tuple(file for file in others if not set(artifacts).isdisjoint(artifacts_of(file)))
        if any(os.path.lexists(os.path.join(self.out, name, file)) for file in stale):
            self.orphans.append(Orphan(name, stale, "its document no longer compiles to them", True))
        current = Output(self._from_out(document), _interned((*files, *(file for file in others if file not in stale))))
        self.current[name] = previous if previous == current else current

    def find_orphans(self, inputs: list[str], searched: list[str]) -> None:
        """Find the output directories of removed documents.

        `inputs` are all inputs of the run, `searched` the directories on the command line. A document outside of them
        is not considered removed, nor is one with errors.
        """
        documents = {self._from_out(path) for path in inputs}
        tops = [self._from_out(directory) for directory in searched]
        written = {output.document for output in self.current.values()}
        for name, (document, files) in self.previous.items():
            if name in self.current:
                continue
            if not os.path.lexists(os.path.join(self.out, name)):
                continue
            path = os.path.normpath(os.path.join(self.out, document))
            if not os.path.exists(path):
                why = f"{path} no longer exists"
            elif document in written:
                why = f"{path} now compiles to another directory"
            elif document not in documents and any(_is_below(document, top) for top in tops):
                why = f"{path} is no longer a separate input"
            else:
                self.current[name] = self.previous[name]
                continue
            self.orphans.append(Orphan(name, files, why))

    def prune(self) -> Iterator[tuple[Orphan, list[str]]]:
        """Remove the orphans; yields each with the remaining files, which kasc did not write."""
        for orphan in self.orphans:
            yield orphan, _remove(self.out, orphan)
        self.orphans.clear()

    def save(self, complete: bool) -> None:
        """Write the list, including orphans and, unless the run was `complete`, the other entries."""
        if not os.path.isdir(self.out):
            return
        with _locked(self.out):
            saved = _load(self.out)
            entries = dict(self.current) if complete else saved | self.current
            for orphan in self.orphans:
                document, files = entries.get(orphan.name) or self.previous[orphan.name]
                entries[orphan.name] = Output(document, tuple(dict.fromkeys((*files, *orphan.files))))
            if entries != saved:
                write_all(self.out, {LIST: _text(entries)})

    def _from_out(self, path: str) -> str:
        directory, name = os.path.split(path)
        relative = self._directories.get(directory)
        if relative is None:
            relative = os.path.relpath(directory or ".", self.out).replace(os.sep, "/")
            self._directories[directory] = relative
        return os.path.normpath(f"{relative}/{name}")


@lru_cache(maxsize=256)
def _interned(files: tuple[str, ...]) -> tuple[str, ...]:
    """Return equal names as one object: most directories have the same files."""
    return files


def _is_below(path: str, top: str) -> bool:
    return path.startswith(f"{top}/") or (top == "." and not path.startswith("../"))


def _load(out: str) -> dict[str, Output]:
    path = os.path.join(out, LIST)
    try:
        rows = json.loads(read_file(path, _MAX_LIST, follow=False).decode())["outputs"]
        if not _ROWS(rows):
            raise ValueError
        return {name: Output(document, _interned(tuple(files))) for name, (document, files) in rows.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, RecursionError):
        message = f"{path} is invalid, maybe after a merge conflict: fix it, or delete it to forget all orphans"
        raise OutputsError(message) from None


def _text(entries: dict[str, Output]) -> str:
    """Return the list with one line for each directory, so that branches that add documents can be merged."""
    encode = json.JSONEncoder(ensure_ascii=True, separators=(", ", ": ")).encode
    rows = ",\n".join(f"{encode(name)}: {encode(entries[name])}" for name in sorted(entries))
    return f'{{"schemaVersion": 1, "outputs": {{\n{rows}\n}}}}\n'


@contextlib.contextmanager
def _locked(directory: str) -> Iterator[None]:
    """Hold the lock on the list; if the file system does not support locks, the last run wins."""
    import fcntl

    descriptor = open_directory(directory, follow=True)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove(out: str, orphan: Orphan) -> list[str]:
    """Remove the files of an orphan and empty directories. Returns the remaining files. Raises OSError."""
    if "/" in orphan.name or orphan.name in ("", ".", ".."):
        return []
    top = open_directory(out, follow=True)
    try:
        try:
            directory = open_directory(orphan.name, top)
        except OSError:
            return [orphan.name] if os.path.lexists(os.path.join(out, orphan.name)) else []
        try:
            for file in orphan.files:
                if artifacts_of(file):
                    _unlink(directory, file.split("/"))
            remaining = sorted(os.listdir(directory))
        finally:
            os.close(directory)
        if not remaining:
            os.rmdir(orphan.name, dir_fd=top)
        return [f"{orphan.name}/{name}" for name in remaining]
    finally:
        os.close(top)


def _unlink(directory: int, parts: list[str]) -> None:
    """Remove one file below an open directory, and parent directories that are empty then; follow no links."""
    name, *rest = parts
    if name in ("", ".", ".."):
        return
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if not rest:
            if stat.S_ISREG(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=directory)
            return
        try:
            subdirectory = open_directory(name, directory)
        except OSError:
            return
        try:
            _unlink(subdirectory, rest)
        finally:
            os.close(subdirectory)
        with contextlib.suppress(OSError):
            os.rmdir(name, dir_fd=directory)
