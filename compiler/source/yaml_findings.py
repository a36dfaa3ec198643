"""Diagnostics for errors in well-formed YAML."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.source.node import Node, Span
from compiler.source.places import QUOTE_STRING, long_number, overflowing, quoted
from compiler.source.yaml_scalars import TAG_PREFIX, LongNumberError


def duplicate_key(key: str, first: Span, where: Location) -> Diagnostic:
    """Return DOC-05 for a duplicate key in a mapping."""
    message = f"duplicate key {quoted(key)} in a mapping, first set on line {first[0]}"
    return diagnose("DOC-05", message, "keep one of the two, or merge their values", location=where)


def merged_over(key: str, where: Location) -> Diagnostic:
    """Return DOC-05 for a key that is set in a mapping and in one merged into it, or in two merged mappings."""
    message = f"duplicate key {quoted(key)}: << merges it as well, and the server rejects duplicate keys"
    return diagnose("DOC-05", message, "write the mapping out, without <<", location=where)


def unsupported_version(version: tuple[int, int], where: Location) -> Diagnostic:
    """Return DOC-04 for a %YAML directive with a version that the server's parser does not support."""
    message = f"the file declares YAML {version[0]}.{version[1]}, but the server's parser only supports 1.1"
    return diagnose("DOC-04", message, "remove the %YAML line", location=where)


def collection_key(node: Node, where: Location) -> Diagnostic:
    """Return DOC-06 for a mapping or a list used as a key."""
    kind = "mapping" if isinstance(node.value, dict) else "list"
    message = f"a key must be a string, not a {kind}"
    return diagnose("DOC-06", message, "quote a key that starts with { or [", location=where)


def null_key(where: Location) -> Diagnostic:
    """Return DOC-06 for a null key, which the server cannot convert to JSON."""
    message = "a key is null, and the server rejects the whole file"
    return diagnose("DOC-06", message, f"write a key before the colon, and {QUOTE_STRING}", location=where)


def infinite(node: Node) -> Diagnostic:
    """Return DOC-06 for infinity and NaN, which the server cannot convert to JSON."""
    message = f"{quoted(node.text)} is not a valid JSON number, and the server rejects the whole file"
    return diagnose("DOC-06", message, QUOTE_STRING, location=node.location)


def unusable_tag(tag: str, kind: str, where: Location) -> Diagnostic:
    """Return DOC-06 for a tag outside the core schema, or for another kind of value."""
    message = f"the tag {quoted(tag.replace(TAG_PREFIX, '!!'))} cannot be used for {kind}"
    return diagnose("DOC-06", message, "remove the tag", location=where)


def mismatched_tag(name: str, node: Node) -> Diagnostic:
    """Return DOC-06 for a scalar that is not valid under its core tag."""
    message = f"{quoted(node.text)} is not a valid value for the tag !!{name}"
    return diagnose("DOC-06", message, "remove the tag, or write a value of its type", location=node.location)


def number(node: Node, error: ValueError) -> Diagnostic:
    """Return DOC-06 for a number that was rejected with `error`."""
    if isinstance(error, LongNumberError):
        return long_number(node.location, len(node.text))
    return overflowing(node.location, node.text)


def unresolved_alias(name: str, recursive: bool, where: Location) -> Diagnostic:
    """Return DOC-07 for an alias without an anchor before it, or inside the anchored value itself."""
    if recursive:
        message = f"the alias *{name} is inside the value it refers to"
        return diagnose("DOC-07", message, "write the value out: a value cannot contain itself", location=where)
    message = f"undefined alias *{name}: there is no anchor &{name} before it"
    hint = f"write &{name} before the value it refers to, or quote a string that starts with *"
    return diagnose("DOC-07", message, hint, location=where)


def unmergeable(node: Node) -> Diagnostic:
    """Return DOC-07 for a merge key whose value is not a mapping."""
    message = "the merge key << takes a mapping or a list of mappings"
    hint = "refer to a mapping, for example '<<: *base'; quote the key if it is meant as a string"
    return diagnose("DOC-07", message, hint, location=node.location)
