"""The documents that Cluster API renders for kubeadm from a KubeadmConfigSpec.

Cluster API: bootstrap/kubeadm/pkg/types/upstreamv1beta3 and upstreamv1beta4, conversion.go;
controlplane/kubeadm/pkg/desiredstate/desired_state.go, DefaultFeatureGates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from compiler.inputs.dialects.kubeadm.documents import CLUSTER, INIT, Document, Documents
from compiler.inputs.dialects.kubeadm.origins import Part
from compiler.inputs.dialects.kubeadm.rendered import Renderer
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.upstream.go.net import join_host_port

TITLE = "Cluster API"
_LISTS_SINCE = 31
"""The first minor version of Kubernetes for which Cluster API renders v1beta4."""
_LOCAL_MODE, _LOCAL_MODE_IN = "ControlPlaneKubeletLocalMode", range(31, 36)
"""A feature gate of kubeadm, and the minor versions in which the control plane provider enables it."""
_ELSEWHERE = ("apiVersion", "kind", "networking", "kubernetesVersion", "clusterName")
"""Fields of ClusterConfiguration in v1beta1 that are taken from other objects."""
_DAYS = {
    "certificateValidityPeriodDays": "certificateValidityPeriod",
    "caCertificateValidityPeriodDays": "caCertificateValidityPeriod",
}
_SINCE_V1BETA4 = ("encryptionAlgorithm", *_DAYS)
_SUBNET, _DOMAIN = "$(SERVICE_SUBNET)", "$(DNS_DOMAIN)"


class ControlPlane(NamedTuple):
    """An object with a KubeadmConfigSpec: its kind and API version, the spec, and its path with a dot at the end."""

    kind: str
    version: str
    root: Node
    spec: Node
    path: str


class Surroundings(NamedTuple):
    """What other objects decide: the Cluster, and the Kubernetes version; None if they are not in the file."""

    cluster: Node | None
    version: Node | None


def documents_of_spec(
    control_plane: ControlPlane, surroundings: Surroundings, minor: int, report: Reporter
) -> Documents:
    """Return the documents of the node that runs `kubeadm init`. Cluster API: handleClusterNotInitialized.

    Fields that kubeadm of the version does not have are reported.
    """
    rendering = _Rendering(control_plane, surroundings, minor, report)
    version, path = "v1beta4" if rendering.lists else "v1beta3", control_plane.path
    return Documents(
        Document(CLUSTER, version, rendering.cluster(), f"{path}clusterConfiguration."),
        Document(INIT, version, rendering.init(), f"{path}initConfiguration."),
    )


class _Rendering:
    """`lists` is set if kubeadm has lists of extra arguments."""

    def __init__(self, control_plane: ControlPlane, surroundings: Surroundings, minor: int, report: Reporter) -> None:
        self.control_plane = control_plane
        self.surroundings = surroundings
        self.minor = minor
        self.report = report
        root = control_plane.root
        self.renderer = Renderer(root.source, root.at(("kind",)).span, TITLE)
        self.lists = not _is_old(text_of(surroundings.version))

    def cluster(self) -> Node:
        """Return the ClusterConfiguration."""
        section = self._section("clusterConfiguration")
        changes: dict[str, Node | None] = dict.fromkeys(_ELSEWHERE)
        for key, name in _DAYS.items():
            days = section.get(key)
            if self.lists and days is not None and isinstance(days.value, int):
                changes |= {key: None, name: self.renderer.scalar(f"{days.value * 24}h0m0s")}
        for key in ("apiServer", "controllerManager", "scheduler"):
            component = section.get(key)
            if component is not None:
                dropped = {"timeoutForControlPlane": None, **self._dropped(component, f"{key}.", ("extraEnvs",))}
                changes[key] = _with(self._with_arguments(component, "extraArgs"), dropped)
        changes |= self._dropped(section, "", _SINCE_V1BETA4)
        timeout = self._timeout()
        if timeout is not None and not self.lists:
            server = changes.get("apiServer") or self.renderer.node({})
            changes["apiServer"] = _with(server, {"timeoutForControlPlane": timeout})
        etcd = section.get("etcd")
        if etcd is not None:
            changes["etcd"] = self._etcd(etcd)
        return _with(section, changes | self._additional(section))

    def init(self) -> Node:
        """Return the InitConfiguration."""
        section = self._section("initConfiguration")
        changes: dict[str, Node | None] = dict.fromkeys(("apiVersion", "kind", "timeouts", "bootstrapTokens"))
        registration = section.get("nodeRegistration")
        if registration is not None:
            changes["nodeRegistration"] = self._with_arguments(registration, "kubeletExtraArgs")
        timeout = self._timeout()
        if timeout is not None and self.lists:
            changes["timeouts"] = self.renderer.node({"controlPlaneComponentHealthCheck": timeout})
        return _with(section, changes)

    def _section(self, key: str) -> Node:
        section = self.control_plane.spec.get(key)
        return section if section is not None and isinstance(section.value, dict) else self.renderer.node({})

    def _dropped(self, section: Node, path: str, keys: Iterable[str]) -> dict[str, None]:
        """Return fields that Cluster API drops because kubeadm does not have them in v1beta3, which are reported."""
        dropped = {key: None for key in keys if not self.lists and section.get(key) is not None}
        for key in dropped:
            where, place = section.key_location(key), f"{self.control_plane.path}clusterConfiguration.{path}{key}"
            message = f"{TITLE} drops {key}, which kubeadm before Kubernetes 1.{_LISTS_SINCE} does not have"
            self.report.ignore(message, f"use Kubernetes 1.{_LISTS_SINCE} or later", where, place)
        return dropped

    def _etcd(self, etcd: Node) -> Node:
        local, external = etcd.get("local"), etcd.get("external")
        changes: dict[str, Node | None] = {}
        if local is not None:
            changes["local"] = self._with_arguments(local, "extraArgs") if local.value else None
        if external is not None and (not external.value or (local is not None and local.value)):
            changes["external"] = None
        return _with(etcd, changes)

    def _with_arguments(self, parent: Node, key: str) -> Node:
        """Return a section with extra arguments in the form of the version.

        Cluster API: ConvertToArgs, ConvertFromArgs.
        """
        given = parent.get(key)
        if given is None:
            return parent
        if self.lists and isinstance(given.value, dict):
            entries = [_entry(given, name, value) for name, value in sorted(given.value.items())]
            return _with(parent, {key: Node(entries, given.source, given.span)})
        if not self.lists and isinstance(given.value, list):
            named = {text_of(item.get("name")): item for item in given.value if isinstance(item.value, dict)}
            values = {name: item.at(("value",)) if item.get("value") else _null(item) for name, item in named.items()}
            keys = {name: item.at(("name",)).span for name, item in named.items()}
            return _with(parent, {key: Node(values, given.source, given.span, "", keys)})
        return parent

    def _timeout(self) -> Node | None:
        """Return the time that kubeadm gives kube-apiserver to become healthy, None for the default."""
        spec = self.control_plane.spec
        seconds = find(spec, "initConfiguration", "timeouts", "controlPlaneComponentHealthCheckSeconds")
        if seconds is not None and isinstance(seconds.value, int):
            return self.renderer.scalar(f"{int(seconds.value)}s")
        old = find(spec, "clusterConfiguration", "apiServer", "timeoutForControlPlane")
        return old if text_of(old) else None

    def _additional(self, section: Node) -> dict[str, Node | None]:
        """Return what the Cluster and the version decide, and the feature gate that the provider enables."""
        version, cluster = self.surroundings.version, self.surroundings.cluster
        content: dict[str, Node | None] = {"networking": self._networking()}
        if version is not None:
            text = text_of(version)
            content["kubernetesVersion"] = version if text.startswith("v") else self.renderer.scalar(f"v{text}")
        if not text_of(section.get("controlPlaneEndpoint")) and cluster is not None:
            host, port = (find(cluster, "spec", "controlPlaneEndpoint", key) for key in ("host", "port"))
            if text_of(host) and port is not None and isinstance(port.value, int) and port.value:
                content["controlPlaneEndpoint"] = self.renderer.scalar(join_host_port(text_of(host), port.text))
        gates = section.get("featureGates")
        enables = self.control_plane.kind != "KubeadmConfig" and self.minor in _LOCAL_MODE_IN
        if enables and (gates is None or gates.get(_LOCAL_MODE) is None):
            content["featureGates"] = _with(gates or self.renderer.node({}), {_LOCAL_MODE: self.renderer.scalar(True)})
        return content

    def _networking(self) -> Node:
        cluster = self.surroundings.cluster
        if cluster is None:
            subnet = self.renderer.scalar(_SUBNET, "spec.clusterNetwork.services.cidrBlocks", _SUBNET)
            domain = self.renderer.scalar(_DOMAIN, "spec.clusterNetwork.serviceDomain", _DOMAIN)
            return self.renderer.node({"serviceSubnet": subnet, "dnsDomain": domain})
        result: dict[str, Node] = {}
        for key, name in (("serviceSubnet", "services"), ("podSubnet", "pods")):
            blocks = find(cluster, "spec", "clusterNetwork", name, "cidrBlocks")
            parts: list[Part] = [(text_of(each), each.location) for each in items_of(blocks)]
            if parts:
                result[key] = self.renderer.joined(parts, f"spec.clusterNetwork.{name}.cidrBlocks", blocks)
        given = find(cluster, "spec", "clusterNetwork", "serviceDomain")
        if given is not None and text_of(given):
            result["dnsDomain"] = given
        return self.renderer.node(result)


def _with(node: Node, changes: Mapping[str, Node | None]) -> Node:
    """Return a mapping with other values of some keys; None removes one."""
    if not isinstance(node.value, dict):
        return node
    value = {key: child for key, child in node.value.items() if key not in changes}
    value |= {key: child for key, child in changes.items() if child is not None}
    return Node(value, node.source, node.span, "", node.keys)


def _entry(given: Node, name: str, value: Node) -> Node:
    """Return an entry of a map as one of a list."""
    span = (given.keys or {}).get(name, value.span)
    return Node({"name": Node(name, given.source, span, name), "value": value}, given.source, span, "", {})


def _null(node: Node) -> Node:
    return Node(None, node.source, node.span)


def _is_old(version: str) -> bool:
    """Return whether kubeadm of a Kubernetes version has maps of extra arguments."""
    parts = version.removeprefix("v").split(".")
    return len(parts) > 1 and parts[0] == "1" and parts[1].isdecimal() and int(parts[1][:9]) < _LISTS_SINCE
