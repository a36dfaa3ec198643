"""Addresses, ports and ranges of K3s and RKE2. K3s: pkg/cli/server/server.go, run; pkg/util/net.go."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple

from compiler.inputs.arguments import Word
from compiler.inputs.dialects.k3s.settings import Settings
from compiler.inputs.dialects.words import NODE_ADDRESS
from compiler.text import shown
from compiler.upstream.flag_values import format_port_range, parse_ip, parse_port_range
from compiler.upstream.go.net import parse_cidr
from compiler.upstream.go.strconv import InvalidValueError

_SERVICES = {False: "10.43.0.0/16", True: "fd00:43::/112"}
_LOOPBACK = {False: "127.0.0.1", True: "::1"}
_DNS_INDEX = 10
"""The address of the service range that the DNS service gets."""
_MIN_ADDRESSES = 8
"""The size of the smallest service range, which kube-apiserver checks as well."""
_ADVERTISE = "advertise-address"
_PORTS = "service-node-port-range"
_VPN = ("vpn-auth", "vpn-auth-file")


class Network(NamedTuple):
    """The flags of the network, and whether the first service range is one of IPv6."""

    words: dict[str, Word]
    is_ipv6: bool


def read_network(settings: Settings) -> Network:
    """Return the flags of addresses, ports and ranges; what the distribution refuses is reported."""
    words = {}
    node = _node_address(settings)
    advertised = _advertised(settings, node)
    if advertised is not None:
        words[_ADVERTISE] = advertised
    services = _ranges(settings, "service-cidr") or [_SERVICES[":" in node]]
    words["service-cluster-ip-range"] = settings.set_by(
        "service-cluster-ip-range", ",".join(services), "service-cidr", "node-ip"
    )
    words[_PORTS] = settings.set_by(_PORTS, _port_range(settings), _PORTS)
    is_ipv6 = ":" in services[0]
    bind = settings.text("apiserver-bind-address") or _LOOPBACK[is_ipv6]
    words["bind-address"] = settings.set_by("bind-address", bind, "apiserver-bind-address", "service-cidr")
    _ranges(settings, "cluster-cidr")
    _check_dns(settings)
    return Network(words, is_ipv6)


def _node_address(settings: Settings) -> str:
    """Return the first address of the node, empty if only the node knows it. K3s: GetHostnameAndIPs."""
    _check_addresses(settings, "node-ip", "write IP addresses, separated by commas without spaces")
    valid = (part for part, _ in settings.parts("node-ip") if parse_ip(part) is not None)
    return next(valid, settings.request.host.address)


def _check_addresses(settings: Settings, key: str, hint: str) -> None:
    """Report the first address of a list that is not valid."""
    for part, item in settings.parts(key):
        if parse_ip(part) is None:
            settings.refuse_value(item, f"{key}: {shown(part)} is not a valid IP address", hint)
            return


def _advertised(settings: Settings, node: str) -> Word | None:
    """Return the flag for the address that other members of the cluster use, None if the server finds it itself."""
    if any(settings.text(key) for key in _VPN):
        return settings.set_by(_ADVERTISE, NODE_ADDRESS, *_VPN, unknown=NODE_ADDRESS)
    if settings.text(_ADVERTISE):
        return settings.set_by(_ADVERTISE, settings.text(_ADVERTISE), _ADVERTISE)
    for key in ("node-external-ip", "node-ip"):
        for part, _ in settings.parts(key):
            if parse_ip(part) is not None:
                return settings.set_by(_ADVERTISE, part, key)
    if settings.text("flannel-iface") and "node-ip" not in settings:
        unknown = "" if node else NODE_ADDRESS
        return settings.set_by(_ADVERTISE, node or NODE_ADDRESS, "flannel-iface", unknown=unknown)
    return None


def _ranges(settings: Settings, key: str) -> list[str]:
    """Return the ranges of a key as Go prints them, up to the first invalid one, which is reported."""
    ranges = []
    for part, item in settings.parts(key):
        network = parse_cidr_strictly(part)
        if network is None:
            hint = "write CIDR ranges, separated by commas without spaces, for example 10.43.0.0/16"
            settings.refuse_value(item, f"{key}: {shown(part)} is not a valid CIDR range", hint)
            break
        ranges.append(str(network))
    return ranges


def parse_cidr_strictly(text: str) -> IPv4Network | IPv6Network | None:
    """Return a range; None if it is not valid or has leading zeros. Go: net.ParseCIDR."""
    return None if re.search(r"(?:^|\.)0[0-9]", text.partition("/")[0]) else parse_cidr(text)


def _port_range(settings: Settings) -> str:
    text = settings.text(_PORTS)
    try:
        return format_port_range(parse_port_range(text))
    except InvalidValueError as error:
        settings.refuse_value(settings.items(_PORTS)[-1], f"{_PORTS}: {error.message}", error.hint)
        return ""


def _check_dns(settings: Settings) -> None:
    """Report addresses of the DNS service that are not valid, and service ranges that are too small for it."""
    _check_addresses(settings, "cluster-dns", "write an address of service-cidr, for example 10.43.0.10")
    for part, item in settings.parts("service-cidr") if "cluster-dns" not in settings else ():
        network = parse_cidr_strictly(part)
        if network is not None and _MIN_ADDRESSES <= network.num_addresses <= _DNS_INDEX:
            message = f"service-cidr: {shown(part)} has no tenth address for the DNS service"
            settings.refuse_value(item, message, "write a larger range, or set cluster-dns")
            return
