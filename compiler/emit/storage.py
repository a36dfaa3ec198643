"""The artifact `storage`: for every resource, where and how it is stored."""

from __future__ import annotations

from typing import Any

from compiler.emit.header import header
from compiler.pipeline import Resolved
from compiler.storage.factory import JSON, StorageFactory, StoredResource


def manifest(resolved: Resolved) -> dict[str, Any]:
    """The StorageFactoryManifest; see schemas/artifacts/storage.schema.json."""
    config = resolved.config
    factory = config.storage_factory
    if factory is None:
        raise RuntimeError("the pipeline has not run")
    transport = config.tree()["etcd"]
    return {
        **header(resolved, "StorageFactoryManifest"),
        "transport": {
            "servers": transport["servers"],
            "prefix": factory.prefix,
            **transport["transport"],
            "compactionInterval": transport["compactionInterval"],
            "countMetricPollPeriod": transport["countMetricPollPeriod"],
            "dbMetricPollInterval": transport["dbMetricPollInterval"],
            "leaseReuseDurationSeconds": transport["leaseReuseDurationSeconds"],
        },
        "codec": {"mediaType": factory.media_type},
        "resources": [_row(row) for row in factory.rows()],
        "customObjects": _custom_objects(factory),
        "otherKeys": _other_keys(resolved, factory),
        "healthChecks": _health_checks(resolved, factory),
    }


def _row(row: StoredResource) -> dict[str, Any]:
    found: dict[str, Any] = {
        "group": row.group,
        "resource": row.resource,
        "servers": list(row.servers),
        "keyPrefix": row.key_prefix,
        "storageVersion": row.storage_version,
        "mediaType": row.media_type,
        "encryption": row.encryption,
        "watchCache": row.watch_cache,
    }
    if row.cohabiting:
        found["cohabiting"] = list(row.cohabiting)
    return found


def _custom_objects(factory: StorageFactory) -> dict[str, Any]:
    """Objects of custom resources: the definition chooses their version, and they are always JSON."""
    return {
        "keyPrefix": f"{factory.prefix}/{{group}}/{{resource}}",
        "servers": list(factory.servers),
        "storageVersion": "as the definition's storage version says",
        "mediaType": JSON,
        "encryption": factory.encryption_for("{group}", "{resource}"),
        "watchCache": factory.watch_cache,
    }


def _other_keys(resolved: Resolved, factory: StorageFactory) -> list[dict[str, str]]:
    """Keys that no resource owns, with what writes them."""
    options, config = resolved
    gates, prefix = options.gates, factory.prefix
    rows = []
    if config.get("endpointReconciler.type") in ("", "lease"):
        rows.append((f"{prefix}/masterleases/", "endpoint reconciler: one key for each API server"))
    if config.get("peerProxy.leaseReconciler"):
        rows.append((f"{prefix}/peerserverleases/", "peer endpoint reconciler: one key for each API server"))
    if not (gates.on("MultiCIDRServiceAllocator") and gates.on("DisableAllocatorDualWrite")):
        rows.append((f"{prefix}/ranges/serviceips", "service IP allocator"))
        if len(config.get("services.ipRanges", ())) > 1:
            rows.append((f"{prefix}/ranges/secondaryserviceips", "service IP allocator of the second range"))
    rows.append((f"{prefix}/ranges/servicenodeports", "node port allocator"))
    rows.append(("compact_rev_key", "compactor: the revision up to which it compacted"))
    return [{"keyPrefix": key, "writtenBy": writer} for key, writer in rows]


def _health_checks(resolved: Resolved, factory: StorageFactory) -> list[dict[str, Any]]:
    """The etcd checks: each reads one key of one server set."""
    config = resolved.config
    timeouts = {False: config.get("etcd.healthcheckTimeout"), True: config.get("etcd.readycheckTimeout")}
    overrides = factory.override_server_sets()
    rows = []
    for check in config.health.readyz if config.health else ():
        if not check.name.startswith("etcd"):
            continue
        number = check.name.rpartition("-")[2]
        servers = overrides[int(number)] if number.isdigit() else factory.servers
        rows.append(
            {
                "name": check.name,
                "key": f"{factory.prefix}/health",
                "servers": list(servers),
                "timeout": timeouts["readiness" in check.name],
            }
        )
    return rows
