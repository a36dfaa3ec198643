"""Addresses and ports that get in each other's way, and how kubelets are called.

Kubernetes: cmd/kube-apiserver/app/options/completion.go; pkg/kubelet/client/kubelet_client.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import rules
from compiler.review.context import Risks
from compiler.review.risks.hosts import host_of, is_local, port_of
from compiler.text.redaction import has_credentials
from compiler.upstream.go.net import IPRange, parse_cidr

_RANGE, _NODE_PORTS = "service-cluster-ip-range", "service-node-port-range"
_CERTIFICATE, _AUTHORITY = "kubelet-client-certificate", "kubelet-certificate-authority"
_KUBELET_PORT = 10250


def find(risks: Risks) -> None:
    """Look at services, node ports, kubelets, and URLs with passwords."""
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
                hint = "remove it: everyone who can list the processes of the node sees it"
                risks.report_location(rules.CREDENTIALS_IN_URL, message, hint, argument.path, argument.location, flag)


def _check_service_ranges(risks: Risks) -> None:
    if not risks.flags.text(_RANGE):
        message = f"--{_RANGE} is not given: its default, 10.0.0.0/24, is deprecated and goes in a later version"
        risks.report(
            rules.DEFAULT_SERVICE_CIDR, message, f"write the range that the cluster has: --{_RANGE}=10.0.0.0/24", _RANGE
        )
    for network in risks.options.services.service_ranges:
        for flag, host in _hosts(risks):
            if _holds(network, host):
                message = f"--{_RANGE} {network} holds {host} of --{flag}: a service may take that address from Pods"
                risks.report(
                    rules.SERVICE_CIDR_CONTAINS_HOST_ADDRESS, message, "write a range that no machine is in", _RANGE
                )
                break


def _hosts(risks: Risks) -> Iterator[tuple[str, str]]:
    """Addresses of machines that flags name."""
    flags = risks.flags
    for flag in ("advertise-address", "bind-address"):
        if flags.changed(flag):
            yield flag, flags.text(flag)
    for server in flags.texts("etcd-servers"):
        yield "etcd-servers", host_of(server)


def _holds(network: IPRange, host: str) -> bool:
    one = parse_cidr(f"{host}/{128 if ':' in host else 32}")
    if one is None or one.version != network.version:
        return False
    return one.network >> network.host_bits == network.network >> network.host_bits


def _check_node_ports(risks: Risks) -> None:
    flags, given = risks.flags, risks.flags.port_range(_NODE_PORTS)
    base, size = (given.base, given.size) if given.size else (30000, 2768)
    ports = {flags.number("secure-port"): "the server itself", _KUBELET_PORT: "the kubelet"}
    for server in flags.texts("etcd-servers"):
        if is_local(server) and port_of(server):
            ports[port_of(server)] = "etcd"
    for port, owner in ports.items():
        if base <= port < base + size:
            message = f"the node ports {base}-{base + size - 1} hold port {port} of {owner}: a service may take it over"
            flag = _NODE_PORTS if flags.changed(_NODE_PORTS) else "secure-port"
            risks.report(rules.NODE_PORTS_OVERLAP_CONTROL_PLANE, message, "keep the ports apart", flag)


def _check_kubelets(risks: Risks) -> None:
    flags = risks.flags
    if not flags.text(_CERTIFICATE):
        message = (
            f"--{_CERTIFICATE} is not given: kubelets refuse the server's requests for logs, exec and port-forward"
        )
        risks.report(
            rules.NO_KUBELET_CLIENT_CERTIFICATE, message, f"set --{_CERTIFICATE} and --kubelet-client-key", _CERTIFICATE
        )
    elif not flags.text(_AUTHORITY):
        message = f"--{_AUTHORITY} is not given: whoever is on the way to a kubelet can pass for it"
        hint = f"set --{_AUTHORITY}, where the kubelets' serving certificates come from one CA"
        risks.report(rules.KUBELET_CERTIFICATE_NOT_VERIFIED, message, hint, _AUTHORITY)
