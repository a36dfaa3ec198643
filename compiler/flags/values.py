"""The grammar of every flag type: text in, typed value out, and back.

Kubernetes: github.com/spf13/pflag, k8s.io/component-base/cli/flag, k8s.io/apimachinery/pkg/util/net.
"""

import re
from typing import Any, NamedTuple

from compiler.flags.csv_record import read_record, write_record
from compiler.flags.numbers import (
    ValueRefused,
    format_duration,
    parse_bool,
    parse_duration,
    parse_float,
    parse_int,
    parse_level,
    parse_uint,
)
from compiler.flags.text import shown

__all__ = ["TYPES", "PortRange", "SNIPair", "ValueRefused", "ValueType", "format_duration", "parse_duration"]

_QUANTITY = r"([-+]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkKMGTPE]|[eE][-+]?[0-9]{1,4})?"
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_ATOI = r"[-+]?[0-9]{1,18}"
_OCTET = r"0|[1-9][0-9]{0,2}"


class PortRange(NamedTuple):
    """Ports from `base` on, `size` of them; size 0 stands for the server's default range."""

    base: int
    size: int


class SNIPair(NamedTuple):
    """A certificate and its key, and the names they are for (none: those in the certificate)."""

    cert: str
    key: str
    names: tuple[str, ...]


class ValueType:
    """One flag type. `zero` is its value before anything is set."""

    zero: Any = ""

    def set(self, current: Any, text: str, first: bool) -> Any:
        """The value after one more use of the flag; `first` where the flag was not given before.

        Raises ValueRefused.
        """
        return text

    def format(self, value: Any) -> list[str]:
        """Texts, one for each use of the flag, that give the value again."""
        return [str(value)]

    def default(self, text: str) -> Any:
        """The value of a recorded default, which is the text of Go's String method."""
        return self.set(self.zero, text, True)

    def parse(self, texts: list[str]) -> Any:
        """The value after all uses of a flag. Raises ValueRefused."""
        value = self.zero
        for index, text in enumerate(texts):
            value = self.set(value, text, index == 0)
        return value


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
        address = parse_ip(text.strip())
        if address is None:
            hint = "write an address such as 10.0.0.11, without a port or a prefix length"
            raise ValueRefused("PARSE-08", f"{shown(text)} is not an IP address", hint)
        return address

    def format(self, value: Any) -> list[str]:
        return [value] if value else []

    def default(self, text: str) -> Any:
        return None if text in ("", "<nil>") else text


class _List(ValueType):
    """A list: the first use replaces the default, later ones append."""

    zero: Any = ()

    def set(self, current: Any, text: str, first: bool) -> Any:
        elements = tuple(self.split(text))
        return elements if first else current + elements

    def split(self, text: str) -> Any:
        """The elements of one use."""
        raise NotImplementedError

    def default(self, text: str) -> Any:
        inside = text.removeprefix("[").removesuffix("]")
        return tuple(self.split(inside)) if inside else ()


class _StringSlice(_List):
    """pflag: string_slice.go."""

    def split(self, text: str) -> Any:
        return read_record(text) if text else []

    def format(self, value: Any) -> list[str]:
        return [write_record(value)]


class _StringArray(_List):
    """pflag: string_array.go: every use is one element, whatever is in it."""

    def split(self, text: str) -> Any:
        return [text]

    def format(self, value: Any) -> list[str]:
        return list(value)


class _Int32Slice(_List):
    """pflag: int32_slice.go."""

    def split(self, text: str) -> Any:
        try:
            return [parse_int(part, 32) for part in text.split(",")]
        except ValueRefused as refusal:
            raise ValueRefused("PARSE-11", refusal.message, "write whole numbers separated by commas") from None

    def format(self, value: Any) -> list[str]:
        return [",".join(map(str, value))] if value else []


class _SNI(_List):
    """component-base/cli/flag: namedcertkey_flag.go."""

    def split(self, text: str) -> Any:
        paths, colon, names = text.partition(":")
        if colon and not names.strip():
            hint = "name the hosts after the colon, or remove it"
            raise ValueRefused("PARSE-17", f"{shown(text)} ends with an empty list of names", hint)
        pair = [path.strip() for path in paths.strip().split(",")]
        if len(pair) != 2:
            hint = "write CERT,KEY or CERT,KEY:NAME[,NAME...]"
            raise ValueRefused("PARSE-17", f"{shown(text)} is not a certificate and its key", hint)
        listed = tuple(name.strip() for name in names.strip().split(",")) if colon else ()
        return [SNIPair(pair[0], pair[1], listed)]

    def format(self, value: Any) -> list[str]:
        return [f"{pair.cert},{pair.key}" + (f":{','.join(pair.names)}" if pair.names else "") for pair in value]


class _Gates(_List):
    """component-base/cli/flag: colon_separated_multimap_string_string.go."""

    def split(self, text: str) -> Any:
        for part in text.split(","):
            component, colon, entry = part.partition(":")
            entry = entry.strip() if colon else part.strip()
            if entry:
                yield (component.strip() if colon else "", entry)

    def format(self, value: Any) -> list[str]:
        return [",".join(f"{component}:{entry}" if component else entry for component, entry in value)]


class _VModule(ValueType):
    """component-base/logs/api/v1: types.go, VModuleConfiguration; the last use counts."""

    zero: Any = ()

    def set(self, current: Any, text: str, first: bool) -> Any:
        found = []
        for item in text.split(","):
            if not item:
                continue
            pattern, *levels = item.split("=")
            if not pattern or len(levels) != 1 or not levels[0]:
                hint = "write PATTERN=N[,PATTERN=N...]"
                raise ValueRefused("PARSE-19", f"{shown(item)} is not a pattern and a verbosity", hint)
            try:
                found.append((pattern, parse_level(levels[0])))
            except ValueRefused as refusal:
                raise ValueRefused("PARSE-19", refusal.message, refusal.hint) from None
        return tuple(found)

    def format(self, value: Any) -> list[str]:
        return [",".join(f"{pattern}={level}" for pattern, level in value)]


class _Map(ValueType):
    """A map: the first use replaces the default, later ones merge."""

    @property
    def zero(self) -> Any:
        return {}

    def set(self, current: Any, text: str, first: bool) -> Any:
        entries = dict(self.split(text))
        return entries if first else current | entries

    def split(self, text: str) -> Any:
        """The entries of one use."""
        raise NotImplementedError

    def default(self, text: str) -> Any:
        return {}


class _StringToString(_Map):
    """pflag: string_to_string.go."""

    def split(self, text: str) -> Any:
        hint = "write KEY=VALUE"
        if "=" not in text:
            raise ValueRefused("PARSE-12", f"{shown(text)} has no =", hint)
        try:
            pairs = [text.strip('"')] if text.count("=") == 1 else read_record(text)
        except ValueRefused as refusal:
            raise ValueRefused("PARSE-12", refusal.message, refusal.hint) from None
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals:
                raise ValueRefused("PARSE-12", f"{shown(pair)} has no =", f"{hint}, in quotes where it holds a comma")
            yield key, value

    def format(self, value: Any) -> list[str]:
        return [
            write_record([f"{key}={item}"]) if "=" in f"{key}{item}" else f"{key}={item}" for key, item in value.items()
        ]


class _NoSplitMap(_Map):
    """component-base/cli/flag: map_string_string.go, NoSplit."""

    def split(self, text: str) -> Any:
        key, equals, value = text.partition("=")
        if not equals:
            raise ValueRefused("PARSE-13", f"{shown(text)} has no =", "write KEY=VALUE")
        yield key.strip(), value.strip()

    def format(self, value: Any) -> list[str]:
        return [f"{key}={item}" for key, item in value.items()]


class _ConfigurationMap(_Map):
    """component-base/cli/flag: configuration_map.go; repeated uses always merge."""

    def split(self, text: str) -> Any:
        for part in text.split(","):
            if part:
                key, _, value = part.partition("=")
                yield key.strip(), value.strip()

    def format(self, value: Any) -> list[str]:
        return [",".join(f"{key}={item}" if item else key for key, item in value.items())]


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


def _parse_port_range(text: str) -> PortRange:
    """apimachinery/pkg/util/net: port_range.go."""
    value = text.strip()
    if not value:
        return PortRange(0, 0)
    hint = "write A-B or A+N, such as 30000-32767"
    low_text, sign, high_text = value.partition("-" if "-" in value else "+")
    if not re.fullmatch(_ATOI, low_text) or (sign and not re.fullmatch(_ATOI, high_text)):
        raise ValueRefused("PARSE-16", f"{shown(text)} is not a port range", hint)
    low = int(low_text)
    high = low if not sign else int(high_text) if sign == "-" else low + int(high_text)
    if low > 65535 or high > 65535:
        raise ValueRefused("PARSE-16", f"{shown(text)} goes beyond port 65535", hint)
    if high < low:
        raise ValueRefused("PARSE-16", f"{shown(text)} ends before it begins", hint)
    return PortRange(low, high - low + 1)


def _format_port_range(value: PortRange) -> str:
    return f"{value.base}-{value.base + value.size - 1}" if value.size else ""


def _parse_quantity(text: str) -> int:
    """apimachinery/pkg/api/resource: quantity.go; the value in whole units, rounded away from zero."""
    if text.isascii() and text.isdecimal() and len(text) < 200:
        return int(text)
    match = re.fullmatch(_QUANTITY, text) if len(text) < 200 else None
    if match is None:
        raise ValueRefused("PARSE-20", f"{shown(text)} is not a quantity", "write a size such as 512 or 64Ki")
    from fractions import Fraction

    suffix = match[3] or ""
    if suffix.endswith("i"):
        scale = Fraction(1024) ** ("KMGTPE".index(suffix[0]) + 1)
    elif suffix[:1] in ("e", "E") and len(suffix) > 1:
        scale = Fraction(10) ** min(max(int(suffix[1:]), -60), 60)
    else:
        scale = Fraction(10) ** _POWERS[suffix]
    number = match[2].rstrip(".") if not match[2].startswith(".") else f"0{match[2]}"
    value = -(-(Fraction(number) * scale) // 1)
    return int(-value if match[1] == "-" else value)


def _parse_version_flag(text: str) -> str:
    """component-base/version/verflag: verflag.go. `true`, `raw` or `vX.Y.Z` where it is on, `false` where not."""
    if text == "raw" or (text.startswith("v") and text != "v"):
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
    "string": ValueType(),
    "stringSlice": _StringSlice(),
    "stringArray": _StringArray(),
    "int32Slice": _Int32Slice(),
    "stringToString": _StringToString(),
    "noSplitMap": _NoSplitMap(),
    "configurationMap": _ConfigurationMap(),
    "colonSeparatedMultimapStringString": _Gates(),
    "namedCertKey": _SNI(),
    "portRange": _Simple(_parse_port_range, PortRange(0, 0), _format_port_range),
    "Level": _Simple(parse_level, 0),
    "pattern=N,...": _VModule(),
    "moduleSpec": _VModule(),
    "quantity": _Simple(_parse_quantity, 0),
    "version": _Simple(_parse_version_flag, "false"),
}
"""pflag's type name -> its grammar."""
