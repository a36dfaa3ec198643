"""Structured files on their own, also as values of ConfigMaps and Secrets."""

from __future__ import annotations

import os
from typing import Any

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs import InlineFile, ServerInput
from compiler.inputs.arguments import Argument
from compiler.inputs.schema.decoding import schema_named, schema_of_kind
from compiler.inputs.source.node import Node
from compiler.text import shown
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import nearest

KIND = "config-file"
NOWHERE = Location("", 1, 1, 1, 1)
"""The location of flags that are set in no file: diagnostics about them are dropped."""
# The only plugin configuration without a kind.
_IMAGE_POLICY: dict[str, Any] = {
    "x-kasc-flags": ["admission-control-config-file"],
    "x-kasc-plugin": "ImagePolicyWebhook",
}
_ABAC = "abac.authorization.kubernetes.io/"
_EGRESS_FLAG = "egress-selector-config-file"
_EGRESS: dict[str, Any] = {
    "apiVersion": "apiserver.k8s.io/v1beta1",
    "kind": "EgressSelectorConfiguration",
    "egressSelections": [
        {"name": name, "connection": {"proxyProtocol": "Direct"}} for name in ("cluster", "controlplane")
    ],
}
# The flags that every server needs, so that only errors of the file are reported.
_BASELINE = {
    "etcd-servers": "http://127.0.0.1:2379",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": "/etc/kubernetes/pki/sa.pub",
    "service-account-signing-key-file": "/etc/kubernetes/pki/sa.key",
    "service-cluster-ip-range": "10.96.0.0/16",
    "advertise-address": "192.0.2.1",
}


def is_config_file(root: Node, version: str) -> bool:
    """Return whether a mapping is a structured file that kube-apiserver reads, by its kind and API group."""
    api, kind = root.get("apiVersion"), root.get("kind")
    return api is not None and kind is not None and is_kind_of_file(str(api.value), str(kind.value), version)


def is_kind_of_file(api: str, kind: str, version: str) -> bool:
    """Return whether an apiVersion and a kind are those of a structured file that kube-apiserver reads."""
    schema = schema_named(api, kind, version)
    group = api.rpartition("/")[0]
    return schema is not None and any(
        group == known.rpartition("/")[0] for known in schema["properties"]["apiVersion"]["enum"]
    )


def read_config_file(path: str, root: Node, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Return the input for a structured file; raises KascError (INPUT-04) for a kind that no server reads.

    The diagnostics of parsing the file are removed from `problems` and reported when the file is checked.
    """
    known = catalog(nearest(version))
    schema = schema_of_kind(root, known.version) or (_IMAGE_POLICY if root.get("imagePolicy") is not None else None)
    if str(root.at(("apiVersion",)).value).startswith(_ABAC):
        hint = "check the input that names it in --authorization-policy-file, with --files-root or --file-map"
        message = "an ABAC policy file cannot be checked separately"
        raise KascError(diagnose(rules.UNKNOWN_KIND_OF_CONFIG_FILE, message, hint, location=root.location))
    if schema is None:
        kind = root.get("kind")
        message = (
            f"kube-apiserver does not read files of kind {shown(str(kind.value))}"
            if kind is not None
            else "the file has no kind, so it is not a structured configuration file"
        )
        hint = "pass a structured configuration file, for example an EncryptionConfiguration"
        raise KascError(diagnose(rules.UNKNOWN_KIND_OF_CONFIG_FILE, message, hint, location=root.location))
    flag = str(schema["x-kasc-flags"][0])
    server_path = os.path.abspath(path) if path != "-" else "/dev/stdin"
    content = InlineFile(flag, server_path, root, True, tuple(problems))
    files = {server_path: content}
    flags = {**_BASELINE, flag: server_path}
    plugin = schema.get("x-kasc-plugin")
    if plugin is not None:
        # The file is wrapped in an AdmissionConfiguration that names it.
        wrapper = _admission(root, plugin, server_path)
        server_path = f"{server_path}.admission"
        files[server_path] = InlineFile(flag, server_path, wrapper, True)
        flags[flag] = server_path
        root = wrapper
    flags |= _required_flags(flag, root, known)
    if flag == "authentication-config" and _names_egress(root):
        # The egress selector is not part of the file, so it has every connection that can be named.
        egress_path = f"{server_path}.egress"
        files[egress_path] = InlineFile(_EGRESS_FLAG, egress_path, _node(root, _EGRESS), True)
        flags[_EGRESS_FLAG] = egress_path
    arguments = [Argument(name, text) for name, text in flags.items() if name in known.flags]
    problems.clear()
    return ServerInput(KIND, os.path.basename(path), NOWHERE, arguments, files=files)


def _admission(root: Node, plugin: str, path: str) -> Node:
    plugins = [{"name": plugin, "path": path}]
    content = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins}
    return _node(root, content)


def _names_egress(root: Node) -> bool:
    """Return whether a JWT authenticator is reached through the egress selector."""
    jwt = root.get("jwt")
    authenticators = jwt.value if jwt is not None and isinstance(jwt.value, list) else []
    return any(
        issuer is not None and issuer.get("egressSelectorType") is not None
        for issuer in (authenticator.get("issuer") for authenticator in authenticators)
    )


def _node(root: Node, value: Any) -> Node:
    """Return plain values as nodes with the location of `root`."""
    if isinstance(value, dict):
        value = {key: _node(root, item) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_node(root, item) for item in value]
    return Node(value, root.source, root.span, value if isinstance(value, str) else "", {})


def _required_flags(flag: str, root: Node, known: Catalog) -> dict[str, str]:
    """Return the other flags that a server needs to read the file of `flag`."""
    if flag == "authorization-webhook-config-file":
        return {"authorization-mode": "Webhook"}
    if flag == "authorization-config":
        return {"authorization-policy-file": os.devnull}  # read by the authorizer type ABAC only
    if flag == "admission-control-config-file":
        plugins = root.get("plugins")
        names = [
            str(plugin.at(("name",)).value)
            for plugin in (plugins.value if plugins is not None and isinstance(plugins.value, list) else ())
        ]
        return {"enable-admission-plugins": ",".join(name for name in names if name in known.plugins)}
    return {}
