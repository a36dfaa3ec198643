"""What Canonical Kubernetes refuses in its bootstrap file.

canonical/k8s-snap: cmd/k8s/k8s_bootstrap.go, getConfigFromYaml (yaml.UnmarshalStrict);
pkg/k8sd/types/cluster_config_convert.go, ClusterConfigFromBootstrapConfig; cluster_config_validate.go, Validate.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from compiler import rules
from compiler.diagnostics import Diagnostic, diagnose
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.releases import Release, release_of
from compiler.inputs.source.node import Node, find, items_of
from compiler.text import shown
from compiler.upstream.go.net import parse_cidr

NEWEST = "1.36"
"""The newest version that kasc knows."""
_TITLE = "Canonical Kubernetes"
_DATASTORES = (("etcd", None), ("external", None), ("k8s-dqlite", (1, 36, 0)))
"""Data stores, and the version that removed them."""
# Fields that need one of the data stores.
_NEEDS = {
    **dict.fromkeys(
        ("datastore-servers", "datastore-ca-crt", "datastore-client-crt", "datastore-client-key"), "external"
    ),
    **dict.fromkeys(("etcd-port", "etcd-peer-port"), "etcd"),
    "k8s-dqlite-port": "k8s-dqlite",
}
_POD_CIDR, _SERVICE_CIDR = "10.1.0.0/16", "10.152.183.0/24"
_SMALLEST = 108
"""The prefix length that a range of IPv6 service addresses needs at least."""


def text_of(node: Node | None) -> str:
    """Return a scalar as yaml.v2 decodes it into a string: as it is written."""
    if node is None or node.value is None or isinstance(node.value, dict | list):
        return ""
    return node.value if isinstance(node.value, str) else node.text


def is_set(node: Node | None) -> bool:
    """Return whether a value counts as set: not null, empty or zero."""
    return node is not None and node.value not in (None, "", 0, False)


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_name("data.json")
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _fields(release: Release) -> dict[str, Any]:
    """Return the fields of a version. canonical/k8s-snap-api: api/v1/type_bootstrap_config.go."""
    data = _data()
    since = {path for path, version in data["since"].items() if release < (release_of(version) or release)}
    until = {path for path, version in data["until"].items() if release[:2] > (release_of(version) or release)[:2]}
    return _without(data["fields"], "", since | until)


def _without(fields: dict[str, Any], path: str, left_out: set[str]) -> dict[str, Any]:
    return {
        name: _without(kind, f"{path}{name}.", left_out) if isinstance(kind, dict) else kind
        for name, kind in fields.items()
        if f"{path}{name}" not in left_out
    }


def check(root: Node, release: Release, problems: list[Diagnostic]) -> set[str]:
    """Report what Canonical Kubernetes refuses; return the paths of values that cannot be used."""
    reader = Reader(_TITLE, rules.REFUSED_BY_DISTRIBUTION, rules.REFUSED_BY_DISTRIBUTION)
    unusable = check_fields(root, _fields(release), "", problems, reader)
    _check_datastore(root, release, problems)
    _check_networks(root, problems)
    _check_features(root, problems)
    return unusable


def _refuse(node: Node, path: str, message: str, hint: str, problems: list[Diagnostic]) -> None:
    rule = rules.REFUSED_BY_DISTRIBUTION
    problems.append(diagnose(rule, f"{message}: {_TITLE} refuses the file", hint, path=path, location=node.location))


def _check_datastore(root: Node, release: Release, problems: list[Diagnostic]) -> None:
    node = root.get("datastore-type")
    kind = text_of(node) or "etcd"
    known = [name for name, removed in _DATASTORES if removed is None or release < removed]
    if node is not None and kind not in known:
        _refuse(node, "datastore-type", f"unknown data store {shown(kind)}", f"write {' or '.join(known)}", problems)
        return
    for name, needed in _NEEDS.items():
        field = root.get(name)
        if field is None or kind == needed or not (is_set(field) and field.value != []):
            continue
        hint = f"remove {name}, or write datastore-type: {needed}"
        _refuse(field, name, f"{name} needs datastore-type {needed}, not {shown(kind)}", hint, problems)
    if node is not None and kind == "external" and not items_of(root.get("datastore-servers")):
        message = "the external data store has no servers"
        _refuse(node, "datastore-type", message, "name the etcd servers in datastore-servers", problems)


def _check_networks(root: Node, problems: list[Diagnostic]) -> None:
    networks = {}
    for name, default in (("pod-cidr", _POD_CIDR), ("service-cidr", _SERVICE_CIDR)):
        node = root.get(name)
        text = text_of(node) or default
        parsed = [parse_cidr(part) for part in text.split(",")]
        if node is not None and (len(parsed) > 2 or None in parsed):
            hint = "write one network, or one of IPv4 and one of IPv6: 10.1.0.0/16"
            _refuse(node, name, f"{shown(text)} is not one or two networks", hint, problems)
            return
        # The last network of a family counts.
        networks[name] = {network.version: network for network in parsed if network is not None}
    pods, services = networks["pod-cidr"], networks["service-cidr"]
    node = root.get("service-cidr") or root.get("pod-cidr")
    if node is None:
        return
    for version in pods.keys() & services.keys():
        if pods[version].overlaps(services[version]):
            message = f"the networks of Pods and services overlap: {pods[version]} and {services[version]}"
            _refuse(node, "service-cidr", message, "use separate networks", problems)
    if 6 in services and services[6].prefixlen < _SMALLEST:
        message = f"the service network {services[6]} is larger than /{_SMALLEST}"
        _refuse(node, "service-cidr", message, f"write a prefix length of {_SMALLEST} or more", problems)


def _check_features(root: Node, problems: list[Diagnostic]) -> None:
    network = find(root, "cluster-config", "network", "enabled")
    if network is not None and network.value is True:
        return
    for name in ("gateway", "ingress"):
        node = find(root, "cluster-config", name, "enabled")
        if node is not None and node.value is True:
            path = f"cluster-config.{name}.enabled"
            _refuse(node, path, f"{name} needs the network", "write cluster-config.network.enabled: true", problems)
