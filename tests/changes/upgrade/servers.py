"""Servers as documents, and their upgrades."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from compiler.changes.change import Change
from compiler.changes.upgrade import upgrade
from compiler.changes.upgrade.hop import Hop, Upgrade
from compiler.review.examine import DEFAULTS, Settings

MINIMAL: dict[str, Any] = {
    "apiVersion": "kasc/v1",
    "kind": "APIServer",
    "metadata": {"name": "one"},
    "etcd": {"etcdServers": ["https://10.0.0.11:2379"]},
    "authentication": {
        "serviceAccountIssuer": ["https://example.com"],
        "serviceAccountKeyFile": ["/etc/kubernetes/pki/sa.pub"],
    },
    "authorization": {"authorizationMode": ["Node", "RBAC"]},
    "misc": {
        "serviceClusterIPRange": "10.96.0.0/16",
        "serviceAccountSigningKeyFile": "/etc/kubernetes/pki/sa.key",
    },
}
EVERY_API = {"apiEnablement": {"runtimeConfig": {"api/all": True}}}


def write(path: Path, version: str, more: dict[str, Any] | None = None) -> Path:
    """Write a document; `more` are its other option groups."""
    document = MINIMAL | {"kubernetesVersion": version} | (more or {})
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def upgraded(
    directory: Path, old: str, new: str, more: dict[str, Any] | None = None, settings: Settings = DEFAULTS
) -> Upgrade:
    """Return the upgrade of a document."""
    return upgrade(str(write(directory / "server.yaml", old, more)), new, settings)


def hop(directory: Path, new: str, more: dict[str, Any] | None = None) -> Hop:
    """Return the hop to a version."""
    (result,) = upgraded(directory, f"1.{int(new[2:]) - 1}", new, more).hops
    return result


def changes(hop: Hop, kind: str) -> dict[str, Change]:
    """Return the changes of a kind by name."""
    return {change.name: change for change in hop.changes if change.kind == kind}
