"""Values of YAML scalars: in the YAML 1.2 core schema, with a tag, and as the server's parser resolves them."""

from __future__ import annotations

import re
from math import isinf

from compiler.bounds import MAX_NUMBER
from compiler.source.node import Scalar

TAG_PREFIX = "tag:yaml.org,2002:"

_NAMED: dict[str, Scalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START = frozenset("0123456789+-.")
_DECIMAL = re.compile(r"[-+]?[0-9]+").fullmatch
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+").fullmatch
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?").fullmatch
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)").fullmatch


class LongNumberError(ValueError):
    """A number with more than MAX_NUMBER characters."""


class OverflowingNumberError(ValueError):
    """A finite number that overflows a float."""


def resolve(text: str) -> Scalar:
    """Return the value of a plain scalar. `010` is ten; `on`, `1:30`, `1_000` and `2001-01-01` are strings.

    Raises LongNumberError and OverflowingNumberError.

    >>> [resolve(text) for text in ("~", "True", "010", "0x1F", "1e3", "on", "1_000")]
    [None, True, 10, 31, 1000.0, 'on', '1_000']
    """
    if text[:1] not in _NUMERIC_START or not text:
        return _NAMED.get(text, text)
    if _DECIMAL(text):
        return int(_bounded(text))
    if _FLOAT(text):
        value = float(_bounded(text))
        if isinf(value):
            raise OverflowingNumberError
        return value
    if _BASED(text):
        return int(_bounded(text), 0)
    if _SPECIAL(text):
        return float(text.lower().replace(".", ""))
    return text


_GO_NAMED: dict[str, Scalar] = {
    **_NAMED,
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
# Compiled when needed: only files that the server reads need it.
_GO_INTEGER = r"(?P<sign>[-+]?)(?:0[xX](?P<x>[0-9a-fA-F]+)|0[bB](?P<b>[01]+)|0[oO]?(?P<o>[0-7]+)|(?P<d>0|[1-9][0-9]*))"


def resolve_as_server(text: str) -> Scalar:
    """Return the value of a plain scalar in a file that kube-apiserver reads.

    Its parser follows YAML 1.1: `yes` and `on` are booleans, `010` is eight, `1_000` is a thousand. Dates and numbers
    that overflow are strings. Go: go.yaml.in/yaml/v2, resolve.go.

    >>> [resolve_as_server(text) for text in ("yes", "010", "1_000", "0x1F", "1:30", "2001-01-01")]
    [True, 8, 1000, 31, '1:30', '2001-01-01']
    """
    if text[:1] not in _NUMERIC_START or not text:
        return _GO_NAMED.get(text, text)
    plain = text.replace("_", "") if text[0] != "." else text
    integer = re.fullmatch(_GO_INTEGER, plain) if text[0] != "." else None
    if integer is not None and len(plain) <= MAX_NUMBER:
        kind = integer.lastgroup or "d"
        value = int(integer[kind], {"x": 16, "b": 2, "o": 8, "d": 10}[kind])
        value = -value if integer["sign"] == "-" else value
        if -(2**63) <= value < 2**64:
            return value
    if _FLOAT(plain):
        number = float(plain)
        return text if isinf(number) else number
    if _SPECIAL(text):
        return float(text.lower().replace(".", ""))
    return text


def resolve_tagged(name: str, text: str) -> Scalar:
    """Return the value of a scalar with the core tag `name` (`int`, `str`, ...).

    Raises ValueError if the scalar is not valid for the tag, KeyError for a tag that is not one of scalars.
    """
    if name == "str":
        return text
    value = resolve(text)
    if name == "float" and type(value) is int:
        return float(value)
    if type(value) is not {"int": int, "float": float, "bool": bool, "null": type(None)}[name]:
        raise ValueError(name)
    return value


def _bounded(text: str) -> str:
    if len(text) > MAX_NUMBER:
        raise LongNumberError
    return text
