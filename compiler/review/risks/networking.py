"""Conflicting addresses and ports, and connections to kubelets.

Kubernetes: cmd/kube-apiserver/app/options/completion.go; pkg/kubelet/client/kubelet_client.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler import rules
from compiler.review.context import Risks
from compiler.review.risks.hosts import host_of, is_local, port_of
from compiler.text.redaction import has_credentials
from compiler.upstream.go.net import parse_cidr

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_RANGE, _NODE_PORTS = "service-cluster-ip-range", "service-node-port-range"
_CERTIFICATE, _AUTHORITY = "kubelet-client-certificate", "kubelet-certificate-authority"
_KUBELET_PORT = 10250


def find(risks: Risks) -> None:
    """Check service ranges, node ports, kubelets, and credentials in URLs."""
    _check_service_ranges(risks)
    if risks.flags.changed(_NODE_PORTS) or risks.flags.changed("secure-port"):
        _check_node_ports(risks)
    if "Node" in (risks.authorizers or ()):
        _check_kubelets(risks)
    _check_credentials(risks)


def _check_credentials(risks: Risks) -> None:
    for flag, arguments in risks.flags.arguments.items():
        for argument in arguments:
            if "@" in argument.text and has_credentials(argument.text):
                ignored = ", which the etcd client ignores" if flag.startswith("etcd-") else ""
                message = f"--{flag} contains the user or password of a URL{ignored}"
                hint = "remove it: everyone who can list the processes of the node can see it"
                risks.report_location(rules.CREDENTIALS_IN_URL, message, hint, argument.path, argument.location, flag)


def _check_service_ranges(risks: Risks) -> None:
    if not risks.flags.text(_RANGE):
        message = f"--{_RANGE} is not set: the default 10.0.0.0/24 is deprecated and will be removed"
        risks.report(
            rules.DEFAULT_SERVICE_CIDR, message, f"set the range of the cluster: --{_RANGE}=10.0.0.0/24", _RANGE
        )
    for network in risks.options.services.service_ranges:
        for flag, host in _hosts(risks):
            if _contains(network, host):
                message = f"--{_RANGE} {network} contains {host} of --{flag}: a Service may get that address"
                risks.report(
                    rules.SERVICE_CIDR_CONTAINS_HOST_ADDRESS, message, "use a range without addresses of hosts", _RANGE
                )
                break


def _hosts(risks: Risks) -> Iterator[tuple[str, str]]:
    """Yield flag and host for the hosts that flags name."""
    flags = risks.flags
    for flag in ("advertise-address", "bind-address"):
        if flags.changed(flag):
            yield flag, flags.text(flag)
    for server in flags.texts("etcd-servers"):
        yield "etcd-servers", host_of(server)


def _contains(network: IPv4Network | IPv6Network, host: str) -> bool:
    one = parse_cidr(f"{host}/{128 if ':' in host else 32}")
    return one is not None and one.network_address in network


def _check_node_ports(risks: Risks) -> None:
    flags, configured = risks.flags, risks.flags.port_range(_NODE_PORTS)
    base, size = (configured.base, configured.size) if configured.size else (30000, 2768)
    ports = {flags.number("secure-port"): "the server itself", _KUBELET_PORT: "the kubelet"}
    for server in flags.texts("etcd-servers"):
        if is_local(server) and port_of(server):
            ports[port_of(server)] = "etcd"
    for port, owner in ports.items():
        if base <= port < base + size:
            message = (
                f"the node ports {base}-{base + size - 1} include port {port} of {owner}: a Service may get that port"
            )
            flag = _NODE_PORTS if flags.changed(_NODE_PORTS) else "secure-port"
            risks.report(rules.NODE_PORTS_OVERLAP_CONTROL_PLANE, message, "change the range or the port", flag)


def _check_kubelets(risks: Risks) -> None:
    flags = risks.flags
    if not flags.text(_CERTIFICATE):
        message = f"--{_CERTIFICATE} is not set: kubelets reject the server's requests for logs, exec and port-forward"
        risks.report(
            rules.NO_KUBELET_CLIENT_CERTIFICATE, message, f"set --{_CERTIFICATE} and --kubelet-client-key", _CERTIFICATE
        )
    elif not flags.text(_AUTHORITY):
        message = f"--{_AUTHORITY} is not set: connections to kubelets are vulnerable to man-in-the-middle attacks"
        hint = f"set --{_AUTHORITY} if the kubelets' serving certificates are signed by one CA"
        risks.report(rules.KUBELET_CERTIFICATE_NOT_VERIFIED, message, hint, _AUTHORITY)
