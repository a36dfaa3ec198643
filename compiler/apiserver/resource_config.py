"""Which APIs are enabled: the defaults of a version, merged with runtime-config and the emulated version.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/storage/resource_config.go and
pkg/server/resourceconfig/helpers.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import Resource
from compiler.upstream.go.strconv import FALSE_STRINGS

_STABLE = r"v[0-9]+"
_BETA = r"v[0-9]+beta[0-9]+"
_ALPHA = r"v[0-9]+alpha[0-9]+"
_STAGES = {"alpha": 0, "beta": 1, "": 2}

MATCHERS: dict[str, Callable[[str], bool]] = {
    "api/all": lambda version: True,
    "api/ga": lambda version: bool(re.fullmatch(_STABLE, version)),
    "api/beta": lambda version: bool(re.fullmatch(_BETA, version)),
    "api/alpha": lambda version: bool(re.fullmatch(_ALPHA, version)),
}
"""Keys of runtime-config for several versions, in the order in which they apply."""


class DelegatedGroup(NamedTuple):
    """The API group of a delegated server: its versions and whether each is enabled by default, its storage version."""

    versions: dict[str, bool]
    stored: str


DELEGATED_GROUPS = {
    "apiextensions.k8s.io": DelegatedGroup({"v1": True, "v1beta1": False}, "v1beta1"),
    "apiregistration.k8s.io": DelegatedGroup({"v1": True, "v1beta1": False}, "v1"),
}
"""The same in every version. Their objects, and custom objects, are stored as JSON whatever the flags say."""


def split_api(api: str) -> tuple[str, str]:
    """`apps/v1` -> (`apps`, `v1`); the core group's `v1` and `/v1` -> (``, `v1`)."""
    group, _, version = api.rpartition("/")
    return group, version


@cache
def version_rank(version: str) -> tuple[int, int, int]:
    """A key that sorts API versions as Kubernetes does: stable over beta over alpha, then by number."""
    match = re.fullmatch(r"v([0-9]+)(?:(alpha|beta)([0-9]+))?", version)
    if match is None:
        return (-1, 0, 0)
    return (_STAGES[match[2] or ""], int(match[1]), int(match[3] or 0))


def introduced_in(catalog: Catalog, key: str) -> list[int]:
    """Return the minor versions in which the resources under `group/version[/resource]` were introduced.

    Empty if some always existed.
    """
    group, version, *resources = key.split("/")
    minors = []
    for resource in catalog.resources.values():
        if resource.group != group or version not in resource.served or resources not in ([], [resource.resource]):
            continue
        cycle = catalog.lifecycle(group, version, resource.kind)
        if cycle is None or cycle.introduced is None:
            return []
        minors.append(cycle.introduced)
    return minors


@cache
def _enabled(catalog: Catalog) -> tuple[dict[tuple[str, str], bool], dict[tuple[str, str, str], bool]]:
    """Return group versions and single resources that are enabled by default."""
    resources = {}
    for key, on in catalog.enabled_resources.items():
        group, version, resource = key.split("/")
        resources[group, version, resource] = on
    versions = {split_api(api): is_enabled for api, is_enabled in catalog.enabled_apis.items()}
    for group, delegated in DELEGATED_GROUPS.items():
        versions |= {(group, version): is_enabled for version, is_enabled in delegated.versions.items()}
    return versions, resources


@lru_cache(maxsize=64)
def resource_config_of(
    catalog: Catalog,
    emulated: int,
    runtime_config: tuple[tuple[str, str], ...],
    forward_compatible: bool,
    explicit: bool,
    disabled_gates: frozenset[str],
) -> ResourceConfig:
    """Return what is enabled with a runtime-config, given as pairs; servers that have all this in common share it.

    `disabled_gates` are those of the catalog's `resource_gates` that are disabled. Kubernetes:
    APIEnablementOptions.ApplyTo.
    """
    settings = dict(runtime_config)
    config = ResourceConfig(catalog, emulated, disabled_gates)
    config.merge(settings)
    if forward_compatible:
        config.make_forward_compatible(settings)
    if explicit:
        config.keep_explicit(settings)
    return config


class ResourceConfig:
    """The enabled group versions and resources; the setting of a resource has precedence over that of its version."""

    def __init__(self, catalog: Catalog, emulated: int, disabled_gates: frozenset[str] = frozenset()) -> None:
        self.catalog = catalog
        self.emulated = emulated
        self._disabled_gates = disabled_gates
        versions, resources = _enabled(catalog)
        self.versions, self.resources = versions.copy(), resources.copy()
        self._explicit: set[tuple[str, str, str]] = set()
        self._forward_compatible = False
        self._served: dict[tuple[str, str], list[str]] = {}

    def _set_version(self, group: str, version: str, on: bool) -> None:
        self.versions[group, version] = on
        for key in [key for key in self.resources if key[:2] == (group, version)]:
            del self.resources[key]

    def merge(self, runtime_config: dict[str, str]) -> None:
        """Apply runtime-config: wildcards first, then versions, then resources; malformed keys are skipped."""
        for key, matches in MATCHERS.items():
            if runtime_config.get(key) in ("true", "false"):
                for group, version in list(self.versions):
                    if matches(version):
                        self._set_version(group, version, runtime_config[key] == "true")
        self._apply_preferences(runtime_config)

    def _apply_preferences(self, runtime_config: dict[str, str]) -> None:
        preferences = [(key.split("/"), value) for key, value in runtime_config.items() if key not in MATCHERS]
        for parts, value in preferences:
            if len(parts) == 2:
                self._set_version(parts[0], parts[1], value not in FALSE_STRINGS)
        for parts, value in preferences:
            if len(parts) == 3:
                self.resources[parts[0], parts[1], parts[2]] = value not in FALSE_STRINGS

    def make_forward_compatible(self, runtime_config: dict[str, str]) -> None:
        """Enable every version that ranks above an enabled one, even if it is newer than the emulated version.

        Kubernetes: resourceconfig/helpers.go, EmulationForwardCompatibleResourceConfig.
        """
        self._forward_compatible = True
        for (group, version), on in list(self.versions.items()):
            if on and not re.fullmatch(_ALPHA, version):
                for above in self._versions_above(group, version):
                    self._set_version(group, above, True)
        for (group, version, resource), on in list(self.resources.items()):
            if on and not re.fullmatch(_ALPHA, version):
                for above in self._versions_above(group, version):
                    self.resources[group, above, resource] = True
        self._apply_preferences(runtime_config)

    def _versions_above(self, group: str, version: str) -> list[str]:
        known = sorted(self.catalog.api_groups.get(group, ()), key=version_rank, reverse=True)
        return known[: known.index(version)] if version in known else []

    def keep_explicit(self, runtime_config: dict[str, str]) -> None:
        """Serve what runtime-config enables by name, even if it is newer than the emulated version."""
        for key, value in runtime_config.items():
            parts = key.split("/")
            if key not in MATCHERS and value not in FALSE_STRINGS and len(parts) in (2, 3):
                self._explicit.add((parts[0], parts[1], parts[2] if len(parts) == 3 else "*"))

    def version_enabled(self, group: str, version: str) -> bool:
        """Whether a group version as such is enabled."""
        return self.versions.get((group, version), False)

    def resource_enabled(self, group: str, version: str, resource: str) -> bool:
        """Kubernetes: ResourceConfig.ResourceEnabled."""
        own = self.resources.get((group, version, resource))
        return self.version_enabled(group, version) if own is None else own

    def group_enabled(self, group: str) -> bool:
        """Kubernetes: ResourceConfig.AnyResourceForGroupEnabled."""
        return any(on and key[0] == group for key, on in self.versions.items()) or any(
            on and key[0] == group for key, on in self.resources.items()
        )

    @cached_property
    def served_groups(self) -> frozenset[str]:
        """Groups with at least one served resource."""
        groups = self.catalog.resources_of.items()
        return frozenset(name for name, resources in groups if any(map(self.served_versions, resources)))

    @cached_property
    def enabled_versions(self) -> tuple[str, ...]:
        """The enabled group versions, as `apps/v1` and `v1`, sorted."""
        return tuple(sorted(f"{group}/{version}".lstrip("/") for (group, version), on in self.versions.items() if on))

    def served_versions(self, resource: Resource) -> list[str]:
        """Return the versions of a resource that are enabled and exist at the emulated version, highest priority first.

        Empty if the feature gate of the resource is disabled. Kubernetes: pkg/registry/*/rest/storage_*.go and
        apiserver/pkg/server/deleted_kinds.go, RemoveUnavailableKinds.
        """
        name = (resource.group, resource.resource)
        known = self._served.get(name)
        if known is None:
            known = self._served[name] = self._served_of(resource)
        return known

    def _served_of(self, resource: Resource) -> list[str]:
        versions: list[str] = []
        if resource.gate in self._disabled_gates:
            return versions
        lower_served = False
        for version in sorted(resource.served + resource.served_emulated, key=version_rank):
            if self._serves(resource, version, lower_served):
                versions.append(version)
                lower_served = lower_served or not re.fullmatch(_ALPHA, version)
        return versions[::-1]

    def _serves(self, resource: Resource, version: str, lower_served: bool) -> bool:
        if not self.resource_enabled(resource.group, version, resource.resource):
            return False
        cycle = self.catalog.lifecycle(resource.group, version, resource.kind)
        if cycle is None:
            return True
        if cycle.removed is not None and cycle.removed <= self.emulated:
            return False
        if cycle.introduced is None or cycle.introduced <= self.emulated:
            return True
        if self._forward_compatible and lower_served:
            return True
        explicit = self._explicit
        return (resource.group, version, "*") in explicit or (resource.group, version, resource.resource) in explicit
