"""Booleans, numbers and durations, and Kubernetes quantities. Go: strconv, time.ParseDuration."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from compiler import rules
from compiler.rules import Rule
from compiler.text import shown

if TYPE_CHECKING:
    from fractions import Fraction


class InvalidValueError(Exception):
    """A value that is not valid for the flag's type, with rule, message and hint."""

    def __init__(self, rule: Rule, message: str, hint: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint


TRUE_STRINGS = frozenset(("1", "t", "T", "true", "TRUE", "True"))
FALSE_STRINGS = frozenset(("0", "f", "F", "false", "FALSE", "False"))
"""The strings that strconv.ParseBool accepts."""

# Patterns are compiled on first use: compiling all of them costs more than parsing all flags.
_DECIMAL_DIGITS = "[0-9]+(?:_[0-9]+)*"
_HEX_DIGITS = "[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*"
_DIGITS = {2: "_?[01]+(?:_[01]+)*", 8: "_?[0-7]+(?:_[0-7]+)*", 10: _DECIMAL_DIGITS, 16: f"_?{_HEX_DIGITS}"}
_PREFIXES = {"0x": 16, "0X": 16, "0o": 8, "0O": 8, "0b": 2, "0B": 2}
_SPECIAL = r"(?i:[-+]?inf(?:inity)?|nan)"
_DECIMAL = (
    rf"[-+]?(?:{_DECIMAL_DIGITS}(?:\.(?:{_DECIMAL_DIGITS})?)?|\.{_DECIMAL_DIGITS})(?:[eE][-+]?{_DECIMAL_DIGITS})?"
)
_HEXADECIMAL = rf"[-+]?0[xX](?:_?{_HEX_DIGITS}(?:\.(?:{_HEX_DIGITS})?)?|\.{_HEX_DIGITS})[pP][-+]?{_DECIMAL_DIGITS}"
_HALFWAY = 3.4028235677973366e38
"""Halfway between the largest float32 and the next number: from here on values are rounded to infinity."""

_UNITS = {
    "ns": 1,
    "us": 1000,
    "\u00b5s": 1000,
    "\u03bcs": 1000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PIECE = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]+)")


def parse_bool(text: str) -> bool:
    """Go: strconv.ParseBool."""
    if text in TRUE_STRINGS:
        return True
    if text in FALSE_STRINGS:
        return False
    from compiler.upstream.conversions import as_boolean

    suggestion = as_boolean(text)
    raise InvalidValueError(
        rules.INVALID_BOOLEAN, f"{shown(text)} is not a boolean", f"write {suggestion or 'true or false'}"
    )


def _magnitude(text: str) -> int | None:
    """Return the value of digits with an optional base prefix, capped just above 64 bits; None for invalid digits."""
    base = _PREFIXES.get(text[:2])
    if base is not None:
        digits = text[2:]
    elif text[:1] == "0" and len(text) > 1:
        # A leading zero means octal; Go allows an underscore after it.
        base, digits = 8, text[1:]
    else:
        base, digits = 10, text
    if not re.fullmatch(_DIGITS[base], digits):
        return None
    return _bounded(digits.replace("_", ""), base)


def _bounded(digits: str, base: int = 10) -> int:
    """Return the value of digits, at most 2**64: Python does not convert very long strings."""
    significant = digits.lstrip("0") or "0"
    return min(int(significant, base), 2**64) if len(significant) <= 64 else 2**64


def parse_int(text: str, bits: int = 64) -> int:
    """Go: strconv.ParseInt with base 0."""
    sign, digits = (text[0], text[1:]) if text[:1] in ("-", "+") else ("", text)
    plain = digits.isascii() and digits.isdecimal() and (digits[0] != "0" or digits == "0") and len(digits) < 19
    value = int(digits) if plain else _magnitude(digits)
    if value is None:
        raise InvalidValueError(rules.INVALID_INTEGER, f"{shown(text)} is not an integer", _integer_hint(sign, digits))
    value = -value if sign == "-" else value
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        hint = f"write a number from {-(2 ** (bits - 1))} to {2 ** (bits - 1) - 1}"
        raise InvalidValueError(rules.INVALID_INTEGER, f"{shown(text)} is out of range for {bits} bits", hint)
    return value


def _integer_hint(sign: str, digits: str) -> str:
    from compiler.upstream.conversions import as_integer

    if digits[:1] == "0" and digits.isascii() and digits.isdecimal() and len(digits) < 20:
        return f"write {sign}{digits.lstrip('0')}: a leading zero means octal"
    suggestion = as_integer(digits)
    return f"write {sign}{suggestion}" if suggestion else "write an integer, for example 300"


def parse_uint(text: str) -> int:
    """Go: strconv.ParseUint with base 0 and 64 bits."""
    value = _magnitude(text)
    if value is None or value >= 2**64:
        raise InvalidValueError(
            rules.INVALID_UNSIGNED_INTEGER,
            f"{shown(text)} is not an unsigned integer",
            "write an integer without a sign",
        )
    return value


def parse_level(text: str) -> int:
    """Return klog's verbosity, a decimal integer from 0 to 2**31-1."""
    if not (text.isascii() and text.isdecimal()) or _bounded(text) >= 2**31:
        raise InvalidValueError(
            rules.INVALID_VERBOSITY, f"{shown(text)} is not a valid log level", "write an integer, for example 2"
        )
    return _bounded(text)


def parse_float(text: str, bits: int = 64) -> float:
    """Go: strconv.ParseFloat. 32-bit numbers are not rounded to float32."""
    if text.isascii() and text.isdecimal() and len(text) < 16:
        return float(text)
    value = _float_of(text)
    if value is None:
        raise InvalidValueError(
            rules.INVALID_NUMBER, f"{shown(text)} is not a number", "write a number, for example 0.001"
        )
    if _overflows(text, abs(value), bits):
        raise InvalidValueError(rules.INVALID_NUMBER, f"{shown(text)} is too large", "write a smaller number")
    return value


def _overflows(text: str, value: float, bits: int) -> bool:
    """Return whether a finite number is rounded to infinity."""
    if value == float("inf"):
        return not re.fullmatch(_SPECIAL, text)
    if bits == 64 or value != _HALFWAY:
        return bits == 32 and value > _HALFWAY
    from fractions import Fraction

    exact = Fraction(text.replace("_", "").lstrip("+-")) if re.fullmatch(_DECIMAL, text) else Fraction(value)
    return exact >= Fraction(_HALFWAY)


def _float_of(text: str) -> float | None:
    if re.fullmatch(_DECIMAL, text) or re.fullmatch(_SPECIAL, text):
        return float(text)
    if not re.fullmatch(_HEXADECIMAL, text):
        return None
    plain = text.replace("_", "")
    try:
        return float.fromhex(plain)
    except OverflowError:
        return float("-inf") if plain.startswith("-") else float("inf")


def parse_duration(text: str) -> int:
    """Return nanoseconds. Go: time.ParseDuration."""
    sign, rest = (text[0], text[1:]) if text[:1] in ("-", "+") else ("", text)
    if rest == "0":
        return 0
    total, position = 0, 0
    while position < len(rest) or not rest:
        match = _PIECE.match(rest, position)
        if match is None or not (match[1] or match[2]) or match[3] not in _UNITS:
            raise InvalidValueError(
                rules.INVALID_DURATION, f"{shown(text)} is not a valid duration", _duration_hint(text)
            )
        unit = _UNITS[match[3]]
        total += _bounded(match[1] or "0") * unit + _fraction(match[2] or "", unit)
        position = match.end()
    if total > 2**63 - (sign != "-"):
        raise InvalidValueError(
            rules.INVALID_DURATION, f"{shown(text)} is out of range for a duration", "write at most 2562047h47m16s"
        )
    return -total if sign == "-" else total


def _fraction(digits: str, unit: int) -> int:
    """Return the fractional digits in nanoseconds, rounded as Go does. Go: time.leadingFraction."""
    value, scale = 0, 1.0
    for digit in digits:
        if value > (2**63 - 1) // 10 or value * 10 + int(digit) > 2**63:
            break
        value, scale = value * 10 + int(digit), scale * 10
    return int(float(value) * (float(unit) / scale))


def _duration_hint(text: str) -> str:
    from compiler.upstream.conversions import as_duration

    suggestion = as_duration(text)
    if not suggestion:
        return "write numbers with units, for example 1m30s"
    if text.isascii() and text.isdecimal():
        return f"write {suggestion}: missing unit"
    return f"write {suggestion}: valid units are h, m, s, ms, us and ns"


@lru_cache(maxsize=1024)
def format_duration(nanoseconds: int) -> str:
    """Go: Duration.String."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest < 1_000_000_000:
        for unit, size in (("ms", 1_000_000), ("\u00b5s", 1000), ("ns", 1)):
            if rest >= size:
                return f"{sign}{_decimal(rest, size)}{unit}"
    minutes, rest = divmod(rest, 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, 1_000_000_000)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else f"{sign}{text}"


def _decimal(value: int, size: int) -> str:
    whole, part = divmod(value, size)
    if not part:
        return str(whole)
    return f"{whole}.{str(part).zfill(len(str(size)) - 1).rstrip('0')}"


_QUANTITY = (
    r"(?P<number>[-+]?(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?"
)
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_MAX_CHARACTERS = 400
"""Longer strings are not quantities; a size has at most twenty digits."""


def parse_quantity(text: str) -> int:
    """Return the value in whole units, rounded away from zero. Raise InvalidValueError (PARSE-20)."""
    value = _magnitude_of_quantity(text)
    whole = -(-value // 1)
    return -whole if text[0] == "-" else whole


def _magnitude_of_quantity(text: str) -> Fraction:
    """Return the value without its sign. Raise InvalidValueError (PARSE-20)."""
    from fractions import Fraction

    match = re.fullmatch(_QUANTITY, text) if text and len(text) < _MAX_CHARACTERS else None
    if match is None:
        raise _invalid(text)
    suffix = match["suffix"] or ""
    if suffix.endswith("i"):
        power = 10 * ("KMGTPE".index(suffix[0]) + 1)
        scale = Fraction(2) ** power
        digits_needed = power > 40
    else:
        exponent = int(suffix[1:]) if len(suffix) > 1 else _POWERS[suffix]
        # Beyond these limits only zero and non-zero differ.
        scale = Fraction(10) ** min(max(exponent, -60), 60)
        digits_needed = exponent < -9
    if not match["whole"] and not match["part"]:
        # Without digits it is 0, except on the server's slow path.
        if digits_needed and text.strip("+-"):
            raise _invalid(text)
        return Fraction(0)
    return Fraction(f"{match['whole'] or 0}.{match['part'] or 0}") * scale


def format_quantity(text: str) -> str:
    """Return a quantity as a decimal number, in its canonical form: with 0, 3, 6 or 9 digits after the point.

    Raise InvalidValueError (PARSE-20). Kubernetes: apimachinery/pkg/api/resource, Quantity.CanonicalizeBytes and AsDec.

    >>> [format_quantity(text) for text in ("10", "3.14", "500m", "1Ki", "-1.5")]
    ['10', '3.140', '0.500', '1024', '-1.500']
    """
    value = _magnitude_of_quantity(text)
    nanos = -(-value * 10**9 // 1)
    sign = "-" if text[0] == "-" and nanos else ""
    digits = next(size for size in (0, 3, 6, 9) if nanos % 10 ** (9 - size) == 0)
    whole, part = divmod(nanos // 10 ** (9 - digits), 10**digits)
    return f"{sign}{whole}.{part:0{digits}}" if digits else f"{sign}{whole}"


def _invalid(text: str) -> InvalidValueError:
    hint = "write a size, for example 512 or 64Ki"
    if text.endswith("K"):
        hint = f"write {text[:-1]}Ki, or {text[:-1]}k for thousands" if len(text) < 20 else hint
    return InvalidValueError(rules.INVALID_QUANTITY, f"{shown(text)} is not a valid quantity", hint)
