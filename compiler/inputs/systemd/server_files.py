"""Files of the server that a unit names: environment files."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase

from compiler.diagnostics import KascError
from compiler.inputs import Host, UnreadableFileError
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.inputs.systemd.drop_ins import LOOKUP_PATH

_MAX_MATCHES = 1000
_WILDCARD = re.compile(r"[*?\[]")


class ServerFiles:
    """The files of the server that runs a unit.

    They are found by the mappings of the host. If the user named none, and the unit is in a directory of systemd, for
    example DIR/etc/systemd/system, they are below DIR; then only those are read that the input may read.
    """

    def __init__(self, host: Host, files: Files, path: str) -> None:
        self.host = host
        self.files = files
        self.path = path
        self.tree = _tree_of(path) if host.confined or not host.sees_files else None

    def local(self, path: str, directory: bool = False) -> str | None:
        """Return the local path of a file of the server, None if it is unknown."""
        return self.host.local(path, directory) if self.tree is None else self.tree + path

    def read(self, path: str) -> Source | None:
        """Return a file; None if kasc cannot read it. Raises UnreadableFileError if systemd cannot read it either."""
        if self.tree is not None:
            return self._read_in_tree(self.tree + path)
        data = self.host.read(path)
        if data is None:
            return None
        try:
            return Source(self.local(path) or path, data.partition(b"\0")[0].decode())
        except UnicodeDecodeError:
            raise UnreadableFileError("it is not valid UTF-8") from None

    def _read_in_tree(self, path: str) -> Source | None:
        self.files.note(path, None)
        if not self.files.disk.exists(path):
            raise UnreadableFileError("no such file or directory")
        if self.files.refusal(path, self.files.root_of(self.path)):
            return None
        try:
            return self.files.read(path)
        except KascError:
            return None

    def matching(self, path: str) -> list[str] | None:
        """Return the paths that match a pattern, sorted; None if they are unknown. systemd: safe_glob."""
        if not _WILDCARD.search(path):
            return [path]
        parts = path.split("/")
        first = next(index for index, part in enumerate(parts) if _WILDCARD.search(part))
        directory = "/".join(parts[:first]) or "/"
        local = self.local(directory, directory=True)
        if local is None:
            return None
        names = [""]
        for part in parts[first:]:
            names = [f"{name}/{each}" for name in names for each in self._names(local + name, part)][:_MAX_MATCHES]
        return [directory.rstrip("/") + name for name in names]

    def _names(self, directory: str, pattern: str) -> list[str]:
        """Return the names in a directory that match a pattern, sorted."""
        if not _WILDCARD.search(pattern):
            return [pattern] if self.files.disk.exists(os.path.join(directory, pattern)) else []
        is_hidden = pattern.startswith(".")
        names = self.files.listing(directory)
        return [name for name in names if name.startswith(".") == is_hidden and fnmatchcase(name, pattern)]


def _tree_of(path: str) -> str | None:
    """Return the directory whose etc/systemd/system (or another directory of systemd) has a file; None if none has."""
    directory = os.path.dirname(os.path.abspath(path))
    return next((directory.removesuffix(each) for each in LOOKUP_PATH if directory.endswith(each)), None)
