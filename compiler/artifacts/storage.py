"""The artifact `storage`: for every resource, where and how it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.apiserver.startup import Resolved
from compiler.apiserver.storage import StorageFactory
from compiler.apiserver.storage.rows import described_encryption, resource_rows
from compiler.artifacts.yamlio import header, part, plain


def manifest(resolved: Resolved) -> dict[str, Any]:
    """Return the StorageFactoryManifest; see schemas/artifacts/storage.schema.json."""
    result: dict[str, Any] = plain(manifest_parts(resolved))
    return result


def manifest_parts(resolved: Resolved) -> dict[str, Any]:
    """Return the same in parts."""
    config = resolved.config
    factory = resolved.storage_factory
    etcd, transport, egress = config.etcd, config.etcd.transport, config.etcd_egress
    return {
        **header(resolved, "StorageFactoryManifest"),
        "transport": {
            "servers": list(factory.servers),
            "prefix": factory.prefix,
            "dialer": egress.dialer,
            "traced": egress.traced,
            "certFile": transport.cert_file,
            "keyFile": transport.key_file,
            "caFile": transport.ca_file,
            "tls": transport.tls,
            "dialTimeout": transport.dial_timeout,
            "keepaliveTime": transport.keepalive_time,
            "keepaliveTimeout": transport.keepalive_timeout,
            "compactionInterval": etcd.compaction_interval,
            "countMetricPollPeriod": etcd.count_metric_poll_period,
            "dbMetricPollInterval": etcd.db_metric_poll_interval,
            "leaseReuseDurationSeconds": etcd.leases.reuse_duration_seconds,
        },
        "codec": {"mediaType": factory.media_type},
        "encryption": {
            "configFile": etcd.encryption.config,
            "automaticReload": etcd.encryption.automatic_reload,
            "known": factory.encryption is not None or not etcd.encryption.config,
        },
        "resources": part(resource_rows, factory),
        "customObjects": _custom_objects(resolved, factory),
        "otherKeys": [*_other_keys(resolved, factory), *_named_custom_objects(resolved, factory)],
        "healthChecks": _health_checks(resolved, factory),
    }


def _custom_objects(resolved: Resolved, factory: StorageFactory) -> dict[str, Any]:
    """Return how custom objects are stored: the definition determines the version; media type flags do not apply."""
    return {
        "keyPrefix": factory.key("{group}", "{resource}"),
        "servers": list(factory.servers),
        "storageVersion": None,
        "mediaType": resolved.config.api_extensions.custom_objects.media_type,
        "encryption": described_encryption(factory.encryption_for("{group}", "{resource}")),
        "watchCache": factory.settings.watch_cache,
        "exceptions": [
            {"group": group, "resource": resource, "encryption": described_encryption(encryption), "watchCache": cached}
            for group, resource, encryption, cached in factory.custom_exceptions()
        ],
    }


def _named_custom_objects(resolved: Resolved, factory: StorageFactory) -> Iterator[dict[str, Any]]:
    """Yield the keys of custom resources that the encryption config names, to which the general rule does not apply."""
    common = factory.encryption_for("{group}", "{resource}")
    for group, resource, encryption, _ in factory.custom_exceptions():
        if encryption == common:
            continue
        row = {
            "keyPrefix": factory.key(group, *(() if resource == "*" else (resource,))) + "/",
            "writtenBy": f"custom objects: {resource}.{group}, which the encryption config names",
            "servers": list(factory.servers),
            "encryption": described_encryption(encryption),
        }
        if encryption and encryption.write:
            row["mediaType"] = resolved.config.api_extensions.custom_objects.media_type
        yield row


def _other_keys(resolved: Resolved, factory: StorageFactory) -> Iterator[dict[str, Any]]:
    """Yield the keys that belong to no resource, with the component that writes them; they are never encrypted.

    Kubernetes: pkg/controlplane/instance.go and apiserver/peer.go, reconcilers; pkg/registry/core/rest/storage_core.go,
    newServiceIPAllocators; apiserver/pkg/storage/etcd3/compact.go.
    """
    context, config = resolved.context, resolved.config
    gates = context.gates

    def row(key: str, writer: str, servers: tuple[str, ...]) -> dict[str, Any]:
        return {"keyPrefix": key, "writtenBy": writer, "servers": list(servers)}

    if config.endpoint_reconciler.type in ("", "lease"):
        servers = factory.servers_for("", "apiServerIPInfo")
        yield row(factory.key("masterleases/"), "endpoint reconciler: one key for each API server", servers)
    if config.peer_proxy.lease_reconciler:
        servers = factory.servers_for("", "apiServerPeerIPInfo")
        yield row(factory.key("peerserverleases/"), "peer endpoint reconciler: one key for each API server", servers)
    # The allocators use the storage config of services.
    servers = factory.servers_for("", "services")
    if not (gates.on("MultiCIDRServiceAllocator") and gates.on("DisableAllocatorDualWrite")):
        yield row(factory.key("ranges/serviceips"), "service IP allocator", servers)
        if len(config.services.ip_ranges) > 1:
            yield row(factory.key("ranges/secondaryserviceips"), "service IP allocator of the second range", servers)
    yield row(factory.key("ranges/servicenodeports"), "node port allocator", servers)
    if context.flags.number("etcd-compaction-interval"):
        for servers in dict.fromkeys((factory.servers, *factory.override_server_sets())):
            yield row("compact_rev_key", "compactor: the revision up to which it compacted", servers)


def _health_checks(resolved: Resolved, factory: StorageFactory) -> list[dict[str, Any]]:
    """Return the etcd checks: each reads one key of one server set."""
    health = resolved.health
    overrides = factory.override_server_sets()
    rows = []
    for check in health.readyz:
        if check.etcd is None:
            continue
        servers = factory.servers if check.etcd.override is None else overrides[check.etcd.override]
        rows.append({"name": check.name, "key": factory.key("health"), "servers": list(servers), **check.etcd.limits()})
    return rows
