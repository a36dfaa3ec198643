"""Encryption at rest that encrypts less, or holds less, than it seems to.

Kubernetes: apiserver/pkg/server/options/encryptionconfig/config.go; the documentation on encrypting data at rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compiler import rules
from compiler.review.context import Risks
from compiler.upstream.names import parse_group_resource

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field

FLAG = "encryption-provider-config"
KEYED = ("aescbc", "aesgcm", "secretbox")
PROVIDERS = (*KEYED, "kms", "identity")
_COVERING = ("secrets", "*.", "*.*")
"""What covers Secrets in `resources`, the most exact first."""


def find(risks: Risks) -> None:
    """Look into every entry of the file."""
    root = risks.file(FLAG)
    if root is None:
        return
    entries = root["resources"]
    covering = entry_of_secrets(root)
    if covering is None:
        message = "no entry is about secrets: they are stored as they are"
        risks.report_field(rules.SECRETS_NOT_ENCRYPTED, message, "add secrets to the resources of an entry", entries)
    for entry in entries.items():
        _check_order(risks, entry, covering is not None and entry.path == covering.path)
        for provider in entry["providers"].items():
            _check_provider(risks, provider)


def entry_of_secrets(root: Field) -> Field | None:
    """The entry that Secrets are written by; None where there is none."""
    for name in _COVERING:
        for entry in root["resources"].items():
            if any(str(parse_group_resource(resource.text)) == name for resource in entry["resources"].items()):
                return entry
    return None


def kind_of(provider: Field) -> str:
    """The kind of a provider; empty where it has none."""
    return next((kind for kind in PROVIDERS if provider[kind].is_set), "")


def _check_order(risks: Risks, entry: Field, has_secrets: bool) -> None:
    """The first provider writes, the others only read."""
    providers = entry["providers"].items()
    kinds = [kind_of(provider) for provider in providers]
    if not kinds:
        return
    if kinds[0] == "identity" and any(kind != "identity" for kind in kinds):
        message = f"identity comes first: everything is written unencrypted, and {kinds[1]} only reads"
        hint = f"put identity behind {kinds[1]}, unless encryption is being taken back"
        risks.report_field(rules.IDENTITY_PROVIDER_FIRST, message, hint, providers[0])
    elif kinds[0] == "identity" and has_secrets:
        message = "identity is the only provider of secrets: they are stored as they are"
        risks.report_field(
            rules.SECRETS_NOT_ENCRYPTED, message, "put a provider that encrypts before it, such as kms", providers[0]
        )
    elif "identity" not in kinds:
        message = "no provider reads what is stored unencrypted: objects from before encryption cannot be read"
        hint = "put identity: {} last until every object was written anew"
        risks.report_field(rules.NO_IDENTITY_PROVIDER, message, hint, entry["providers"])
    else:
        _check_strength(risks, providers[0], kinds[0])


def _check_strength(risks: Risks, provider: Field, kind: str) -> None:
    """Whether what is written with a provider is as safe as it can be."""
    hint = "use kms v2, or secretbox"
    if kind == "aescbc":
        risks.report_field(
            rules.WEAK_ENCRYPTION_PROVIDER, "aescbc can be read by padding oracle attacks", hint, provider[kind]
        )
    elif kind == "aesgcm":
        message = "aesgcm draws nonces by chance: a key is worn out after 200,000 writes"
        risks.report_field(
            rules.WEAK_ENCRYPTION_PROVIDER, message, f"{hint}, or let a program rotate the key", provider[kind]
        )


def _check_provider(risks: Risks, provider: Field) -> None:
    kind = kind_of(provider)
    if kind == "kms":
        version = provider[kind]["apiVersion"]
        if version.text in ("", "v1"):
            message = "kms v1 is deprecated, asks the plugin at every read, and is off in most versions"
            risks.report_field(
                rules.KMS_V1_PROVIDER, message, "move to apiVersion v2, which needs a plugin that speaks it", version
            )
    elif kind in KEYED:
        for key in provider[kind]["keys"].items():
            if _is_text(key["secret"].text):
                message = "the key is readable text, which can be guessed"
                hint = "make it of random bytes: head -c 32 /dev/urandom | base64"
                risks.report_field(rules.GUESSABLE_ENCRYPTION_KEY, message, hint, key["secret"])


def _is_text(secret: str) -> bool:
    """Whether a key in base64 stands for letters, as one from an example or an unexpanded variable does."""
    from compiler.upstream.go.encoding import decode_base64

    data = decode_base64(secret)
    return bool(data) and re.fullmatch(b"[\\x20-\\x7e]+", data or b"") is not None
