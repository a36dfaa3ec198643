"""What the API server and the webhooks of Cluster API refuse of a control plane for kubeadm.

Cluster API: api/bootstrap/kubeadm/v1beta2/kubeadm_types.go, with the rules of the CRD;
controlplane/kubeadm/webhooks/admission/kubeadmcontrolplane.go; bootstrap/kubeadm/webhooks/admission/kubeadmconfig.go.
"""

from __future__ import annotations

from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.kubeadm import tables
from compiler.inputs.dialects.kubeadm.cluster_api_documents import TITLE, ControlPlane
from compiler.inputs.dialects.kubeadm.cluster_api_limits import check_limits
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.source.node import Node, find

_HEADERS = {"apiVersion": "any", "kind": "any"}
_SECTIONS = ("clusterConfiguration", "initConfiguration", "joinConfiguration")
_ELSEWHERE = {
    "networking": "spec.clusterNetwork of the Cluster",
    "kubernetesVersion": "the version of the control plane",
    "clusterName": "the name of the Cluster",
}
"""Fields of ClusterConfiguration in v1beta1 -> what Cluster API 1.11 and later uses instead."""
_TIMEOUT = "controlPlaneComponentHealthCheckSeconds"


def check_control_plane(control_plane: ControlPlane, report: Reporter) -> None:
    """Report what is refused or ignored of an object."""
    spec, path = control_plane.spec, control_plane.path
    fields = tables.cluster_api_fields(control_plane.version)
    if control_plane.version == "v1beta1":
        fields = fields | {section: fields[section] | _HEADERS for section in _SECTIONS}
    check_fields(spec, fields, path.removesuffix("."), report.problems, Reader(TITLE))
    check_limits(spec, control_plane.version, path.removesuffix("."), report)
    _check_etcd(control_plane, report)
    if control_plane.version == "v1beta1":
        _report_elsewhere(spec, path, report)
    elif control_plane.kind != "KubeadmConfig":
        _check_timeouts(spec, path, report)


def _report_elsewhere(spec: Node, path: str, report: Reporter) -> None:
    """Report fields that Cluster API 1.11 and later drops on conversion to v1beta2."""
    section = spec.get("clusterConfiguration")
    for key, instead in _ELSEWHERE.items():
        if section is not None and section.get(key) is not None:
            message = f"Cluster API 1.11 and later ignores {key}, and uses {instead}"
            report.ignore(message, f"set {instead}", section.key_location(key), f"{path}clusterConfiguration.{key}")


def _check_etcd(control_plane: ControlPlane, report: Reporter) -> None:
    """Cluster API: validateClusterConfiguration, validateKubeadmControlPlaneSpec."""
    etcd = find(control_plane.spec, "clusterConfiguration", "etcd")
    local, external = (etcd.get(key) if etcd is not None else None for key in ("local", "external"))
    path = f"{control_plane.path}clusterConfiguration.etcd"
    if etcd is not None and local is not None and local.value and external is not None and external.value:
        report.refuse("Cluster API refuses a local and an external etcd together", "keep one of them", etcd, path)
    replicas = find(control_plane.root, "spec", "replicas")
    if control_plane.kind != "KubeadmControlPlane" or replicas is None or not isinstance(replicas.value, int):
        return
    if replicas.value <= 0 or (replicas.value % 2 == 0 and not (external is not None and external.value)):
        reason = "it is not positive" if replicas.value <= 0 else "with a local etcd it has to be odd"
        message = f"Cluster API refuses {replicas.text} replicas: {reason}"
        report.refuse(message, "write 1, 3 or 5", replicas, "spec.replicas")


def _check_timeouts(spec: Node, path: str, report: Reporter) -> None:
    """Cluster API: bootstrapadmission.Validate."""
    init, join = (find(spec, section, "timeouts", _TIMEOUT) for section in _SECTIONS[1:])
    values = [node.value if node is not None else None for node in (init, join)]
    if values[0] != values[1]:
        message = f"Cluster API refuses different {_TIMEOUT} in initConfiguration and joinConfiguration"
        node, section = (init, _SECTIONS[1]) if init is not None else (join, _SECTIONS[2])
        report.refuse(message, "set both to the same value", node or spec, f"{path}{section}.timeouts.{_TIMEOUT}")
