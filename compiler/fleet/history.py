"""The files of a repository as they were at the merge base with a commit, read from the objects of git.

Nothing is checked out. A file that has not changed since is the one on disk, and so is a file that git ignores.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from collections.abc import Iterable
from typing import Any

from compiler.bounds import MAX_FILE
from compiler.filesystem import Disk, NotRegularError, TooLargeError
from compiler.fleet.selection import Blob, Changes

_LINK, _SUBMODULE = "120000", "160000"
"""Modes of entries in trees of git."""
_MAX_LINKS = 40
"""Links in a path, as in Linux."""
_LONGEST_LINK = 4096
_LONGEST_HEADER = 200
"""Bytes of the line before the contents of an object."""


class MergeBase(Disk):
    """The files at the merge base of `changes`; those outside the repository are on disk. It can be pickled."""

    def __init__(self, changes: Changes) -> None:
        self.before = {path: blob for path, blob in changes.before.items() if blob.mode != _SUBMODULE}
        self.later = changes.paths - changes.before.keys()
        """The files that did not exist."""
        self.directories = _directories(self.before, changes.top)
        """The directories of changed files that existed, with the names of these files and directories."""
        self.objects = Objects(changes.top)
        self._touched = _directories(self.later, changes.top)
        self._top = changes.top
        self._real: dict[str, str] = {}

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        """Read a file as it was. Raises as `read_file` does."""
        real = self.real(path)
        blob = self.before.get(real)
        if blob is not None and blob.mode != _LINK:
            return self.objects.read(blob, path, limit)
        if real in self.directories:
            raise NotRegularError(path, "a directory")
        if self._was_missing(real):
            raise _missing(path)
        return super().read(real, limit)

    def names(self, directory: str) -> list[str]:
        """Return the names that were in a directory. Raises OSError and ValueError."""
        real = self.real(directory)
        known = self.directories.get(real, set())
        if real in self.before or (not known and self._was_missing(real)):
            raise _missing(directory)
        is_left = real not in self.later and (os.path.isdir(real) or not known)
        names = super().names(real) if is_left else []
        return sorted(known.union(name for name in names if not self._was_missing(os.path.join(real, name))))

    def exists(self, path: str) -> bool:
        """Return whether there was anything at a path."""
        real = self.real(path)
        return self._is_known(real) or (not self._was_missing(real) and super().exists(real))

    def is_directory(self, path: str) -> bool:
        """Return whether a path was a directory, or a link to one."""
        real = self.real(path)
        if self._is_known(real):
            return real in self.directories
        return not self._was_missing(real) and super().is_directory(real)

    def is_file(self, path: str) -> bool:
        """Return whether a path was a regular file, or a link to one."""
        real = self.real(path)
        if self._is_known(real):
            return real in self.before
        return not self._was_missing(real) and super().is_file(real)

    def _is_known(self, real: str) -> bool:
        return (real in self.before or real in self.directories) and not self._is_link(real)

    def _is_link(self, real: str) -> bool:
        blob = self.before.get(real)
        return blob is not None and blob.mode == _LINK

    def _was_missing(self, real: str) -> bool:
        """Return whether nothing was at a path: no file, no directory because nothing was in it, a circle of links."""
        if self._is_known(real):
            return False
        if real in self.later or self._is_link(real) or self._is_below_file(real):
            return True
        if real not in self._touched:
            return False
        try:
            return all(self._was_missing(os.path.join(real, name)) for name in os.listdir(real))
        except OSError:
            return False

    def _is_below_file(self, real: str) -> bool:
        """Return whether a part of the path was not a directory."""
        above = os.path.dirname(real)
        while len(above) > len(self._top):
            if above in self.later or above in self.before:
                return True
            above = os.path.dirname(above)
        return False

    def real(self, path: str) -> str:
        """Return a path with the links resolved as they were; those of a circle are not."""
        directory, name = os.path.split(os.path.join(os.getcwd(), path))
        if directory not in self._real:
            self._real[directory] = self._resolved(directory)
        return self._resolved(name, self._real[directory])

    def _resolved(self, path: str, at: str = "/") -> str:
        """Return a path that begins in the directory `at`, with all links resolved."""
        parts = list(reversed(path.split("/")))
        links = 0
        while parts:
            part = parts.pop()
            if part in ("", "."):
                continue
            if part == "..":
                at = os.path.dirname(at)
                continue
            step = os.path.join(at, part)
            target = self._target(step) if links < _MAX_LINKS else None
            if target is None:
                at = step
                continue
            links += 1
            at = "/" if target.startswith("/") else at
            parts += reversed(target.split("/"))
        return at

    def _target(self, path: str) -> str | None:
        """Return what a link without links in its directory pointed to; None for anything else."""
        blob = self.before.get(path)
        if blob is not None and blob.mode == _LINK:
            return os.fsdecode(self.objects.read(blob, path, _LONGEST_LINK))
        if blob is not None or path in self.directories or path in self.later or self._is_below_file(path):
            return None
        try:
            return os.readlink(path) if stat.S_ISLNK(os.lstat(path).st_mode) else None
        except (OSError, ValueError):
            return None


def _directories(paths: Iterable[str], top: str) -> dict[str, set[str]]:
    """Return the directories of files below `top`, with the names of these files and directories in them."""
    directories: dict[str, set[str]] = {}
    for path in paths:
        while path != top:
            path, name = os.path.split(path)
            names = directories.setdefault(path, set())
            if name in names:
                break
            names.add(name)
    return directories


def _missing(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


class Objects:
    """The blobs of a repository, read by one `git cat-file` in each process of kasc."""

    def __init__(self, top: str) -> None:
        self.top = top
        self._git: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._inherited: subprocess.Popen[bytes] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"top": self.top, "_git": None, "_owner": 0, "_inherited": None}

    def read(self, blob: Blob, path: str, limit: int) -> bytes:
        """Return the contents of the blob of a file, of at most `limit` bytes. Raises OSError, also TooLargeError."""
        size, data = self._contents(blob, limit)
        if size is not None and size > limit:
            raise TooLargeError(path, limit)
        if size is None or len(data) != size:
            raise OSError(errno.EIO, "git does not have its earlier contents: fetch the full history", path)
        return data

    def _contents(self, blob: Blob, limit: int) -> tuple[int | None, bytes]:
        """Return the size of a blob, None if git does not have it, and its contents up to the limit.

        If git stops, or writes more than is to be read, the next read starts it again.
        """
        git = self._running()
        if git.stdin is None or git.stdout is None:
            return None, b""
        try:
            git.stdin.write(f"{blob.name}\n".encode())
            git.stdin.flush()
            _, kind, length = (*git.stdout.readline(_LONGEST_HEADER).split(), b"", b"", b"")[:3]
            if kind == b"missing":
                return None, b""
            size = int(length) if kind == b"blob" else None
            data = git.stdout.read(size + 1) if size is not None and size <= limit else b""
        except OSError:
            size, data = None, b""
        if size is None or len(data) != size + 1:
            self.close()
        return size, data[:-1]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._git is None or self._owner != os.getpid():
            # A forked process does not use the pipes of its parent, whose child it could not wait for either.
            self._inherited = self._git
            words = ["git", "cat-file", "--batch"]
            pipe = subprocess.PIPE
            self._git = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=self.top)
            self._owner = os.getpid()
        return self._git

    def close(self) -> None:
        """End the process of git, if one runs."""
        if self._git is not None and self._owner == os.getpid():
            self._git.kill()
            self._git.communicate()
            self._git = None
