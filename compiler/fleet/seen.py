"""What an input depends on: the files that it read or looked for, each with a short sign of what was found."""

from __future__ import annotations

import errno
import os
from hashlib import sha256

from compiler.bounds import MAX_FILE
from compiler.filesystem import UTF8_BOM, NotRegularError, open_file, read_from
from compiler.host import Host
from compiler.source.reading import STANDARD_INPUT, Files

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
        self.files.read_texts, self.host.looked_for = self.read.setdefault(own, ({}, {}))

    def forget(self) -> None:
        """Forget what inputs read."""
        self.read.clear()

    def paths(self, own: str) -> set[str]:
        """Everything that was read or looked for, for an input."""
        texts, looked_for = self.read[own]
        return {*texts, *looked_for} - {STANDARD_INPUT}

    def signed(self, own: str) -> dict[str, str]:
        """Path -> sign of everything that was read or looked for, for an input."""
        texts, looked_for = self.read[own]
        found = {
            path: sign_of(path) if text is None else digest(text.encode(errors="surrogatepass"))
            for path, text in texts.items()
            if path != STANDARD_INPUT
        }
        for path, data in looked_for.items():
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
