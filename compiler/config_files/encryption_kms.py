"""Key management plugins of an encryption configuration.

Kubernetes: apis/apiserver/validation/validation_encryption.go, validateKMSConfiguration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.config_files.strict import Checker
from compiler.flags.numbers import ValueRefused, parse_duration
from compiler.flags.text import shown
from compiler.options.authentication import parses_as_url
from compiler.source.node import Node

if TYPE_CHECKING:
    from compiler.options.etcd import EtcdOptions

_DEFAULT_TIMEOUT = 3 * 10**9
_DEFAULT_CACHE_SIZE = 1000


class KMSProvider(NamedTuple):
    """One plugin: timeout in nanoseconds; the cache size counts for v1 only."""

    name: str
    api_version: str
    endpoint: str
    timeout: int
    cache_size: int


def check_kms(group: EtcdOptions, check: Checker, node: Node, path: str, before: list[KMSProvider]) -> KMSProvider:
    """The plugin that a provider names, after reporting what is wrong; `before` are the plugins above it."""
    version = check.text("ENC-02", node, "apiVersion", f"{path}.apiVersion") or "v1"
    if version not in ("v1", "v2"):
        message = f"the KMS apiVersion {shown(version)} is not known"
        check.refuse("ENC-24", node, f"{path}.apiVersion", message, "write v2")
        version = "v2"
    elif version == "v1" and not group.run.gates.on("KMSv1"):
        message = "KMS v1 is used, but the gate KMSv1 is off"
        hint = "write apiVersion: v2 with a plugin that speaks it, or switch the gate KMSv1 on"
        check.refuse("ENC-25", node, path, message, hint)
    name = check.text("ENC-02", node, "name", f"{path}.name")
    _check_name(group, check, node, path, name, version, before)
    endpoint = check.text("ENC-02", node, "endpoint", f"{path}.endpoint")
    if not endpoint or not parses_as_url(endpoint) or endpoint.partition(":")[0].lower() != "unix":
        message = f"the endpoint {shown(endpoint)} is not a Unix socket" if endpoint else "the plugin has no endpoint"
        check.refuse("ENC-22", node, f"{path}.endpoint", message, "write unix:///PATH/TO/SOCKET")
    return KMSProvider(name, version, endpoint, _timeout(check, node, path), _cache_size(check, node, path, version))


def _check_name(
    group: EtcdOptions, check: Checker, node: Node, path: str, name: str, version: str, before: list[KMSProvider]
) -> None:
    if not name:
        check.refuse("ENC-19", node, f"{path}.name", "the plugin has no name", "give it one")
    elif version == "v2" and ":" in name:
        check.refuse("ENC-19", node, f"{path}.name", f"the name {shown(name)} holds a colon", "leave the colon out")
    elif any(plugin.name == name for plugin in before):
        reload = group.flags.on("encryption-provider-config-automatic-reload")
        if version == "v2" or reload:
            message = f"the name {shown(name)} is used twice"
            check.refuse("ENC-20", node, f"{path}.name", message, "give every plugin a name of its own")


def _timeout(check: Checker, node: Node, path: str) -> int:
    text = check.text("ENC-02", node, "timeout", f"{path}.timeout")
    if not text:
        return _DEFAULT_TIMEOUT
    try:
        timeout = parse_duration(text)
    except ValueRefused as refusal:
        check.refuse("ENC-02", node, f"{path}.timeout", refusal.message, refusal.hint)
        return _DEFAULT_TIMEOUT
    if timeout <= 0:
        check.refuse("ENC-21", node, f"{path}.timeout", f"the timeout {text} is not above 0", "write such as 3s")
    return timeout


def _cache_size(check: Checker, node: Node, path: str, version: str) -> int:
    given = node.get("cachesize")
    if given is None or given.value is None:
        return _DEFAULT_CACHE_SIZE
    if not isinstance(given.value, int) or isinstance(given.value, bool):
        check.refuse("ENC-02", node, f"{path}.cachesize", "the cache size is not a whole number", "write a number")
        return _DEFAULT_CACHE_SIZE
    if version == "v2":
        check.refuse("ENC-23", node, f"{path}.cachesize", "KMS v2 has no cache size", "remove cachesize")
    elif given.value == 0:
        hint = "write a positive number, or a negative one for no cache"
        check.refuse("ENC-23", node, f"{path}.cachesize", "the cache size is 0", hint)
    return given.value
