"""The target `kubeadm-kcp`: a patch of the KubeadmControlPlane of Cluster API.

Cluster API: api/controlplane/kubeadm/v1beta2/kubeadm_control_plane_types.go; api/bootstrap/kubeadm/v1beta2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.artifacts.pod import escaped
from compiler.artifacts.targets.flags import Extras
from compiler.artifacts.targets.form import Reason
from compiler.artifacts.targets.kubeadm import Kubeadm

_MAX_ARGUMENTS = 100
_MAX_VALUE = 1024
_OF_CLUSTER = ("service-account-issuer", "service-cluster-ip-range")
"""Flags that follow from the network of the object Cluster, which is not in this file."""


class ControlPlane(Kubeadm):
    """The same fields as kubeadm's, without the networks, which the object Cluster has."""

    needs_no_files = False

    def releases(self) -> list[str]:
        """Return no release: it is that of the machines, which is that of Kubernetes."""
        return [""]

    def write(self, extras: Extras) -> str:
        """Return the patch."""
        given = {flag: self.wanted.lines[flag] for flag in _OF_CLUSTER if flag in self.wanted.lines}
        config = {"clusterConfiguration": self.cluster(extras._replace(given=given | extras.given))}
        if endpoint := self.endpoint():
            config["initConfiguration"] = {"localAPIEndpoint": endpoint}
        if "bindPort" in endpoint:
            # The address is that of each machine.
            config["joinConfiguration"] = {"controlPlane": {"localAPIEndpoint": {"bindPort": endpoint["bindPort"]}}}
        patch = {
            "apiVersion": "controlplane.cluster.x-k8s.io/v1beta2",
            "kind": "KubeadmControlPlane",
            "metadata": {"name": self.wanted.input.name},
            "spec": {"version": self.full_version, "kubeadmConfigSpec": config},
        }
        command = f"kubectl patch kcp {self.wanted.input.name} --type merge --patch-file {self.target.file}"
        return self.commented(f"A patch of the control plane, in its namespace:\n{command}", patch)

    def arguments(self, extras: Extras) -> Any:
        """Return extraArgs, a list in which each name is unique."""
        return [
            {"name": flag, "value": escaped(value)} for flag, values in self.unique(extras).items() for value in values
        ]

    def refusals(self, extras: Extras) -> Iterator[Reason]:
        """Yield the flags that the API server of the management cluster refuses."""
        given = {flag: self.wanted.lines[flag] for flag in _OF_CLUSTER if flag in self.wanted.lines}
        extras = extras._replace(given=given | extras.given)
        yield from self.repeated(extras, "a KubeadmControlPlane", "names in extraArgs are unique")
        omit = f"omit {self.target.name} in --emit"
        for number, (flag, values) in enumerate(self.unique(extras).items(), 1):
            if max(map(len, values)) > _MAX_VALUE:
                message = f"the value of --{flag} has more than {_MAX_VALUE} characters, the most in extraArgs"
                yield Reason(flag, message, f"shorten it, or {omit}")
            elif number > _MAX_ARGUMENTS:
                message = f"a KubeadmControlPlane has at most {_MAX_ARGUMENTS} extraArgs; --{flag} exceeds them"
                yield Reason(flag, message, f"remove flags, or {omit}")

    def are_valid(self, files: dict[str, str], endpoints: tuple[str, ...]) -> bool:
        """Whether Cluster API accepts the TLS files of an external etcd, all of which are required."""
        return all(files.values()) and super().are_valid(files, endpoints)
