"""What Talos does by its release: flags, merge policies, documents and fields, from `data/talos.json`.

The tables follow siderolabs/talos: internal/app/machined/pkg/controllers/k8s (control_plane_static_pod.go, from 1.14
control_plane_final.go), pkg/machinery/config/types, pkg/machinery/compatibility. `from` and `until` are inclusive.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any, NamedTuple

from compiler.upstream.catalog.facts import in_span, minor_of

NEWEST_KUBERNETES = 99
"""The minor version of an image whose tag cannot be read. go-kubernetes: compatibility.go, VersionFromImageRef."""
_DATA = os.path.join(os.path.dirname(__file__), "data.json")


class Policies(NamedTuple):
    """The flags whose user's value extends that of Talos, and those that Talos does not let the user set."""

    additive: frozenset[str]
    denied: frozenset[str]


class Facts:
    """The facts of one release, such as `1.13`.

    `oldest` and `newest` are the Kubernetes versions that it supports; it runs `newest` unless the file names an image.
    """

    def __init__(self, release: str) -> None:
        row = _data()["releases"][release]
        self.release = release
        self.minor = minor_of(release)
        self.oldest: str = row["oldest"]
        self.newest: str = row["newest"]

    def has(self, feature: str) -> bool:
        """Return whether the release has a feature of the table `features`."""
        return in_span(_data()["features"][feature], self.minor)

    def supports(self, minor: int) -> bool:
        """Return whether the release supports a minor version of Kubernetes."""
        return minor_of(self.oldest) <= minor <= minor_of(self.newest)

    def flags(self, way: str) -> dict[str, str]:
        """Return the flags that do not depend on the configuration; `way` is `legacy` or `documents`."""
        return {row["name"]: row["value"] for row in self._rows("flags", way)}

    def policies(self, way: str) -> Policies:
        """Return how extraArgs are merged. Talos: pkg/argsbuilder, Args.Merge."""
        by_policy: dict[str, set[str]] = {"additive": set(), "denied": set()}
        for row in self._rows("policies", way):
            by_policy[row["policy"]].add(row["flag"])
        return Policies(frozenset(by_policy["additive"]), frozenset(by_policy["denied"]))

    def _rows(self, table: str, way: str) -> list[dict[str, str]]:
        return [row for row in _data()[table] if row.get("when", way) == way and in_span(row, self.minor)]

    def knows(self, kind: str) -> bool:
        """Return whether the release has a kind of document."""
        since = _data()["kinds"].get(kind)
        return since is not None and minor_of(since) <= self.minor

    def fields(self, kind: str) -> Any:
        """Return the fields of a kind of document, empty for the machine configuration; `any` if they are unknown."""
        return _data()["fields"].get(kind, "any")

    def newer_fields(self, kind: str) -> dict[str, str]:
        """Return the paths of fields of later releases, with the first release that has them."""
        since = _data()["fieldsSince"] if not kind else {}
        return {path: release for path, release in since.items() if minor_of(release) > self.minor}


def by_kubernetes(feature: str, minor: int) -> bool:
    """Return whether Talos relies on a feature of a minor version of Kubernetes, from the table `kubernetes`."""
    return in_span(_data()["kubernetes"][feature], minor)


def authorization_api(minor: int) -> str:
    """Return the apiVersion in which Talos writes the authorization file for a minor version of Kubernetes."""
    return next(str(row["value"]) for row in _data()["authorizationAPI"] if in_span(row, minor))


def pod_security() -> dict[str, Any]:
    """Return the configuration of PodSecurity in the files that talosctl generates."""
    return dict(_data()["podSecurity"])


def refused_prefixes() -> dict[str, str]:
    """Return the prefixes of flags that KubeAPIServerConfig refuses, with the document that replaces them."""
    return dict(_data()["refusedPrefixes"])


def conflicts(kind: str) -> list[str]:
    """Return the fields of the machine configuration that may not be set together with a document."""
    return list(_data()["conflicts"].get(kind, ()))


def since_of(kind: str) -> str:
    """Return the first release that has a kind of document, empty for an unknown kind."""
    return str(_data()["kinds"].get(kind, ""))


def kinds() -> list[str]:
    """Return the kinds of documents of the newest release."""
    return list(_data()["kinds"])


def releases() -> list[str]:
    """Return the known releases, oldest first."""
    return list(_data()["releases"])


@cache
def facts_of(release: str) -> Facts:
    """Return the facts of a known release."""
    return Facts(release)


def nearest_release(version: str) -> str:
    """Return the known release of a version of Talos, or the closest one.

    >>> nearest_release("1.13.9"), nearest_release("1.2"), nearest_release("1.99.0-alpha.0")
    ('1.13', '1.8', '1.14')
    """
    known = releases()
    numbers = [int(part) if part.isdigit() else 0 for part in version.split("-")[0].split(".")[:2]]
    major, minor = (*numbers, 0, 0)[:2]
    if (major, minor) < (1, minor_of(known[0])):
        return known[0]
    return f"1.{minor}" if major == 1 and f"1.{minor}" in known else known[-1]


def release_for(minor: int) -> str:
    """Return the newest release that supports a minor version of Kubernetes, else the closest one."""
    supporting = [release for release in releases() if facts_of(release).supports(minor)]
    if supporting:
        return supporting[-1]
    return releases()[0] if minor < minor_of(facts_of(releases()[0]).oldest) else releases()[-1]


@cache
def _data() -> Any:
    with open(_DATA, encoding="utf-8") as file:
        return json.load(file)
