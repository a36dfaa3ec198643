"""The first lines of every artifact that is a document."""

from __future__ import annotations

from typing import Any

from compiler.pipeline import Resolved


def header(resolved: Resolved, kind: str) -> dict[str, Any]:
    """apiVersion, kind, name, and the version that the artifact is for."""
    options = resolved.options
    return {
        "apiVersion": "kasc/v1",
        "kind": kind,
        "metadata": {"name": options.input.name},
        "kubernetesVersion": options.catalog.version,
    }
