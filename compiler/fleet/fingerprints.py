"""The files that an input depends on, each with a fingerprint of its content."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from compiler.bounds import MAX_FILE
from compiler.filesystem import UTF8_BOM, NotRegularError, open_file, read_from
from compiler.inputs.server import Host
from compiler.inputs.source import STANDARD_INPUT, Files

Shape = Callable[[Any], bool]
_LARGEST = 2**63 - 1


def text(value: Any) -> bool:
    """A string."""
    return type(value) is str


def truth(value: Any) -> bool:
    """True or false."""
    return type(value) is bool


def path(value: Any) -> bool:
    """A string that the file system takes as a path."""
    if type(value) is not str or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def name(value: Any) -> bool:
    """The name of one entry of a directory."""
    return path(value) and "/" not in value and value not in ("", ".", "..")


def count(value: Any) -> bool:
    """A number of bytes, lines, nanoseconds or the like."""
    return type(value) is int and 0 <= value <= _LARGEST


def one_of(*values: str) -> Shape:
    """One of some strings."""
    return lambda value: type(value) is str and value in values


def optional(shape: Shape) -> Shape:
    """A value of the shape, or null."""
    return lambda value: value is None or shape(value)


def list_of(shape: Shape) -> Shape:
    """A list of values of one shape."""
    return lambda value: type(value) is list and all(map(shape, value))


def row(*shapes: Shape) -> Shape:
    """A list with one value of each shape."""
    return lambda value: (
        type(value) is list
        and len(value) == len(shapes)
        and all(shape(each) for shape, each in zip(shapes, value, strict=True))
    )


def mapping_of(keys: Shape, values: Shape) -> Shape:
    """An object whose keys have one shape, and its values another."""
    return lambda value: type(value) is dict and all(map(keys, value)) and all(map(values, value.values()))


_KEPT = 4096


class Seen:
    """Notes what is read through `files` and `host` for each of some inputs, and tells whether it is the same
    still. What several inputs share is looked at once in a run.
    """

    def __init__(self, files: Files, host: Host) -> None:
        self.files = files
        self.host = host
        self.read: dict[str, tuple[dict[str, str | None], dict[str, bytes | None]]] = {}
        self.signs: dict[str, str] = {}

    def turn_to(self, own: str) -> None:
        """What is read from now on is read for this input."""
        self.files.read_texts, self.host.read_files = self.read.setdefault(own, ({}, {}))

    def forget(self) -> None:
        """Forget what inputs read."""
        self.read.clear()

    def paths(self, own: str) -> set[str]:
        """Everything that was read or looked for, for an input."""
        texts, read_files = self.read[own]
        return {*texts, *read_files} - {STANDARD_INPUT}

    def signed(self, own: str) -> dict[str, str]:
        """Path -> sign of everything that was read or looked for, for an input."""
        texts, read_files = self.read[own]
        found = {
            path: sign_of(path) if text is None else digest(text.encode(errors="surrogatepass"))
            for path, text in texts.items()
            if path != STANDARD_INPUT
        }
        for path, data in read_files.items():
            found[path] = sign_of(path) if data is None else digest(data.removeprefix(UTF8_BOM))
        return found

    def is_same(self, own: str, signs: dict[str, str]) -> bool:
        """Whether all of it is as it was; `own` is the input itself, which no other shares."""
        return all((sign_of(path) if path == own else self._shared(path)) == sign for path, sign in signs.items())

    def _shared(self, path: str) -> str:
        sign = self.signs.get(path)
        if sign is None:
            if len(self.signs) >= _KEPT:
                self.signs.clear()
            sign = self.signs[path] = sign_of(path)
        return sign


def digest(data: bytes) -> str:
    """A short name of a content."""
    return sha256(data).hexdigest()[:32]  # many processors do it in hardware


def sign_of(path: str) -> str:
    """What is found at a path: the digest of a file, without its mark of UTF-8, or a word for anything else."""
    try:
        descriptor, size = open_file(path)
    except NotRegularError as problem:
        return problem.kind
    except (OSError, ValueError) as problem:
        # Whether a file could be made here hangs on the nearest folder that there is.
        return f"{errno.errorcode.get(getattr(problem, 'errno', 0) or 0, 'no name')} {_ground(path)}"
    try:
        data = read_from(descriptor, size) if size <= MAX_FILE else b""
        return "too large" if max(size, len(data)) > MAX_FILE else digest(data.removeprefix(UTF8_BOM))
    except OSError as problem:
        return f"{problem.strerror}"
    finally:
        os.close(descriptor)


def _ground(path: str) -> str:
    if "\0" in path:
        return "nowhere"
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return "in a folder" if os.path.isdir(path or ".") else "in a file"
