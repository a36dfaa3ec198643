"""A structured file on its own: the server that it would be given to, reduced to what the file is judged by."""

from __future__ import annotations

import os
from typing import Any

from compiler.catalog import Catalog, catalog, nearest
from compiler.config_files.decoding import schema_named, schema_of_kind
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.flags.arguments import Argument
from compiler.flags.text import shown
from compiler.input import InlineFile, ServerInput
from compiler.source.node import Node

KIND = "config-file"
NOWHERE = Location("", 1, 1, 1, 1)
"""The place of flags that no file gives: findings about them are left out."""
# The one configuration of a plugin that has no kind.
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
# What every server needs, so that nothing but the file is found wanting.
_BASELINE = {
    "etcd-servers": "http://127.0.0.1:2379",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": "/etc/kubernetes/pki/sa.pub",
    "service-account-signing-key-file": "/etc/kubernetes/pki/sa.key",
    "service-cluster-ip-range": "10.96.0.0/16",
    "advertise-address": "192.0.2.1",
}


def is_config_file(root: Node, version: str) -> bool:
    """Whether a mapping is a kind of structured file that some server reads, by its kind and API group."""
    api, kind = root.get("apiVersion"), root.get("kind")
    return api is not None and kind is not None and is_kind_of_file(str(api.value), str(kind.value), version)


def is_kind_of_file(api: str, kind: str, version: str) -> bool:
    """The same for an apiVersion and a kind."""
    schema = schema_named(api, kind, version)
    group = api.rpartition("/")[0]
    return schema is not None and any(
        group == known.rpartition("/")[0] for known in schema["properties"]["apiVersion"]["enum"]
    )


def read_config_file(path: str, root: Node, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """The input for a structured file; raises KascError where its kind is none that a server reads.

    What was found while it was parsed is taken from `problems`: it is judged with the file.
    """
    known = catalog(nearest(version))
    schema = schema_of_kind(root, known.version) or (_IMAGE_POLICY if root.get("imagePolicy") is not None else None)
    if str(root.at(("apiVersion",)).value).startswith(_ABAC):
        hint = "check the input that names it in --authorization-policy-file, with --files-root or --file-map"
        raise KascError(diagnose("INPUT-04", "ABAC policies are no file of one kind", hint, location=root.location))
    if schema is None:
        kind = root.get("kind")
        told = f"the kind is {shown(str(kind.value))}" if kind is not None else "the file does not say its kind"
        hint = "give a structured configuration file such as an EncryptionConfiguration"
        raise KascError(diagnose("INPUT-04", f"{told}; no server reads such a file", hint, location=root.location))
    flag = str(schema["x-kasc-flags"][0])
    server_path = os.path.abspath(path) if path != "-" else "/dev/stdin"
    content = InlineFile(flag, server_path, root, True, tuple(problems))
    files = {server_path: content}
    beside: dict[str, str] = {}
    plugin = schema.get("x-kasc-plugin")
    if plugin is not None:
        # An AdmissionConfiguration that names the file is made up around it.
        around = _admission(root, plugin, server_path)
        server_path = f"{server_path}.admission"
        files[server_path] = InlineFile(flag, server_path, around, True)
        root = around
    if flag == "authentication-config" and _names_egress(root):
        # The file alone does not say what the egress selector holds, so it holds everything that can be named.
        egress_path = f"{server_path}.egress"
        files[egress_path] = InlineFile(_EGRESS_FLAG, egress_path, _node(root, _EGRESS), True)
        beside[_EGRESS_FLAG] = egress_path
    given = {**_BASELINE, flag: server_path, **_beside(flag, root, known), **beside}
    arguments = [Argument(name, text) for name, text in given.items() if name in known.flags]
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
    """Return plain values as nodes; their place is that of `root`."""
    if isinstance(value, dict):
        value = {key: _node(root, item) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_node(root, item) for item in value]
    return Node(value, root.source, root.span, value if isinstance(value, str) else "", {})


def _beside(flag: str, root: Node, known: Catalog) -> dict[str, str]:
    """Flags that the file only makes sense with."""
    if flag == "authorization-webhook-config-file":
        return {"authorization-mode": "Webhook"}
    if flag == "authorization-config":
        return {"authorization-policy-file": os.devnull}  # for the type ABAC; nothing else looks at it
    if flag == "admission-control-config-file":
        plugins = root.get("plugins")
        names = [
            str(plugin.at(("name",)).value)
            for plugin in (plugins.value if plugins is not None and isinstance(plugins.value, list) else ())
        ]
        return {"enable-admission-plugins": ",".join(name for name in names if name in known.plugins)}
    return {}
