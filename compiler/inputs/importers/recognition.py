"""Files that only resemble an input, and what to pass to kasc instead."""

from __future__ import annotations

import re
from functools import cache

from compiler import rules
from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.inputs import ARTIFACT_KINDS, POLICY_KIND
from compiler.inputs.source.node import Node, Source, text_of
from compiler.text import closest, shown
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import key_of, nearest, section_of, versions
from compiler.upstream.catalog.history import removed_names

_OWN = frozenset(("kubernetesVersion", "metadata", "extends", "extraFlags", "deployment"))
_METADATA = frozenset(("name",))
_COMMON = frozenset(("help", "version", "v"))
"""Options that many tools have."""
_FLAG = r"""(?:^|[\s"'=])--([A-Za-z][A-Za-z0-9_-]*)"""


def seems_document(root: Node) -> bool:
    """Return whether a mapping without apiVersion and kind may be a kasc document.

    It may be if it has at least two of kasc's keys, no other key at the top level, and at least one known option in
    each option group.
    """
    if not isinstance(root.value, dict):
        return False
    known = _OWN | _sections()
    own = {key: node for key, node in root.value.items() if key in known}
    if len(own) < 2 or any(_is_foreign(key, node) for key, node in own.items()):
        return False
    return all(key in known or _resembles(key, known) for key in root.value)


def are_flags(text: str) -> bool | None:
    """Return whether most flags of a file are kube-apiserver's.

    Return None if there are at least two flags and kube-apiserver has none of them, nor one with a similar name.
    """
    names = {name.replace("_", "-") for name in re.findall(_FLAG, text)}
    known = _flags()
    if len(names) > 1 and names.isdisjoint(known) and not any(_resembles(name, known) for name in names):
        return None
    return 2 * len(names & known) > len(names)


def _is_foreign(key: str, node: Node) -> bool:
    """Return whether the mapping at one of kasc's keys has none of the keys that kasc expects there."""
    if not isinstance(node.value, dict) or not node.value or key == "extraFlags":
        return False
    expected = _METADATA if key == "metadata" else _deployment() if key == "deployment" else _keys()
    return expected.isdisjoint(node.value) and not any(_resembles(name, expected) for name in node.value)


def _resembles(name: str, known: frozenset[str]) -> bool:
    return len(name) < 80 and bool(closest(name, known))


@cache
def _sections() -> frozenset[str]:
    return frozenset(section_of(group) for version in versions() for group in catalog(version).groups)


@cache
def _flags() -> frozenset[str]:
    return frozenset((*(name for version in versions() for name in catalog(version).flags), *removed_names("flags")))


@cache
def _keys() -> frozenset[str]:
    """Return the keys of all options of all versions and groups: an option in the wrong group is a common mistake."""
    return frozenset(key_of(name) for version in versions() for name in catalog(version).flags) - _COMMON


@cache
def _deployment() -> frozenset[str]:
    from compiler.inputs.schema import load_schema

    return frozenset(load_schema(nearest(None), "apiserver.schema.json")["properties"]["deployment"]["properties"])


_GENERATED_POD = "pass the Pod that it generates: kubectl -n kube-system get pod kube-apiserver-NODE -o yaml"
_NOT_A_SERVER = "pass the files that configure kube-apiserver instead"
_RENDERED = "render the chart and pass the result: helm template CHART | kasc check -"
_PROCESS = "pass the arguments of the running server, one per line: tr '\\0' '\\n' < /proc/PID/cmdline"
_UNIT = r"^\[(?:Unit|Service|Install)\][ \t]*\r?$"

# The start of an apiVersion -> the kind of file, and what to pass instead.
_GROUPS = {
    "kubeadm.k8s.io/": ("a kubeadm configuration", _GENERATED_POD),
    "controlplane.cluster.x-k8s.io/": ("a Cluster API control plane", _GENERATED_POD),
    "kind.x-k8s.io/": ("a kind cluster", _GENERATED_POD),
    "kops.k8s.io/": ("a kOps cluster", _GENERATED_POD),
    "kubecontrolplane.config.openshift.io/": ("the configuration of OpenShift's kube-apiserver", _PROCESS),
    "operator.openshift.io/": ("an OpenShift configuration", _PROCESS),
    "config.openshift.io/": ("an OpenShift configuration", _PROCESS),
    "k0s.k0sproject.io/": ("a k0s configuration", _PROCESS),
    "rke.cattle.io/": ("a Rancher cluster", _PROCESS),
    "provisioning.cattle.io/": ("a Rancher cluster", _PROCESS),
    "core.gardener.cloud/": ("a Gardener resource", _PROCESS),
    "kamaji.clastix.io/": ("a Kamaji control plane", _GENERATED_POD),
    "kustomize.config.k8s.io/": ("a kustomization", "build it and pass the result: kustomize build DIR | kasc check -"),
    "kubelet.config.k8s.io/": ("a kubelet configuration", _NOT_A_SERVER),
    "kubescheduler.config.k8s.io/": ("a kube-scheduler configuration", _NOT_A_SERVER),
    "kubeproxy.config.k8s.io/": ("a kube-proxy configuration", _NOT_A_SERVER),
}
_KEYS = {
    "kube-apiserver-arg": ("a k3s or RKE2 configuration", _PROCESS),
    "extra-node-kube-apiserver-args": ("a Canonical Kubernetes configuration", _PROCESS),
    "kube_apiserver_enable_admission_plugins": ("a Kubespray variables file", _GENERATED_POD),
    "talosVersion": ("a talhelper configuration", _GENERATED_POD),
    "rke2_kube_apiserver_args": ("a variables file of an RKE2 role", _PROCESS),
}
# Sets of keys that identify the files of a tool.
_TOOLS = (
    (("clusterName", "nodes", "controlPlane"), ("a talhelper configuration", _GENERATED_POD)),
    (("nodes", "services"), ("an RKE cluster configuration", _PROCESS)),
    (("services", "kubernetes_version"), ("an RKE cluster configuration", _PROCESS)),
)
# Keys that the values of nearly every Helm chart have.
_HELM = frozenset(
    (
        *("image", "images", "replicaCount", "imagePullSecrets", "nameOverride", "fullnameOverride", "serviceAccount"),
        *("podAnnotations", "podSecurityContext", "securityContext", "nodeSelector", "tolerations", "affinity"),
        *("ingress", "autoscaling", "resources", "service", "commonLabels", "extraEnv"),
    )
)
_TALOS = ("a Talos machine configuration", _GENERATED_POD)


def unit(source: Source) -> Diagnostic | None:
    """Return the diagnostic for a systemd unit; None for any other file."""
    if not re.search(_UNIT, source.text, re.MULTILINE):
        return None
    line = next((at for at, text in enumerate(source.text.split("\n"), 1) if text.startswith("ExecStart=")), 1)
    hint = "copy the command after ExecStart= into a separate file and pass that, with --as flags"
    return _unsupported(source, ("a systemd unit", hint), line)


def unknown_input(source: Source, roots: list[Node]) -> Diagnostic:
    """Return the diagnostic for a file of a kind that kasc does not read."""
    known = [(tool, root.location.line) for root in roots if (tool := _known_kind(root)) is not None]
    # The configuration of a distribution may come together with that of another component.
    known.sort(key=lambda each: each[0][1] == _NOT_A_SERVER)
    if known:
        return _unsupported(source, *known[0])
    where = Location(source.name, 1, 1, 1, 2)
    hint = "start it with `apiVersion: kasc/v1` and `kind: APIServer`, or set the kind of the file with --as"
    message = "unrecognized input: expected a kasc document, a Pod, flags or a structured configuration file"
    if not roots:
        message = "the file is empty or has only comments"
    for root in roots:
        kind = root.get("kind")
        if kind is not None and isinstance(kind.value, str):
            message = f"an object of kind {shown(kind.value)} does not run kube-apiserver"
            where = kind.location
            if kind.value in ARTIFACT_KINDS:
                message = f"{shown(kind.value)} is an artifact of kasc"
                hint = "pass the document that it was compiled from"
            if kind.value == POLICY_KIND and text_of(root.get("apiVersion")).startswith("kasc/"):
                message, hint = "the file is a policy", "check servers with --policy FILE, or run kasc policy test FILE"
            break
    return diagnose(rules.UNRECOGNIZED_INPUT, message, hint, location=where)


def without_files(source: Source, roots: list[Node]) -> Diagnostic:
    """Return the diagnostic for ConfigMaps and Secrets without files that kasc reads."""
    node = next((root.get("kind") for root in roots if root.get("kind") is not None), None)
    where = node.location if node is not None else Location(source.name, 1, 1, 1, 2)
    message = "unrecognized input: no value in this manifest configures kube-apiserver"
    hint = "pass a ConfigMap or Secret with a structured configuration file, flags or a kasc document in its data"
    return diagnose(rules.UNRECOGNIZED_INPUT, message, hint, location=where)


def _known_kind(root: Node) -> tuple[str, str] | None:
    if not isinstance(root.value, dict):
        return None
    api = root.get("apiVersion")
    if api is not None and isinstance(api.value, str):
        for start, kind in _GROUPS.items():
            if api.value.startswith(start):
                return kind
    for key, kind in _KEYS.items():
        if key in root.value:
            return kind
    for section, key in (("machine", "type"), ("cluster", "apiServer")):
        part = root.get(section)
        if part is not None and part.get(key) is not None and "apiVersion" not in root.value:
            return _TALOS
    if root.at(("kind",)).value in ("ClusterConfiguration", "InitConfiguration"):
        return _GROUPS["kubeadm.k8s.io/"]
    if any(key.startswith("kube_apiserver_") for key in root.value):
        return _KEYS["kube_apiserver_enable_admission_plugins"]
    if api is not None:
        return None
    if _is_compose(root):
        return "a Compose file", _NOT_A_SERVER
    for keys, kind in _TOOLS:
        if all(key in root.value for key in keys):
            return kind
    if len(_HELM & set(root.value)) > 1:
        return "the values of a Helm chart", _RENDERED
    if isinstance(root.at(("resources",)).value, list):
        return _GROUPS["kustomize.config.k8s.io/"]
    return None


def _is_compose(root: Node) -> bool:
    services = root.get("services")
    items = services.value if services is not None and isinstance(services.value, dict) else {}
    return any(service.get("image") is not None or service.get("build") is not None for service in items.values())


def _unsupported(source: Source, kind: tuple[str, str], line: int) -> Diagnostic:
    name, hint = kind
    message = f"unrecognized input: this seems to be {name}"
    return diagnose(rules.UNRECOGNIZED_INPUT, message, hint, location=Location(source.name, line, 1, line, 2))
