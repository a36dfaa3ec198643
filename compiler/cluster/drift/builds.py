"""Builds of kube-apiserver by distributions whose checks differ from upstream's, and how to recognize them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.upstream.catalog import health_rows


class Build(NamedTuple):
    """A build: a check that only it has, and the checks that it leaves out of an endpoint."""

    name: str
    check: str
    left_out: dict[str, frozenset[str]]


BUILDS = (
    # openshift/kubernetes: apiserver/pkg/server/config.go, AddReadyzChecks.
    Build(
        "OpenShift",
        "poststarthook/apiservice-wait-for-first-sync",
        {"readyz": frozenset(("etcd", "etcd-readiness"))},
    ),
)


def build_of(checks: Iterable[str]) -> Build | None:
    """Return the build that has these checks; None if it is upstream's or unknown."""
    names = frozenset(checks)
    return next((build for build in BUILDS if build.check in names), None)


def is_upstream(check: str) -> bool:
    """Return whether any version of upstream's kube-apiserver has a check; a final N in a row is a number."""
    return any(
        row["name"] == check
        or (
            row["name"].endswith("-N")
            and check.startswith(row["name"][:-1])
            and check[len(row["name"]) - 1 :].isdecimal()
        )
        for row in health_rows()
    )
