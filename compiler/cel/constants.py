"""Values that are known before any request, and what converting them gives.

The server computes conversions of constants when it plans an expression, and refuses the expression where one fails.
Sources: cel-go common/types/*.go (ConvertToType) and common/stdlib/standard.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.cel.types import make
from compiler.flags.numbers import ValueRefused, parse_bool, parse_duration, parse_float
from compiler.flags.text import shown

CONVERSIONS = frozenset(("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"))
FIRST_SECOND = -62135596800
"""0001-01-01T00:00:00Z in seconds from 1970."""
LAST_SECOND = 253402300799
_BILLION = 1_000_000_000


class Constant(NamedTuple):
    """A value with the kind of its type at run time; kind `error` stands for a value that could not be made.

    Durations are in nanoseconds, timestamps in nanoseconds from 1970, lists are Python lists of constants, maps lists
    of pairs.
    """

    kind: str
    value: Any


class NotConvertible(Exception):  # noqa: N818
    """A constant that cannot be converted as it is written: what is wrong, and what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def converted(function: str, given: Constant, settings: Mapping[str, str]) -> Constant:
    """What `function(given)` is, by the settings of a version. Raises NotConvertible where the server refuses it."""
    if given.kind == "error":
        raise NotConvertible(str(given.value), "write a value that can be made")
    if function == "dyn":
        return given
    if function == "type":
        return Constant("type", given.value if given.kind == "type" else make(given.kind, given.kind))
    if function == given.kind:
        return given
    found = _convert(function, given, "zone-offset-unbounded" in settings)
    if found is None:
        raise NotConvertible(f"{function}() does not take {_described(given)}", "write a value that it takes")
    return Constant(function, found)


def _described(given: Constant) -> str:
    return "null" if given.kind == "null" else f"a value of type {given.kind}"


def _convert(function: str, given: Constant, any_zone: bool) -> Any:
    if given.kind == "string":
        return _timestamp(given.value, any_zone) if function == "timestamp" else _from_text(function, given.value)
    if function == "string":
        return _to_text(given)
    if function == "int" and given.kind in ("double", "uint", "duration", "timestamp"):
        return _to_int(given)
    if function == "uint" and given.kind in ("int", "double"):
        return _bounded(function, int(_finite(function, given.value)), 0, 2**64, given.value)
    if function == "double" and given.kind in ("int", "uint"):
        return float(given.value)
    if function == "timestamp" and given.kind == "int":
        return _moment(given.value) * _BILLION
    return None


def _from_text(function: str, text: str) -> Any:
    try:
        if function == "bool":
            return parse_bool(text)
        if function == "double":
            return parse_float(text)
        if function == "duration":
            return parse_duration(text)
    except ValueRefused as refused:
        raise NotConvertible(refused.message, refused.hint) from None
    if function == "bytes":
        return text.encode("utf-8", "surrogatepass")
    low, high = (0, 2**64) if function == "uint" else (-(2**63), 2**63)
    sign = text[:1] if function == "int" and text[:1] in ("-", "+") else ""
    digits = text[len(sign) :]
    if not (digits.isascii() and digits.isdecimal()):
        raise NotConvertible(f"{shown(text)} is not a whole number", "write digits alone, such as '5'")
    value = int(sign + (digits.lstrip("0")[:32] or "0"))
    return _bounded(function, value, low, high, text)


def _to_text(given: Constant) -> str | None:
    kind, value = given
    if kind == "bytes":
        try:
            return str(value, "utf-8")
        except UnicodeDecodeError:
            raise NotConvertible("these bytes are not UTF-8, so they are no text", "write a string") from None
    if kind == "bool":
        return "true" if value else "false"
    if kind in ("int", "uint"):
        return str(value)
    if kind == "double":
        return _general(value)
    if kind == "duration":
        return f"{_plain(abs(value) // _BILLION + abs(value) % _BILLION / _BILLION, value < 0)}s"
    return _written(value) if kind == "timestamp" else None


def _to_int(given: Constant) -> int:
    if given.kind == "timestamp":
        return int(given.value // _BILLION)
    if given.kind == "double":
        value = _finite("int", given.value)
        if not -(2.0**63) < value < 2.0**63:
            raise _out_of_range("int", given.value)
        return int(value)
    return _bounded("int", int(given.value), -(2**63), 2**63, given.value)


def _finite(function: str, value: float) -> float:
    if value != value or value in (float("inf"), float("-inf")) or (function == "uint" and value < 0):
        raise _out_of_range(function, value)
    return value


def _bounded(function: str, value: int, low: int, high: int, written: object) -> int:
    if not low <= value < high:
        raise _out_of_range(function, written)
    return value


def _out_of_range(function: str, written: object) -> NotConvertible:
    return NotConvertible(f"{shown(str(written))} is outside of {function}", "write a number that fits into 64 bits")


def _moment(seconds: int) -> int:
    if not FIRST_SECOND <= seconds <= LAST_SECOND:
        raise NotConvertible(f"{seconds} seconds are outside of the years 1 to 9999", "write another time")
    return seconds


def _timestamp(text: str, any_zone: bool) -> int:
    from compiler.cel.times import parse_timestamp

    found = parse_timestamp(text, any_zone)
    if found is None:
        raise NotConvertible(f"{shown(text)} is not a timestamp", "write it as 2006-01-02T15:04:05Z")
    _moment(found // _BILLION)
    return found


def _written(nanoseconds: int) -> str:
    from compiler.cel.times import format_timestamp

    return format_timestamp(nanoseconds)


def _plain(value: float, negative: bool) -> str:
    """Go: strconv.FormatFloat(value, 'f', -1, 64)."""
    from decimal import Decimal

    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"-{text}" if negative else text


def _general(value: float) -> str:
    """Go: fmt.Sprintf("%g", value)."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    from decimal import Decimal

    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    written = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)
    prefix = "-" if sign else ""
    if value == 0:
        return f"{prefix}0"
    if point - 1 < -4 or point - 1 >= 6:
        mantissa = written[0] + ("." + written[1:] if len(written) > 1 else "")
        return f"{prefix}{mantissa}e{'-' if point - 1 < 0 else '+'}{abs(point - 1):02d}"
    if point <= 0:
        return f"{prefix}0.{'0' * -point}{written}"
    whole = written[:point].ljust(point, "0")
    return f"{prefix}{whole}{'.' + written[point:] if len(written) > point else ''}"
