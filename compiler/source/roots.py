"""Where an input may read: what it names, and what is fixed or shown of that, stays inside a root.

The root is the top of the git work tree that holds the input, else the input's directory; `--root DIR` adds another
directory. Links count as what they lead to. `.git`, which may hold credentials, and what the kernel makes up as it is
read are never inside.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

_OUTSIDE = "outside of"
_KERNEL = ("/proc", "/sys", "/dev")
_MEMORY = "/dev/shm/"
"""The one directory of files below /dev."""


class Root(NamedTuple):
    """The real paths of the directory that an input may read, and of the one that `--root` adds (else empty)."""

    top: str
    added: str = ""

    def refusal(self, path: str) -> str:
        """Why a file may not be read; empty if it may be, and for a path that no file can have."""
        if "\0" in path:
            return ""
        real = os.path.realpath(path)
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
    """What to do about a refusal."""
    if _OUTSIDE in refusal:
        return "move the file into that directory, or allow another one with --root DIR"
    return "name a regular file of the work tree or directory that holds the input"


def root_of(path: str, added: str = "", searched: Sequence[str] = ()) -> Root:
    """The root of an input, by its path (`-` is in the current directory).

    `added` is what `--root` names, `searched` are directories that were searched for inputs: outside of a work tree,
    they are the roots of those.
    """
    directory = os.path.dirname(path)
    top = work_tree_of(directory)
    if not top:
        above = next((each for each in searched if directory.startswith(each.rstrip("/") + "/")), directory)
        top = os.path.realpath(above or os.curdir)
    return Root(top, os.path.realpath(added) if added else "")


def work_tree_of(directory: str) -> str:
    """The top of the git work tree that holds a directory, without links; empty if there is none."""
    at = os.path.realpath(directory or os.curdir)
    while not os.path.lexists(os.path.join(at, ".git")):
        above = os.path.dirname(at)
        if above == at:
            return ""
        at = above
    return at


def is_below(path: str, top: str) -> bool:
    """Whether a real path is a directory or is below it."""
    return path == top or path.startswith(top if top.endswith(os.sep) else top + os.sep)
