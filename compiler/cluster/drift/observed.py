"""What is known of a running server, and the result of comparing it with a declaration."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Location

FLAG, GATE, API, STORAGE_VERSION = "flag", "feature-gate", "api", "storage-version"
HEALTH_CHECK, VERSION, PLUGIN, FILE = "health-check", "version", "plugin", "file"
KINDS = (VERSION, FLAG, GATE, PLUGIN, API, STORAGE_VERSION, HEALTH_CHECK)
"""Kinds of differences, in the order in which those of one severity are listed."""
KUBERNETES, EMULATED, COMPATIBLE = "kubernetes-version", "emulated-version", "min-compatibility-version"
"""Names of the three versions of a server."""
ALL = "*"
"""The name of everything of a kind."""


class NotCompared(NamedTuple):
    """Something that is not compared: `name` is `*` for everything of its kind. `reason` completes the sentence."""

    kind: str
    name: str
    reason: str


class Observed(NamedTuple):
    """What a running server, or a file about it, reports.

    `name` is the URL or the path, `port` that of the URL. `server` is the server that its flags describe, None if they
    are unknown, `flags_from` their source, and `foreign_flags` are those that upstream does not have. The other parts
    are None, or empty, if no source has them: states of feature gates, the three versions, resources by group version
    with the hash of their storage version, and the names of the checks by endpoint. `release` is the version with its
    patch number. `missing` is what could not be read, `stopped` why not all sources were asked: it completes a
    sentence that starts with the server.
    """

    name: str
    server: Resolved | None = None
    flags_from: str = ""
    foreign_flags: tuple[str, ...] = ()
    gates: Mapping[str, bool] | None = None
    versions: Mapping[str, str] = MappingProxyType({})
    versions_from: str = ""
    release: str = ""
    served: Mapping[str, Mapping[str, str]] | None = None
    health: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    missing: tuple[NotCompared, ...] = ()
    stopped: str = ""
    port: int = 0

    @property
    def empty(self) -> bool:
        """Return whether nothing is known."""
        return not (self.server or self.gates or self.versions or self.served or self.health)


class Difference(NamedTuple):
    """One difference; `declared` and `live` are plain data without secrets, None if there is nothing.

    `severity` is that of a change from the declaration to what runs, `source` who reported what runs, `location` where
    the input sets the value.
    """

    kind: str
    name: str
    declared: Any
    live: Any
    severity: str
    source: str
    flag: str = ""
    location: Location | None = None


class Drift(NamedTuple):
    """The differences, most severe first, and what was not compared."""

    observed: Observed
    differences: tuple[Difference, ...]
    not_compared: tuple[NotCompared, ...]
