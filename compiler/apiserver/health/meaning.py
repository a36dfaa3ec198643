"""The health checks of one configuration: their conditions, what they connect to, what a failure means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from compiler.upstream.catalog import health_meanings

if TYPE_CHECKING:
    from compiler.apiserver.health.checks import HealthCheck
    from compiler.apiserver.storage.factory import StorageFactory

_KMS_EACH, _KMS_TOGETHER = _KMS = ("kms-provider-N", "kms-providers")
_CONDITIONS = {
    "encryptionReload": "--encryption-provider-config with --encryption-provider-config-automatic-reload",
    "kmsEach": "a KMS v1 plugin in the encryption config, without reload; N counts all plugins of the file",
    "kmsTogether": "only KMS v2 plugins in the encryption config, or reload",
    "overrides": "--etcd-servers-overrides; N counts the distinct sets of servers",
    "peerProxy": "--peer-ca-file with the gate UnknownVersionInteroperabilityProxy",
    "priorityAndFairness": "--enable-priority-and-fairness",
    "!priorityAndFairness": "--enable-priority-and-fairness=false",
    "proxyClientCert": "--proxy-client-cert-file with --proxy-client-key-file",
    "rbac": "RBAC is one of the authorizers",
    "served:": "the core API is served",
}


def condition_of(when: tuple[str, ...]) -> str:
    """Return the conditions of a row in health.json, in words."""
    return " and ".join(map(_words, when)) or "always"


def _words(condition: str) -> str:
    kind, _, name = condition.partition(":")
    if kind == "gate":
        return f"the gate {name}"
    return _CONDITIONS.get(condition) or f"{name} is served"


def explained(check: HealthCheck, targets: Sequence[str]) -> dict[str, Any]:
    """Return the meaning of a failing check; `targets` are the addresses that it connects to."""
    entry: dict[str, Any] = {"name": check.name, "condition": condition_of(check.when)}
    if check.group:
        entry["group"] = check.group
    entry["livezGrace"] = check.grace
    if targets:
        entry["asks"] = list(targets)
    return entry | health_meanings()[check.row]


def targets_of(check: HealthCheck, factory: StorageFactory) -> tuple[str, ...]:
    """Return what a check connects to: URLs of etcd, sockets of KMS plugins."""
    if check.etcd is not None:
        number = check.etcd.override
        return factory.servers if number is None else factory.override_server_sets()[number]
    plugins = factory.encryption.kms if factory.encryption else ()
    if check.row == _KMS_EACH:
        plugins = plugins[int(check.name.rpartition("-")[2]) :][:1]
    elif check.row != _KMS_TOGETHER:
        return ()
    return tuple(plugin.endpoint for plugin in plugins)
