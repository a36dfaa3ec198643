"""What the API server and the webhooks of Cluster API refuse of a control plane for kubeadm.

Cluster API: api/bootstrap/kubeadm/v1beta2/kubeadm_types.go, with the rules of the CRD;
controlplane/kubeadm/webhooks/admission/kubeadmcontrolplane.go; bootstrap/kubeadm/webhooks/admission/kubeadmconfig.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.kubeadm import tables
from compiler.inputs.dialects.kubeadm.cluster_api_documents import TITLE, ControlPlane
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import shown

_HEADERS = {"apiVersion": "any", "kind": "any"}
_SECTIONS = ("clusterConfiguration", "initConfiguration", "joinConfiguration")
_ELSEWHERE = {
    "networking": "spec.clusterNetwork of the Cluster",
    "kubernetesVersion": "the version of the control plane",
    "clusterName": "the name of the Cluster",
}
"""Fields of ClusterConfiguration in v1beta1 -> what Cluster API 1.11 and later uses instead."""
_COMPONENTS = ("apiServer", "controllerManager", "scheduler")
_MOST_NAME, _MOST_VALUE = 256, 1024
_TIMEOUT = "controlPlaneComponentHealthCheckSeconds"


def check_control_plane(control_plane: ControlPlane, report: Reporter) -> None:
    """Report what is refused or ignored of an object."""
    spec, path = control_plane.spec, control_plane.path
    fields = tables.cluster_api_fields(control_plane.version)
    if control_plane.version == "v1beta1":
        fields = fields | {section: fields[section] | _HEADERS for section in _SECTIONS}
    check_fields(spec, fields, path.removesuffix("."), report.problems, Reader(TITLE))
    _check_etcd(control_plane, report)
    if control_plane.version == "v1beta1":
        _report_elsewhere(spec, path, report)
    else:
        _check_arguments(spec, path, report)
        _check_volumes(spec, path, report)
        _check_port(spec, path, report)
        if control_plane.kind != "KubeadmConfig":
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
    if external is not None and external.value:
        for key in ("endpoints", "caFile", "certFile", "keyFile"):
            node = external.get(key)
            if node is None or node.value in (None, "", []):
                message = f"Cluster API refuses an external etcd without {key}"
                report.refuse(message, f"set {key}", node or external, f"{path}.external.{key}")
    replicas = find(control_plane.root, "spec", "replicas")
    if control_plane.kind != "KubeadmControlPlane" or replicas is None or not isinstance(replicas.value, int):
        return
    if replicas.value <= 0 or (replicas.value % 2 == 0 and not (external is not None and external.value)):
        reason = "it is not positive" if replicas.value <= 0 else "with a local etcd it has to be odd"
        message = f"Cluster API refuses {replicas.text} replicas: {reason}"
        report.refuse(message, "write 1, 3 or 5", replicas, "spec.replicas")


def _lists(spec: Node, path: str) -> Iterator[tuple[Node, str]]:
    """Yield the lists of arguments with their paths."""
    for keys in (
        *(("clusterConfiguration", component, "extraArgs") for component in _COMPONENTS),
        ("clusterConfiguration", "etcd", "local", "extraArgs"),
        ("initConfiguration", "nodeRegistration", "kubeletExtraArgs"),
        ("joinConfiguration", "nodeRegistration", "kubeletExtraArgs"),
    ):
        node = find(spec, *keys)
        if node is not None:
            yield node, f"{path}{'.'.join(keys)}"


def _check_arguments(spec: Node, path: str, report: Reporter) -> None:
    """Check the rules of Arg and of lists of it."""
    for arguments, place in _lists(spec, path):
        names: set[str] = set()
        for index, item in enumerate(items_of(arguments)):
            name, value = item.get("name"), item.get("value")
            text, at = text_of(name), f"{place}[{index}]"
            if isinstance(item.value, dict) and (not text or len(text) > _MOST_NAME):
                message = f"Cluster API refuses an argument without a name of 1 to {_MOST_NAME} characters"
                report.refuse(message, "set name to that of a flag", name or item, f"{at}.name")
            elif name is not None and text in names:
                message = f"Cluster API refuses {shown(text)} twice: names have to be unique"
                report.refuse(message, "join the values with commas, if the flag is a list", name, f"{at}.name")
            if isinstance(item.value, dict) and (value is None or value.value is None):
                message = f"Cluster API refuses {shown(text)} without a value"
                report.refuse(message, 'set value, to "" if it is empty', item, f"{at}.value")
            elif value is not None and len(text_of(value)) > _MOST_VALUE:
                message = f"Cluster API refuses a value of more than {_MOST_VALUE} characters"
                report.refuse(message, "shorten it", value, f"{at}.value")
            names.add(text)


def _check_volumes(spec: Node, path: str, report: Reporter) -> None:
    """Check the required fields of HostPathMount."""
    for component in _COMPONENTS:
        place = f"{path}clusterConfiguration.{component}.extraVolumes"
        for index, item in enumerate(items_of(find(spec, "clusterConfiguration", component, "extraVolumes"))):
            for key in ("name", "hostPath", "mountPath"):
                node = item.get(key)
                if isinstance(item.value, dict) and (node is None or node.value in (None, "")):
                    message = f"Cluster API refuses a volume without {key}"
                    report.refuse(message, f"set {key}", node or item, f"{place}[{index}].{key}")


def _check_port(spec: Node, path: str, report: Reporter) -> None:
    for keys in (
        ("initConfiguration", "localAPIEndpoint", "bindPort"),
        ("joinConfiguration", "controlPlane", "localAPIEndpoint", "bindPort"),
    ):
        port = find(spec, *keys)
        if port is not None and isinstance(port.value, int) and port.value < 1:
            report.refuse(f"Cluster API refuses port {port.text}", "remove it", port, f"{path}{'.'.join(keys)}")


def _check_timeouts(spec: Node, path: str, report: Reporter) -> None:
    """Cluster API: bootstrapadmission.Validate."""
    init, join = (find(spec, section, "timeouts", _TIMEOUT) for section in _SECTIONS[1:])
    values = [node.value if node is not None else None for node in (init, join)]
    if values[0] != values[1]:
        message = f"Cluster API refuses different {_TIMEOUT} in initConfiguration and joinConfiguration"
        node, section = (init, _SECTIONS[1]) if init is not None else (join, _SECTIONS[2])
        report.refuse(message, "set both to the same value", node or spec, f"{path}{section}.timeouts.{_TIMEOUT}")
