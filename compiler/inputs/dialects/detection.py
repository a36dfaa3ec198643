"""Detection of dialects: which distribution's configuration a file is."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import chain

from compiler.filesystem import DISK, Disk
from compiler.inputs.source.node import Node, Source, find, items_of, text_of

# The start of an apiVersion -> the kinds of objects that configure kube-apiserver, and the dialect.
_GROUPS: dict[str, tuple[frozenset[str], str]] = {
    "kubeadm.k8s.io/": (frozenset(("ClusterConfiguration", "InitConfiguration", "JoinConfiguration")), "kubeadm"),
    "controlplane.cluster.x-k8s.io/": (frozenset(("KubeadmControlPlane", "KubeadmControlPlaneTemplate")), "kubeadm"),
    "bootstrap.cluster.x-k8s.io/": (frozenset(("KubeadmConfig",)), "kubeadm"),
    "kind.x-k8s.io/": (frozenset(("Cluster",)), "kubeadm"),
    "kops.k8s.io/": (frozenset(("Cluster",)), "kops"),
    "k0s.k0sproject.io/": (frozenset(("ClusterConfig",)), "k0s"),
    "k0sctl.k0sproject.io/": (frozenset(("Cluster",)), "k0s"),
    "core.gardener.cloud/": (frozenset(("Shoot",)), "gardener"),
    "kamaji.clastix.io/": (frozenset(("TenantControlPlane",)), "kamaji"),
    "kubecontrolplane.config.openshift.io/": (frozenset(("KubeAPIServerConfig",)), "openshift"),
}
_API_VERSION = rf"""(?m)^[ \t{{]*["']?apiVersion["']?[ \t]*:[ \t]*["']?(?:{"|".join(map(re.escape, _GROUPS))})"""
_TALOS_DOCUMENTS = r"Kube[A-Za-z]*Config"
_KUBESPRAY = (
    r"kube_(?:apiserver|kubeadm_apiserver|oidc|encrypt_secret_data|audit|webhook)[a-z_]*|kubernetes_audit[a-z_]*"
)
_RKE2_ONLY = frozenset(
    (
        *(
            "audit-policy-file",
            "cni",
            "cloud-provider-name",
            "cloud-provider-config",
            "control-plane-resource-requests",
        ),
        *("control-plane-resource-limits", "control-plane-probe-configuration", "kube-apiserver-extra-mount"),
        *(
            "kube-apiserver-extra-env",
            "kube-apiserver-image",
            "pod-security-admission-config-file",
            "ingress-controller",
        ),
        *("etcd-extra-mount", "etcd-extra-env", "etcd-image", "profile"),
    )
)
_K3S_KEYS = frozenset(
    (
        *(
            "token",
            "server",
            "cluster-init",
            "tls-san",
            "node-ip",
            "node-external-ip",
            "advertise-address",
            "bind-address",
        ),
        *("cluster-cidr", "service-cidr", "cluster-dns", "cluster-domain", "flannel-backend", "write-kubeconfig-mode"),
        *(
            "kube-controller-manager-arg",
            "kube-scheduler-arg",
            "kubelet-arg",
            "secrets-encryption",
            "datastore-endpoint",
        ),
        *("disable", "node-label", "node-taint", "etcd-expose-metrics", "protect-kernel-defaults", "data-dir"),
    )
)


def has_group(source: Source) -> bool:
    """Return whether a line of a file states an apiVersion of a distribution."""
    return re.search(_API_VERSION, source.text) is not None


def dialect_of_text(source: Source) -> str:
    """Return the dialect of a text format: `flagz`, `systemd` or `microk8s`; empty for any other file."""
    text = source.text
    if _is_flagz_text(source) or is_flagz_document(source):
        return "flagz"
    is_unit = "apiserver" in text and re.search(r"(?m)^\[(?:Unit|Service|Install)\][ \t]*\r?$", text)
    if is_unit and _runs_server(text):
        return "systemd"
    if re.search(r"(?m)^--[a-z-]+[= ]\S*\$\{?SNAP_(?:DATA|COMMON)\b", text):
        return "microk8s"
    return ""


def _runs_server(text: str) -> bool:
    """Return whether a command of a unit names the server: in the line of ExecStart, or in one that continues it."""
    in_command = False
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith(("#", ";")):
            continue
        in_command = in_command or line.partition("=")[0].rstrip() == "ExecStart"
        if in_command and "apiserver" in line:
            return True
        in_command = in_command and line.endswith("\\")
    return False


def is_flagz_document(source: Source) -> bool:
    """Return whether a file is the structured form of /flagz."""
    return re.search(r"""(?m)^[ \t{]*["']?kind["']? *: *["']?Flagz\b""", source.text) is not None


def _is_flagz_text(source: Source) -> bool:
    """Return whether a file is the text form of /flagz. Kubernetes: apiserver/pkg/server/flagz/textserializer.go."""
    return re.match(r"\s*\S+ flag[sz]\s+Warning: ", source.text) is not None


def dialect_of(roots: Sequence[Node], path: str) -> tuple[str, bool] | None:
    """Return the dialect of YAML documents and whether it is certain; None if they are none of a distribution."""
    for root in chain.from_iterable(items_of(each) or [each] for each in roots):
        api, kind = text_of(root.get("apiVersion")), text_of(root.get("kind"))
        if dialect := dialect_of_header(api, kind):
            return dialect, True
        if api == "v1alpha1" and re.fullmatch(_TALOS_DOCUMENTS, kind):
            return "talos", True
    for root in roots:
        if isinstance(root.value, dict) and root.get("apiVersion") is None and root.get("kind") is None:
            found = _by_keys(root, path)
            if found is not None:
                return found
    return None


def dialect_of_header(api: str, kind: str) -> str:
    """Return the dialect of objects with an apiVersion and kind; empty if they are none of a distribution."""
    return next((dialect for group, (kinds, dialect) in _GROUPS.items() if api.startswith(group) and kind in kinds), "")


def _by_keys(root: Node, path: str) -> tuple[str, bool] | None:
    keys = root.value.keys() if isinstance(root.value, dict) else frozenset[str]()
    if find(root, "cluster", "apiServer") is not None or find(root, "machine", "type") is not None:
        return "talos", True
    if "extra-node-kube-apiserver-args" in keys or "cluster-config" in keys:
        return "k8s-snap", "extra-node-kube-apiserver-args" in keys
    if any(re.fullmatch(_KUBESPRAY, key) for key in keys):
        return "kubespray", True
    names = {key.removesuffix("+") for key in keys}
    place = re.search(r"rancher/(k3s|rke2)/config\.yaml(?:$|\.d/)", path.replace(os.sep, "/"))
    is_rke2 = bool(names & _RKE2_ONLY) or "rke2" in path
    if place is not None:
        return place[1], True
    if "kube-apiserver-arg" in names:
        return "rke2" if is_rke2 else "k3s", True
    if len(names & (_K3S_KEYS | _RKE2_ONLY)) > 1:
        return "rke2" if is_rke2 else "k3s", False
    return None


def configures_server(kind: str, roots: Sequence[Node]) -> bool:
    """Return whether documents of a dialect configure a node of the control plane, not only workers."""
    if kind == "kubeadm":
        return any(_starts_control_plane(root) for root in roots)
    if kind == "talos":
        return not any(text_of(find(root, "machine", "type")) == "worker" for root in roots)
    if kind in ("k3s", "rke2"):
        from compiler.inputs.dialects.k3s.settings import is_of_agent

        return not any(is_of_agent(kind, root) for root in roots)
    return True


def _starts_control_plane(root: Node) -> bool:
    """Return whether a document of kubeadm, kind or Cluster API is about a node of the control plane."""
    kind, group = text_of(root.get("kind")), text_of(root.get("apiVersion")).partition("/")[0]
    if kind == "KubeadmConfig":
        return any(find(root, "spec", section) for section in ("clusterConfiguration", "initConfiguration"))
    if kind == "Cluster":
        return group == "kind.x-k8s.io"
    return kind in ("ClusterConfiguration", "InitConfiguration", "KubeadmControlPlane", "KubeadmControlPlaneTemplate")


def is_part(path: str, disk: Disk = DISK) -> bool:
    """Return whether a file is a part of an input next to its directory: a drop-in of a unit or of k3s."""
    directory = os.path.dirname(path)
    whole = directory.removesuffix(".d")
    return directory.endswith((".service.d", ".yaml.d")) and disk.is_file(whole)
