"""Paths as Go cleans them. Go: path, Clean and Join."""

from __future__ import annotations

import posixpath
from functools import lru_cache


@lru_cache(maxsize=1024)
def join(*parts: str) -> str:
    """The parts with single slashes between them; `.` and `..` are worked out, a slash at the end goes.

    >>> join("/", "//registry/./a/../b/", "health")
    '/registry/b/health'
    """
    joined = "/".join(part for part in parts if part)
    clean = posixpath.normpath(joined) if joined else ""
    # POSIX keeps two slashes at the start apart from one.
    return clean[1:] if clean.startswith("//") else clean
