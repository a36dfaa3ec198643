"""Hints for functions and idioms of other languages."""

from __future__ import annotations

from compiler.cel.types import Type

LIBRARIES = frozenset(("cel", "math", "base64", "proto", "regex", "json"))
"""CEL libraries that the server does not load."""

OTHER_NAMES = {
    "any": "write exists(x, ...)",
    "some": "write exists(x, ...)",
    "every": "write all(x, ...)",
    "lower": "write lowerAscii()",
    "tolower": "write lowerAscii()",
    "lowercase": "write lowerAscii()",
    "upper": "write upperAscii()",
    "toupper": "write upperAscii()",
    "uppercase": "write upperAscii()",
    "len": "write size()",
    "length": "write size()",
    "count": "write size()",
    "empty": "write size() == 0",
    "isempty": "write size() == 0",
    "includes": "write value in list, or string.contains(substring)",
    "equals": "write ==",
    "concat": "write +",
    "match": "write matches(pattern)",
    "test": "write matches(pattern)",
    "strip": "write trim()",
    "substr": "write substring(start, end)",
    "tostring": "write string(value)",
    "str": "write string(value)",
    "bind": "repeat the value: kube-apiserver's CEL environment has no cel.bind()",
}
"""Function names of other languages, in lowercase, and their replacement in CEL."""

_CONVERTIBLE = ("int", "uint", "double", "string")


def remedy(function: str, argument_types: list[Type]) -> str:
    """Return a hint for a call with arguments of these types, empty if there is none."""
    if len(argument_types) != 2:
        return ""
    left, right = argument_types
    if function in ("_==_", "_!=_"):
        return _comparison(left, right)
    if function == "@in" and left.kind == right.kind == "string":
        return "in tests lists and maps; for a substring write string.contains(substring)"
    if function in ("contains", "includes") and left.kind in ("list", "map"):
        return "write value in list"
    if function == "_[_]" and left.kind == "map":
        return f"the keys of this map have type {left.params[0]}"
    return ""


def _comparison(left: Type, right: Type) -> str:
    for one, other in ((left, right), (right, left)):
        if one.kind == "list" and other.kind != "list":
            return "to test for an element write value in list"
        if one.kind in _CONVERTIBLE and other.kind in _CONVERTIBLE:
            return f"convert one side, for example {one.kind}(...)"
        if one.kind == "bool" and other.kind == "string":
            return "write true or false without quotes"
    return "compare values of the same type"
