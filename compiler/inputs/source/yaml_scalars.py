"""YAML scalars and merge keys, and diagnostics for errors in well-formed YAML."""

from __future__ import annotations

import re
from math import isinf

from compiler import rules
from compiler.bounds import MAX_NUMBER
from compiler.diagnostics import Diagnostic, Location, Problems, diagnose
from compiler.inputs.source.node import QUOTE_STRING, Node, Scalar, Span, at_span, long_number, overflowing, quoted

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


def duplicate_key(key: str, first: Span, where: Location) -> Diagnostic:
    """Return DOC-05 for a duplicate key in a mapping."""
    message = f"duplicate key {quoted(key)}, first set on line {first[0]}"
    return diagnose(rules.DUPLICATE_KEY, message, "keep one of the two, or merge their values", location=where)


def merged_over(key: str, where: Location) -> Diagnostic:
    """Return DOC-05 for a key that is set in a mapping and in one merged into it, or in two merged mappings."""
    message = f"duplicate key {quoted(key)}: << merges it as well, and the server rejects duplicate keys"
    return diagnose(rules.DUPLICATE_KEY, message, "write the mapping out, without <<", location=where)


def unsupported_version(version: tuple[int, int], where: Location) -> Diagnostic:
    """Return DOC-04 for a %YAML directive with a version that the server's parser does not support."""
    message = f"the file declares YAML {version[0]}.{version[1]}, but the server's parser only supports 1.1"
    return diagnose(rules.SYNTAX_ERROR, message, "remove the %YAML line", location=where)


def collection_key(node: Node, where: Location) -> Diagnostic:
    """Return DOC-06 for a mapping or a list used as a key."""
    kind = "mapping" if isinstance(node.value, dict) else "list"
    message = f"a key must be a string, not a {kind}"
    return diagnose(rules.UNSUPPORTED_TYPE_OF_VALUE, message, "quote a key that starts with { or [", location=where)


def null_key(where: Location) -> Diagnostic:
    """Return DOC-06 for a null key, which the server cannot convert to JSON."""
    message = "a key is null, and the server rejects the whole file"
    return diagnose(
        rules.UNSUPPORTED_TYPE_OF_VALUE, message, f"write a key before the colon, and {QUOTE_STRING}", location=where
    )


def infinite(node: Node) -> Diagnostic:
    """Return DOC-06 for infinity and NaN, which the server cannot convert to JSON."""
    message = f"{quoted(node.text)} is not a valid JSON number, and the server rejects the whole file"
    return diagnose(rules.UNSUPPORTED_TYPE_OF_VALUE, message, QUOTE_STRING, location=node.location)


def unusable_tag(tag: str, kind: str, where: Location) -> Diagnostic:
    """Return DOC-06 for a tag outside the core schema, or for another kind of value."""
    message = f"the tag {quoted(tag.replace(TAG_PREFIX, '!!'))} cannot be used for {kind}"
    return diagnose(rules.UNSUPPORTED_TYPE_OF_VALUE, message, "remove the tag", location=where)


def mismatched_tag(name: str, node: Node) -> Diagnostic:
    """Return DOC-06 for a scalar that is not valid under its core tag."""
    message = f"{quoted(node.text)} is not a valid value for the tag !!{name}"
    return diagnose(
        rules.UNSUPPORTED_TYPE_OF_VALUE, message, "remove the tag, or write a value of its type", location=node.location
    )


def number(node: Node, error: ValueError) -> Diagnostic:
    """Return DOC-06 for a number that was rejected with `error`."""
    if isinstance(error, LongNumberError):
        return long_number(node.location, len(node.text))
    return overflowing(node.location, node.text)


def unresolved_alias(name: str, recursive: bool, where: Location) -> Diagnostic:
    """Return DOC-07 for an alias without an anchor before it, or inside the anchored value itself."""
    if recursive:
        message = f"the alias *{name} is inside the value it refers to"
        return diagnose(
            rules.UNRESOLVED_ALIAS, message, "write the value out: a value cannot contain itself", location=where
        )
    message = f"undefined alias *{name}: there is no anchor &{name} before it"
    hint = f"write &{name} before the value it refers to, or quote a string that starts with *"
    return diagnose(rules.UNRESOLVED_ALIAS, message, hint, location=where)


def unmergeable(node: Node) -> Diagnostic:
    """Return DOC-07 for a merge key whose value is not a mapping."""
    message = "the merge key << takes a mapping or a list of mappings"
    hint = "refer to a mapping, for example '<<: *base'; quote the key if it is meant as a string"
    return diagnose(rules.UNRESOLVED_ALIAS, message, hint, location=node.location)


class Unresolved(Node):
    """A placeholder for an alias that could not be resolved, which was reported."""

    __slots__ = ()


class Merge:
    """A merge key: its span and the node to merge; `aliased` is set if that is an alias."""

    __slots__ = ("aliased", "key_span", "node")

    def __init__(self, key_span: Span, node: Node, aliased: bool) -> None:
        self.key_span = key_span
        self.node = node
        self.aliased = aliased

    def into(
        self, values: dict[str, Node], keys: dict[str, Span], problems: Problems
    ) -> tuple[dict[str, Node], dict[str, Span]]:
        """Return the mapping's entries and their keys with the merged entries added.

        Existing keys win over merged ones, and an earlier merged mapping over a later one. Reports DOC-07 for a merged
        value that is not a mapping.
        """
        merged: dict[str, Node] = {}
        merged_keys: dict[str, Span] = {}
        for parent in self.node.value if isinstance(self.node.value, list) else [self.node]:
            if not isinstance(parent.value, dict):
                if not isinstance(parent, Unresolved):
                    problems.report(rules.UNRESOLVED_ALIAS, unmergeable, parent)
                continue
            for key, node in parent.value.items():
                if key not in merged:
                    merged[key] = node
                    merged_keys[key] = (parent.keys or {})[key]
        return merged | values, merged_keys | keys


def merge_in_turn(
    values: dict[str, Node], keys: dict[str, Span], merge: Merge, merged: set[str], problems: Problems
) -> None:
    """Add the entries of a merge key to those before it, as the server's parser does.

    A later entry wins. Reports DOC-05 for every duplicate key, which a strict decoder rejects, and DOC-07 for a merged
    value that is not a mapping. Adds the merged keys to `merged`. Go: go.yaml.in/yaml/v2, decode.go, merge and
    setMapIndex.
    """
    parents = [merge.node]
    if isinstance(merge.node.value, list) and not merge.aliased:
        parents = merge.node.value[::-1]
    for parent in parents:
        if not isinstance(parent.value, dict):
            if not isinstance(parent, Unresolved):
                problems.report(rules.UNRESOLVED_ALIAS, unmergeable, parent)
            continue
        for key, node in parent.value.items():
            if key in values:
                where = merge.key_span if key in merged else keys[key]
                problems.report(rules.DUPLICATE_KEY, merged_over, key, at_span(merge.node.source, where))
            values[key], keys[key] = node, (parent.keys or {})[key]
            merged.add(key)
