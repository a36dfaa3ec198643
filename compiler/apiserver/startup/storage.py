"""Build the storage factory, and apply the etcd options with it.

Kubernetes: pkg/kubeapiserver/default_storage_factory_builder.go; apiserver/pkg/server/options/etcd.go.
"""

from __future__ import annotations

from compiler.apiserver.context import ServerContext
from compiler.apiserver.options.etcd import EtcdOptions
from compiler.apiserver.resolved import ResolvedConfig
from compiler.apiserver.resolved_sections import ObjectCountTracker, RESTOptions, ServersOverride, StorageSettings
from compiler.apiserver.resource_config import ResourceConfig
from compiler.apiserver.storage import COHABITING, StorageFactory, StorageFactoryConfig
from compiler.upstream.etcd import dial_problem, without_user

_COHABITING = tuple(tuple(f"{name}.{group}".rstrip(".") for group in groups) for name, *groups in COHABITING)


def new_storage_factory(
    context: ServerContext, etcd: EtcdOptions, config: ResolvedConfig, resource_config: ResourceConfig
) -> StorageFactory:
    """Return the storage factory, without the encryption, which is loaded later.

    Kubernetes: NewStorageFactoryConfigEffectiveVersion, Complete, New.
    """
    factory_config = StorageFactoryConfig(context.catalog, context.emulated, context.compatibility, resource_config)
    factory = factory_config.complete(etcd).new()
    config.storage = StorageSettings(
        media_type=factory.media_type,
        prefix=factory.prefix,
        resource_prefixes=tuple(factory.config.prefixes.items()),
        storage_version_overrides=tuple(factory.config.encoding_overrides.items()),
        cohabitation=_COHABITING,
        servers_overrides=tuple(
            ServersOverride(group=override.group, resource=override.resource, servers=override.servers)
            for override in factory.overrides
        ),
    )
    config.object_count_tracker = ObjectCountTracker(stale_after="3m0s", prune_interval="1h0m0s")
    return factory


def apply_etcd_options(etcd: EtcdOptions, config: ResolvedConfig, factory: StorageFactory) -> None:
    """Apply the etcd options, and check what the etcd clients of the factory load and dial.

    Kubernetes: EtcdOptions.ApplyWithStorageFactoryTo.
    """
    etcd.check_client_files()
    check_endpoints(etcd, factory)
    etcd.apply_to(config)


def check_endpoints(etcd: EtcdOptions, factory: StorageFactory) -> None:
    """Report servers that the etcd client can never connect to: if all are, the server exits before it serves.

    Kubernetes: apiserver/pkg/storage/storagebackend/factory/etcd3.go, newETCD3Client.
    """
    strictness = etcd.context.catalog.url_strictness
    flag = "etcd-servers"
    servers = etcd.flags.texts(flag)
    problems = [dial_problem(server, strictness) for server in servers]
    fatal = all(problems)
    for index, (server, problem) in enumerate(zip(servers, problems, strict=True)):
        etcd.report_endpoint(flag, index, server, problem, fatal)
    flag = "etcd-servers-overrides"
    for override in etcd.overrides:
        problems = [dial_problem(server, strictness) for server in override.servers]
        if any(problems):
            stores = tuple(map(without_user, override.servers)) in factory.servers_of(factory.rows())
            for server, problem in zip(override.servers, problems, strict=True):
                etcd.report_endpoint(flag, override.element, server, problem, all(problems) and stores)


def new_rest_options_getter(etcd: EtcdOptions, config: ResolvedConfig, factory: StorageFactory) -> StorageFactory:
    """Set what every resource's storage is built with, and return the factory with the encryption.

    Kubernetes: apiserver/pkg/server/options/etcd.go, StorageFactoryRestOptionsFactory.GetRESTOptions.
    """
    flags = etcd.flags
    transformers = "none"
    if flags.text("encryption-provider-config"):
        transformers = "dynamic" if flags.on("encryption-provider-config-automatic-reload") else "static"
    config.rest_options = RESTOptions(
        decorator="cacher" if flags.on("watch-cache") else "undecorated",
        watch_cache_sizes=tuple(sorted(etcd.watch_cache_sizes.items())),
        transformers=transformers,
        delete_collection_workers=flags.number("delete-collection-workers"),
        enable_garbage_collection=flags.on("enable-garbage-collector"),
        count_metric_poll_period=flags.duration("etcd-count-metric-poll-period"),
    )
    return factory.with_encryption(etcd.encryption)
