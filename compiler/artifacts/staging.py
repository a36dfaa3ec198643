"""Hidden directories in which files are complete before they are renamed to their places.

A process that is killed leaves its directory behind. Git adds nothing of it, for all of it is in a directory `.git`. It
is locked as long as its process lives, so that `remove_stale` knows what nobody uses any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os

from compiler.filesystem import open_directory, remove_tree, write_to

_PREFIX, _SUFFIX, _INSIDE = ".kasc-", ".tmp", ".git"
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class Staging:
    """A staging directory in the directory `path`. Raises OSError."""

    def __init__(self, path: str) -> None:
        self.parent = open_directory(path, follow=True)
        try:
            self.name, self.lock = _make(self.parent)
            self.descriptor = open_directory(_INSIDE, self.lock)
        except BaseException:
            os.close(self.parent)
            raise
        self.entries = 0

    def add_file(self, data: bytes, mode: int | None = None) -> str:
        """Write a file, with permissions other than those of a new one if `mode` says so. Returns its name here."""
        name = self.new_name()
        self._write(name, data, mode)
        return name

    def add_directory(self, files: dict[str, str]) -> str:
        """Write a directory of files (path below it -> text). Returns its name here."""
        name = self.new_name()
        os.mkdir(name, dir_fd=self.descriptor)
        created = {""}
        for path, text in files.items():
            parts = path.split("/")[:-1]
            for depth in range(1, len(parts) + 1):
                below = "/".join(parts[:depth])
                if below not in created:
                    created.add(below)
                    os.mkdir(f"{name}/{below}", dir_fd=self.descriptor)
            self._write(f"{name}/{path}", text.encode())
        return name

    def back_up(self, directory: int, name: str) -> str | None:
        """Keep a file of an open directory for `restore`. Returns its name here; None if there is no such file."""
        backup = self.new_name()
        try:
            try:
                os.link(name, backup, src_dir_fd=directory, dst_dir_fd=self.descriptor, follow_symlinks=False)
            except FileNotFoundError:
                return None
            except OSError:  # a file system without hard links, or a file of another user
                os.rename(name, backup, src_dir_fd=directory, dst_dir_fd=self.descriptor)
        except FileNotFoundError:
            return None
        return backup

    def restore(self, backup: str, directory: int, name: str) -> None:
        """Rename what `back_up` kept to its place."""
        os.rename(backup, name, src_dir_fd=self.descriptor, dst_dir_fd=directory)

    def move(self, own: str, directory: int, name: str) -> None:
        """Rename an entry to its place in an open directory."""
        os.rename(own, name, src_dir_fd=self.descriptor, dst_dir_fd=directory)

    def holds(self, own: str) -> bool:
        """Whether an entry is still here."""
        try:
            os.stat(own, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def new_name(self) -> str:
        """A name that no entry has."""
        self.entries += 1
        return str(self.entries)

    def close(self) -> None:
        """Remove the directory with everything that is still in it."""
        with contextlib.suppress(OSError):
            remove_tree(self.lock)
            os.rmdir(self.name, dir_fd=self.parent)
        for descriptor in (self.descriptor, self.lock, self.parent):
            os.close(descriptor)

    def _write(self, name: str, data: bytes, mode: int | None = None) -> None:
        descriptor = os.open(name, _NEW_FILE, 0o666, dir_fd=self.descriptor)
        try:
            write_to(descriptor, data)
            if mode is not None:
                os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)


def _make(parent: int) -> tuple[str, int]:
    """A new staging directory, locked, and the one inside; its name and its descriptor."""
    while True:
        name = f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"
        os.mkdir(name, 0o700, dir_fd=parent)
        try:
            descriptor = open_directory(name, parent)
        except FileNotFoundError:
            continue
        # Until it was locked, another process could take it for one that nobody uses.
        if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
            os.mkdir(_INSIDE, dir_fd=descriptor)
            return name, descriptor
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Whether the directory could be locked; None if the file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def remove_stale(path: str) -> None:
    """Remove the staging directories of killed processes from a directory, as far as that is possible."""
    with contextlib.suppress(OSError):
        directory = open_directory(path or os.curdir, follow=True)
        try:
            for name in os.listdir(directory):
                if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
                    _remove_unused(name, directory)
        finally:
            os.close(directory)


def _remove_unused(name: str, directory: int) -> None:
    with contextlib.suppress(OSError):
        descriptor = open_directory(name, directory)
        try:
            if _lock(descriptor):
                remove_tree(descriptor)
                os.rmdir(name, dir_fd=directory)
        finally:
            os.close(descriptor)
