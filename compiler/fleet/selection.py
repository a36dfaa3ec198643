"""Which inputs a run covers: those that a branch changed, or one shard of them."""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from compiler.filesystem import is_below
from compiler.inputs.source import DOCUMENT_SUFFIXES, STANDARD_INPUT

_MAX_READ = 1024 * 1024
"""Bytes of a deleted file that are searched for the API version of documents."""
_RENAMES = 400
"""Most deleted and new files that git compares by their contents to find renamed ones."""
_NONE = "000000"
"""The mode of a file that a side does not have."""


class GitError(Exception):
    """git is not installed or has failed; the text says what to do."""


class Blob(NamedTuple):
    """An entry of a tree of git: its mode and the name of its object."""

    mode: str
    name: str


class Changes:
    """Files that differ from the merge base with `ref`: committed, in the work tree, or untracked and not ignored.

    `base` is the merge base. `before` has the entries of the changed files in its tree, without those that it does not
    have; `moved` the earlier path of renamed files. All paths are absolute. Raises GitError.
    """

    def __init__(self, ref: str) -> None:
        self.ref = ref
        try:
            self.top = _git("rev-parse", "--show-toplevel").removesuffix("\n")
        except GitError as error:
            raise GitError(f"the current directory is not in a git repository: {error}") from None
        commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", check=False).strip()
        if not commit:
            raise GitError(f"unknown commit {ref!r}: name a branch, tag or commit that was fetched")
        self.base = _git("merge-base", commit, "HEAD", check=False).strip()
        if not self.base:
            hint = "the clone may be shallow: fetch the full history"
            raise GitError(f"{ref} and the current branch have no common history; {hint}")
        self.before: dict[str, Blob] = {}
        self.moved: dict[str, str] = {}
        self.deleted: list[str] = []
        self.paths: set[str] = set()
        self._read_changes()
        untracked = _git("ls-files", "--others", "--exclude-standard", "-z", directory=self.top).split("\0")
        self.paths.update(os.path.join(self.top, name) for name in untracked if name)
        self._directories: dict[str, str] = {}
        self._elsewhere: dict[str, bool] = {}

    def _read_changes(self) -> None:
        """Read the list of git diff: `:MODE MODE OBJECT OBJECT STATUS` and a path, or both paths of a renamed file."""
        words = ("--raw", "--no-abbrev", f"-l{_RENAMES}", "--find-renames", "-z")
        fields = iter(_git("diff", *words, self.base, "--", ".", directory=self.top).split("\0"))
        for field in fields:
            if not field:
                break
            mode, _, blob, _, status = field.removeprefix(":").split(" ")
            old = new = os.path.join(self.top, next(fields))
            if status.startswith("R"):
                new = os.path.join(self.top, next(fields))
                self.moved[new] = old
            if mode != _NONE:
                self.before[old] = Blob(mode, blob)
            if status.startswith(("D", "R")):
                self.deleted.append(old)
            self.paths |= {old, new}

    def touches(self, paths: Iterable[str]) -> bool:
        """Return whether one of these files or the links to them changed; standard input always counts as changed.

        A path that ends with a slash is a directory, in which a file was added or deleted.
        """
        return any(
            path == STANDARD_INPUT
            or (os.path.realpath(path) in self._changed_directories if path.endswith("/") else self._has(path))
            for path in paths
            if "\0" not in path  # no file has such a name
        )

    def _has(self, path: str) -> bool:
        return (
            self._real(path) in self.paths
            or os.path.realpath(path) in self.paths
            or self._leads_elsewhere(os.path.dirname(os.path.abspath(path)))
        )

    def _leads_elsewhere(self, directory: str) -> bool:
        """Return whether a directory or one above it is a link, or a submodule, that changed."""
        result = self._elsewhere.get(directory)
        if result is None:
            above = os.path.dirname(directory)
            result = above != directory and (self._real(directory) in self.paths or self._leads_elsewhere(above))
            self._elsewhere[directory] = result
        return result

    @cached_property
    def _changed_directories(self) -> frozenset[str]:
        return frozenset(map(os.path.dirname, self.paths))

    def _real(self, path: str) -> str:
        """Return the path with the links of its directory resolved, as git names files."""
        directory, name = os.path.split(path)
        real = self._directories.get(directory)
        if real is None:
            real = self._directories[directory] = os.path.realpath(directory or ".")
        return os.path.join(real, name)

    def holds(self, path: str) -> bool:
        """Return whether a file or directory is in the repository."""
        return is_below(os.path.realpath(path), self.top) or is_below(self._real(path), self.top)

    def deleted_documents(self, inputs: list[str]) -> list[str]:
        """Return the documents below the inputs that were deleted, as paths relative to the current directory."""
        tops = [os.path.realpath(path) for path in inputs]
        below = [
            path
            for path in self.deleted
            if path.endswith(DOCUMENT_SUFFIXES) and any(path == top or path.startswith(top + os.sep) for top in tops)
        ]
        names = [os.path.relpath(path, self.top).replace(os.sep, "/") for path in below]
        return [
            os.path.relpath(path)
            for path, name in zip(below, names, strict=True)
            if b"kasc/v1" in _head(f"{self.base}:{name}", self.top)
        ]


def _git(*words: str, check: bool = True, directory: str = "") -> str:
    """Return the output of a git command; empty if it fails without `check`. Raises GitError."""
    try:
        process = subprocess.run(["git", *words], capture_output=True, check=False, cwd=directory or None)
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    if process.returncode and check:
        message = process.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise GitError(message or f"git {words[0]} failed")
    return os.fsdecode(process.stdout) if not process.returncode else ""


def _head(name: str, directory: str) -> bytes:
    """Return the first bytes of a git object; the rest, however long, is not read."""
    words = ["git", "show", name]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=directory) as process:
        data = process.stdout.read(_MAX_READ) if process.stdout is not None else b""
        process.kill()
    return data


_MAX_SHARDS = 10_000


class Shard(tuple[int, int]):
    """Number (from 1) and count of shards."""

    __slots__ = ()

    def holds(self, path: str) -> bool:
        """Return whether an input belongs to this shard.

        It depends only on the path relative to the current directory: all jobs of a matrix agree without
        communicating, and a new document does not move another one.
        """
        number, count = self
        name = os.path.relpath(path).replace(os.sep, "/")
        return zlib.crc32(os.fsencode(name)) % count == number - 1


def shard_of(text: str) -> Shard:
    """Parse a shard of the command line: `2/8`. Raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text, re.ASCII)
    if match is None:
        raise ValueError("write I/N, for example 1/4 for the first of four")
    number, count = map(int, match.groups())
    if not 1 <= count <= _MAX_SHARDS:
        raise ValueError(f"the number of shards must be from 1 to {_MAX_SHARDS}")
    if not 1 <= number <= count:
        raise ValueError(f"shards are numbered from 1 to {count}")
    return Shard((number, count))
