"""A cluster of kind: the documents that it writes for kubeadm on the first control plane node.

kind: pkg/cluster/internal/kubeadm/config.go, Config; pkg/cluster/internal/create/actions/config/config.go,
getKubeadmConfig; pkg/internal/apis/config/default.go and validate.go. Release 0.32 and later.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.diagnostics import Location
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.kubeadm.documents import CLUSTER, INIT, JOIN, Document, check_component, complete, decode
from compiler.inputs.dialects.kubeadm.kind_patches import Patches
from compiler.inputs.dialects.kubeadm.patches import copied
from compiler.inputs.dialects.kubeadm.rendered import Content, Rendered, Renderer
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.dialects.kubeadm.versions import API_VERSIONS, minor_of_release
from compiler.inputs.importers.pod import version_of
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import did_you_mean, shown
from compiler.upstream.go.net import parse_cidr

if TYPE_CHECKING:
    from compiler.inputs.dialects import Request

TITLE = "kind"
_API_VERSION = "kind.x-k8s.io/v1alpha4"
_LISTS_SINCE = 36
"""The first minor version of Kubernetes for which kind writes v1beta4."""
_CONTROL_PLANE = "control-plane"
_PATCHES: dict[str, object] = {
    "kubeadmConfigPatches": ["scalar"],
    "kubeadmConfigPatchesJSON6902": [{"group": "scalar", "version": "scalar", "kind": "scalar", "patch": "scalar"}],
}
_FIELDS = {
    "apiVersion": "any",
    "kind": "any",
    "name": "scalar",
    "nodes": [
        {
            "role": "scalar",
            "image": "scalar",
            "labels": {"*": "scalar"},
            "extraMounts": [
                {
                    "containerPath": "scalar",
                    "hostPath": "scalar",
                    "readOnly": "bool",
                    "selinuxRelabel": "bool",
                    "propagation": "scalar",
                }
            ],
            "extraPortMappings": [
                {"containerPort": "int", "hostPort": "int", "listenAddress": "scalar", "protocol": "scalar"}
            ],
            **_PATCHES,
        }
    ],
    "networking": {
        "ipFamily": "scalar",
        "apiServerPort": "int",
        "apiServerAddress": "scalar",
        "podSubnet": "scalar",
        "serviceSubnet": "scalar",
        "disableDefaultCNI": "bool",
        "kubeProxyMode": "scalar",
        "dnsSearch": ["scalar"],
    },
    "featureGates": {"*": "bool"},
    "runtimeConfig": {"*": "scalar"},
    "containerdConfigPatches": ["scalar"],
    "containerdConfigPatchesJSON6902": ["scalar"],
    **_PATCHES,
}
_SUBNETS = {
    "ipv4": ("10.96.0.0/16", "10.244.0.0/16", "127.0.0.1"),
    "ipv6": ("fd00:10:96::/112", "fd00:10:244::/56", "::1"),
    "dual": ("10.96.0.0/16,fd00:10:96::/112", "10.244.0.0/16,fd00:10:244::/56", "127.0.0.1"),
}
"""IP family -> serviceSubnet, podSubnet, apiServerAddress."""
_PROXY_MODES = ("iptables", "ipvs", "nftables", "none")
_TOKEN = "abcdef.0123456789abcdef"  # the token of every kind cluster


class _Node(NamedTuple):
    """A node of the cluster and its path."""

    section: Node
    path: str
    role: str


def rendered(request: Request) -> Rendered:
    """Return what kind renders for a Cluster. Raises KascError if kind does not read the file."""
    report = Reporter(request.problems)
    root = copied(_root(request, report))
    problems_before = len(request.problems)
    check_fields(root, _FIELDS, "", request.problems, Reader(TITLE, rules.REFUSED_BY_DISTRIBUTION))
    if len(request.problems) == problems_before:
        _validate(root, report)
    nodes = _nodes(root)
    first = next((node for node in nodes if node.role == _CONTROL_PLANE), nodes[0])
    image = first.section.get("image")
    version = version_of(text_of(image))
    minor = minor_of_release(request.version or version)
    documents = _documents(root, version, minor, request.host.address)
    patches = Patches(report)
    documents = patches.patched(documents, root, "")
    if first.section is not root:
        documents = patches.patched(documents, first.section, f"{first.path}.")
    for node in nodes:
        if node is not first:
            patches.report_unused(node.section, f"{node.path}.")
    own = _checked(documents, minor, len(nodes) > 1, Reporter(request.problems))
    location = image.location if image is not None else None
    name = text_of(root.get("name")) or TITLE
    return Rendered(complete(own[CLUSTER], own[INIT]), version, location, name, setting="kubeadmConfigPatches")


def _root(request: Request, report: Reporter) -> Node:
    """Return the Cluster: the first document of the file, since kind reads no other. kind: encoding.Parse."""
    root = request.roots[0]
    api, kind = text_of(root.get("apiVersion")), text_of(root.get("kind"))
    if (api, kind) != (_API_VERSION, "Cluster"):
        message = f"kind refuses {shown(kind)} of {shown(api)} as first document"
        hint = f"write apiVersion: {_API_VERSION} and kind: Cluster"
        report.refuse(message, hint, root.at(("apiVersion",)), "apiVersion")
    for other in request.roots[1:]:
        report.ignore("kind reads only the first document of a file", "put it into a separate file", other)
    return next((each for each in request.roots if text_of(each.get("kind")) == "Cluster"), root)


def _nodes(root: Node) -> list[_Node]:
    """Return the nodes; a cluster without any has one. kind: SetDefaultsCluster."""
    nodes = [
        _Node(section, f"nodes[{index}]", text_of(section.get("role")) or _CONTROL_PLANE)
        for index, section in enumerate(items_of(root.get("nodes")))
        if isinstance(section.value, dict)
    ]
    empty = Node({}, root.source, (*root.span[:2], *root.span[:2]), "", {})
    return nodes or [_Node(empty, "nodes", _CONTROL_PLANE)]


def _validate(root: Node, report: Reporter) -> None:
    """Report what kind refuses, and drop it: kubeadm need not refuse it once more. kind: Cluster.Validate."""
    name = root.get("name")
    if name is not None and text_of(name) and not re.fullmatch("[a-z0-9.-]+", text_of(name)):
        message = f"kind refuses the name {shown(text_of(name))}"
        report.refuse(message, "use lowercase letters, digits, '-' and '.'", name, "name")
        _drop(root, "name")
    roles = (_CONTROL_PLANE, "worker")
    nodes = _nodes(root)
    unknown = [node for node in nodes if node.role not in roles]
    for node in unknown:
        hint = did_you_mean(node.role, roles) or f"write {' or '.join(roles)}"
        where = node.section.at(("role",))
        report.refuse(f"kind refuses the role {shown(node.role)}", hint, where, f"{node.path}.role")
    if not unknown and not any(node.role == _CONTROL_PLANE for node in nodes):
        report.refuse("kind refuses a cluster without a control plane", "add a node", root.at(("nodes",)), "nodes")
    _validate_networking(root, report)


def _validate_networking(root: Node, report: Reporter) -> None:
    family, mode = find(root, "networking", "ipFamily"), find(root, "networking", "kubeProxyMode")
    for node, values, key in ((family, tuple(_SUBNETS), "ipFamily"), (mode, _PROXY_MODES, "kubeProxyMode")):
        if node is not None and text_of(node) and text_of(node) not in values:
            hint = did_you_mean(text_of(node), values) or f"write one of {', '.join(values)}"
            report.refuse(f"kind refuses {shown(text_of(node))} as {key}", hint, node, f"networking.{key}")
            _drop(root.get("networking"), key)
    for key in ("podSubnet", "serviceSubnet"):
        node = find(root, "networking", key)
        if node is not None and text_of(node):
            problem = _subnet_problem(text_of(node), text_of(family) or "ipv4")
            if problem:
                hint = "write a CIDR range of the IP family of the cluster"
                report.refuse(f"kind refuses {shown(text_of(node))}: {problem}", hint, node, f"networking.{key}")
                _drop(root.get("networking"), key)


def _subnet_problem(text: str, family: str) -> str:
    """kind: validateSubnets."""
    networks = [parse_cidr(part) for part in text.split(",")]
    families = [network.version for network in networks if network is not None]
    if None in networks:
        return "it is not a CIDR range"
    if family == "dual":
        return "" if len(families) == 1 or sorted(families) == [4, 6] else "it is not one range of each IP family"
    if len(families) > 1:
        return "only ipFamily dual has two ranges"
    return "" if f"ipv{families[0]}" == family else f"it is not a range of {family}"


def _documents(root: Node, version: str | None, minor: int, address: str) -> list[Node]:
    """Return the documents that kind writes on the first node, before patches. kind: kubeadm.Config."""
    api = f"kubeadm.k8s.io/{API_VERSIONS[-1] if minor >= _LISTS_SINCE else API_VERSIONS[0]}"
    line, column = root.span[:2]
    renderer = Renderer(root.source, (line, column, line, column + 1), TITLE)
    family = text_of(find(root, "networking", "ipFamily")) or "ipv4"
    service, pods, listens = _SUBNETS.get(family, _SUBNETS["ipv4"])
    name = text_of(root.get("name")) or TITLE
    endpoint = f"{name}-control-plane:6443"
    metadata = {"name": "config"}
    lists = minor >= _LISTS_SINCE
    gates = root.get("featureGates")
    local: dict[str, Content] = {"bindPort": 6443, **({"advertiseAddress": address} if address else {})}
    registration: dict[str, Content] = {
        "criSocket": "unix:///run/containerd/containerd.sock",
        "kubeletExtraArgs": _arguments(
            {"node-ip": address, "provider-id": f"kind://docker/{name}/{name}-control-plane", "node-labels": ""}, lists
        ),
    }
    shared: dict[str, Content] = {"feature-gates": _gates(root, renderer)} if gates is not None and gates.value else {}
    cluster: dict[str, Content] = {
        "apiVersion": api,
        "kind": CLUSTER,
        "metadata": metadata,
        **({"kubernetesVersion": f"v{version}"} if version and version.count(".") == 2 else {}),
        "clusterName": name,
        "controlPlaneEndpoint": endpoint,
        "apiServer": {
            "certSANs": ["localhost", text_of(find(root, "networking", "apiServerAddress")) or listens],
            "extraArgs": _arguments({"runtime-config": _runtime_config(root, renderer), **shared}, lists),
        },
        "controllerManager": {"extraArgs": _arguments({**shared, "enable-hostpath-provisioner": "true"}, lists)},
        "scheduler": {"extraArgs": _arguments(shared, lists)},
        "networking": {
            "podSubnet": _given(root, "podSubnet") or pods,
            "serviceSubnet": _given(root, "serviceSubnet") or service,
        },
    }
    init: dict[str, Content] = {
        "apiVersion": api,
        "kind": INIT,
        "metadata": metadata,
        "bootstrapTokens": [{"token": _TOKEN}],
        "localAPIEndpoint": local,
        "nodeRegistration": registration,
        "skipPhases": ["preflight"],
    }
    join: dict[str, Content] = {
        "apiVersion": api,
        "kind": JOIN,
        "metadata": metadata,
        "controlPlane": {"localAPIEndpoint": local},
        "nodeRegistration": registration,
        "discovery": {
            "bootstrapToken": {"apiServerEndpoint": endpoint, "token": _TOKEN, "unsafeSkipCAVerification": True}
        },
        "skipPhases": ["preflight"],
    }
    return [renderer.node(each) for each in (cluster, init, join, *_components(root, metadata, gates))]


def _components(root: Node, metadata: Content, gates: Node | None) -> list[dict[str, Content]]:
    shared: dict[str, Content] = {"metadata": metadata, **({"featureGates": gates} if gates is not None else {})}
    kubelet: dict[str, Content] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        "cgroupRoot": "/kubelet",
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"},
        **shared,
    }
    mode = text_of(find(root, "networking", "kubeProxyMode")) or "iptables"
    proxy: dict[str, Content] = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": mode,
        "iptables": {"minSyncPeriod": "1s"},
        "conntrack": {"maxPerCore": 0},
        **shared,
    }
    return [kubelet] if mode == "none" else [kubelet, proxy]


def _arguments(values: dict[str, Content], lists: bool) -> Content:
    return [{"name": name, "value": value} for name, value in values.items()] if lists else values


def _given(root: Node, key: str) -> Node | None:
    node = find(root, "networking", key)
    return node if text_of(node) else None


def _runtime_config(root: Node, renderer: Renderer) -> Node:
    """Return the value of runtime-config, which is empty without runtimeConfig."""
    return _pairs(root, "runtimeConfig", renderer)


def _gates(root: Node, renderer: Renderer) -> Node:
    return _pairs(root, "featureGates", renderer)


def _pairs(root: Node, key: str, renderer: Renderer) -> Node:
    """Return a map as NAME=VALUE, sorted by name and joined with commas, with the place of each entry."""
    section = root.get(key)
    entries = section.value if section is not None and isinstance(section.value, dict) else {}
    parts: list[tuple[str, Location]] = []
    for name, value in sorted(entries.items()):
        text = value.value if isinstance(value.value, str) else value.text
        if isinstance(value.value, bool) and key == "featureGates":
            text = str(value.value).lower()
        where = section.key_location(name) if section is not None else value.location
        end = value.location
        parts.append((f"{name}={text}", where._replace(end_line=end.end_line, end_column=end.end_column)))
    return renderer.joined(parts, key, section)


def _checked(documents: list[Node], minor: int, joins: bool, report: Reporter) -> dict[str, Document]:
    """Return the documents of kubeadm by kind; report what kubeadm ignores and refuses in them."""
    own: dict[str, Document] = {}
    for node in documents:
        _drop_metadata(node)
        kind, version = text_of(node.get("kind")), text_of(node.get("apiVersion")).rpartition("/")[2]
        if kind not in (CLUSTER, INIT, JOIN):
            check_component(node, kind, minor, report)
            continue
        if version not in API_VERSIONS:
            message = f"kubeadm refuses {kind} of {shown(text_of(node.get('apiVersion')))}"
            report.refuse(message, "do not patch apiVersion", node.at(("apiVersion",)))
            version = API_VERSIONS[-1]
        own[kind] = Document(kind, version, node)
        if kind != JOIN or joins:
            decode(own[kind], minor, report)
    return own


def _drop_metadata(node: Node) -> None:
    """Remove the name that kind gives its documents for patches. kind: removeMetadata."""
    metadata = node.get("metadata")
    if metadata is not None and metadata.plain() == {"name": "config"}:
        _drop(node, "metadata")


def _drop(section: Node | None, key: str) -> None:
    if section is not None and isinstance(section.value, dict):
        section.value.pop(key, None)
