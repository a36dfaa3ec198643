"""Constants and their conversions; RFC 3339 timestamps. Go: time.Parse and Time.Format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.text import shown
from compiler.upstream.cel.types import make
from compiler.upstream.go.strconv import InvalidValueError, parse_bool, parse_duration, parse_float

CONVERSIONS = frozenset(("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"))
FIRST_SECOND = -62135596800
"""0001-01-01T00:00:00Z in seconds since the Unix epoch."""
LAST_SECOND = 253402300799
_BILLION = 1_000_000_000


class Constant(NamedTuple):
    """A value with the kind of its runtime type; kind `error` is a value that could not be built.

    Durations are in nanoseconds, timestamps in nanoseconds since the Unix epoch, lists are Python lists of constants,
    maps lists of pairs.
    """

    kind: str
    value: Any


class ConversionError(Exception):
    """A failed conversion of a constant: the message, and a hint about the correct value."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def convert(function: str, constant: Constant, settings: Mapping[str, str]) -> Constant:
    """Return `function(given)` under the settings of a version. Raise ConversionError if the conversion fails."""
    if constant.kind == "error":
        raise ConversionError(str(constant.value), "write a valid value")
    if function == "dyn":
        return constant
    if function == "type":
        return Constant("type", constant.value if constant.kind == "type" else make(constant.kind, constant.kind))
    if function == constant.kind:
        return constant
    result = _convert(function, constant, "zone-offset-unbounded" in settings)
    if result is None:
        raise ConversionError(
            f"{function}() does not accept {_describe(constant)}", "write a value of an accepted type"
        )
    return Constant(function, result)


def _describe(constant: Constant) -> str:
    return "null" if constant.kind == "null" else f"a value of type {constant.kind}"


def _convert(function: str, constant: Constant, any_zone: bool) -> Any:
    if constant.kind == "string":
        return (
            _timestamp(constant.value, any_zone) if function == "timestamp" else _from_string(function, constant.value)
        )
    if function == "string":
        return _to_string(constant)
    if function == "int" and constant.kind in ("double", "uint", "duration", "timestamp"):
        return _to_int(constant)
    if function == "uint" and constant.kind in ("int", "double"):
        return _bounded(function, int(_finite(function, constant.value)), 0, 2**64, constant.value)
    if function == "double" and constant.kind in ("int", "uint"):
        return float(constant.value)
    if function == "timestamp" and constant.kind == "int":
        return _in_range(constant.value) * _BILLION
    return None


def _from_string(function: str, text: str) -> Any:
    try:
        if function == "bool":
            return parse_bool(text)
        if function == "double":
            return parse_float(text)
        if function == "duration":
            return parse_duration(text)
    except InvalidValueError as error:
        raise ConversionError(error.message, error.hint) from None
    if function == "bytes":
        return text.encode("utf-8", "surrogatepass")
    low, high = (0, 2**64) if function == "uint" else (-(2**63), 2**63)
    sign = text[:1] if function == "int" and text[:1] in ("-", "+") else ""
    digits = text[len(sign) :]
    if not (digits.isascii() and digits.isdecimal()):
        raise ConversionError(f"{shown(text)} is not an integer", "write only digits, for example '5'")
    value = int(sign + (digits.lstrip("0")[:32] or "0"))
    return _bounded(function, value, low, high, text)


def _to_string(constant: Constant) -> str | None:
    kind, value = constant
    if kind == "bytes":
        try:
            return str(value, "utf-8")
        except UnicodeDecodeError:
            raise ConversionError("these bytes are not valid UTF-8", "write a string") from None
    if kind == "bool":
        return "true" if value else "false"
    if kind in ("int", "uint"):
        return str(value)
    if kind == "double":
        return _general(value)
    if kind == "duration":
        return f"{_plain(abs(value) // _BILLION + abs(value) % _BILLION / _BILLION, value < 0)}s"
    return _format_timestamp(value) if kind == "timestamp" else None


def _to_int(constant: Constant) -> int:
    if constant.kind == "timestamp":
        return int(constant.value // _BILLION)
    if constant.kind == "double":
        value = _finite("int", constant.value)
        if not -(2.0**63) < value < 2.0**63:
            raise _out_of_range("int", constant.value)
        return int(value)
    return _bounded("int", int(constant.value), -(2**63), 2**63, constant.value)


def _finite(function: str, value: float) -> float:
    if value != value or value in (float("inf"), float("-inf")) or (function == "uint" and value < 0):
        raise _out_of_range(function, value)
    return value


def _bounded(function: str, value: int, low: int, high: int, source: object) -> int:
    if not low <= value < high:
        raise _out_of_range(function, source)
    return value


def _out_of_range(function: str, source: object) -> ConversionError:
    return ConversionError(
        f"{shown(str(source))} is out of range for {function}", "write a number that fits in 64 bits"
    )


def _in_range(seconds: int) -> int:
    if not FIRST_SECOND <= seconds <= LAST_SECOND:
        raise ConversionError(f"{seconds} seconds is outside the years 1 to 9999", "write a time in this range")
    return seconds


def _timestamp(text: str, any_zone: bool) -> int:

    nanoseconds = parse_timestamp(text, any_zone)
    if nanoseconds is None:
        raise ConversionError(f"{shown(text)} is not a valid timestamp", "write it as 2006-01-02T15:04:05Z")
    _in_range(nanoseconds // _BILLION)
    return nanoseconds


def _format_timestamp(nanoseconds: int) -> str:

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
    significant = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)
    prefix = "-" if sign else ""
    if value == 0:
        return f"{prefix}0"
    if point - 1 < -4 or point - 1 >= 6:
        mantissa = significant[0] + ("." + significant[1:] if len(significant) > 1 else "")
        return f"{prefix}{mantissa}e{'-' if point - 1 < 0 else '+'}{abs(point - 1):02d}"
    if point <= 0:
        return f"{prefix}0.{'0' * -point}{significant}"
    whole = significant[:point].ljust(point, "0")
    return f"{prefix}{whole}{'.' + significant[point:] if len(significant) > point else ''}"


_LAYOUT = (
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEAR_1970 = 719162
"""Days from 0001-01-01 to 1970-01-01."""


def parse_timestamp(text: str, any_zone: bool) -> int | None:
    """Return nanoseconds since the Unix epoch, None if the string is not a valid timestamp. The year may be 0.

    `any_zone`: whether the time zone offset is unbounded (Go before 1.23).
    """
    match = re.fullmatch(_LAYOUT, text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[group]) for group in range(1, 7))
    zone_hour, zone_minute = int(match[9] or 0), int(match[10] or 0)
    if not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    if not any_zone and (zone_hour > 24 or zone_minute > 60):
        return None
    zone = (zone_hour * 60 + zone_minute) * 60
    seconds = (_day_number(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
    seconds += zone if match[8] == "-" else -zone
    return seconds * _BILLION + int((match[7] or "0")[:9].ljust(9, "0"))


def format_timestamp(nanoseconds: int) -> str:
    """Return the time in UTC, with as many decimals as needed."""
    seconds, rest = divmod(nanoseconds, _BILLION)
    days, seconds = divmod(seconds, 86400)
    year, month, day = _date_of(days)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    hour, seconds = divmod(seconds, 3600)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{seconds // 60:02d}:{seconds % 60:02d}{fraction}Z"


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_in(year: int, month: int) -> int:
    return 29 if month == 2 and _is_leap(year) else _LENGTHS[month - 1]


def _day_number(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01."""
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    return days + sum(_days_in(year, earlier) for earlier in range(1, month)) + day - 1 - _YEAR_1970


def _date_of(days: int) -> tuple[int, int, int]:
    year = 1970 + days // (366 if days > 0 else 365)
    while _day_number(year + 1, 1, 1) <= days:
        year += 1
    month = 1
    while month < 12 and _day_number(year, month + 1, 1) <= days:
        month += 1
    return year, month, days - _day_number(year, month, 1) + 1
