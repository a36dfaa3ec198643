"""KMS plugins of an encryption configuration.

Kubernetes: apis/apiserver/validation/validation_encryption.go, validateKMSConfiguration.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler import rules
from compiler.apiserver.context import ServerContext
from compiler.inputs.schema.field import Field
from compiler.text import shown
from compiler.upstream.go.net import parse_url

_DEFAULT_TIMEOUT = 3 * 10**9


class KMSProvider(NamedTuple):
    """One plugin; the timeout is in nanoseconds."""

    name: str
    api_version: str
    endpoint: str
    timeout: int


def check_kms(context: ServerContext, plugin: Field, before: list[KMSProvider], reload: bool) -> KMSProvider:
    """Return the plugin of a provider; report errors. `before` are the preceding plugins of the file."""
    version = plugin["apiVersion"].text or "v1"
    if version not in ("v1", "v2"):
        plugin["apiVersion"].report(
            rules.UNSUPPORTED_KMS_API_VERSION, f"unsupported KMS apiVersion {shown(version)}", "write v2"
        )
        version = "v2"
    elif version == "v1" and not context.gates.on("KMSv1"):
        hint = "write apiVersion: v2 with a plugin that supports it, or enable the feature gate KMSv1"
        plugin.report(rules.KMS_V1_WITHOUT_GATE, "KMS v1 requires the feature gate KMSv1", hint)
    _check_name(plugin["name"], version, before, reload)
    _check_endpoint(plugin["endpoint"], context.catalog.url_strictness)
    timeout = plugin["timeout"].duration
    if timeout is not None and timeout <= 0:
        plugin["timeout"].report(
            rules.KMS_TIMEOUT_NOT_POSITIVE,
            f"the timeout {plugin['timeout'].text} is not positive",
            "write for example 3s",
        )
    _check_cache_size(plugin["cachesize"], version)
    return KMSProvider(
        plugin["name"].text,
        version,
        plugin["endpoint"].text,
        _DEFAULT_TIMEOUT if timeout is None else timeout,
    )


def _check_name(name: Field, version: str, before: list[KMSProvider], reload: bool) -> None:
    if not name.text:
        name.report(rules.INVALID_KMS_NAME, "the plugin has no name", "set a name")
    elif version == "v2" and ":" in name.text:
        name.report(rules.INVALID_KMS_NAME, f"the name {shown(name.text)} contains a colon", "remove the colon")
    elif any(plugin.name == name.text for plugin in before) and (version == "v2" or reload):
        name.report(
            rules.DUPLICATE_KMS_NAME,
            f"duplicate KMS plugin name {shown(name.text)}",
            "use unique names",
        )


def _check_endpoint(endpoint: Field, strictness: int) -> None:
    text = endpoint.text
    parsed = parse_url(text, strictness)
    if not text or parsed is None or parsed.scheme != "unix":
        message = f"the endpoint {shown(text)} is not a Unix socket URL" if text else "the plugin has no endpoint"
        endpoint.report(rules.INVALID_KMS_ENDPOINT, message, "write unix:///PATH/TO/SOCKET")


def _check_cache_size(size: Field, version: str) -> None:
    if size.number is None:
        return
    if version == "v2":
        size.report(rules.INVALID_KMS_CACHE_SIZE, "KMS v2 does not support cachesize", "remove cachesize")
    elif size.number == 0:
        size.report(
            rules.INVALID_KMS_CACHE_SIZE,
            "cachesize is 0",
            "write a positive number, or a negative one for no cache",
        )
