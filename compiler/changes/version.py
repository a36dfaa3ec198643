"""The Kubernetes version of the servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.changes.change import Change
from compiler.changes.flags import meant

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

NAME = "kubernetes-version"
EXPLAINS: frozenset[str] = frozenset()
_MAX_SKEW = 1
"""Minor versions that the API servers of one cluster may be apart: https://kubernetes.io/releases/version-skew-policy."""


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the change of the version, if there is one."""
    before, after = old.context.catalog, new.context.catalog
    if before.minor == after.minor:
        return
    if abs(before.minor - after.minor) > _MAX_SKEW:
        case = "skew"
    else:
        case = "hop" if after.minor > before.minor else "rollback"
    change = meant("flag", NAME, f"version.{case}", old, new, "", before.version, after.version)
    yield change._replace(old_at=old.context.input.version_location, new_at=new.context.input.version_location)
