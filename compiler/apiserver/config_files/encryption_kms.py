"""Key management plugins of an encryption configuration.

Kubernetes: apis/apiserver/validation/validation_encryption.go, validateKMSConfiguration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.apiserver.context import ServerContext
from compiler.inputs.schema.field import Field
from compiler.text import shown
from compiler.upstream.go.net import parse_url

if TYPE_CHECKING:
    pass

_DEFAULT_TIMEOUT = 3 * 10**9
_DEFAULT_CACHE_SIZE = 1000


class KMSProvider(NamedTuple):
    """One plugin: timeout in nanoseconds; the cache size counts for v1 only."""

    name: str
    api_version: str
    endpoint: str
    timeout: int
    cache_size: int


def check_kms(context: ServerContext, plugin: Field, before: list[KMSProvider], reload: bool) -> KMSProvider:
    """The plugin that a provider names, after reporting what is wrong; `before` are the plugins above it."""
    version = plugin["apiVersion"].text or "v1"
    if version not in ("v1", "v2"):
        plugin["apiVersion"].refuse(
            rules.UNSUPPORTED_KMS_API_VERSION, f"the KMS apiVersion {shown(version)} is not known", "write v2"
        )
        version = "v2"
    elif version == "v1" and not context.gates.on("KMSv1"):
        hint = "write apiVersion: v2 with a plugin that speaks it, or switch the gate KMSv1 on"
        plugin.refuse(rules.KMS_V1_WITHOUT_GATE, "KMS v1 is used, but the gate KMSv1 is off", hint)
    _check_name(plugin["name"], version, before, reload)
    _check_endpoint(plugin["endpoint"], context.catalog.url_strictness)
    timeout = plugin["timeout"].duration
    if timeout is not None and timeout <= 0:
        plugin["timeout"].refuse(
            rules.KMS_TIMEOUT_NOT_POSITIVE, f"the timeout {plugin['timeout'].text} is not above 0", "write such as 3s"
        )
    return KMSProvider(
        plugin["name"].text,
        version,
        plugin["endpoint"].text,
        _DEFAULT_TIMEOUT if timeout is None else timeout,
        _cache_size(plugin["cachesize"], version),
    )


def _check_name(name: Field, version: str, before: list[KMSProvider], reload: bool) -> None:
    if not name.text:
        name.refuse(rules.INVALID_KMS_NAME, "the plugin has no name", "give it one")
    elif version == "v2" and ":" in name.text:
        name.refuse(rules.INVALID_KMS_NAME, f"the name {shown(name.text)} holds a colon", "leave the colon out")
    elif any(plugin.name == name.text for plugin in before) and (version == "v2" or reload):
        name.refuse(
            rules.DUPLICATE_KMS_NAME,
            f"the name {shown(name.text)} is used twice",
            "give every plugin a name of its own",
        )


def _check_endpoint(endpoint: Field, strictness: int) -> None:
    text = endpoint.text
    parsed = parse_url(text, strictness)
    if not text or parsed is None or parsed.scheme != "unix":
        message = f"the endpoint {shown(text)} is not a Unix socket" if text else "the plugin has no endpoint"
        endpoint.refuse(rules.INVALID_KMS_ENDPOINT, message, "write unix:///PATH/TO/SOCKET")


def _cache_size(size: Field, version: str) -> int:
    number = size.number
    if number is None:
        return _DEFAULT_CACHE_SIZE
    if version == "v2":
        size.refuse(rules.INVALID_KMS_CACHE_SIZE, "KMS v2 has no cache size", "remove cachesize")
    elif number == 0:
        size.refuse(
            rules.INVALID_KMS_CACHE_SIZE,
            "the cache size is 0",
            "write a positive number, or a negative one for no cache",
        )
    return number
