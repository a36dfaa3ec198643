"""EncryptionConfiguration: its rules, and which prefix each resource is written and read with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config
from compiler.apiserver.config_files.encryption_kms import KMSProvider, check_kms
from compiler.apiserver.context import NamedFile, ServerContext
from compiler.inputs.schema.field import Field
from compiler.text import shown
from compiler.upstream.go.encoding import decode_base64
from compiler.upstream.names import GroupResource, parse_group_resource

if TYPE_CHECKING:
    pass


FLAG = "encryption-provider-config"
KINDS = ("EncryptionConfiguration", "EncryptionConfig")
_RULES = FileRules(
    read=rules.UNREADABLE_ENCRYPTION_CONFIG,
    empty=rules.UNREADABLE_ENCRYPTION_CONFIG,
    decode=rules.INVALID_ENCRYPTION_CONFIG,
)
_SIZES = {"aesgcm": (16, 24, 32), "aescbc": (16, 24, 32), "secretbox": (32,)}
_PROVIDERS = (*_SIZES, "kms", "identity")


class Providers(NamedTuple):
    """The prefix that a resource is written with, and those that are read, in order; None is no encryption."""

    write: str | None
    read: tuple[str | None, ...]


class EncryptionConfiguration:
    """What a file says: for each entry the resources and the prefixes of its providers, in order.

    Resources have the spelling of GroupResource, whatever the file writes. A prefix is None for the identity
    provider. `kms` lists the key management plugins of the whole file in order.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[tuple[str, ...], tuple[str | None, ...]]] = []
        self.kms: tuple[KMSProvider, ...] = ()

    def providers_for(self, group: str, resource: str) -> Providers | None:
        """Those of a resource; None where no entry is about it.

        Kubernetes: encryptionconfig/config.go, StaticTransformers.TransformerForResource: the exact name wins over
        the wildcard of its group, which wins over `*.*`. Several entries of one name are read one after the other.
        """
        for wanted in (str(GroupResource(resource, group)), f"*.{group}", "*.*"):
            named = [prefixes for resources, prefixes in self.entries if wanted in resources]
            if named:
                read = tuple(prefix for prefixes in named for prefix in prefixes)
                return Providers(read[0], read) if read else None
        return None


def load_encryption(named: NamedFile, reload: bool) -> EncryptionConfiguration | None:
    """The configuration as far as it can be used; None where its content cannot be had. Reports what is wrong."""
    config = load_config(named, KINDS, _RULES)
    return _Loader(named.context, reload, config.inline).load(config.root) if config else None


class _Loader:
    def __init__(self, context: ServerContext, reload: bool, inline: bool) -> None:
        self.context = context
        self.reload = reload
        self.inline = inline
        self.found = EncryptionConfiguration()
        self.kms: list[KMSProvider] = []

    def load(self, root: Field) -> EncryptionConfiguration:
        entries = root["resources"].items()
        if not entries:
            root["resources"].refuse(
                rules.ENCRYPTION_CONFIG_WITHOUT_ENTRIES,
                "the file has no entry in resources",
                "add one with its providers",
            )
        for entry in entries:
            self._entry(entry)
        check_masked(entries)
        self.found.kms = tuple(self.kms)
        return self.found

    def _entry(self, entry: Field) -> None:
        names = check_resources(entry["resources"])
        providers = entry["providers"].items()
        if not providers:
            entry["providers"].refuse(
                rules.ENCRYPTION_ENTRY_WITHOUT_PROVIDERS, "the entry has no provider", "add one, such as identity: {}"
            )
        prefixes: list[str | None] = []
        for provider in providers:
            prefixes += self._provider(provider)
        self.found.entries.append((tuple(names), tuple(prefixes)))

    def _provider(self, provider: Field) -> list[str | None]:
        given = [kind for kind in _PROVIDERS if provider[kind].given]
        if len(given) != 1:
            message = f"the provider names {' and '.join(given) or 'no kind of encryption'}"
            hint = f"write exactly one of {', '.join(_PROVIDERS)}; identity is written identity: {{}}"
            provider.refuse(rules.NOT_ONE_PROVIDER_TYPE, message, hint)
            return []
        kind = given[0]
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
            provider["keys"].refuse(
                rules.PROVIDER_WITHOUT_KEYS, f"{kind} has no key", "add a key with a name and a secret"
            )
        names: list[str | None] = []
        for key in keys:
            name = key["name"].text
            if not name:
                key["name"].refuse(
                    rules.ENCRYPTION_KEY_WITHOUT_NAME_OR_SECRET, "the key has no name", "give it one, such as key1"
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
            secret.refuse(
                rules.INVALID_ENCRYPTION_CONFIG, "the secret is not a text", "give the key in base64, in quotes"
            )
            return
        if not value:
            hint = "give the key in base64" if not self.inline else "write {env: NAME} or {file: PATH}"
            secret.refuse(rules.ENCRYPTION_KEY_WITHOUT_NAME_OR_SECRET, "the key has no secret", hint)
            return
        data = decode_base64(value)
        size = len(data) if data is not None else 0
        if data is None:
            secret.refuse(
                rules.ENCRYPTION_KEY_NOT_BASE64, "the secret is not base64", "encode it in standard base64 with padding"
            )
        elif size not in _SIZES[kind]:
            sizes = " or ".join(map(str, _SIZES[kind]))
            message = f"the secret of {kind} holds {size} bytes"
            secret.refuse(rules.INVALID_ENCRYPTION_KEY_LENGTH, message, f"make it {sizes} random bytes, in base64")


def _check_reference(secret: Field) -> None:
    entries = secret.entries()
    if len(entries) != 1 or entries[0][0] not in ("env", "file") or not entries[0][1].text:
        message = "the secret is neither {env: NAME} nor {file: PATH}"
        secret.refuse(rules.INVALID_SECRET_REFERENCE, message, "write one of the two, with a name")


_NEVER = ("apiserveripinfo", "serviceipallocations", "servicenodeportallocations")


def check_resources(resources: Field) -> list[str]:
    """The resources of one entry in the spelling of GroupResource, after reporting what is wrong with them."""
    elements = resources.items()
    if not elements:
        resources.refuse(
            rules.ENCRYPTION_ENTRY_WITHOUT_RESOURCES, "the entry names no resource", "name one, such as secrets"
        )
    names: list[str] = []
    for element in elements:
        if element.is_bad:
            continue
        _check_name(element)
        name = str(parse_group_resource(element.text))
        if name in names:
            element.refuse(
                rules.DUPLICATE_ENCRYPTED_RESOURCE, f"{shown(element.text)} is named twice in one entry", "keep one"
            )
        names.append(name)
    if "*.*" in names and len(set(names)) > 1:
        resources.refuse(
            rules.OVERLAPPING_RESOURCES_IN_ENTRY, "*.* covers the other resources of its entry", "keep *.* alone"
        )
        return names
    for name in dict.fromkeys(names):
        wildcard = f"*.{parse_group_resource(name).group}"
        if name != wildcard and wildcard in names:
            message = f"{shown(name)} is covered by {wildcard} in its own entry"
            resources.refuse(rules.OVERLAPPING_RESOURCES_IN_ENTRY, message, "keep one of the two")
    return names


def _check_name(element: Field) -> None:
    name = element.text
    resource, group = parse_group_resource(name)
    if name != name.lower():
        element.refuse(
            rules.UPPERCASE_ENCRYPTED_RESOURCE, f"{shown(name)} has capital letters", f"write {name.lower()}"
        )
    elif name == "*":
        element.refuse(
            rules.BARE_WILDCARD_RESOURCE, "* is not a resource", "write *. for the core group, or *.* for everything"
        )
    elif name in _NEVER:
        element.refuse(rules.RESOURCE_CANNOT_BE_ENCRYPTED, f"{name} cannot be encrypted", "remove it")
    elif group in ("events.k8s.io", "extensions"):
        hint = "write events" if group == "events.k8s.io" else "name the resource in its own group"
        element.refuse(rules.ENCRYPTED_GROUP_STORES_NOTHING, f"nothing is stored in the group {group}", hint)
    elif group == "*" and resource != "*":
        hint = "write *.* for everything, *.GROUP for a group, or one resource"
        element.refuse(rules.ENCRYPTED_RESOURCE_IN_ALL_GROUPS, f"{shown(name)} means one resource in every group", hint)


def check_masked(entries: list[Field]) -> None:
    """Report resources that an earlier entry's wildcard already covers."""
    above: set[str] = set()
    for entry in entries:
        elements = entry["resources"].items()
        for element in elements:
            for wildcard in ("*.*", f"*.{parse_group_resource(element.text).group}"):
                if wildcard in above:
                    message = f"{shown(element.text)} is already covered by {wildcard} of an earlier entry"
                    element.refuse(rules.RESOURCE_COVERED_BY_EARLIER_ENTRY, message, "put the more exact entry first")
                    break
        above |= {element.text for element in elements if element.text.startswith("*.")}
