"""The storage factory: from options to a factory, and from the factory to one row a resource.

Kubernetes: pkg/kubeapiserver/default_storage_factory_builder.go and
staging/src/k8s.io/apiserver/pkg/server/storage/storage_factory.go.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from compiler.apiserver.resource_config import DELEGATED_GROUPS, ResourceConfig, split_api
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import Resource
from compiler.upstream.etcd import without_user
from compiler.upstream.go.net import join
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

    def _identity(self) -> tuple[Hashable, ...]:
        return self.catalog, self.emulated, self.compatibility, self.resource_config

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StorageFactoryConfig) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def storage_group_of(self, group: str, resource: str) -> str:
        """Return the group that stores a resource, which several groups may share."""
        for name, *groups in COHABITING:
            if name == resource and group in groups:
                for candidate in groups:
                    if self.resource_config.group_enabled(candidate):
                        return candidate
        return group

    def storage_version(self, resource: Resource) -> str:
        """Return the version in which new objects are stored.

        Kubernetes: resource_encoding_config.go, StorageEncodingFor and emulatedStorageVersion.
        """
        catalog = self.catalog
        override = self.encoding_overrides.get(resource.group_resource)
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
            if cycle.introduced is not None and cycle.introduced > self.compatibility:
                continue
            if skip_replaced and cycle.replaced:
                continue
            return version
        if skip_alpha:
            return next((version for version in versions if self._known_to_emulated(resource, version)), versions[0])
        return versions[0]

    def _known_to_emulated(self, resource: Resource, version: str) -> bool:
        cycle = self.catalog.lifecycle(resource.group, version, resource.kind)
        return cycle is not None and (cycle.introduced is None or cycle.introduced <= self.emulated)

    def cohabiting(self, resource: Resource) -> tuple[str, ...]:
        """Return the resources of other groups that are stored together with a resource."""
        group, name = resource.group, resource.resource
        others = (other for kind, *groups in COHABITING if kind == name and group in groups for other in groups)
        known = self.catalog.resources
        return tuple(f"{name}.{other}" for other in others if other != group and f"{name}.{other}" in known)

    def complete(self, etcd: EtcdOptions) -> CompletedStorageFactoryConfig:
        """Add the etcd options."""
        return CompletedStorageFactoryConfig(self, etcd)


@lru_cache(maxsize=64)
def stored_resources(config: StorageFactoryConfig) -> tuple[tuple[Resource, str, tuple[str, ...]], ...]:
    """Return the stored resources, each with its version and the resources that cohabit with it.

    Sorted by group and resource. Servers with equal configs share the result.
    """
    stored: list[tuple[Resource, str, tuple[str, ...]]] = []
    for resource in config.catalog.resources.values():
        if not resource.stored or not config.resource_config.served_versions(resource):
            continue
        if resource.group in DELEGATED_GROUPS:
            stored.append((resource, DELEGATED_GROUPS[resource.group].stored, ()))
        elif config.storage_group_of(resource.group, resource.resource) == resource.group:
            stored.append((resource, config.storage_version(resource), config.cohabiting(resource)))
    return tuple(sorted(stored, key=lambda entry: (entry[0].group, entry[0].resource)))


class CompletedStorageFactoryConfig:
    """A complete config: the etcd options are in it."""

    def __init__(self, config: StorageFactoryConfig, etcd: EtcdOptions) -> None:
        self.config = config
        self.etcd = etcd

    def new(self) -> StorageFactory:
        """Return the factory; its encryption comes later. Kubernetes: completedStorageFactoryConfig.New."""
        flags, etcd = self.etcd.flags, self.etcd
        settings = StorageSettings(
            servers=tuple(map(without_user, flags.texts("etcd-servers"))),
            # The server cleans the path, so that /a/b/ and a//b are one place. Kubernetes: storage/etcd3/store.go, New.
            prefix=join("/", flags.text("etcd-prefix")),
            media_type=flags.text("storage-media-type") or JSON,
            overrides=tuple(etcd.overrides),
            watch_cache=flags.on("watch-cache"),
            watch_cache_sizes=tuple(etcd.watch_cache_sizes.items()),
        )
        return StorageFactory(self.config, settings, None)


class StorageSettings(NamedTuple):
    """What the etcd options say about storage: servers without users, the cleaned prefix, overrides by element."""

    servers: tuple[str, ...]
    prefix: str
    media_type: str
    overrides: tuple[ServersOverride, ...]
    watch_cache: bool
    watch_cache_sizes: tuple[tuple[str, int], ...]


class StorageFactory:
    """Determines which servers store a resource, under which key and in which format.

    Factories that answer the same are equal. Kubernetes: DefaultStorageFactory.
    """

    def __init__(
        self, config: StorageFactoryConfig, settings: StorageSettings, encryption: EncryptionConfiguration | None
    ) -> None:
        self.config = config
        self.settings = settings
        self.encryption = encryption
        self.servers, self.prefix, self.media_type = settings.servers, settings.prefix, settings.media_type
        self.overrides = tuple(
            override._replace(servers=tuple(map(without_user, override.servers))) for override in settings.overrides
        )
        self._locations = {(override.group, override.resource): override.servers for override in self.overrides}
        self._sizes = dict(settings.watch_cache_sizes)

    def with_encryption(self, encryption: EncryptionConfiguration | None) -> StorageFactory:
        """Return the factory once the encryption config is loaded; None if there is none, or if it is unknown."""
        return StorageFactory(self.config, self.settings, encryption)

    def _identity(self) -> tuple[Hashable, ...]:
        config, encryption = self.config, self.encryption
        entries = None if encryption is None else tuple(encryption.entries)
        return (config, self.settings, entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StorageFactory) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

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

    def encryption_for(self, group: str, resource: str) -> Providers | None:
        """Return the encryption of a resource; None if it is not encrypted."""
        return self.encryption.providers_for(group, resource) if self.encryption else None

    def uncached_because(self, group_resource: str) -> str:
        """Return why a resource has no watch cache; empty if it has one."""
        if not self.settings.watch_cache:
            return "--watch-cache=false"
        if self._sizes.get(group_resource, 1) != 0:
            return ""
        if group_resource in self.config.catalog.storage("defaultWatchCacheSizes"):
            return "they are written often and watched rarely, so their size is 0 unless --watch-cache-sizes sets it"
        return f"--watch-cache-sizes={group_resource}#0"

    def rows(self) -> tuple[StoredResource, ...]:
        """Return one row for every resource that this server stores, sorted by group and resource."""
        return tuple(map(self._row, stored_resources(self.config)))

    def servers_of(self, rows: tuple[StoredResource, ...]) -> tuple[tuple[str, ...], ...]:
        """Return the etcd servers of each row. Overrides do not apply to the resources of the delegated servers."""
        if not self._locations:
            return (self.servers,) * len(rows)
        return tuple(
            self.servers if row.group in DELEGATED_GROUPS else self.servers_for(row.group, row.resource) for row in rows
        )

    def _row(self, stored: tuple[Resource, str, tuple[str, ...]]) -> StoredResource:
        resource, version, cohabiting = stored
        group, name = resource.group, resource.resource
        delegated = group in DELEGATED_GROUPS
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
        exceptions = []
        for name in dict.fromkeys((*encrypted, *self._sizes)):
            resource, group = parse_group_resource(name)
            if group not in ("", "*") and group not in own and group not in DELEGATED_GROUPS:
                encryption, cached = self.encryption_for(group, resource), not self.uncached_because(name)
                exceptions.append((group, resource, encryption, cached))
        return sorted(exceptions, key=lambda entry: entry[:2])

    def override_server_sets(self) -> list[tuple[str, ...]]:
        """Return the distinct server sets of the overrides, in the order of the flag, regardless of the order in a set.

        Kubernetes: apiserver/pkg/server/options/etcd.go, addEtcdHealthEndpoint.
        """
        sets: dict[tuple[str, ...], tuple[str, ...]] = {}
        for given, override in zip(self.settings.overrides, self.overrides, strict=True):
            sets.setdefault(tuple(sorted(given.servers)), override.servers)
        return list(sets.values())
