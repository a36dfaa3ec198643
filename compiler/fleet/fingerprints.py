"""The files that an input depends on, each with a fingerprint of its content.

Also the shapes of what is stored about a run: the files of the cache and of outputs may be written by others.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from compiler.bounds import MAX_FILE
from compiler.filesystem import UTF8_BOM, NotRegularError, open_file, read_from
from compiler.inputs import Host
from compiler.inputs.source import STANDARD_INPUT, Files

Shape = Callable[[Any], bool]
_MAX_COUNT = 2**63 - 1


def text(value: Any) -> bool:
    """Return whether the value is a string."""
    return type(value) is str


def boolean(value: Any) -> bool:
    """Return whether the value is a boolean."""
    return type(value) is bool


def path(value: Any) -> bool:
    """Return whether the value is a string that the file system accepts as a path."""
    if type(value) is not str or "\0" in value:
        return False
    if value.isascii():
        return True
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def name(value: Any) -> bool:
    """Return whether the value is a valid name of a directory entry."""
    return path(value) and "/" not in value and value not in ("", ".", "..")


def count(value: Any) -> bool:
    """Return whether the value is a number of bytes, lines or nanoseconds."""
    return type(value) is int and 0 <= value <= _MAX_COUNT


def one_of(*values: str) -> Shape:
    """Return the shape of one of several strings."""
    return lambda value: type(value) is str and value in values


def optional(shape: Shape) -> Shape:
    """Return the shape of a value that may be null."""
    return lambda value: value is None or shape(value)


def list_of(shape: Shape) -> Shape:
    """Return the shape of a list of values of one shape."""
    return lambda value: type(value) is list and all(map(shape, value))


def row(*shapes: Shape) -> Shape:
    """Return the shape of a list with one value of each shape."""
    return lambda value: (
        type(value) is list
        and len(value) == len(shapes)
        and all(shape(each) for shape, each in zip(shapes, value, strict=True))
    )


def mapping_of(keys: Shape, values: Shape) -> Shape:
    """Return the shape of an object by those of its keys and values."""
    return lambda value: type(value) is dict and all(map(keys, value)) and all(map(values, value.values()))


_MAX_FINGERPRINTS = 4096


class DependencyTracker:
    """Records the files that are read through `files` and `host` for each input, and detects changes to them.

    The fingerprint of a file that several inputs share is computed once in a run.
    """

    def __init__(self, files: Files, host: Host) -> None:
        self.files = files
        self.host = host
        self._reads: dict[str, tuple[dict[str, str | None], dict[str, bytes | None]]] = {}
        self._fingerprints: dict[str, str] = {}

    def start(self, path: str) -> None:
        """Record reads from now on for the input at this path."""
        self.files.read_texts, self.host.read_files = self._reads.setdefault(path, ({}, {}))

    def clear(self) -> None:
        """Discard all records."""
        self._reads.clear()

    def paths(self, path: str) -> set[str]:
        """Return the paths that were read or looked up for an input."""
        texts, lookups = self._reads[path]
        return {*texts, *lookups} - {STANDARD_INPUT}

    def fingerprints(self, path: str) -> dict[str, str]:
        """Return path -> fingerprint of everything that was read or looked up for an input."""
        texts, lookups = self._reads[path]
        result = {
            name: fingerprint(name) if text is None else digest(text.encode(errors="surrogatepass"))
            for name, text in texts.items()
            if name != STANDARD_INPUT
        }
        for name, data in lookups.items():
            result[name] = fingerprint(name) if data is None else digest(data.removeprefix(UTF8_BOM))
        return result

    def is_unchanged(self, path: str, fingerprints: dict[str, str]) -> bool:
        """Return whether all fingerprints of an input are still valid."""
        return all(
            # The input itself is not shared with another one.
            (fingerprint(name) if name == path else self._shared(name)) == expected
            for name, expected in fingerprints.items()
        )

    def _shared(self, path: str) -> str:
        result = self._fingerprints.get(path)
        if result is None:
            if len(self._fingerprints) >= _MAX_FINGERPRINTS:
                self._fingerprints.clear()
            result = self._fingerprints[path] = fingerprint(path)
        return result


def digest(data: bytes) -> str:
    """Return a short digest of data."""
    return sha256(data).hexdigest()[:32]  # many processors compute it in hardware


def fingerprint(path: str) -> str:
    """Return the digest of a file without its byte order mark, or a word that says what else is at the path.

    The digest of a path that ends with a slash is that of the names in the directory.
    """
    if path.endswith("/"):
        return _listing(path)
    try:
        descriptor, size = open_file(path)
    except NotRegularError as error:
        return error.kind
    except (OSError, ValueError) as error:
        # Whether a file could be created here depends on the nearest existing directory.
        return f"{errno.errorcode.get(getattr(error, 'errno', 0) or 0, 'no name')} {_nearest(path)}"
    try:
        data = read_from(descriptor, size) if size <= MAX_FILE else b""
        return "too large" if max(size, len(data)) > MAX_FILE else digest(data.removeprefix(UTF8_BOM))
    except OSError as error:
        return f"{error.strerror}"
    finally:
        os.close(descriptor)


def _listing(directory: str) -> str:
    try:
        return digest("\0".join(sorted(os.listdir(directory))).encode(errors="surrogateescape"))
    except (OSError, ValueError) as error:
        return errno.errorcode.get(getattr(error, "errno", 0) or 0, "no name")


def _nearest(path: str) -> str:
    """Describe the nearest existing ancestor of a path."""
    if "\0" in path:
        return "nowhere"
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return "in a directory" if os.path.isdir(path or ".") else "in a file"
