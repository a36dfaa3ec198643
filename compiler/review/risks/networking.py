"""Addresses and ports that conflict, how kubelets are called, and what the listener accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler import rules
from compiler.review import Risks
from compiler.text import shown
from compiler.text.redaction import has_credentials
from compiler.upstream.go.net import parse_cidr

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network


def host_of(url: str) -> str:
    """Return the host of a URL or of `host:port`; empty for a Unix socket.

    >>> [host_of(url) for url in ("http://user@10.0.0.1:2379/x", "https://[fd00::1]:1", "localhost", "unix:///a")]
    ['10.0.0.1', 'fd00::1', 'localhost', '']
    """
    host = url.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def port_of(url: str) -> int:
    """Return the port in a URL; 0 if it has none."""
    host = url.rpartition("://")[2].partition("/")[0]
    port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
    return int(port) if port.isascii() and port.isdecimal() and len(port) < 6 else 0


def is_local(url: str) -> bool:
    """Return whether a URL or `host:port` is the local machine or a Unix socket.

    >>> [is_local(url) for url in ("http://127.0.0.1:2379", "http://[::1]:1", "localhost", "http://10.0.0.1:2379/x")]
    [True, True, True, False]
    """
    host = host_of(url)
    return host in ("", "localhost", "::1") or host.startswith("127.")


_RANGE, _NODE_PORTS = "service-cluster-ip-range", "service-node-port-range"
_CERTIFICATE, _AUTHORITY = "kubelet-client-certificate", "kubelet-certificate-authority"
_KUBELET_PORT = 10250


def find_networking(risks: Risks) -> None:
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


_SUITES, _MINIMUM, _ORIGINS = "tls-cipher-suites", "tls-min-version", "cors-allowed-origins"
_OLD = ("VersionTLS10", "VersionTLS11")
_ANY = r"(\(\?i\))?\^?(\(?(https?|\.[*+]|http\(?s\)?\?)\)?:)?(//)?\(?(\.[*+]\??)?\)?\$?"
"""Common expressions that match every origin; the general case is not checked."""


def find_serving(risks: Risks) -> None:
    """Check the values that are set; the defaults are secure."""
    flags = risks.flags
    minimum, suites = flags.text(_MINIMUM), flags.texts(_SUITES)
    if minimum in _OLD:
        message = f"--{_MINIMUM} {minimum} allows clients to use an insecure TLS version"
        risks.report(rules.INSECURE_TLS_VERSION, message, "set VersionTLS12 or VersionTLS13", _MINIMUM)
    if suites and minimum == "VersionTLS13":
        message = f"--{_SUITES} has no effect: the cipher suites of TLS 1.3 are not configurable"
        risks.report(rules.CIPHER_SUITES_IGNORED_BY_TLS13, message, f"remove --{_SUITES}", _SUITES)
    else:
        _check_suites(risks, suites)
    for index, origin in enumerate(flags.texts(_ORIGINS)):
        if _matches_all(origin):
            message = f"--{_ORIGINS}: {shown(origin)} matches every origin: any page can use its visitors' credentials"
            risks.report(
                rules.CORS_ALLOWS_ANY_ORIGIN,
                message,
                r"match only known hosts, for example ^https://console\.example\.com$",
                _ORIGINS,
                index,
            )


def _check_suites(risks: Risks, suites: tuple[str, ...]) -> None:
    insecure = risks.catalog.tls("insecureCiphers") if suites else ()
    weak = [suite for suite in suites if suite in insecure]
    if weak:
        message = f"--{_SUITES}: {', '.join(weak)} {'is' if len(weak) == 1 else 'are'} weak"
        hint = f"remove {'it' if len(weak) == 1 else 'them'}, or the flag: the default has no weak cipher suite"
        risks.report(rules.INSECURE_CIPHER_SUITE, message, hint, _SUITES, suites.index(weak[0]))


def _matches_all(origin: str) -> bool:
    return re.fullmatch(_ANY, origin) is not None
