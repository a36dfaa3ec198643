"""Flag types: parsing and formatting.

Kubernetes: github.com/spf13/pflag, k8s.io/component-base/cli/flag, k8s.io/apimachinery/pkg/util/net.
"""

import re
from typing import Any, NamedTuple

from compiler import rules
from compiler.text import shown, trimmed
from compiler.upstream.flag_lists import (
    CertificatePairs,
    ConfigurationMap,
    Gates,
    Int32Slice,
    NoSplitMap,
    SNIPair,
    StringArray,
    StringSlice,
    StringToString,
    VModule,
)
from compiler.upstream.flag_type import String, ValueType
from compiler.upstream.go.strconv import (
    InvalidValueError,
    format_duration,
    parse_bool,
    parse_duration,
    parse_float,
    parse_int,
    parse_level,
    parse_quantity,
    parse_uint,
)

__all__ = ["TYPES", "InvalidValueError", "PortRange", "SNIPair", "ValueType", "format_duration", "parse_duration"]


_NUMBER, _PART = "(?:0|[1-9][0-9]*)", "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMANTIC = rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PART}(?:\.{_PART})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*"


_OCTET = "0|[1-9][0-9]{0,2}"
_ATOI = "[-+]?[0-9]+"
_PORTS = "write A-B or A+N, for example 30000-32767"


class PortRange(NamedTuple):
    """`size` ports from `base` on; size 0 is the server's default range."""

    base: int
    size: int


class _Simple(ValueType):
    """A type whose last use wins, with a function that parses one string."""

    def __init__(self, parse_one: Any, zero: Any, format_one: Any = str) -> None:
        self.parse_one = parse_one
        self.zero = zero
        self.format_one = format_one

    def set(self, current: Any, text: str, first: bool) -> Any:
        return self.parse_one(text)

    def format(self, value: Any) -> list[str]:
        return [self.format_one(value)]


class _IP(ValueType):
    """pflag: ip.go. An empty string is rejected, or leaves the value unchanged."""

    zero = None

    def __init__(self, reject_empty: bool) -> None:
        self.reject_empty = reject_empty

    def set(self, current: Any, text: str, first: bool) -> Any:
        if not text and not self.reject_empty:
            return current
        address = parse_ip(trimmed(text))
        if address is None:
            from compiler.upstream.conversions import as_address

            suggestion = as_address(text)
            hint = "write an IP address, for example 10.0.0.11, without a port or a prefix length"
            hint = f"write {suggestion}, without a scheme, a port or a prefix length" if suggestion else hint
            raise InvalidValueError(rules.INVALID_IP_ADDRESS, f"{shown(text)} is not a valid IP address", hint)
        return address

    def format(self, value: Any) -> list[str]:
        return [value] if value else []

    def default(self, text: str) -> Any:
        return None if text in ("", "<nil>") else text


def parse_ip(text: str) -> str | None:
    """Return the address in canonical form, None if the string is not an IP address. Go: net.ParseIP."""
    if ":" not in text:
        octets = text.split(".")
        valid = len(octets) == 4 and all(re.fullmatch(_OCTET, octet) and int(octet) < 256 for octet in octets)
        return text if valid else None
    if "%" in text:
        return None
    import ipaddress

    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    return str(address.ipv4_mapped or address)


def parse_port_range(text: str) -> PortRange:
    """Raise InvalidValueError (PARSE-16). Kubernetes: apimachinery/pkg/util/net/port_range.go, Set."""
    value = trimmed(text)
    if not value:
        return PortRange(0, 0)
    sign = "-" if "-" in value else "+"
    first, operator, second = value.partition(sign)
    low, other = _atoi(first), _atoi(second) if operator else 0
    if low is None or other is None or ("-" in value and "+" in value):
        from compiler.upstream.conversions import as_port_range

        suggestion = as_port_range(text)
        hint = f"write {suggestion}" if suggestion else _PORTS
        raise InvalidValueError(rules.INVALID_PORT_RANGE, f"{shown(text)} is not a valid port range", hint)
    high = other if operator == "-" else low + other
    if low > 65535 or high > 65535:
        raise InvalidValueError(rules.INVALID_PORT_RANGE, f"{shown(text)} exceeds port 65535", _PORTS)
    if high < low:
        raise InvalidValueError(
            rules.INVALID_PORT_RANGE, f"the end of port range {shown(text)} is less than its start", _PORTS
        )
    return PortRange(low, high - low + 1)


def _atoi(text: str) -> int | None:
    """Go: strconv.Atoi; numbers with too many digits exceed every port anyway."""
    if not re.fullmatch(_ATOI, text):
        return None
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-").lstrip("0") or "0"
    return sign * int(digits[:20])


def format_port_range(value: PortRange) -> str:
    """Return the string that parses to the range."""
    return f"{value.base}-{value.base + value.size - 1}" if value.size else ""


def _parse_quantity(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return int(text)
    return parse_quantity(text)


def _parse_version_flag(text: str) -> str:
    """component-base/version/verflag: verflag.go. `true`, `raw`, `vX.Y.Z`, or `false` if not set.

    The server also requires the version to be the binary's own, patch number included; that is not checked here.
    """
    if text == "raw":
        return text
    if text.startswith("v"):
        if not re.fullmatch(_SEMANTIC, text):
            hint = "write a version, for example v1.36.0, or remove the flag"
            raise InvalidValueError(rules.INVALID_BOOLEAN, f"{shown(text)} is not a valid version", hint)
        return text
    return "true" if parse_bool(text) else "false"


def _format_bool(value: bool) -> str:
    return "true" if value else "false"


def _format_float(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


TYPES: dict[str, ValueType] = {
    "bool": _Simple(parse_bool, False, _format_bool),
    "int": _Simple(parse_int, 0),
    "int64": _Simple(parse_int, 0),
    "uint": _Simple(parse_uint, 0),
    "float64": _Simple(parse_float, 0.0, _format_float),
    "float32": _Simple(lambda text: parse_float(text, 32), 0.0, _format_float),
    "duration": _Simple(parse_duration, 0, format_duration),
    "ip": _IP(reject_empty=False),
    "ipNonEmpty": _IP(reject_empty=True),
    "string": String(),
    "stringSlice": StringSlice(),
    "stringArray": StringArray(),
    "int32Slice": Int32Slice(),
    "stringToString": StringToString(),
    "noSplitMap": NoSplitMap(),
    "configurationMap": ConfigurationMap(),
    "colonSeparatedMultimapStringString": Gates(),
    "namedCertKey": CertificatePairs(),
    "portRange": _Simple(parse_port_range, PortRange(0, 0), format_port_range),
    "Level": _Simple(parse_level, 0),
    "pattern=N,...": VModule(),
    "moduleSpec": VModule(),
    "quantity": _Simple(_parse_quantity, 0),
    "version": _Simple(_parse_version_flag, "false"),
}
"""pflag's type name -> its grammar."""
