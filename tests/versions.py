"""The Kubernetes versions that tests go through; the one list of them is the catalog's data."""

from __future__ import annotations

from compiler.upstream.catalog.facts import minor_of, versions
from tests.recordings import FACTS

VERSIONS = list(versions())
"""Every version that kasc offers, oldest first: "1.31"."""

MINORS = [minor_of(version) for version in VERSIONS]
"""The minor numbers of `VERSIONS`."""

RECORDED_VERSIONS = [version for version in VERSIONS if (FACTS / f"v{version}.json").exists()]
"""The versions of which a server was recorded; others are known from their source only."""

RECORDED_MINORS = [minor_of(version) for version in RECORDED_VERSIONS]
"""The minor numbers of `RECORDED_VERSIONS`."""
