"""What k0s refuses in a ClusterConfig beyond types. k0s: pkg/apis/k0s/v1beta1, Validate."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network

from compiler.inputs.dialects.k0s.cluster import Cluster, host_of
from compiler.inputs.dialects.k3s.network import parse_cidr_strictly
from compiler.text import shown
from compiler.upstream.flag_values import parse_ip

_DNS_NAME = r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62}(?:\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*[._]?"
_MAX_NAME = 255
_ANY_ADDRESS = ("0.0.0.0", "::")
_MAX_PORT = 65535
_FAMILIES = ("IPv4", "IPv6")
_PROVIDERS = ("kuberouter", "calico", "custom")
_TLS_FILES = ("caFile", "clientCertFile", "clientKeyFile")
_EXTERNAL = "storage.etcd.externalCluster"
_V6_PREFIX = 108
_DNS_INDEX = 2
"""The address of a small service range that k0s chooses for DNS; in larger ones it is the tenth."""
# Checks -> the releases since which k0s makes them.
_EXTERNAL_WITH_PORT = ("1.31.13", "1.32.10", "1.33.6", "1.34.1")
_SAME_FAMILY = ("1.34.0",)
_IPV6_RANGES = ("1.35.0",)


def check_cluster(cluster: Cluster) -> None:
    """Report the values that k0s refuses."""
    _check_api(cluster)
    _check_storage(cluster)
    _check_network(cluster)


def _check_api(cluster: Cluster) -> None:
    """k0s: api.go, Validate."""
    address = cluster.text("api.address")
    if address and (parse_ip(address) is None or address in _ANY_ADDRESS):
        cluster.refuse("api.address", f"{shown(address)} is not a valid address", "write an IP address of the node")
    external = cluster.text("api.externalAddress")
    host = host_of(external) if not external or cluster.release.has(_EXTERNAL_WITH_PORT) else external
    if external and (not _is_host(host) or external in _ANY_ADDRESS):
        hint = "write the IP address or DNS name of the load balancer"
        cluster.refuse("api.externalAddress", f"{shown(external)} is not a valid external address", hint)
    for name in ("api.port", "api.k0sApiPort"):
        if not 1 <= cluster.number(name, 1) <= _MAX_PORT:
            cluster.refuse(
                name, f"{cluster.number(name, 1)} is not a valid port", f"write a port from 1 to {_MAX_PORT}"
            )
    for text, node, path in cluster.strings("api.sans"):
        if not _is_host(text):
            name = path.removeprefix(f"{cluster.path}spec.")
            hint = "write an IP address or a DNS name"
            cluster.refuse(name, f"{shown(text)} is not a valid IP address or DNS name", hint, node)
            break
    if external and cluster.boolean("network.nodeLocalLoadBalancing.enabled"):
        message = "node-local load balancing excludes an external address"
        hint = "remove spec.api.externalAddress, or disable node-local load balancing"
        cluster.refuse("network.nodeLocalLoadBalancing.enabled", message, hint)


def _is_host(text: str) -> bool:
    """Return whether a string is an IP address or a DNS name. github.com/asaskevich/govalidator: IsIP, IsDNSName."""
    if parse_ip(text) is not None:
        return True
    return len(text.replace(".", "")) <= _MAX_NAME and re.fullmatch(_DNS_NAME, text) is not None


def _check_storage(cluster: Cluster) -> None:
    """k0s: storage.go, Validate."""
    kind = cluster.text("storage.type")
    if kind not in ("etcd", "kine"):
        cluster.refuse("storage.type", f"{shown(kind)} is not a valid storage type", "write etcd or kine")
    if cluster.node(_EXTERNAL) is None:
        return
    endpoints = cluster.strings(f"{_EXTERNAL}.endpoints")
    if not endpoints or any(not text for text, _, _ in endpoints):
        hint = "write the URLs of the etcd members, for example https://10.0.0.1:2379"
        cluster.refuse(_EXTERNAL, "endpoints of the external etcd cluster are missing or empty", hint)
    if not cluster.text(f"{_EXTERNAL}.etcdPrefix"):
        cluster.refuse(_EXTERNAL, "etcdPrefix of the external etcd cluster is missing", "set etcdPrefix")
    files = [name for name in _TLS_FILES if cluster.text(f"{_EXTERNAL}.{name}")]
    if 0 < len(files) < len(_TLS_FILES):
        missing = " and ".join(name for name in _TLS_FILES if name not in files)
        message = f"an external etcd cluster with {files[0]} needs {missing}"
        cluster.refuse(_EXTERNAL, message, f"set {missing}, or remove {' and '.join(files)}")


def _check_network(cluster: Cluster) -> None:
    """k0s: network.go, Validate and DNSAddress."""
    provider, domain = cluster.text("network.provider"), cluster.text("network.clusterDomain")
    if provider not in _PROVIDERS:
        message = f"{shown(provider)} is not a valid network provider"
        cluster.refuse("network.provider", message, "write kuberouter, calico or custom")
    if parse_ip(domain) is not None or not _is_host(domain):
        message = f"{shown(domain)} is not a valid cluster domain"
        cluster.refuse("network.clusterDomain", message, "write a DNS name, for example cluster.local")
    family = cluster.text("network.primaryAddressFamily")
    if family and family not in _FAMILIES and cluster.release.has(_SAME_FAMILY):
        message = f"{shown(family)} is not a valid address family"
        cluster.refuse("network.primaryAddressFamily", message, "write IPv4 or IPv6")
    pods, services = _range(cluster, "network.podCIDR"), _range(cluster, "network.serviceCIDR")
    if cluster.boolean("network.dualStack.enabled"):
        _check_dual_stack(cluster, pods, services)
    elif pods and services and pods.version != services.version and cluster.release.has(_SAME_FAMILY):
        message = "podCIDR and serviceCIDR are not of the same IP family"
        cluster.refuse("network.podCIDR", message, "write two ranges of IPv4 or two of IPv6")
    elif pods and pods.version == 6 and cluster.release.has(_SAME_FAMILY):
        message = "k0s starts with IPv6 only if it runs with --feature-gates=IPv6SingleStack=true"
        node = cluster.node("network.podCIDR")
        where = node.location if node is not None else cluster.start
        hint = "pass the option to k0s controller"
        cluster.request.decided_outside(message, hint, where, f"{cluster.path}spec.network.podCIDR")
    if services is not None and services.num_addresses <= _DNS_INDEX:
        cluster.refuse("network.serviceCIDR", f"{services} has no address for the DNS service", "write a larger range")


def _range(cluster: Cluster, name: str) -> IPv4Network | IPv6Network | None:
    network = parse_cidr_strictly(cluster.text(name))
    if network is None:
        message = f"{shown(cluster.text(name))} is not a valid CIDR range"
        cluster.refuse(name, message, "write a range, for example 10.96.0.0/12")
    return network


def _check_dual_stack(
    cluster: Cluster, pods: IPv4Network | IPv6Network | None, services: IPv4Network | IPv6Network | None
) -> None:
    for name, network in (("network.podCIDR", pods), ("network.serviceCIDR", services)):
        if network is not None and network.version != 4 and cluster.release.has(_SAME_FAMILY):
            hint = f"write the range of IPv6 in dualStack.IPv6{name[8:]}"
            cluster.refuse(name, "with dual-stack, this range has to be of IPv4", hint)
    if cluster.text("network.provider") == "calico" and cluster.text("network.calico.mode") != "bird":
        message = "dual-stack with calico needs the mode bird"
        cluster.refuse("network.dualStack.enabled", message, "set spec.network.calico.mode to bird")
    for name in ("IPv6podCIDR", "IPv6serviceCIDR"):
        path = f"network.dualStack.{name}"
        ipv6 = parse_cidr_strictly(cluster.text(path))
        if ipv6 is None:
            node = cluster.node(path) or cluster.node("network.dualStack")
            message = f"{name}: {shown(cluster.text(path))} is not a valid CIDR range"
            cluster.refuse(path, message, "write a range of IPv6, for example fd01::/108", node)
        elif cluster.release.has(_IPV6_RANGES):
            if ipv6.version != 6:
                cluster.refuse(path, f"{ipv6} is not a range of IPv6", "write a range of IPv6, for example fd01::/108")
            elif name == "IPv6serviceCIDR" and ipv6.prefixlen < _V6_PREFIX:
                cluster.refuse(path, f"{ipv6} is larger than a /{_V6_PREFIX}", f"write a /{_V6_PREFIX}")
