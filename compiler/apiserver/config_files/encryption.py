"""EncryptionConfiguration: validation, and the prefixes that each resource is written and read with."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config
from compiler.apiserver.config_files.encryption_kms import KMSProvider, check_kms
from compiler.apiserver.context import NamedFile, ServerContext
from compiler.inputs.schema.field import Field
from compiler.text import shown
from compiler.upstream.go.encoding import decode_base64
from compiler.upstream.names import GroupResource, parse_group_resource

KINDS = ("EncryptionConfiguration", "EncryptionConfig")
_RULES = FileRules(
    read=rules.UNREADABLE_ENCRYPTION_CONFIG,
    empty=rules.UNREADABLE_ENCRYPTION_CONFIG,
    decode=rules.INVALID_ENCRYPTION_CONFIG,
)
_SIZES = {"aesgcm": (16, 24, 32), "aescbc": (16, 24, 32), "secretbox": (32,)}
_PROVIDERS = (*_SIZES, "kms", "identity")


class Providers(NamedTuple):
    """The prefix that a resource is written with, and those it is read with, in order; None is no encryption."""

    write: str | None
    read: tuple[str | None, ...]


class EncryptionConfiguration:
    """For each entry of a file, the resources and the prefixes of its providers, in order.

    Resources are spelled as GroupResource. A prefix is None for the identity provider. `kms` lists the KMS plugins of
    the whole file in order.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[tuple[str, ...], tuple[str | None, ...]]] = []
        self.kms: tuple[KMSProvider, ...] = ()

    def providers_for(self, group: str, resource: str) -> Providers | None:
        """Return the providers of a resource, None if no entry covers it.

        The exact name takes precedence over the wildcard of its group, and that over `*.*`. Entries with the same name
        are read in order. Kubernetes: encryptionconfig/config.go, StaticTransformers.TransformerForResource.
        """
        for name in (str(GroupResource(resource, group)), f"*.{group}", "*.*"):
            if name in self._by_name:
                read = self._by_name[name]
                return Providers(read[0], read) if read else None
        return None

    @cached_property
    def _by_name(self) -> dict[str, tuple[str | None, ...]]:
        """The prefixes for each name; the entries are complete when they are first needed."""
        by_name: dict[str, tuple[str | None, ...]] = {}
        for resources, prefixes in self.entries:
            for name in resources:
                by_name[name] = by_name.get(name, ()) + prefixes
        return by_name


def load_encryption(named: NamedFile, reload: bool) -> EncryptionConfiguration | None:
    """Return the valid part of the configuration, None if its content is unavailable; report errors."""
    config = load_config(named, KINDS, _RULES)
    return _Loader(named.context, reload, config.inline).load(config.root) if config else None


class _Loader:
    def __init__(self, context: ServerContext, reload: bool, inline: bool) -> None:
        self.context = context
        self.reload = reload
        self.inline = inline
        self.configuration = EncryptionConfiguration()
        self.kms: list[KMSProvider] = []

    def load(self, root: Field) -> EncryptionConfiguration:
        entries = root["resources"].items()
        if not entries:
            root["resources"].report(
                rules.ENCRYPTION_CONFIG_WITHOUT_ENTRIES,
                "the file has no entries in resources",
                "add one with its providers",
            )
        for entry in entries:
            self._entry(entry)
        check_covered(entries)
        self.configuration.kms = tuple(self.kms)
        return self.configuration

    def _entry(self, entry: Field) -> None:
        names = check_resources(entry["resources"])
        providers = entry["providers"].items()
        if not providers:
            entry["providers"].report(
                rules.ENCRYPTION_ENTRY_WITHOUT_PROVIDERS,
                "the entry has no providers",
                "add one, for example identity: {}",
            )
        prefixes: list[str | None] = []
        for provider in providers:
            prefixes += self._provider(provider)
        self.configuration.entries.append((tuple(names), tuple(prefixes)))

    def _provider(self, provider: Field) -> list[str | None]:
        types = [kind for kind in _PROVIDERS if provider[kind].is_set]
        if len(types) != 1:
            message = f"the provider has {' and '.join(types) or 'no provider type'}"
            hint = f"write exactly one of {', '.join(_PROVIDERS)}; write identity as identity: {{}}"
            provider.report(rules.NOT_ONE_PROVIDER_TYPE, message, hint)
            return []
        kind = types[0]
        if kind == "identity":
            return [None]
        if kind == "kms":
            plugin = check_kms(self.context, provider[kind], self.kms, self.reload)
            self.kms.append(plugin)
            return [f"k8s:enc:kms:{plugin.api_version}:{plugin.name}:"]
        return self._keys(kind, provider[kind])

    def _keys(self, kind: str, provider: Field) -> list[str | None]:
        keys = provider["keys"].items()
        if not keys:
            provider["keys"].report(
                rules.PROVIDER_WITHOUT_KEYS, f"{kind} has no keys", "add a key with name and secret"
            )
        names: list[str | None] = []
        for key in keys:
            name = key["name"].text
            if not name:
                key["name"].report(
                    rules.ENCRYPTION_KEY_WITHOUT_NAME_OR_SECRET, "the key has no name", "set a name, for example key1"
                )
            names.append(f"k8s:enc:{kind}:v1:{name}:")
            self._secret(kind, key["secret"])
        return names

    def _secret(self, kind: str, secret: Field) -> None:
        value = secret.node.value if secret.node is not None else None
        if self.inline and isinstance(value, dict):
            _check_reference(secret)
            return
        if value is not None and not isinstance(value, str):
            secret.report(
                rules.INVALID_ENCRYPTION_CONFIG, "the secret is not a string", "write the key in base64, in quotes"
            )
            return
        if not value:
            hint = "write the key in base64" if not self.inline else "write {env: NAME} or {file: PATH}"
            secret.report(rules.ENCRYPTION_KEY_WITHOUT_NAME_OR_SECRET, "the key has no secret", hint)
            return
        data = decode_base64(value)
        size = len(data) if data is not None else 0
        if data is None:
            secret.report(
                rules.ENCRYPTION_KEY_NOT_BASE64,
                "the secret is not valid base64",
                "encode it in standard base64 with padding",
            )
        elif size not in _SIZES[kind]:
            sizes = " or ".join(map(str, _SIZES[kind]))
            message = f"the secret of {kind} has {size} bytes"
            secret.report(rules.INVALID_ENCRYPTION_KEY_LENGTH, message, f"use {sizes} random bytes, in base64")


def _check_reference(secret: Field) -> None:
    entries = secret.entries()
    if len(entries) != 1 or entries[0][0] not in ("env", "file") or not entries[0][1].text:
        message = "the secret is neither {env: NAME} nor {file: PATH}"
        secret.report(rules.INVALID_SECRET_REFERENCE, message, "write one of the two")


_NOT_ENCRYPTABLE = ("apiserveripinfo", "serviceipallocations", "servicenodeportallocations")


def check_resources(resources: Field) -> list[str]:
    """Return the resources of one entry, spelled as GroupResource; report errors."""
    elements = resources.items()
    if not elements:
        resources.report(
            rules.ENCRYPTION_ENTRY_WITHOUT_RESOURCES, "the entry has no resources", "add one, for example secrets"
        )
    names: list[str] = []
    listed = set[str]()
    for element in elements:
        if element.is_bad:
            continue
        _check_name(element)
        name = str(parse_group_resource(element.text))
        if name in listed:
            element.report(
                rules.DUPLICATE_ENCRYPTED_RESOURCE, f"duplicate resource {shown(element.text)} in the entry", "keep one"
            )
        names.append(name)
        listed.add(name)
    if "*.*" in listed and len(listed) > 1:
        resources.report(
            rules.OVERLAPPING_RESOURCES_IN_ENTRY, "*.* covers the other resources of its entry", "keep only *.*"
        )
        return names
    for name in dict.fromkeys(names):
        wildcard = f"*.{parse_group_resource(name).group}"
        if name != wildcard and wildcard in listed:
            message = f"{shown(name)} is covered by {wildcard} in the same entry"
            resources.report(rules.OVERLAPPING_RESOURCES_IN_ENTRY, message, "keep one of the two")
    return names


def _check_name(element: Field) -> None:
    name = element.text
    resource, group = parse_group_resource(name)
    if name != name.lower():
        element.report(
            rules.UPPERCASE_ENCRYPTED_RESOURCE, f"{shown(name)} has uppercase letters", f"write {name.lower()}"
        )
    elif name == "*":
        element.report(
            rules.BARE_WILDCARD_RESOURCE,
            "* is not a valid resource",
            "write *. for the core group, or *.* for everything",
        )
    elif name in _NOT_ENCRYPTABLE:
        element.report(rules.RESOURCE_CANNOT_BE_ENCRYPTED, f"{name} cannot be encrypted", "remove it")
    elif group in ("events.k8s.io", "extensions"):
        hint = "write events" if group == "events.k8s.io" else "write the resource with its own group"
        element.report(rules.ENCRYPTED_GROUP_STORES_NOTHING, f"no resource is stored in the group {group}", hint)
    elif group == "*" and resource != "*":
        hint = "write *.* for everything, *.GROUP for a group, or one resource"
        element.report(
            rules.ENCRYPTED_RESOURCE_IN_ALL_GROUPS, f"{shown(name)} selects one resource in all groups", hint
        )


def check_covered(entries: list[Field]) -> None:
    """Report resources that a wildcard of an earlier entry covers."""
    earlier: set[str] = set()
    for entry in entries:
        elements = entry["resources"].items()
        for element in elements:
            for wildcard in ("*.*", f"*.{parse_group_resource(element.text).group}"):
                if wildcard in earlier:
                    message = f"{shown(element.text)} is covered by {wildcard} of an earlier entry"
                    element.report(
                        rules.RESOURCE_COVERED_BY_EARLIER_ENTRY, message, "put the more specific entry first"
                    )
                    break
        earlier |= {element.text for element in elements if element.text.startswith("*.")}
