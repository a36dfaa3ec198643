"""EncryptionConfiguration: its rules, and which prefix each resource is written and read with.

Kubernetes: staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation_encryption.go and
pkg/server/options/encryptionconfig/config.go.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from compiler.config_files.encryption_kms import KMSProvider, check_kms
from compiler.config_files.encryption_resources import check_masked, check_resources
from compiler.config_files.reading import load_node
from compiler.config_files.strict import Checker
from compiler.source.node import Node

if TYPE_CHECKING:
    from compiler.options.etcd import EtcdOptions

FLAG = "encryption-provider-config"
_SIZES = {"aesgcm": (16, 24, 32), "aescbc": (16, 24, 32), "secretbox": (32,)}
_KINDS = (*_SIZES, "kms", "identity")
_VERSIONS = {"EncryptionConfiguration": "apiserver.config.k8s.io/v1", "EncryptionConfig": "v1"}
_FIELDS: dict[str, tuple[str, ...]] = {
    "kms": ("apiVersion", "name", "cachesize", "endpoint", "timeout"),
    "identity": (),
    **dict.fromkeys(_SIZES, ("keys",)),
}


class EncryptionConfiguration:
    """What a file says: for each entry the resources and the prefixes of its providers, in order.

    A prefix is None for the identity provider. `kms` lists the key management plugins of the whole file in order.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[tuple[str, ...], tuple[str | None, ...]]] = []
        self.kms: tuple[KMSProvider, ...] = ()

    def providers_for(self, group: str, resource: str) -> dict[str, Any] | None:
        """`{write, read}` of a resource; None where no entry is about it.

        Kubernetes: encryptionconfig/config.go, StaticTransformers.TransformerForResource: the exact name wins over
        the wildcard of its group, which wins over `*.*`.
        """
        exact = f"{resource}.{group}" if group else resource
        for wanted in (exact, f"*.{group}", "*.*"):
            for resources, prefixes in self.entries:
                if wanted in resources:
                    return {"write": prefixes[0], "read": list(prefixes)} if prefixes else None
        return None


def load_encryption(group: EtcdOptions, path: str) -> EncryptionConfiguration | None:
    """The configuration as far as it can be used; None where its content cannot be had. Reports what is wrong."""
    root = load_node(group, FLAG, path, "ENC-01")
    if root is None:
        return None
    return _Loader(group, inline=path in group.run.host.inline).load(root)


class _Loader:
    def __init__(self, group: EtcdOptions, inline: bool) -> None:
        self.group = group
        self.inline = inline
        self.checker = Checker(group.run.report, FLAG, group.run.input.path_of(FLAG, group.run.catalog))
        self.found = EncryptionConfiguration()
        self.kms: list[KMSProvider] = []

    def load(self, root: Node) -> EncryptionConfiguration:
        check = self.checker
        if not check.kind("ENC-02", root, _VERSIONS):
            return self.found
        check.fields("ENC-02", root, ("apiVersion", "kind", "resources"), "")
        entries = check.items("ENC-02", root, "resources", "resources")
        if not entries:
            check.refuse(
                "ENC-03", root, "resources", "the file has no entry in resources", "add one with its providers"
            )
        for index, entry in enumerate(entries):
            self._entry(entry, f"resources[{index}]")
        check_masked(check, entries)
        self.found.kms = tuple(self.kms)
        return self.found

    def _entry(self, entry: Node, path: str) -> None:
        check = self.checker
        if not check.fields("ENC-02", entry, ("resources", "providers"), path):
            return
        names = check_resources(check, entry, path)
        providers = check.items("ENC-02", entry, "providers", f"{path}.providers")
        if not providers:
            check.refuse(
                "ENC-05", entry, f"{path}.providers", "the entry has no provider", "add one, such as identity: {}"
            )
        prefixes: list[str | None] = []
        for index, provider in enumerate(providers):
            prefixes += self._provider(provider, f"{path}.providers[{index}]")
        self.found.entries.append((tuple(names), tuple(prefixes)))

    def _provider(self, provider: Node, path: str) -> list[str | None]:
        check = self.checker
        if not check.fields("ENC-02", provider, _KINDS, path):
            return []
        given = [kind for kind in _KINDS if (node := provider.get(kind)) is not None and node.value is not None]
        if len(given) != 1:
            message = f"the provider names {' and '.join(given) or 'no kind of encryption'}"
            hint = f"write exactly one of {', '.join(_KINDS)}; identity is written identity: {{}}"
            check.refuse("ENC-06", provider, path, message, hint)
            return []
        kind = given[0]
        node = provider.value[kind] if isinstance(provider.value, dict) else provider
        path = f"{path}.{kind}"
        if not check.fields("ENC-02", node, _FIELDS[kind], path):
            return []
        if kind == "identity":
            return [None]
        if kind == "kms":
            plugin = check_kms(self.group, check, node, path, self.kms)
            self.kms.append(plugin)
            return [f"k8s:enc:kms:{plugin.api_version}:{plugin.name}:"]
        return self._keys(kind, node, path)

    def _keys(self, kind: str, node: Node, path: str) -> list[str | None]:
        check = self.checker
        keys = check.items("ENC-02", node, "keys", f"{path}.keys")
        if not keys:
            check.refuse("ENC-07", node, f"{path}.keys", f"{kind} has no key", "add a key with a name and a secret")
        names: list[str | None] = []
        for index, key in enumerate(keys):
            place = f"{path}.keys[{index}]"
            if not check.fields("ENC-02", key, ("name", "secret"), place):
                continue
            name = check.text("ENC-02", key, "name", f"{place}.name")
            if not name:
                check.refuse("ENC-08", key, f"{place}.name", "the key has no name", "give it one, such as key1")
            names.append(f"k8s:enc:{kind}:v1:{name}:")
            self._secret(kind, key, f"{place}.secret")
        return names

    def _secret(self, kind: str, key: Node, path: str) -> None:
        check = self.checker
        secret = key.get("secret")
        if self.inline and secret is not None and isinstance(secret.value, dict):
            self._reference(secret, path)
            return
        text = check.text("ENC-02", key, "secret", path)
        if not text:
            hint = "give the key in base64" if not self.inline else "write {env: NAME} or {file: PATH}"
            check.refuse("ENC-08", key, path, "the key has no secret", hint)
            return
        at = secret if secret is not None else key
        if self.inline:
            hint = "write {env: NAME} or {file: PATH}, and let the key stay out of the document"
            check.refuse("SEC-01", at, path, "the document holds the key itself", hint)
        try:
            size = len(base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True))
        except (binascii.Error, ValueError):
            check.refuse("ENC-09", at, path, "the secret is not base64", "encode it in standard base64 with padding")
            return
        if size not in _SIZES[kind]:
            sizes = " or ".join(map(str, _SIZES[kind]))
            message = f"the secret of {kind} holds {size} bytes"
            check.refuse("ENC-10", at, path, message, f"make it {sizes} random bytes, in base64")

    def _reference(self, secret: Node, path: str) -> None:
        keys = set(secret.value) if isinstance(secret.value, dict) else set()
        target = secret.get(next(iter(keys))) if len(keys) == 1 else None
        if keys not in ({"env"}, {"file"}) or target is None or not isinstance(target.value, str) or not target.value:
            message = "the secret is neither {env: NAME} nor {file: PATH}"
            self.checker.refuse("SEC-02", secret, path, message, "write one of the two, with a name")
