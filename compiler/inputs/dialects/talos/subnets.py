"""The service subnets of a Talos configuration.

Talos: pkg/machinery/config/types/k8s/network.go; Go: net/netip.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Interface, IPv6Address, IPv6Interface, ip_interface

from compiler.inputs.dialects.talos.documents import Documents, Findings
from compiler.text import shown

_PREFIX = r"[0-9A-Fa-f.:]{2,45}/(?:0|[1-9][0-9]{0,2})"
_HOST_BITS = range(4, 21)
"""The bits of a service subnet for hosts. Talos: minSubnetHostBits, constants.MaxHostBitsForServiceSubnet."""


def interface_of(text: str) -> IPv4Interface | IPv6Interface | None:
    """Return an address with a prefix length, None if Go does not parse it. Go: netip.ParsePrefix."""
    if not re.fullmatch(_PREFIX, text):
        return None
    try:
        return ip_interface(text)
    except ValueError:
        return None


def printed(text: str) -> str:
    """Return a prefix as Go prints it after parsing. Go: netip.Prefix.String."""
    interface = interface_of(text)
    if interface is None:
        return "invalid Prefix"
    address, size = interface.ip, interface.network.prefixlen
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return f"::ffff:{mapped}/{size}" if mapped is not None else f"{address}/{size}"


def check_subnets(documents: Documents, findings: Findings) -> None:
    """Check the service subnets of a KubeNetworkConfig.

    Talos: validateSubnets, validateSubnet and validateServiceSubnetSize.
    """
    subnets = documents.of("KubeNetworkConfig", "serviceSubnets")
    items = subnets.items()
    families = []
    for item in items:
        interface = interface_of(item.text)
        if interface is None or interface.ip != interface.network.network_address:
            message = f"Talos refuses the service subnet {shown(item.text)}: it is not the first address of a subnet"
            hint = "write it as 10.96.0.0/12"
            if interface is not None:
                hint = f"write {interface.network}"
            findings.refuse(message, hint, item.path, item.location)
            continue
        families.append(interface.version)
        longest = interface.max_prefixlen
        bits = longest - interface.network.prefixlen
        if bits not in _HOST_BITS:
            message = f"Talos refuses the service subnet {shown(item.text)}: it has {bits} bits for hosts"
            hint = f"use a size between /{longest - _HOST_BITS[-1]} and /{longest - _HOST_BITS[0]}"
            findings.refuse(message, hint, item.path, item.location)
    pods = documents.of("KubeNetworkConfig", "podSubnets").items()
    if len(items) > 2 or len(families) != len(set(families)):
        message = "Talos refuses more than one service subnet of each family"
        findings.refuse(message, "write one IPv4 subnet, one IPv6 subnet, or both", subnets.path, subnets.location)
    elif items and pods and len(items) != len(pods):
        message = f"Talos refuses {len(items)} service subnets with {len(pods)} pod subnets"
        findings.refuse(message, "write a service subnet for each pod subnet", subnets.path, subnets.location)
