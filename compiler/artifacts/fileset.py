"""Sets of files on disk, written completely or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from compiler.artifacts.staging import Staging
from compiler.filesystem import NotRegularError, kind_of, make_directories, open_directory

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def write_all(top: str, files: dict[str, str], below: str = "") -> bool:
    """Write files as `Writer.write` does. Raises OSError."""
    with Writer(top) as writer:
        return writer.write(files, below)


class Writer:
    """Writes files below a directory, `top`, which may be a link, or missing. Below it, no links are followed.

    What is staged for several calls has one staging directory, which `close` removes.
    """

    def __init__(self, top: str) -> None:
        self.top = top or os.curdir
        self.stagings: dict[str, Staging] = {}

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove staged files that were not moved to their places."""
        for staging in self.stagings.values():
            staging.close()
        self.stagings.clear()

    def write(self, files: dict[str, str], below: str = "") -> bool:
        """Write files (path below `top`, or below a directory `below` in it -> text) so that a failure changes nothing.

        A missing directory appears as a whole. In an existing one, every file that differs is first written to the
        staging directory; only then are they renamed, and if a rename fails, those before it are undone. Returns
        whether anything differed. Raises OSError, NotRegularError for what is not a directory or a file.
        """
        target = os.path.join(self.top, below) if below else self.top
        if not os.path.lexists(target) and self._write_new(target, files):
            return True
        with Directory(target, follow=not below) as directory:
            changes = list(_changes(directory, files))
            if not changes:
                return False
            beside = below and os.fstat(directory.descriptor).st_dev == os.stat(self.top).st_dev
            _commit([self._stage(change, self.top if beside else target) for change in changes])
        return True

    def _stage(self, change: _Change, path: str) -> _Staged:
        """Write the file of a change to the staging directory in a directory."""
        staging = self._staging(path)
        with _about(change.path):
            return _Staged(change, staging, staging.add_file(change.data, change.mode))

    def _staging(self, path: str) -> Staging:
        """The staging directory in a directory."""
        if path not in self.stagings:
            with _about(path):
                self.stagings[path] = Staging(path)
        return self.stagings[path]

    def _write_new(self, target: str, files: dict[str, str]) -> bool:
        """Write a directory that is missing; False if it was made by another process in the meantime."""
        above, name = os.path.split(target.rstrip(os.sep))
        created = make_directories(above)
        try:
            with _about(target):
                staging = self._staging(above or os.curdir)
                own = staging.add_directory(files)
                try:
                    staging.move(own, staging.parent, name)
                except OSError:
                    if not os.path.lexists(target):
                        raise
                    return False
        except BaseException:
            self.close()
            for path in reversed(created):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
            raise
        return True


def replace_all(texts: dict[str, str]) -> None:
    """Replace files in any directories (path -> text), all or none. Raises OSError."""
    directories: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        above, name = os.path.split(path)
        directories.setdefault(above or os.curdir, {})[name] = text
    with contextlib.ExitStack() as stack:
        staged: list[_Staged] = []
        for path, files in directories.items():
            directory = stack.enter_context(Directory(path, follow=True))
            writer = stack.enter_context(Writer(path))
            staged += [writer._stage(change, path) for change in _changes(directory, files)]
        _commit(staged)


class Directory:
    """An open directory and the directories below it, none of which is reached through a link.

    `follow` permits that the directory itself is a link. Raises OSError.
    """

    def __init__(self, path: str, *, follow: bool) -> None:
        self.path = path
        self.descriptor = open_directory(path, follow=follow)
        self.inside: dict[str, int] = {"": self.descriptor}
        self.created: list[str] = []

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self.inside.values():
            os.close(descriptor)

    def find(self, below: str) -> int | None:
        """The descriptor of a directory below this one; None if it is missing. Raises NotRegularError."""
        try:
            return self._open(below, make=False)
        except FileNotFoundError:
            return None

    def make(self, below: str) -> int:
        """The descriptor of a directory below this one, which is made if it is missing. Raises OSError."""
        return self._open(below, make=True)

    def undo(self) -> None:
        """Remove the directories that were made, as far as they are empty."""
        for below in reversed(self.created):
            above, _, name = below.rpartition("/")
            with contextlib.suppress(OSError):
                os.rmdir(name, dir_fd=self.inside[above])

    def _open(self, below: str, *, make: bool) -> int:
        known = self.inside.get(below)
        if known is not None:
            return known
        above, _, name = below.rpartition("/")
        parent = self._open(above, make=make)
        path = os.path.join(self.path, below)
        if name in ("", os.curdir, os.pardir):
            raise NotRegularError(path, "a path that leads elsewhere")
        with _about(path):
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=parent)
                    self.created.append(below)
            self.inside[below] = open_directory(name, parent)
        return self.inside[below]


class _Change(NamedTuple):
    """A file that differs: its place, what to write, and its permissions if it exists.

    `path` is for messages; the place is `name` in `below` in `directory`.
    """

    path: str
    directory: Directory
    below: str
    name: str
    data: bytes
    mode: int | None


class _Staged(NamedTuple):
    """A change whose file is complete, `own` its name in the staging directory."""

    change: _Change
    staging: Staging
    own: str


def _changes(directory: Directory, files: dict[str, str]) -> Iterator[_Change]:
    """The files that differ from what is on disk. Raises OSError for a place that cannot be written."""
    for file, text in files.items():
        below, _, name = file.rpartition("/")
        path = os.path.join(directory.path, file)
        data = text.encode()
        descriptor = directory.find(below)
        status = _status(descriptor, name) if descriptor is not None else None
        mode = None
        if status is not None and descriptor is not None:
            kind = kind_of(status.st_mode)
            if not kind:
                if status.st_size == len(data) and _holds(descriptor, name, data):
                    continue
                # What another program may run never becomes a file that kasc wrote.
                mode = stat.S_IMODE(status.st_mode) & 0o666
            elif not stat.S_ISLNK(status.st_mode):  # a link is replaced
                raise NotRegularError(path, kind)
        yield _Change(path, directory, below, name, data, mode)


def _status(directory: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _holds(directory: int, name: str, data: bytes) -> bool:
    """Whether a regular file can be read and has this content."""
    try:
        descriptor = os.open(name, _READ, dir_fd=directory)
    except OSError:
        return False
    try:
        return os.read(descriptor, len(data) + 1) == data
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _commit(staged: list[_Staged]) -> None:
    """Rename all files to their places or none."""
    done: list[tuple[_Staged, int, str | None]] = []
    try:
        for each in staged:
            with _about(each.change.path):
                place = each.change.directory.make(each.change.below)
                done.append((each, place, each.staging.back_up(place, each.change.name)))
                each.staging.move(each.own, place, each.change.name)
    except BaseException:
        for each, place, backup in reversed(done):
            with contextlib.suppress(OSError):
                if backup is not None:
                    each.staging.restore(backup, place, each.change.name)
                elif not each.staging.holds(each.own):
                    os.unlink(each.change.name, dir_fd=place)
        for each in staged:
            each.change.directory.undo()
        raise


@contextlib.contextmanager
def _about(path: str) -> Iterator[None]:
    """Name this path in an OSError, instead of a name below a descriptor or in a staging directory."""
    try:
        yield
    except OSError as problem:
        problem.filename, problem.filename2 = path, None
        raise
