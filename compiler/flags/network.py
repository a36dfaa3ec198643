"""Addresses and ports as Go and Kubernetes read them."""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler.flags.numbers import ValueRefused
from compiler.flags.text import shown, trimmed

_OCTET = "0|[1-9][0-9]{0,2}"
_ATOI = "[-+]?[0-9]+"
_HINT = "write A-B or A+N, such as 30000-32767"


class PortRange(NamedTuple):
    """Ports from `base` on, `size` of them; size 0 stands for the server's default range."""

    base: int
    size: int


def parse_ip(text: str) -> str | None:
    """The address in canonical spelling, None where the text is none. Go: net.ParseIP."""
    if ":" not in text:
        octets = text.split(".")
        good = len(octets) == 4 and all(re.fullmatch(_OCTET, octet) and int(octet) < 256 for octet in octets)
        return text if good else None
    if "%" in text:
        return None
    import ipaddress

    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    return str(address.ipv4_mapped or address)


def parse_port_range(text: str) -> PortRange:
    """Raises ValueRefused (PARSE-16). Kubernetes: apimachinery/pkg/util/net/port_range.go, Set."""
    value = trimmed(text)
    if not value:
        return PortRange(0, 0)
    sign = "-" if "-" in value else "+"
    first, operator, second = value.partition(sign)
    low, other = _atoi(first), _atoi(second) if operator else 0
    if low is None or other is None or ("-" in value and "+" in value):
        raise ValueRefused("PARSE-16", f"{shown(text)} is not a port range", _HINT)
    high = other if operator == "-" else low + other
    if low > 65535 or high > 65535:
        raise ValueRefused("PARSE-16", f"{shown(text)} goes beyond port 65535", _HINT)
    if high < low:
        raise ValueRefused("PARSE-16", f"{shown(text)} ends before it begins", _HINT)
    return PortRange(low, high - low + 1)


def _atoi(text: str) -> int | None:
    """Go: strconv.Atoi; what has too many digits is beyond every port anyway."""
    if not re.fullmatch(_ATOI, text):
        return None
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-").lstrip("0") or "0"
    return sign * int(digits[:20])


def format_port_range(value: PortRange) -> str:
    """A text that gives the range again."""
    return f"{value.base}-{value.base + value.size - 1}" if value.size else ""
