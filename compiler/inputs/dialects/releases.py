"""Versions of distributions, and facts that hold from one version to another."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

Release: TypeAlias = tuple[int, int, int]
"""Major, minor and patch number of a distribution's version; a calendar version has year, month and number."""

ALWAYS: Release = (0, 0, 0)
NEVER: Release = (10**6, 0, 0)


class Span(NamedTuple):
    """The releases in which a fact holds: `since` inclusive, `until` exclusive."""

    since: Release = ALWAYS
    until: Release = NEVER

    def covers(self, release: Release) -> bool:
        """Return whether the fact holds in a release."""
        return self.since <= release < self.until


def release_of(text: str) -> Release | None:
    """Return the numbers of a version, None if it has none, for example a commit.

    >>> release_of("v2.31")
    (2, 31, 0)
    >>> release_of("edge-24.10.1")
    (24, 10, 1)
    >>> release_of("46dbdd3994b3")
    """
    match = re.search(r"(?<![0-9.])([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?(?![0-9])", text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match is not None else None


def kubernetes_version(text: str) -> str | None:
    """Return the Kubernetes version in a string without its leading v; None if it is not a version of Kubernetes 1.

    >>> kubernetes_version("v1.36.2")
    '1.36.2'
    """
    match = re.fullmatch(r"v?(1\.[0-9]{1,3}(?:\.[0-9]{1,4})?)(?:[-+][0-9A-Za-z.+-]*)?", text)
    return match[1] if match is not None else None
