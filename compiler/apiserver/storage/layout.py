"""Lookup of the row of the storage manifest that owns an etcd key."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any, NamedTuple

from compiler.apiserver.config_files.encryption import Providers
from compiler.apiserver.storage import StorageFactory

_NONE = Providers(None, (None,))
# Kubernetes: apiextensions-apiserver/pkg/apis/apiextensions/validation: group and plural of a definition.
_GROUP = "[a-z0-9][-.a-z0-9]{0,251}[a-z0-9]"
_PLURAL = "[a-z][-a-z0-9]{0,62}"


class Owner(NamedTuple):
    """The owner of the keys below a prefix.

    `name` is the resource as `resource.group`, or the component that writes there. `media_type` is empty if the format
    of the values is not known; `version` is empty if a definition determines it. `write` and `read` are encryption
    prefixes, None for plain values. `version_is_provisional` if no server has confirmed the version yet.
    """

    name: str
    prefix: str
    servers: frozenset[str]
    media_type: str = ""
    version: str = ""
    write: str | None = None
    read: tuple[str | None, ...] = (None,)
    version_is_provisional: bool = False


class Layout:
    """The manifest as a lookup from keys to owners."""

    def __init__(self, manifest: dict[str, Any], factory: StorageFactory) -> None:
        self.factory = factory
        self.root = f"{factory.prefix.rstrip('/')}/"
        self.custom: dict[tuple[str, str], Owner] = {}
        self.custom_media_type: str = manifest["customObjects"]["mediaType"]
        owners = [_resource_owner(row) for row in manifest["resources"]]
        others: dict[str, Owner] = {}
        for row in manifest["otherKeys"]:
            if "encryption" in row:
                continue  # custom objects, which are looked up by their group
            owner = Owner(row["writtenBy"].partition(":")[0], row["keyPrefix"].rstrip("/"), frozenset(row["servers"]))
            # One key may be in several etcds, with a row for each.
            known = others.get(owner.prefix)
            others[owner.prefix] = owner._replace(servers=known.servers | owner.servers) if known else owner
        owners += others.values()
        self.owners = sorted(owners, key=lambda owner: owner.prefix)
        self._prefixes = [owner.prefix for owner in self.owners]

    def owner_of(self, key: str) -> Owner | None:
        """Return the owner of a key; None if no row of the manifest has it."""
        # A prefix of the key sorts before it; between the two there can only be longer prefixes of other keys.
        index = bisect_right(self._prefixes, key)
        while index:
            index -= 1
            prefix = self._prefixes[index]
            if key == prefix or key.startswith(f"{prefix}/"):
                return self.owners[index]
            if not key.startswith(prefix[: len(self.root)]) or prefix < key[: len(self.root)]:
                break
        return self._custom_owner(key)

    def _custom_owner(self, key: str) -> Owner | None:
        """Return the owner of an object of a custom resource: its group has a dot, unlike every built-in prefix."""
        parts = key[len(self.root) :].split("/") if key.startswith(self.root) else []
        if len(parts) < 3 or "." not in parts[0] or not parts[1]:
            return None
        group, resource = parts[0], parts[1]
        owner = self.custom.get((group, resource))
        if owner is None:
            if not re.fullmatch(_GROUP, group) or not re.fullmatch(_PLURAL, resource):
                return None
            owner = Owner(
                f"{resource}.{group}",
                f"{self.root}{group}/{resource}",
                frozenset(self.factory.servers),
                self.custom_media_type,
                "",
                *(self.factory.encryption_for(group, resource) or _NONE),
            )
            self.custom[group, resource] = owner
        return owner


def _resource_owner(row: dict[str, Any]) -> Owner:
    group = row["group"]
    return Owner(
        f"{row['resource']}.{group}" if group else row["resource"],
        row["keyPrefix"],
        frozenset(row["servers"]),
        row["mediaType"],
        f"{group}/{row['storageVersion']}" if group else row["storageVersion"],
        *_encryption(row["encryption"]),
        version_is_provisional="storageVersion" in row.get("provisional", ()),
    )


def _encryption(encryption: dict[str, Any] | None) -> Providers:
    return Providers(encryption["write"], tuple(encryption["read"])) if encryption else _NONE
