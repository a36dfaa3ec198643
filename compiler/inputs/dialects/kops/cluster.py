"""A Cluster of kOps and its instance groups, in either version of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from compiler.diagnostics import Location
from compiler.inputs.dialects.kops.facts import APIS, Version
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.upstream.go.net import parse_cidr

CONTROL_PLANE = "ControlPlane"
API_SERVER = "APIServer"
_LABEL = "kops.k8s.io/cluster"
_CLOUD_LABEL = "alpha.kops.k8s.io/cloud"
_CLOUDS = {
    "aws": "aws",
    "azure": "azure",
    "do": "digitalocean",
    "gce": "gce",
    "hetzner": "hetzner",
    "openstack": "openstack",
    "scaleway": "scaleway",
    "linode": "linode",
}
"""The fields of cloudProvider in v1alpha3 -> the names of clouds in v1alpha2, in the order in which kOps asks."""
_PLACES = {
    "v1alpha2": {
        "dnsType": ("topology", "dns", "type"),
        "gcp": ("networking", "gce"),
        "nonMasqueradeCIDR": ("nonMasqueradeCIDR",),
        "podCIDR": ("podCIDR",),
        "serviceClusterIPRange": ("serviceClusterIPRange",),
        "subnets": ("subnets",),
    },
    "v1alpha3": {
        "dnsType": ("networking", "topology", "dns"),
        "gcp": ("networking", "gcp"),
        "nonMasqueradeCIDR": ("networking", "nonMasqueradeCIDR"),
        "podCIDR": ("networking", "podCIDR"),
        "serviceClusterIPRange": ("networking", "serviceClusterIPRange"),
        "subnets": ("networking", "subnets"),
    },
}
"""Where the API versions have the same setting."""
_SEMVER = r"\s*v?([0-9]{1,4})(?:\.([0-9]{1,4})(?:\.[0-9]{1,9}(?:[-+][0-9A-Za-z.+-]*)?)?)?\s*"
_URL = r"/v1\.([0-9]{1,4})\."


class Place(NamedTuple):
    """A value in the file and its path."""

    node: Node
    path: str

    def item(self, key: str | int) -> Place | None:
        """Return a value of a mapping or list that is not null."""
        child = self.node.at((key,))
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        return Place(child, f"{self.path}{step}") if child is not self.node and child.value is not None else None

    def items(self) -> Iterator[Place]:
        """Yield the items of a list."""
        for index, node in enumerate(items_of(self.node)):
            yield Place(node, f"{self.path}[{index}]")

    @property
    def text(self) -> str:
        """The value of a string, empty for any other value."""
        return text_of(self.node)


class Cluster(NamedTuple):
    """A Cluster object, its API version, and the releases of kOps and Kubernetes that decide what is set."""

    root: Node
    api: str
    release: Version
    kubernetes: Version

    @property
    def name(self) -> str:
        """The name of the cluster."""
        return text_of(find(self.root, "metadata", "name"))

    @property
    def start(self) -> Location:
        """The place of kubeAPIServer, or of the spec if there is none: that of flags which no field decides."""
        spec = self.root.get("spec")
        if spec is None:
            return self.root.key_location("kind")
        if spec.get("kubeAPIServer") is None:
            return self.root.key_location("spec")
        return spec.key_location("kubeAPIServer")

    def place(self, *keys: str) -> Place | None:
        """Return the value at a path below the spec, None if it is absent or null."""
        node = find(self.root, "spec", *keys)
        return Place(node, ".".join(("spec", *keys))) if node is not None and node.value is not None else None

    def setting(self, name: str) -> Place | None:
        """Return the value of a setting that the API versions have at different paths, None if it is not set."""
        return self.place(*_PLACES[self.api][name])

    def path_of(self, name: str) -> str:
        """Return the path of a setting that the API versions have at different paths."""
        return ".".join(("spec", *_PLACES[self.api][name]))

    @property
    def clouds(self) -> list[str]:
        """The clouds that the cluster names; kOps uses the first, and refuses more than one."""
        if text_of(find(self.root, "metadata", "labels", _CLOUD_LABEL)) == "metal":
            return ["metal"]
        if self.api == "v1alpha2":
            cloud = text_of(find(self.root, "spec", "cloudProvider"))
            return [cloud] if cloud else []
        return [cloud for key, cloud in _CLOUDS.items() if self.place("cloudProvider", key) is not None]

    @property
    def cloud(self) -> str:
        """The cloud, empty if there is none. kOps: pkg/apis/kops/cluster.go, GetCloudProvider."""
        return next(iter(self.clouds), "")

    @property
    def is_ipv6_only(self) -> bool:
        """Whether Pods have IPv6 addresses only. kOps: pkg/apis/kops/cluster.go, IsIPv6Only."""
        place = self.setting("nonMasqueradeCIDR")
        network = parse_cidr(place.text) if place is not None else None
        return network is not None and network.version == 6

    @property
    def uses_no_dns(self) -> bool:
        """Whether the topology has no DNS. kOps: pkg/apis/kops/cluster.go, UsesNoneDNS."""
        place = self.setting("dnsType")
        return place is not None and place.text == "None"


class Group(NamedTuple):
    """An instance group: its object, the version of its API, its name and its role."""

    root: Node
    api: str
    name: str
    role: str


def kubernetes_of(text: str) -> Version | None:
    """Return the Kubernetes version of a cluster, which is a version or the URL of a build; None if it is neither.

    kOps: pkg/apis/kops/util/versions.go, ParseKubernetesVersion.

    >>> kubernetes_of("v1.36.0"), kubernetes_of("https://example.test/v1.35.2/bin"), kubernetes_of("stable")
    ((1, 36), (1, 35), None)
    """
    match = re.fullmatch(_SEMVER, text)
    if match is not None:
        return int(match[1]), int(match[2] or 0)
    match = re.search(_URL, text)
    return (1, int(match[1])) if match is not None else None


def groups_of(roots: list[Node], cluster: Cluster) -> list[Group]:
    """Return the instance groups of a cluster: those with its label, or without any."""
    groups = []
    for root in roots:
        label = text_of(find(root, "metadata", "labels", _LABEL))
        if text_of(root.get("kind")) != "InstanceGroup" or label not in ("", cluster.name):
            continue
        api = text_of(root.get("apiVersion")).rpartition("/")[2]
        api = api if api in APIS else cluster.api
        role = text_of(find(root, "spec", "role"))
        # v1alpha2 also calls the control plane Master.
        role = CONTROL_PLANE if role == "Master" and api == APIS[0] else role
        groups.append(Group(root, api, text_of(find(root, "metadata", "name")), role))
    return groups


def choose_group(groups: list[Group]) -> tuple[Group | None, str, Group | None]:
    """Return the group whose server is read, its role, and another group that runs a server with other flags.

    It is the first group of the control plane, whether the file has it or not, unless there are only API server nodes.
    """
    control_plane = next((group for group in groups if group.role == CONTROL_PLANE), None)
    dedicated = next((group for group in groups if group.role == API_SERVER), None)
    if control_plane is not None:
        return control_plane, CONTROL_PLANE, dedicated
    return dedicated, API_SERVER if dedicated is not None else CONTROL_PLANE, None
