"""What people mean when they write what other languages have."""

from __future__ import annotations

from compiler.cel.types import Type

LIBRARIES = frozenset(("cel", "math", "base64", "proto", "regex", "json"))
"""Libraries of CEL that the server does not load."""

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
    "includes": "write value in list, or text.contains(part)",
    "equals": "write ==",
    "concat": "write +",
    "match": "write matches(pattern)",
    "test": "write matches(pattern)",
    "strip": "write trim()",
    "substr": "write substring(start, end)",
    "tostring": "write string(value)",
    "str": "write string(value)",
    "bind": "write the value twice: the server's environment has no variables of its own",
}
"""Names of functions elsewhere, in lower case, and what to write here."""

_CONVERTIBLE = ("int", "uint", "double", "string")


def remedy(function: str, given: list[Type]) -> str:
    """What to write instead of a call that does not take values of these types, empty where nothing is known."""
    if len(given) != 2:
        return ""
    left, right = given
    if function in ("_==_", "_!=_"):
        return _comparison(left, right)
    if function == "@in" and left.kind == right.kind == "string":
        return "in looks into lists and maps: for a part of a text write text.contains(part)"
    if function in ("contains", "includes") and left.kind in ("list", "map"):
        return "write value in list"
    if function == "_[_]" and left.kind == "map":
        return f"the keys of this map are of type {left.params[0]}"
    return ""


def _comparison(left: Type, right: Type) -> str:
    for whole, part in ((left, right), (right, left)):
        if whole.kind == "list" and part.kind != "list":
            return "to look for an element write value in list"
        if whole.kind in _CONVERTIBLE and part.kind in _CONVERTIBLE:
            return f"convert one side, such as {whole.kind}(...)"
        if whole.kind == "bool" and part.kind == "string":
            return "write true or false without quotes"
    return "compare values of one type"
