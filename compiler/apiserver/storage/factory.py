"""From options to a storage factory, and from the factory to one row per resource.

Kubernetes: pkg/kubeapiserver/default_storage_factory_builder.go and
staging/src/k8s.io/apiserver/pkg/server/storage/storage_factory.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.apiserver.resource_config import ResourceConfig, split_api
from compiler.upstream.catalog import Catalog, Resource
from compiler.upstream.etcd import without_user
from compiler.upstream.go.net import join
from compiler.upstream.memo import IdentityTuple
from compiler.upstream.names import GroupResource, parse_group_resource

if TYPE_CHECKING:
    from compiler.apiserver.config_files.encryption import EncryptionConfiguration, Providers
    from compiler.apiserver.options.etcd import EtcdOptions, ServersOverride

COHABITING = (
    ("networkpolicies", "networking.k8s.io", "extensions"),
    ("deployments", "apps", "extensions"),
    ("daemonsets", "apps", "extensions"),
    ("replicasets", "apps", "extensions"),
    ("events", "", "events.k8s.io"),
    ("replicationcontrollers", "", "extensions"),
    ("podsecuritypolicies", "policy", "extensions"),
    ("ingresses", "networking.k8s.io", "extensions"),
)
"""Resources that several groups share; the first enabled group stores them."""

_DELEGATED = {"apiextensions.k8s.io": "v1beta1", "apiregistration.k8s.io": "v1"}
"""Group of a delegated server -> storage version. Its objects and custom objects are JSON whatever the flags say."""

JSON, CBOR = "application/json", "application/cbor"


class StoredResource(NamedTuple):
    """One row of the manifest without its servers; see schemas/artifacts/storage.schema.json."""

    group: str
    resource: str
    key_prefix: str
    storage_version: str
    media_type: str
    encryption: Providers | None
    uncached_because: str
    cohabiting: tuple[str, ...]
    version_is_provisional: bool


class StorageFactoryConfig:
    """The settings of a storage factory.

    Kubernetes: NewStorageFactoryConfigEffectiveVersion, then Complete, then New.
    """

    def __init__(self, catalog: Catalog, emulated: int, compatibility: int, resource_config: ResourceConfig) -> None:
        self.catalog = catalog
        self.emulated = emulated
        self.compatibility = compatibility
        self.resource_config = resource_config
        self.prefixes: dict[str, str] = catalog.storage("specialPrefixes")
        self.encoding_overrides: dict[str, str] = catalog.storage("encodingOverrides")

    def complete(self, etcd: EtcdOptions) -> CompletedStorageFactoryConfig:
        """Add the etcd options."""
        return CompletedStorageFactoryConfig(self, etcd)


class CompletedStorageFactoryConfig:
    """The settings with the etcd options."""

    def __init__(self, config: StorageFactoryConfig, etcd: EtcdOptions) -> None:
        self.config = config
        self.etcd = etcd

    def new(self) -> StorageFactory:
        """Kubernetes: completedStorageFactoryConfig.New: cohabitation and server overrides are added here."""
        flags, etcd = self.etcd.flags, self.etcd
        factory = StorageFactory(
            self.config,
            servers=flags.texts("etcd-servers"),
            prefix=flags.text("etcd-prefix"),
            media_type=flags.text("storage-media-type") or JSON,
        )
        for override in etcd.overrides:
            factory.set_etcd_location(override)
        factory.encryption = etcd.encryption
        factory.watch_cache = flags.on("watch-cache")
        factory.watch_cache_sizes = etcd.watch_cache_sizes
        return factory


class StorageFactory:
    """Determines which servers store a resource, under which key and in which format.

    Kubernetes: DefaultStorageFactory.
    """

    def __init__(self, config: StorageFactoryConfig, servers: tuple[str, ...], prefix: str, media_type: str) -> None:
        self.config = config
        self.servers = tuple(map(without_user, servers))
        # The server cleans the path, so /a/b/ and a//b are equal. Kubernetes: storage/etcd3/store.go, New.
        self.prefix = join("/", prefix)
        self.media_type = media_type
        self.encryption: EncryptionConfiguration | None = None
        self.watch_cache = True
        self.watch_cache_sizes: dict[str, int] = {}
        self._locations: dict[tuple[str, str], tuple[str, ...]] = {}
        self.overrides: list[ServersOverride] = []
        self._server_sets: dict[tuple[str, ...], tuple[str, ...]] = {}

    def set_etcd_location(self, override: ServersOverride) -> None:
        """Store one resource, or with `*` a whole group, on separate servers."""
        servers = tuple(map(without_user, override.servers))
        self._locations[override.group, override.resource] = servers
        self.overrides.append(override._replace(servers=servers))
        self._server_sets.setdefault(tuple(sorted(override.servers)), servers)

    def storage_group_of(self, group: str, resource: str) -> str:
        """Return the group that stores a resource, which several groups may share."""
        for name, *groups in COHABITING:
            if name == resource and group in groups:
                for candidate in groups:
                    if self.config.resource_config.group_enabled(candidate):
                        return candidate
        return group

    def servers_for(self, group: str, resource: str) -> tuple[str, ...]:
        """Return the etcd servers of a resource: its own override, else its group's, else the default ones."""
        own = self._locations.get((group, resource)) or self._locations.get((group, "*"))
        return own or self.servers

    def key(self, *parts: str) -> str:
        """Return a key below etcd-prefix, with a trailing slash if the last part has one."""
        return f"{self.prefix.rstrip('/')}/{'/'.join(parts)}"

    def resource_prefix(self, group: str, resource: str) -> str:
        """Return the key prefix below etcd-prefix."""
        name = GroupResource(resource, group)
        return self.config.prefixes.get(str(name)) or resource.lower()

    def storage_version(self, resource: Resource) -> str:
        """Return the version in which new objects are stored.

        Kubernetes: resource_encoding_config.go, StorageEncodingFor and emulatedStorageVersion.
        """
        config, catalog = self.config, self.config.catalog
        override = config.encoding_overrides.get(resource.group_resource)
        if override:
            return split_api(override)[1]
        versions = catalog.api_groups[resource.group]
        skip_replaced = catalog.behaviour("storageVersionSkipsReplaced")
        skip_alpha = catalog.behaviour("storageVersionSkipsAlpha")
        for version in versions:
            if skip_alpha and "alpha" in version:
                continue
            cycle = catalog.lifecycle(resource.group, version, resource.kind)
            if cycle is None:
                if version in resource.served:
                    return version
                continue
            if cycle.introduced is not None and cycle.introduced > config.compatibility:
                continue
            if skip_replaced and cycle.replaced:
                continue
            return version
        if skip_alpha:
            return next((version for version in versions if self._known_to_emulated(resource, version)), versions[0])
        return versions[0]

    def _known_to_emulated(self, resource: Resource, version: str) -> bool:
        cycle = self.config.catalog.lifecycle(resource.group, version, resource.kind)
        return cycle is not None and (cycle.introduced is None or cycle.introduced <= self.config.emulated)

    def encryption_for(self, group: str, resource: str) -> Providers | None:
        """Return the encryption of a resource; None if it is not encrypted."""
        return self.encryption.providers_for(group, resource) if self.encryption else None

    def uncached_because(self, group_resource: str) -> str:
        """Return why a resource has no watch cache; empty if it has one."""
        if not self.watch_cache:
            return "--watch-cache=false"
        if self.watch_cache_sizes.get(group_resource, 1) != 0:
            return ""
        if group_resource in self.config.catalog.storage("defaultWatchCacheSizes"):
            return "they are written often and watched rarely, so their size is 0 unless --watch-cache-sizes sets it"
        return f"--watch-cache-sizes={group_resource}#0"

    def rows(self) -> IdentityTuple[StoredResource]:
        """Return one row for every resource that this server stores, sorted by group and resource."""
        sizes = tuple(self.watch_cache_sizes.items())
        encryption = tuple(self.encryption.entries) if self.encryption else None
        given = (self.prefix, self.media_type, self.watch_cache, sizes, encryption)
        config = self.config
        key = (config.emulated, config.compatibility, config.resource_config)

        def rows() -> IdentityTuple[StoredResource]:
            return IdentityTuple(map(self._row, config.catalog.memoize_recent(("stored", *key), self._stored)))

        return config.catalog.memoize_recent(("rows", *key, given), rows)

    def servers_of(self, rows: tuple[StoredResource, ...]) -> tuple[tuple[str, ...], ...]:
        """Return the etcd servers of each row. Overrides do not apply to the resources of the delegated servers."""
        if not self._locations:
            return (self.servers,) * len(rows)
        return tuple(
            self.servers if row.group in _DELEGATED else self.servers_for(row.group, row.resource) for row in rows
        )

    def _stored(self) -> list[tuple[Resource, str, tuple[str, ...]]]:
        """Return the stored resources, each with its version and the resources that cohabit with it."""
        config = self.config.resource_config
        found: list[tuple[Resource, str, tuple[str, ...]]] = []
        for resource in self.config.catalog.resources.values():
            if not resource.stored or not config.served_versions(resource):
                continue
            if resource.group in _DELEGATED:
                found.append((resource, _DELEGATED[resource.group], ()))
            elif self.storage_group_of(resource.group, resource.resource) == resource.group:
                found.append((resource, self.storage_version(resource), self._cohabiting(resource)))
        return sorted(found, key=lambda entry: (entry[0].group, entry[0].resource))

    def _cohabiting(self, resource: Resource) -> tuple[str, ...]:
        group, name = resource.group, resource.resource
        others = (other for kind, *groups in COHABITING if kind == name and group in groups for other in groups)
        known = self.config.catalog.resources
        return tuple(f"{name}.{other}" for other in others if other != group and f"{name}.{other}" in known)

    def _row(self, stored: tuple[Resource, str, tuple[str, ...]]) -> StoredResource:
        resource, version, cohabiting = stored
        group, name = resource.group, resource.resource
        delegated = group in _DELEGATED
        place = (group, name) if delegated else (self.resource_prefix(group, name),)
        return StoredResource(
            group,
            name,
            self.key(*place),
            version,
            JSON if delegated else self.media_type,
            self.encryption_for(group, name),
            self.uncached_because(resource.group_resource),
            cohabiting,
            self.config.catalog.is_provisional("storageVersion", resource.group_resource),
        )

    def custom_exceptions(self) -> list[tuple[str, str, Providers | None, bool]]:
        """Return custom resources, or with `*` whole groups of them, that encryption or watch cache sizes name.

        Group, resource, encryption, and whether there is a watch cache; sorted.
        """
        own = self.config.catalog.api_groups
        encrypted = [name for resources, _ in self.encryption.entries for name in resources] if self.encryption else []
        found = []
        for name in dict.fromkeys((*encrypted, *self.watch_cache_sizes)):
            resource, group = parse_group_resource(name)
            if group not in ("", "*") and group not in own and group not in _DELEGATED:
                encryption, cached = self.encryption_for(group, resource), not self.uncached_because(name)
                found.append((group, resource, encryption, cached))
        return sorted(found, key=lambda entry: entry[:2])

    def override_server_sets(self) -> list[tuple[str, ...]]:
        """Return the distinct server sets of the overrides, in the order of the flag, regardless of the order in a set.

        Kubernetes: apiserver/pkg/server/options/etcd.go, addEtcdHealthEndpoint.
        """
        return list(self._server_sets.values())
