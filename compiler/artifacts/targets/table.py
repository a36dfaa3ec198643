"""The table of targets: names, files and titles."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """A target: its file, the kind of input that its file is, the name of the distribution in messages, and its class
    in a module of this package.
    """

    name: str
    file: str
    kind: str
    title: str
    module: str
    form: str


TARGETS = {
    target.name: target
    for target in (
        Target("systemd", "kube-apiserver.service", "systemd", "systemd", "systemd", "Unit"),
        Target("kubeadm", "kubeadm.yaml", "kubeadm", "kubeadm", "kubeadm", "Kubeadm"),
        Target("kubeadm-kcp", "kubeadm-control-plane.yaml", "kubeadm", "Cluster API", "kubeadm_kcp", "ControlPlane"),
        Target("k3s", "config.yaml", "k3s", "k3s", "k3s", "K3s"),
        Target("rke2", "config.yaml", "rke2", "RKE2", "k3s", "RKE2"),
        Target("talos", "patch.yaml", "talos", "Talos", "talos", "Talos"),
        Target("kops", "cluster.yaml", "kops", "kOps", "kops", "Kops"),
        Target("k0s", "k0s.yaml", "k0s", "k0s", "k0s", "K0s"),
    )
}
"""The targets by the names that `--emit` uses."""
KUSTOMIZE = "kustomize"
KUSTOMIZATION = "kustomization.yaml"
NAMES = (*TARGETS, KUSTOMIZE)
