"""A TenantControlPlane of Kamaji, and what changed in Kamaji by release."""

from __future__ import annotations

from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Location, diagnose
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.releases import Release, Span
from compiler.inputs.dialects.words import set_by
from compiler.inputs.source.node import Node, find

TITLE = "Kamaji"
NEWEST: Release = (26, 8, 2)
# What changed in Kamaji, by release: tags are edge-24.10.1, later 26.8.2-edge.
LAYERS = Span(since=(26, 5, 2))
"""The flags of Kamaji cannot be replaced, and those of the user may be repeated."""
SOCKET = Span(since=(24, 10, 1))
"""kine listens on a socket, before on 127.0.0.1:2379."""
NO_MODE = Span(since=(26, 7, 5))
"""authorization-mode is not set if the user sets authorization-config."""
CIDRS = Span(since=(26, 6, 4))
"""networkProfile.serviceCidrs exists."""
ADVERTISED = Span(since=(26, 3, 6))
"""networkProfile.advertiseAddress exists."""
OVERRIDES = Span(since=(25, 12, 3))
"""dataStoreOverrides exists."""
NAMED_SCHEMA = Span(until=(26, 7, 4))
"""The default schema is that of the namespace and name, later the UID of the object."""
NEWEST_KUBERNETES = (
    ((24, 4, 1), "1.30"),
    ((24, 9, 1), "1.31"),
    ((25, 3, 1), "1.32"),
    ((25, 4, 1), "1.33"),
    ((25, 9, 2), "1.34"),
    ((25, 12, 4), "1.35"),
    ((26, 5, 3), "1.36"),
)
"""The newest Kubernetes version that Kamaji accepts, from a release on: internal/upgrade/kubeadm_version.go."""


class Tenant(NamedTuple):
    """A TenantControlPlane: the object, the release of Kamaji, and the paths whose values cannot be used."""

    request: Request
    root: Node
    release: Release
    unusable: set[str]

    def field(self, *keys: str) -> Node | None:
        """Return the value at a path, None if it is absent, null or cannot be used."""
        node = find(self.root, *keys)
        path = ".".join(keys)
        broken = any(path == each or path.startswith(f"{each}.") for each in self.unusable)
        return node if node is not None and node.value is not None and not broken else None

    def report(self, message: str, hint: str, node: Node, path: str) -> None:
        """Report that Kamaji refuses a value."""
        self.request.problems.append(
            diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, path=path, location=node.location)
        )


def kamaji_word(flag: str, value: str, at: Node | Location, path: str = "", unknown: str = "") -> Word:
    """Return a flag as Kamaji writes it: without an equals sign if the value is empty."""
    word = set_by(flag, value, at, TITLE, path if isinstance(at, Node) else "", unknown)
    return word if value else word._replace(text=f"--{flag}")
