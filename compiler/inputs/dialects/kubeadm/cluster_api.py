"""Control planes of Cluster API: the documents that its providers for kubeadm write on the first node.

Cluster API 1.11 and later: bootstrap/kubeadm/reconcilers/kubeadmconfig/kubeadmconfig_controller.go,
computeClusterConfigurationAndAdditionalData; bootstrap/kubeadm/pkg/types; api/bootstrap/kubeadm/v1beta1/conversion.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compiler import rules
from compiler.diagnostics import KascError, Location, diagnose
from compiler.inputs.dialects.kubeadm.cluster_api_checks import check_control_plane
from compiler.inputs.dialects.kubeadm.cluster_api_documents import (
    ControlPlane,
    Surroundings,
    documents_of_spec,
)
from compiler.inputs.dialects.kubeadm.rendered import Rendered
from compiler.inputs.dialects.kubeadm.report import Reporter, opening_of
from compiler.inputs.dialects.kubeadm.versions import minor_of_release
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.inputs.dialects import Request

API_VERSIONS = ("v1beta1", "v1beta2")
_SPECS = {
    "KubeadmControlPlane": ("spec", "kubeadmConfigSpec"),
    "KubeadmControlPlaneTemplate": ("spec", "template", "spec", "kubeadmConfigSpec"),
    "KubeadmConfig": ("spec",),
}
"""Kind -> where its KubeadmConfigSpec is."""


def rendered(request: Request) -> Rendered:
    """Return what Cluster API renders for the first control plane of a file.

    Raises KascError if there is no object that starts a control plane.
    """
    report = Reporter(request.problems)
    control_plane = _control_plane(request, report)
    surroundings = _surroundings(request.roots, control_plane)
    check_control_plane(control_plane, report)
    stated = surroundings.version
    version = _version(stated, control_plane, report)
    if version is None:
        surroundings = surroundings._replace(version=None)
    minor = minor_of_release(request.version or version)
    if surroundings.cluster is None:
        _explain_cluster(control_plane, report)
    documents = documents_of_spec(control_plane, surroundings, minor, report)
    return Rendered(
        documents,
        version,
        stated.location if stated is not None else None,
        text_of(find(surroundings.cluster or control_plane.root, "metadata", "name")),
        _files(control_plane.spec),
        f"{control_plane.path}clusterConfiguration.apiServer.extraArgs",
    )


def _control_plane(request: Request, report: Reporter) -> ControlPlane:
    """Return the first object that starts a control plane, a KubeadmControlPlane if there is one."""
    found: list[ControlPlane] = []
    for root in request.roots:
        kind, version = text_of(root.get("kind")), text_of(root.get("apiVersion")).partition("/")[2]
        keys = _SPECS.get(kind)
        if keys is None or ".cluster.x-k8s.io/" not in text_of(root.get("apiVersion")):
            continue
        if version not in API_VERSIONS:
            message = f"Cluster API refuses {shown(version)} of {kind}: it only serves {' and '.join(API_VERSIONS)}"
            hint = f"write {API_VERSIONS[-1]} in apiVersion"
            report.refuse(message, hint, root.at(("apiVersion",)), "apiVersion")
            version = API_VERSIONS[-1]
        spec = find(root, *keys)
        if kind == "KubeadmConfig" and (spec is None or not _starts(spec)):
            continue
        at = root.at(("kind",)).span
        spec = spec if spec is not None else Node({}, root.source, at, "", {})
        found.append(ControlPlane(kind, version, root, spec, f"{'.'.join(keys)}."))
    if not found:
        message = "no object in this file starts a control plane: the configuration of the cluster is elsewhere"
        where = Location(request.source.name, 1, 1, 1, 2)
        hint = "pass the KubeadmControlPlane of the cluster"
        raise KascError(diagnose(rules.NO_KUBE_APISERVER_COMMAND, message, hint, location=where))
    # Sorting is stable: the first of each kind comes first.
    first, *others = sorted(found, key=lambda each: list(_SPECS).index(each.kind))
    for other in others:
        where = opening_of(other.root.at(("kind",)))
        report.outside("only one control plane of this file is checked", "put it into a separate file", where)
    return first


def _starts(spec: Node) -> bool:
    """Return whether a KubeadmConfig is for the node that runs `kubeadm init`."""
    return any(spec.get(key) is not None for key in ("clusterConfiguration", "initConfiguration"))


def _surroundings(roots: list[Node], control_plane: ControlPlane) -> Surroundings:
    """Return the Cluster in the file, and the Kubernetes version that the objects state."""
    own = text_of(find(control_plane.root, "metadata", "name"))
    clusters = [
        root
        for root in roots
        if text_of(root.get("kind")) == "Cluster" and text_of(root.get("apiVersion")).startswith("cluster.x-k8s.io/")
    ]
    named = [each for each in clusters if text_of(find(each, "spec", "controlPlaneRef", "name")) == own]
    cluster = next(iter(named or clusters), None)
    version = find(control_plane.root, "spec", "version")
    if control_plane.kind == "KubeadmConfig":
        machines = [root for root in roots if text_of(root.get("kind")) == "Machine"]
        version = next((node for each in machines if (node := find(each, "spec", "version")) is not None), None)
        version = version or find(control_plane.spec, "clusterConfiguration", "kubernetesVersion")
    if version is None and cluster is not None:
        version = find(cluster, "spec", "topology", "version")
    return Surroundings(cluster, version if text_of(version) else None)


def _version(node: Node | None, control_plane: ControlPlane, report: Reporter) -> str | None:
    """Return the Kubernetes version without its v. Cluster API: validateKubeadmControlPlaneSpec."""
    if node is None:
        return None
    match = re.fullmatch(r"v?([0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9})(?:[-+][0-9A-Za-z.+-]+)?", text_of(node))
    if match is None:
        path = "spec.version" if control_plane.kind == "KubeadmControlPlane" else ""
        message = f"Cluster API refuses the version {shown(text_of(node))}: it is not a semantic version"
        report.refuse(message, "write v1.MINOR.PATCH", node, path)
        return None
    minor = match[1].split(".")[:2]
    if minor[0] == "1" and int(minor[1]) < 22:
        report.refuse(f"Cluster API refuses Kubernetes {match[1]}", "use 1.22 or later", node)
    return match[1]


def _explain_cluster(control_plane: ControlPlane, report: Reporter) -> None:
    message = "the Cluster, which decides the service network and the DNS domain, is not in this file"
    where = opening_of(control_plane.root.at(("kind",)))
    report.outside(message, "add the Cluster to the file to have them checked", where)


def _files(spec: Node) -> dict[str, Node]:
    """Return the files that are written on the node as they are in the spec."""
    files = {}
    for item in items_of(spec.get("files")):
        content, path = item.get("content"), text_of(item.get("path"))
        verbatim = not text_of(item.get("encoding")) and text_of(item.get("contentFormat")) in ("", "Raw")
        if path and content is not None and isinstance(content.value, str) and verbatim:
            files[path] = content
    return files
