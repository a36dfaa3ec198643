"""Files on disk: all of them or none, and what would change."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


def write_all(folder: str, files: dict[str, str]) -> bool:
    """Write files (name below `folder` -> text) so that a failure leaves what was there. Raises OSError.

    A folder that is not there yet is made whole under a temporary name. Into one that is there, every file that
    differs is first written whole beside its place; only then are they renamed, and where a rename fails, those
    before it are taken back. Returns whether anything differed.
    """
    if folder and not os.path.lexists(folder) and _write_new(folder, files):
        return True
    texts = {os.path.join(folder, name): text.encode() for name, text in files.items()}
    texts = {path: data for path, data in texts.items() if not _holds(path, data)}
    _replace_all(texts)
    return bool(texts)


def _write_new(folder: str, files: dict[str, str]) -> bool:
    """Write a folder that is not there; False where it came into being in the meantime."""
    above, name = os.path.split(folder.rstrip(os.sep))
    temporary = os.path.join(above, f".{name}.{os.getpid()}.tmp")
    made: list[str] = []
    written: list[str] = []
    folders: list[str] = []
    try:
        made += _make_folder(above)
        try:
            os.mkdir(temporary)
        except OSError:
            return False
        folders.append(temporary)
        for file, text in files.items():
            path = f"{temporary}/{file}"
            if os.sep in file:
                folders += _make_folder(os.path.dirname(path))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            written.append(path)
            try:
                write_to(descriptor, text.encode())
            finally:
                os.close(descriptor)
        try:
            os.rename(temporary, folder)
        except OSError:
            if not os.path.lexists(folder):
                raise
            return False
        written, folders, made = [], [], []
        return True
    except OSError as problem:
        problem.filename = str(problem.filename or folder).replace(temporary, folder)
        raise
    finally:
        for path in written:
            with contextlib.suppress(OSError):
                os.unlink(path)
        for path in reversed([*made, *folders]):
            with contextlib.suppress(OSError):
                os.rmdir(path)


def write_to(descriptor: int, data: bytes) -> None:
    """Write all of it, however little the system takes at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _holds(path: str, data: bytes) -> bool:
    """Whether a file is there, no link, and holds this."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        length = len(data)
        return os.fstat(descriptor).st_size == length and os.read(descriptor, length + 1) == data
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _replace_all(texts: dict[str, bytes]) -> None:
    """All files (path -> what to write) or none."""
    made: list[str] = []
    pending: dict[str, str] = {}
    before: dict[str, bytes | None] = {}
    try:
        for path, data in texts.items():
            made += _make_folder(os.path.dirname(path))
            if os.path.isdir(path):
                raise IsADirectoryError(21, "is a directory", path)
            pending[path] = _write_beside(path, data)
        for path in texts:
            before[path] = _read(path)
            os.replace(pending[path], path)
            del pending[path]
    except BaseException:
        with contextlib.suppress(OSError):
            # The one that failed is as it was.
            for path in [path for path in before if path not in pending]:
                _restore(path, before[path])
        raise
    finally:
        for temporary in pending.values():
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        for empty in reversed(made):
            with contextlib.suppress(OSError):
                os.rmdir(empty)


def _make_folder(folder: str) -> Iterator[str]:
    """Make a folder and those above it; gives each one that was not there, the outermost first."""
    if folder and not os.path.isdir(folder):
        yield from _make_folder(os.path.dirname(folder))
        try:
            os.mkdir(folder)
        except FileExistsError:
            if not os.path.isdir(folder):
                raise NotADirectoryError(20, "is not a directory", folder) from None
        else:
            yield folder


def _write_beside(path: str, data: bytes) -> str:
    """Write to a new file in the same folder, with the rights of the one that it will replace."""
    temporary = f"{path}.{os.getpid()}.tmp"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        with contextlib.suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(path).st_mode & 0o7777)
    except BaseException as problem:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(problem, OSError):
            problem.filename = path
        raise
    return temporary


def _restore(path: str, data: bytes | None) -> None:
    """Put back what a file held; None where there was none."""
    if data is None:
        os.unlink(path)
    else:
        os.replace(_write_beside(path, data), path)


def _read(path: str) -> bytes | None:
    """The bytes of a file, None where there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def differences(folder: str, files: dict[str, str]) -> str:
    """A unified diff from what is on disk to what would be written; empty where they agree. Raises OSError."""
    parts: list[str] = []
    for name, text in files.items():
        path = os.path.join(folder, name)
        there = _read(path)
        if there == text.encode():
            continue
        parts.append(unified((there or b"").decode(errors="replace"), text, path, f"{path} (compiled)"))
        if not text and there is None:
            parts.append(f"{path} is missing\n")
    return "".join(parts)


def unified(old: str, new: str, old_name: str, new_name: str) -> str:
    """The unified diff of two texts."""
    from difflib import unified_diff

    lines = unified_diff(old.splitlines(True), new.splitlines(True), old_name, new_name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
