"""Safe access to files: links, devices, pipes and endless files, and the root that an input may read below.

The root is the top of the git work tree that contains the input, otherwise the input's directory; `--root DIR` adds
another directory. Symbolic links are resolved first. `.git`, which may contain credentials, and the kernel's virtual
file systems are never inside.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from compiler.bounds import MAX_FILE

UTF8_BOM = b"\xef\xbb\xbf"
"""The byte order mark that some editors write at the start of UTF-8 files."""

_CHUNK = 65536
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegularError(OSError):
    """The path is not a regular file, or passes through a link; `kind` is what it is instead."""

    def __init__(self, path: str, kind: str) -> None:
        super().__init__(errno.EINVAL, f"it is {kind}", path)
        self.kind = kind


class TooLargeError(OSError):
    """The file has more bytes than the limit."""

    def __init__(self, path: str, limit: int) -> None:
        super().__init__(errno.EFBIG, f"it is larger than {size_of(limit)}", path)


def reason(error: OSError) -> str:
    """Return why the system call failed, to be used within a sentence: `permission denied`."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def size_of(limit: int) -> str:
    """Return a size with its unit: `8 MiB`, `100 bytes`."""
    mebibytes, rest = divmod(limit, 1024 * 1024)
    return f"{limit} bytes" if rest else f"{mebibytes} MiB"


def kind_of(mode: int) -> str:
    """Return the kind of a file by its mode, for example "a directory"; empty for a regular file."""
    return _KINDS.get(stat.S_IFMT(mode), "") if not stat.S_ISREG(mode) else ""


def read_file(path: str, limit: int = MAX_FILE, *, follow: bool = True, dir_fd: int | None = None) -> bytes:
    """Read a regular file; `follow` allows the path itself to be a link.

    Raises NotRegularError, TooLargeError and other OSErrors, and ValueError for a path with a NUL character.
    """
    descriptor, size = open_file(path, follow=follow, dir_fd=dir_fd)
    try:
        data = read_from(descriptor, size, limit) if size <= limit else b""
    finally:
        os.close(descriptor)
    if max(size, len(data)) > limit:
        raise TooLargeError(path, limit)
    return data


def open_file(path: str, *, follow: bool = True, dir_fd: int | None = None) -> tuple[int, int]:
    """Open a regular file; return its descriptor and size. Raises NotRegularError, other OSErrors and ValueError."""
    # Opening a device may have side effects, so its kind is checked first.
    mode = os.stat(path, dir_fd=dir_fd, follow_symlinks=follow).st_mode
    if stat.S_ISREG(mode):
        descriptor = os.open(path, _READ if follow else _READ | os.O_NOFOLLOW, dir_fd=dir_fd)
        status = os.fstat(descriptor)
        mode = status.st_mode
        if stat.S_ISREG(mode):
            return descriptor, status.st_size
        os.close(descriptor)
    raise NotRegularError(path, kind_of(mode))


def read_from(descriptor: int, size: int, limit: int = MAX_FILE) -> bytes:
    """Read an open file to its end, or slightly more than `limit` bytes of it. Raises OSError.

    The file may be larger than the expected `size`, and reads may return less than requested.
    """
    # Requesting `limit` bytes would allocate a buffer of that size, which costs more than reading.
    data = os.read(descriptor, size + 1)
    while len(data) <= limit and (chunk := os.read(descriptor, _CHUNK)):
        data += chunk
    return data


def open_to_write(path: str, flags: int) -> int:
    """Open a regular file for writing in place, or create it; return its descriptor. `flags` are O_APPEND or O_TRUNC.

    Raises NotRegularError, also for a link, and other OSErrors.
    """
    with contextlib.suppress(FileNotFoundError):
        if kind := kind_of(os.stat(path, follow_symlinks=False).st_mode):
            raise NotRegularError(path, kind)
    return os.open(path, _WRITE | flags, 0o666)


def write_to(descriptor: int, data: bytes) -> None:
    """Write all bytes to an open file. Raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def open_directory(path: str, dir_fd: int | None = None, *, follow: bool = False) -> int:
    """Open a directory and return its descriptor; `follow` allows the path itself to be a link.

    Raises NotRegularError for a link and for anything but a directory, and other OSErrors.
    """
    try:
        return os.open(path, _DIRECTORY if follow else _DIRECTORY | os.O_NOFOLLOW, dir_fd=dir_fd)
    except OSError as problem:
        if problem.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise
        mode = os.stat(path, dir_fd=dir_fd, follow_symlinks=False).st_mode
        raise NotRegularError(path, f"{kind_of(mode) or 'a file'}, not a directory") from None


def make_directories(path: str) -> list[str]:
    """Create a directory and its missing parents; return the created ones, the outermost first. Raises OSError."""
    if not path or os.path.isdir(path):
        return []
    created = make_directories(os.path.dirname(path))
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, "is not a directory", path) from None
        return created
    return [*created, path]


def remove_tree(directory: int, depth: int = 8) -> None:
    """Remove the contents of an open directory, down to a depth, without following links. Raises OSError."""
    for name in os.listdir(directory):
        if not stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=directory)
            continue
        inside = open_directory(name, directory)
        try:
            if depth:
                remove_tree(inside, depth - 1)
        finally:
            os.close(inside)
        os.rmdir(name, dir_fd=directory)


class Disk:
    """The files that inputs name: those on disk. A subclass has the files of another time."""

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        """Read a regular file as `read_file` does, which raises."""
        return read_file(path, limit)

    def names(self, directory: str) -> list[str]:
        """Return the names in a directory. Raises OSError, and ValueError for a path with a NUL character."""
        return os.listdir(directory)

    def exists(self, path: str) -> bool:
        """Return whether there is anything at a path; links are followed."""
        return os.path.exists(path)

    def is_directory(self, path: str) -> bool:
        """Return whether a path is a directory, or a link to one."""
        return os.path.isdir(path)

    def is_file(self, path: str) -> bool:
        """Return whether a path is a regular file, or a link to one."""
        return os.path.isfile(path)

    def real(self, path: str) -> str:
        """Return a path with all links resolved, also if nothing exists there. Raises ValueError as `names` does."""
        return os.path.realpath(path)


DISK = Disk()
_OUTSIDE = "outside"
_KERNEL = ("/proc", "/sys", "/dev")
_MEMORY = "/dev/shm/"
"""The only directory below /dev that contains regular files."""


class Root(NamedTuple):
    """The real paths of the directory that an input may read, and of the one that `--root` adds (empty if none)."""

    top: str
    added: str = ""

    def refusal(self, path: str, disk: Disk = DISK) -> str:
        """Return why a file may not be read; empty if it may be, or if the path is invalid."""
        if "\0" in path:
            return ""
        real = disk.real(path)
        for directory in _KERNEL:
            if is_below(real, directory) and not real.startswith(_MEMORY):
                return f"files in {directory} are never read"
        inside = next((top for top in (self.top, self.added) if top and is_below(real, top)), None)
        if inside is None:
            link = "it is a link to a file" if is_below(os.path.abspath(path), self.top) else "it is"
            return f"{link} {_OUTSIDE} {self.top}"
        if ".git" in real[len(inside) :].lower().split(os.sep):
            return "files in .git are never read"
        return ""


def hint_for(refusal: str) -> str:
    """Return the hint for a refusal."""
    if _OUTSIDE in refusal:
        return "move the file into that directory, or allow another one with --root DIR"
    return "name a regular file in the work tree or directory that contains the input"


def root_of(path: str, added: str = "", searched: Sequence[str] = ()) -> Root:
    """Return the root of an input by its path (`-` is in the current directory).

    `added` is the directory of `--root`. `searched` are the directories that were searched for inputs: outside a work
    tree, they are the roots of the inputs in them.
    """
    directory = os.path.dirname(path)
    top = work_tree_of(directory)
    if not top:
        above = next((each for each in searched if directory.startswith(each.rstrip("/") + "/")), directory)
        top = os.path.realpath(above or os.curdir)
    return Root(top, os.path.realpath(added) if added else "")


def work_tree_of(directory: str) -> str:
    """Return the real path of the top of the git work tree that contains a directory; empty if there is none."""
    at = os.path.realpath(directory or os.curdir)
    while not os.path.lexists(os.path.join(at, ".git")):
        above = os.path.dirname(at)
        if above == at:
            return ""
        at = above
    return at


def is_below(path: str, top: str) -> bool:
    """Return whether a real path is `top` or below it."""
    return path == top or path.startswith(top if top.endswith(os.sep) else top + os.sep)
