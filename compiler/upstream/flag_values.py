"""The grammar of every flag type: text in, typed value out, and back.

Kubernetes: github.com/spf13/pflag, k8s.io/component-base/cli/flag, k8s.io/apimachinery/pkg/util/net.
"""

import re
from typing import Any, NamedTuple

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
    Text,
    VModule,
)
from compiler.upstream.flag_type import ValueType
from compiler.upstream.go.strconv import (
    InvalidValueError,
    format_duration,
    parse_bool,
    parse_duration,
    parse_float,
    parse_int,
    parse_level,
    parse_uint,
)

__all__ = ["TYPES", "InvalidValueError", "PortRange", "SNIPair", "ValueType", "format_duration", "parse_duration"]


_NUMBER, _PART = "(?:0|[1-9][0-9]*)", "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMANTIC = rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PART}(?:\.{_PART})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*"


_OCTET = "0|[1-9][0-9]{0,2}"
_ATOI = "[-+]?[0-9]+"
_PORTS = "write A-B or A+N, such as 30000-32767"


class PortRange(NamedTuple):
    """Ports from `base` on, `size` of them; size 0 stands for the server's default range."""

    base: int
    size: int


class _Simple(ValueType):
    """A type whose last use counts, with a function that parses one text."""

    def __init__(self, parse_one: Any, zero: Any, format_one: Any = str) -> None:
        self.parse_one = parse_one
        self.zero = zero
        self.format_one = format_one

    def set(self, current: Any, text: str, first: bool) -> Any:
        return self.parse_one(text)

    def format(self, value: Any) -> list[str]:
        return [self.format_one(value)]


class _IP(ValueType):
    """pflag: ip.go. The empty text keeps what is set, or is refused."""

    zero = None

    def __init__(self, empty_refused: bool) -> None:
        self.empty_refused = empty_refused

    def set(self, current: Any, text: str, first: bool) -> Any:
        if not text and not self.empty_refused:
            return current
        address = parse_ip(trimmed(text))
        if address is None:
            from compiler.upstream.conversions import as_address

            meant = as_address(text)
            hint = "write an IP address, for example 10.0.0.11, without a port or a prefix length"
            hint = f"write {meant}, without a scheme, a port or a prefix length" if meant else hint
            raise InvalidValueError("PARSE-08", f"{shown(text)} is not an IP address", hint)
        return address

    def format(self, value: Any) -> list[str]:
        return [value] if value else []

    def default(self, text: str) -> Any:
        return None if text in ("", "<nil>") else text


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
    """Raises InvalidValueError (PARSE-16). Kubernetes: apimachinery/pkg/util/net/port_range.go, Set."""
    value = trimmed(text)
    if not value:
        return PortRange(0, 0)
    sign = "-" if "-" in value else "+"
    first, operator, second = value.partition(sign)
    low, other = _atoi(first), _atoi(second) if operator else 0
    if low is None or other is None or ("-" in value and "+" in value):
        from compiler.upstream.conversions import as_port_range

        meant = as_port_range(text)
        hint = f"write {meant}" if meant else _PORTS
        raise InvalidValueError("PARSE-16", f"{shown(text)} is not a port range", hint)
    high = other if operator == "-" else low + other
    if low > 65535 or high > 65535:
        raise InvalidValueError("PARSE-16", f"{shown(text)} goes beyond port 65535", _PORTS)
    if high < low:
        raise InvalidValueError("PARSE-16", f"{shown(text)} ends before it begins", _PORTS)
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


def _parse_quantity(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return int(text)
    from compiler.upstream.go.strconv import parse_quantity

    return parse_quantity(text)


def _parse_version_flag(text: str) -> str:
    """component-base/version/verflag: verflag.go. `true`, `raw` or `vX.Y.Z` where it is on, `false` where not.

    That the version has to be the binary's own, the patch number included, is left to the server.
    """
    if text == "raw":
        return text
    if text.startswith("v"):
        if not re.fullmatch(_SEMANTIC, text):
            hint = "write a version such as v1.36.0, or remove the flag"
            raise InvalidValueError("PARSE-03", f"{shown(text)} is not a version", hint)
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
    "ip": _IP(empty_refused=False),
    "ipNonEmpty": _IP(empty_refused=True),
    "string": Text(),
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
