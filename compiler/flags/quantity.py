"""Kubernetes quantities. Kubernetes: apimachinery/pkg/api/resource/quantity.go, ParseQuantity."""

from __future__ import annotations

import re
from fractions import Fraction

from compiler.flags.numbers import InvalidValueError
from compiler.flags.text import shown

_QUANTITY = (
    r"(?P<number>[-+]?(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?"
)
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_LONGEST = 400
"""Digits that are worth reading; a size has twenty at most."""


def parse_quantity(text: str) -> int:
    """The value in whole units, rounded away from zero. Raises InvalidValueError (PARSE-20)."""
    match = re.fullmatch(_QUANTITY, text) if text and len(text) < _LONGEST else None
    if match is None:
        raise _refused(text)
    suffix = match["suffix"] or ""
    if suffix.endswith("i"):
        power = 10 * ("KMGTPE".index(suffix[0]) + 1)
        scale = Fraction(2) ** power
        digits_needed = power > 40
    else:
        exponent = int(suffix[1:]) if len(suffix) > 1 else _POWERS[suffix]
        # Beyond these bounds only zero or not zero counts.
        scale = Fraction(10) ** min(max(exponent, -60), 60)
        digits_needed = exponent < -9
    if not match["whole"] and not match["part"]:
        # Without digits it is 0, but not where the server reads it by its slower way.
        if digits_needed and text.strip("+-"):
            raise _refused(text)
        return 0
    number = Fraction(f"{match['whole'] or 0}.{match['part'] or 0}")
    value = -(-(number * scale) // 1)
    return -value if text[0] == "-" else value


def _refused(text: str) -> InvalidValueError:
    hint = "write a size such as 512 or 64Ki"
    if text.endswith("K"):
        hint = f"write {text[:-1]}Ki, or {text[:-1]}k for thousands" if len(text) < 20 else hint
    return InvalidValueError("PARSE-20", f"{shown(text)} is not a quantity", hint)
