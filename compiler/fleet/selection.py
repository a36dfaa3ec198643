"""Which inputs a run covers: those that a branch changed, or one shard of them."""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from collections.abc import Iterable

from compiler.inputs.source import DOCUMENT_SUFFIXES, STANDARD_INPUT

_LARGEST_READ = 1024 * 1024
"""Bytes of a deleted file in which it says that it was a document."""


class GitError(Exception):
    """git is not there, or cannot answer; the text says what to do."""


class Changes:
    """Files that differ from where the current branch left `ref`: committed, in the work tree, or new and not ignored.

    `base` is the commit that both have in common. Raises GitError.
    """

    def __init__(self, ref: str) -> None:
        self.ref = ref
        try:
            self.top = _git("rev-parse", "--show-toplevel").removesuffix("\n")
        except GitError as error:
            raise GitError(f"there is no git repository here: {error}") from None
        known = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", may_fail=True).strip()
        if not known:
            raise GitError(f"git knows no commit {ref!r}: write a branch, tag or commit that was fetched")
        self.base = _git("merge-base", known, "HEAD", may_fail=True).strip()
        if not self.base:
            hint = "a shallow clone has too little of it: fetch with full depth"
            raise GitError(f"{ref} and the current branch have no history in common; {hint}")
        told = _git("diff", "--name-status", "--no-renames", "-z", self.base, "--", ".", folder=self.top).split("\0")
        pairs = list(zip(told[::2], told[1::2], strict=False))
        new = _git("ls-files", "--others", "--exclude-standard", "-z", folder=self.top).split("\0")
        self.paths = {os.path.join(self.top, name) for name in (*(name for _, name in pairs), *new) if name}
        self.gone = [os.path.join(self.top, name) for status, name in pairs if status == "D"]
        self.folders: dict[str, str] = {}

    def touches(self, paths: Iterable[str]) -> bool:
        """Whether one of these files changed, or the link that leads to it. Git knows nothing of standard input."""
        return any(
            path == STANDARD_INPUT or self._real(path) in self.paths or os.path.realpath(path) in self.paths
            for path in paths
        )

    def _real(self, path: str) -> str:
        """The path with the links of its folder followed, as git names files."""
        folder, name = os.path.split(path)
        real = self.folders.get(folder)
        if real is None:
            real = self.folders[folder] = os.path.realpath(folder or ".")
        return os.path.join(real, name)

    def holds(self, path: str) -> bool:
        """Whether a file lies in the repository."""
        return os.path.realpath(path).startswith(self.top + os.sep) or self._real(path).startswith(self.top + os.sep)

    def deleted_documents(self, inputs: list[str]) -> list[str]:
        """Documents that were deleted below the inputs given, as paths from the current folder."""
        tops = [os.path.realpath(path) for path in inputs]
        below = [
            path
            for path in self.gone
            if path.endswith(DOCUMENT_SUFFIXES) and any(path == top or path.startswith(top + os.sep) for top in tops)
        ]
        names = [os.path.relpath(path, self.top).replace(os.sep, "/") for path in below]
        return [
            os.path.relpath(path)
            for path, name in zip(below, names, strict=True)
            if b"kasc/v1" in _beginning(f"{self.base}:{name}", self.top)
        ]


def _git(*words: str, may_fail: bool = False, folder: str = "") -> str:
    """What a git command prints; empty where it fails and may. Raises GitError."""
    try:
        ran = subprocess.run(["git", *words], capture_output=True, check=False, cwd=folder or None)
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    if ran.returncode and not may_fail:
        raise GitError(ran.stderr.decode(errors="replace").strip().removeprefix("fatal: ") or f"git {words[0]} failed")
    return os.fsdecode(ran.stdout) if not ran.returncode else ""


def _beginning(name: str, folder: str) -> bytes:
    """The first bytes of a file that git has; the rest, however long, is not read."""
    words = ["git", "show", name]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder) as process:
        data = process.stdout.read(_LARGEST_READ) if process.stdout is not None else b""
        process.kill()
    return data


_MOST = 10_000


class Shard(tuple[int, int]):
    """Number (from 1) and count of shards."""

    __slots__ = ()

    def holds(self, path: str) -> bool:
        """Whether an input belongs to this shard.

        Only the path counts, as it is seen from the current folder: all jobs of a matrix agree on it without talking
        to one another, and a new document moves no other.
        """
        number, count = self
        seen = os.path.relpath(path).replace(os.sep, "/")
        return zlib.crc32(os.fsencode(seen)) % count == number - 1


def shard_of(text: str) -> Shard:
    """A shard as the command line has it: `2/8`. Raises ValueError with what is wrong."""
    told = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text, re.ASCII)
    if told is None:
        raise ValueError("write I/N, such as 1/4 for the first of four")
    number, count = map(int, told.groups())
    if not 1 <= count <= _MOST:
        raise ValueError(f"the number of shards is from 1 to {_MOST}")
    if not 1 <= number <= count:
        raise ValueError(f"shards are counted from 1 to {count}")
    return Shard((number, count))
