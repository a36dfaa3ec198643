"""Comparison of served APIs and storage versions."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from compiler.apiserver.resource_config import split_api
from compiler.changes.flags import is_known
from compiler.cluster.drift.flags import UNKNOWN
from compiler.cluster.drift.observed import (
    ALL,
    API,
    STORAGE_VERSION,
    Difference,
    NotCompared,
    Observed,
)
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import versions

if TYPE_CHECKING:
    from compiler.apiserver.resource_config import ResourceConfig
    from compiler.apiserver.startup import Resolved
    from compiler.apiserver.storage import StorageFactory
    from compiler.upstream.catalog.facts import Resource

_FLAG, _GATES = "runtime-config", "feature-gates"
_DISCOVERY = "discovery"
_HASHES = "StorageVersionHash"
_Names = Mapping[str, frozenset[str]]


def compare_apis(declared: Resolved, observed: Observed) -> Iterator[Difference | NotCompared]:
    """Yield the group versions that only one side serves, then single resources of the others.

    Without discovery, what the flags of the live server enable is compared.
    """
    if not is_known(declared, _FLAG, _GATES):
        yield NotCompared(API, ALL, UNKNOWN)
        return
    live, source = observed.served, _DISCOVERY
    actual: _Names
    if live is not None:
        actual = {name: frozenset(resources) for name, resources in live.items()}
    elif observed.server is not None and is_known(observed.server, _FLAG, _GATES):
        actual, source = served_by(observed.server.resource_config), observed.flags_from
    else:
        return
    own = served_by(declared.resource_config)
    unread = {each.name for each in observed.missing if each.kind == API}
    for name in sorted(own.keys() | actual.keys()):
        if name not in unread:
            yield from _compare(name, own.get(name, frozenset()), actual.get(name, frozenset()), source, declared)


def _compare(
    name: str, own: frozenset[str], live: frozenset[str], source: str, declared: Resolved
) -> Iterator[Difference | NotCompared]:
    group = split_api(name)[0]
    place = declared.context.flags.location(_FLAG)
    for resource in sorted(live - own):
        if not _is_upstream(group, resource):
            yield NotCompared(API, f"{name}/{resource}", "not a resource of upstream's kube-apiserver")
    differing = sorted(each for each in own ^ live if each in own or _is_upstream(group, each))
    if own and live:
        for resource in differing:
            is_own = resource in own
            yield Difference(API, f"{name}/{resource}", is_own, not is_own, "", source, _FLAG, place)
    elif differing:
        yield Difference(API, name, bool(own), bool(live), "", source, _FLAG, place)


def served_by(config: ResourceConfig) -> dict[str, frozenset[str]]:
    """Return the resources of each group version that a server serves."""
    served: dict[str, set[str]] = {}
    for resource in config.catalog.resources.values():
        for version in config.served_versions(resource):
            served.setdefault(f"{resource.group}/{version}".lstrip("/"), set()).add(resource.resource)
    return {name: frozenset(resources) for name, resources in served.items()}


def _is_upstream(group: str, resource: str) -> bool:
    return (group, resource) in _known_resources()


@cache
def _known_resources() -> frozenset[tuple[str, str]]:
    """Return group and name of the resources of all versions."""
    return frozenset((each.group, each.resource) for v in versions() for each in catalog(v).resources.values())


def compare_storage_versions(declared: Resolved, observed: Observed) -> Iterator[Difference | NotCompared]:
    """Yield the resources that are stored in another version than declared."""
    if observed.served is None:
        return
    stored = stored_versions(declared.storage_factory)
    resources = declared.context.catalog.resources
    unhashed: set[str] = set()
    compared: set[str] = set()
    for name, served in observed.served.items():
        group = split_api(name)[0]
        for resource, live in served.items():
            full = f"{resource}.{group}" if group else resource
            if full in compared or full not in stored:
                continue
            compared.add(full)
            owner, version = stored[full]
            if not live:
                unhashed.add(full)
            elif live != storage_hash(owner, version):
                actual = _version_of(resources[full], live, owner)
                yield Difference(STORAGE_VERSION, full, version, actual, "", _DISCOVERY)
    if unhashed:
        reason = f"discovery has no hash: the feature gate {_HASHES} is disabled"
        names = {ALL} if unhashed == compared else unhashed
        yield from (NotCompared(STORAGE_VERSION, name, reason) for name in sorted(names))


def stored_versions(factory: StorageFactory) -> dict[str, tuple[Resource, str]]:
    """Return, by `resource.group`, the resource that stores the objects, which groups may share, and the version."""
    known = factory.config.catalog.resources
    versions_by_name: dict[str, tuple[Resource, str]] = {}
    for row in factory.rows():
        owner = known[f"{row.resource}.{row.group}" if row.group else row.resource]
        for name in (owner.group_resource, *row.cohabiting):
            versions_by_name[name] = owner, row.storage_version
    return versions_by_name


def storage_hash(resource: Resource, version: str) -> str:
    """Return the hash of a storage version. Kubernetes: apiserver/pkg/endpoints/discovery/storageversionhash.go."""
    text = f"{resource.group}/{version}/{resource.kind}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


def _version_of(resource: Resource, live: str, owner: Resource) -> str:
    """Return the version with a hash: of the group that is declared to store the resource, or of its own."""
    known = {version for each in versions() for version in catalog(each).api_groups.get(owner.group, ())}
    known |= {version for each in versions() for version in catalog(each).api_groups.get(resource.group, ())}
    for candidate in dict.fromkeys((owner, resource)):
        for version in sorted(known):
            if storage_hash(candidate, version) == live:
                return version
    return f"unknown, hash {live}"
