"""Which inputs a run covers: those that a branch changed, or one shard of them."""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from collections.abc import Iterable
from functools import cached_property

from compiler.inputs.source import DOCUMENT_SUFFIXES, STANDARD_INPUT

_MAX_READ = 1024 * 1024
"""Bytes of a deleted file that are searched for the API version of documents."""


class GitError(Exception):
    """git is not installed or has failed; the text says what to do."""


class Changes:
    """Files that differ from the merge base with `ref`: committed, in the work tree, or untracked and not ignored.

    `base` is the merge base. Raises GitError.
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
        status = _git("diff", "--name-status", "--no-renames", "-z", self.base, "--", ".", directory=self.top).split(
            "\0"
        )
        changed = list(zip(status[::2], status[1::2], strict=False))
        untracked = _git("ls-files", "--others", "--exclude-standard", "-z", directory=self.top).split("\0")
        self.paths = {os.path.join(self.top, name) for name in (*(name for _, name in changed), *untracked) if name}
        self.deleted = [os.path.join(self.top, name) for letter, name in changed if letter == "D"]
        self._directories: dict[str, str] = {}

    def touches(self, paths: Iterable[str]) -> bool:
        """Return whether one of these files or the links to them changed; standard input always counts as changed.

        A path that ends with a slash is a directory, in which a file was added or deleted.
        """
        return any(
            path == STANDARD_INPUT
            or (os.path.realpath(path) in self._changed_directories if path.endswith("/") else self._has(path))
            for path in paths
        )

    def _has(self, path: str) -> bool:
        return self._real(path) in self.paths or os.path.realpath(path) in self.paths

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
        """Return whether a file is in the repository."""
        return os.path.realpath(path).startswith(self.top + os.sep) or self._real(path).startswith(self.top + os.sep)

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
