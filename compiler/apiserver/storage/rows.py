"""The resources that a server stores as plain data: the rows of the storage manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.apiserver.storage import StorageFactory, StoredResource

if TYPE_CHECKING:
    from compiler.apiserver.config_files.encryption import Providers


def resource_rows(factory: StorageFactory) -> list[dict[str, Any]]:
    """Return a row for each resource; see `resources` in schemas/artifacts/storage.schema.json."""
    rows = factory.rows()
    return [_row(row, servers) for row, servers in zip(rows, factory.servers_of(rows), strict=True)]


def _row(row: StoredResource, servers: tuple[str, ...]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "group": row.group,
        "resource": row.resource,
        "servers": list(servers),
        "keyPrefix": row.key_prefix,
        "storageVersion": row.storage_version,
        "mediaType": row.media_type,
        "encryption": described_encryption(row.encryption),
        "watchCache": not row.uncached_because,
    }
    if row.uncached_because:
        entry["watchCacheOffBecause"] = row.uncached_because
    if row.cohabiting:
        entry["cohabiting"] = list(row.cohabiting)
    if row.version_is_provisional:
        entry["provisional"] = ["storageVersion"]
    return entry


def described_encryption(encryption: Providers | None) -> dict[str, Any] | None:
    """Return the prefix that values are written with, and those that can be read; None if they are not encrypted."""
    return {"write": encryption.write, "read": list(encryption.read)} if encryption else None
