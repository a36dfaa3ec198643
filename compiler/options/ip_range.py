"""Ranges of IP addresses, as Kubernetes parses them.

The library's ipaddress reads IPv6 alone: its import would cost every run more than the rest of this option group.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class IPRange(NamedTuple):
    """A range of addresses; `network` is the number of its first address, `host_bits` what the prefix leaves open."""

    version: int
    network: int
    prefix: int
    host_bits: int

    def address(self, offset: int) -> str:
        """The address at an offset from the first one."""
        number = self.network + offset
        if self.version == 4:
            return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        from ipaddress import IPv6Address

        return str(IPv6Address(number))

    def __str__(self) -> str:
        return f"{self.address(0)}/{self.prefix}"


@lru_cache(maxsize=256)
def parse_cidr(text: str) -> IPRange | None:
    """An IP range: leading zeros are let through, host bits are dropped; None where the text is none.

    Kubernetes: k8s.io/utils/net, ParseCIDRSloppy.
    """
    address, slash, prefix = text.partition("/")
    if not slash or not (prefix.isascii() and prefix.isdecimal()) or len(prefix) > 20:
        return None
    version, number = (6, _ipv6(address)) if ":" in address else (4, _ipv4(address))
    bits = 128 if version == 6 else 32
    if number is None or int(prefix) > bits:
        return None
    host_bits = bits - int(prefix)
    return IPRange(version, number >> host_bits << host_bits, int(prefix), host_bits)


def _ipv4(address: str) -> int | None:
    parts = address.split(".")
    if len(parts) != 4:
        return None
    number = 0
    for part in parts:
        if not (part.isascii() and part.isdecimal()) or len(part) > 20 or int(part) > 255:
            return None
        number = number << 8 | int(part)
    return number


def _ipv6(address: str) -> int | None:
    from ipaddress import IPv6Address

    try:
        return int(IPv6Address(address)) if "%" not in address else None
    except ValueError:
        return None
