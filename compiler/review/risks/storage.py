"""Encryption at rest that covers less than it seems to, and connections to etcd."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compiler import rules
from compiler.review import Risks
from compiler.review.risks.networking import is_local
from compiler.text import shown
from compiler.upstream.names import parse_group_resource

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field


FLAG = "encryption-provider-config"
KEYED = ("aescbc", "aesgcm", "secretbox")
PROVIDERS = (*KEYED, "kms", "identity")
_COVERING = ("secrets", "*.", "*.*")
"""Entries of `resources` that include Secrets, the most specific first."""


def find_encryption(risks: Risks) -> None:
    """Check every entry of the file."""
    root = risks.file(FLAG)
    if root is None:
        return
    entries = root["resources"]
    covering = entry_of_secrets(root)
    if covering is None:
        message = "no entry includes secrets: they are stored unencrypted"
        risks.report_field(rules.SECRETS_NOT_ENCRYPTED, message, "add secrets to the resources of an entry", entries)
    for entry in entries.items():
        _check_order(risks, entry, covering is not None and entry.path == covering.path)
        for provider in entry["providers"].items():
            _check_provider(risks, provider)


def entry_of_secrets(root: Field) -> Field | None:
    """Return the entry that applies to Secrets; None if there is none."""
    for name in _COVERING:
        for entry in root["resources"].items():
            if any(str(parse_group_resource(resource.text)) == name for resource in entry["resources"].items()):
                return entry
    return None


def kind_of(provider: Field) -> str:
    """Return the kind of a provider; empty if it has none."""
    return next((kind for kind in PROVIDERS if provider[kind].is_set), "")


def _check_order(risks: Risks, entry: Field, has_secrets: bool) -> None:
    """Check the order of the providers: the first one writes, the others only read."""
    providers = entry["providers"].items()
    kinds = [kind_of(provider) for provider in providers]
    if not kinds:
        return
    if kinds[0] == "identity" and any(kind != "identity" for kind in kinds):
        message = f"identity is first: everything is written unencrypted, and {kinds[1]} only reads"
        hint = f"put identity after {kinds[1]}, unless encryption is being disabled"
        risks.report_field(rules.IDENTITY_PROVIDER_FIRST, message, hint, providers[0])
    elif kinds[0] == "identity" and has_secrets:
        message = "identity is the only provider for secrets: they are stored unencrypted"
        risks.report_field(
            rules.SECRETS_NOT_ENCRYPTED, message, "put an encrypting provider before it, for example kms", providers[0]
        )
    elif "identity" not in kinds:
        message = "no provider reads unencrypted data: objects that were written before encryption cannot be read"
        hint = "put identity: {} last until all objects are rewritten"
        risks.report_field(rules.NO_IDENTITY_PROVIDER, message, hint, entry["providers"])
    else:
        _check_strength(risks, providers[0], kinds[0])


def _check_strength(risks: Risks, provider: Field, kind: str) -> None:
    """Report providers with known weaknesses."""
    hint = "use kms v2, or secretbox"
    if kind == "aescbc":
        risks.report_field(
            rules.WEAK_ENCRYPTION_PROVIDER, "aescbc is vulnerable to padding oracle attacks", hint, provider[kind]
        )
    elif kind == "aesgcm":
        message = "aesgcm uses random nonces: a key must be rotated every 200,000 writes"
        risks.report_field(
            rules.WEAK_ENCRYPTION_PROVIDER, message, f"{hint}, or rotate the key automatically", provider[kind]
        )


def _check_provider(risks: Risks, provider: Field) -> None:
    kind = kind_of(provider)
    if kind == "kms":
        version = provider[kind]["apiVersion"]
        if version.text in ("", "v1"):
            message = "kms v1 is deprecated, calls the plugin for every read, and is disabled in most versions"
            risks.report_field(
                rules.KMS_V1_PROVIDER, message, "move to apiVersion v2, which needs a plugin that supports it", version
            )
    elif kind in KEYED:
        for key in provider[kind]["keys"].items():
            if _is_readable(key["secret"].text):
                message = "the key is readable text, which can be guessed"
                hint = "generate a random key: head -c 32 /dev/urandom | base64"
                risks.report_field(rules.GUESSABLE_ENCRYPTION_KEY, message, hint, key["secret"])


def _is_readable(secret: str) -> bool:
    """Return whether a base64 key decodes to text, as one from an example or an unexpanded variable does."""
    from compiler.upstream.go.encoding import decode_base64

    data = decode_base64(secret)
    return bool(data) and re.fullmatch(b"[\\x20-\\x7e]+", data or b"") is not None


_SECOND = 10**9
_MAX_TTL = 7 * 24 * 3600


def find_storage(risks: Risks) -> None:
    """Check connections, event retention and the watch cache."""
    flags, flag = risks.flags, "etcd-servers"
    for index, server in enumerate(flags.texts(flag)):
        if _is_plain(server):
            _report_plain(risks, server, flag, index)
    flag = "etcd-servers-overrides"
    for index, element in enumerate(flags.texts(flag)):
        for server in element.partition("#")[2].split(";"):
            if _is_plain(server):
                _report_plain(risks, server, flag, index)
    _check_events(risks)
    flag = "watch-cache"
    if not flags.on(flag):
        message = f"--{flag} is false: every read and every watch goes to etcd"
        risks.report(
            rules.WATCH_CACHE_DISABLED, message, f"remove --{flag}; use --watch-cache-sizes to save memory", flag
        )


def _is_plain(server: str) -> bool:
    return server.lower().startswith("http://") and not is_local(server)


def _report_plain(risks: Risks, server: str, flag: str, index: int) -> None:
    message = f"--{flag}: the connection to {shown(server)} does not use TLS: the whole cluster can be read and"
    risks.report(
        rules.ETCD_WITHOUT_TLS,
        f"{message} modified in transit",
        "use https, and client certificates for etcd",
        flag,
        index,
    )


def _check_events(risks: Risks) -> None:
    """Check the event TTL. Kubernetes: store.go, Create: objects with a TTL below a second get no lease."""
    flag = "event-ttl"
    seconds = risks.flags.number(flag) // _SECOND
    if seconds < 0:
        message = f"--{flag} is negative: etcd rejects the lease, and events cannot be written"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, "set for example 1h", flag)
    elif seconds == 0:
        message = f"--{flag} is below one second: events get no lease and are never deleted from etcd"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, "set for example 1h", flag)
    elif seconds > _MAX_TTL:
        message = f"--{flag} keeps events for {seconds // 86400} days: they may use most of the space in etcd"
        hint = "set for example 24h, and export events that you want to keep"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, hint, flag, severity="note")
