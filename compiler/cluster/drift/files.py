"""What a file reports about a running server: its Pod, its command line, its unit, or its saved /flagz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.cluster.drift.observed import (
    ALL,
    HEALTH_CHECK,
    KUBERNETES,
    STORAGE_VERSION,
    VERSION,
    NotCompared,
    Observed,
)
from compiler.cluster.drift.pages import foreign_flags
from compiler.inputs.source import Files
from compiler.review.examine import Examined, Settings, examine
from compiler.upstream.catalog.facts import minor_of

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

_PAGE = "flagz"


def examine_live(path: str, settings: Settings, declared: Resolved) -> Examined:
    """Return what a file about a running server describes; its kind is detected.

    A file that does not state a Kubernetes version is read with that of the declared server.
    """
    own = settings._replace(read_as=None, release="")
    files = Files()
    examined = examine(path, own, files)
    if examined.resolved is None or settings.version or _states_version(examined.resolved):
        return examined
    return examine(path, own._replace(version=declared.context.catalog.version), files)


def _states_version(server: Resolved) -> bool:
    # A page of /flagz does not name the version: its importer guesses it from the flags.
    return server.context.input.version is not None and server.context.input.read_as != _PAGE


def observed_of(path: str, server: Resolved, settings: Settings) -> Observed:
    """Return what the server of a file is known to do."""
    missing = [NotCompared(kind, ALL, f"not reported by {path}") for kind in (STORAGE_VERSION, HEALTH_CHECK)]
    stated = server.context.input.version if _states_version(server) and not settings.version else None
    if stated is None:
        missing.append(NotCompared(VERSION, ALL, f"not named by {path}"))
    return Observed(
        path,
        server,
        path,
        foreign_flags(server),
        versions={KUBERNETES: f"1.{minor_of(stated)}"} if stated else {},
        versions_from=path,
        release=stated or "",
        missing=tuple(missing),
    )
