"""The root of an input: files that the input names are read, shown and fixed only inside it.

The root is the top of the git work tree that contains the input, otherwise the input's directory; `--root DIR` adds
another directory. Symbolic links are resolved first. `.git`, which may contain credentials, and kernel file systems
are never inside.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

_OUTSIDE = "outside of"
_KERNEL = ("/proc", "/sys", "/dev")
_MEMORY = "/dev/shm/"
"""The only directory below /dev that contains regular files."""


class Root(NamedTuple):
    """The real paths of the directory that an input may read, and of the one that `--root` adds (empty if none)."""

    top: str
    added: str = ""

    def refusal(self, path: str) -> str:
        """Return why a file may not be read; empty if it may be, or if the path is invalid."""
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
