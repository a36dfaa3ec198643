"""What can be wrong in well-formed YAML."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.source.node import Node, Span
from compiler.source.places import long_number, overflowing, shown
from compiler.source.yaml_scalars import TAG_PREFIX, LongNumberError


def duplicate_key(key: str, first: Span, where: Location) -> Diagnostic:
    """DOC-05 for the second key of the same name in a mapping."""
    message = f"the key {shown(key)} is given twice in one mapping, first in line {first[0]}"
    return diagnose("DOC-05", message, "keep one of the two, or join their values", location=where)


def merged_over(key: str, where: Location) -> Diagnostic:
    """DOC-05 for a key that stands in a mapping and in what is merged into it, or in two of the merged ones."""
    message = f"the key {shown(key)} is given twice: << merges it as well, and the server takes none twice"
    return diagnose("DOC-05", message, "write the mapping out, without <<", location=where)


def unread_version(version: tuple[int, int], where: Location) -> Diagnostic:
    """DOC-04 for a directive that names a version of YAML which the server's own parser does not read."""
    message = f"the file says that it is YAML {version[0]}.{version[1]}, and the server's parser takes 1.1 alone"
    return diagnose("DOC-04", message, "remove the line with %YAML", location=where)


def collection_key(node: Node, where: Location) -> Diagnostic:
    """DOC-06 for a mapping or a list that stands where a key must be."""
    kind = "mapping" if isinstance(node.value, dict) else "list"
    message = f"a key must be a text, this one is a {kind}"
    return diagnose("DOC-06", message, "put a text that begins with { or [ into quotes", location=where)


def null_key(where: Location) -> Diagnostic:
    """DOC-06 for a key that is null, which the server cannot turn into JSON."""
    message = "a key is null, and the server refuses the whole file"
    return diagnose(
        "DOC-06", message, "write the key before the colon, in quotes if it is meant as a string", location=where
    )


def infinite(node: Node) -> Diagnostic:
    """DOC-06 for infinity and what is not a number, which the server cannot turn into JSON."""
    message = f"{shown(node.text)} is not a number of JSON, and the server refuses the whole file"
    return diagnose("DOC-06", message, "put it into quotes if it is meant as a string", location=node.location)


def unusable_tag(tag: str, kind: str, where: Location) -> Diagnostic:
    """DOC-06 for a tag that is none of the core ones, or not one for this kind of value."""
    message = f"the tag {shown(tag.replace(TAG_PREFIX, '!!'))} cannot be used for {kind}"
    return diagnose("DOC-06", message, "remove the tag", location=where)


def unfitting_tag(name: str, node: Node) -> Diagnostic:
    """DOC-06 for a scalar that has no value under the core tag it is given."""
    message = f"{shown(node.text)} is no value of the tag !!{name}"
    return diagnose("DOC-06", message, "remove the tag, or write a value that it can have", location=node.location)


def number(node: Node, error: ValueError) -> Diagnostic:
    """DOC-06 for a number that was refused with `error`."""
    if isinstance(error, LongNumberError):
        return long_number(node.location, len(node.text))
    return overflowing(node.location, node.text)


def unresolved_alias(name: str, recursive: bool, where: Location) -> Diagnostic:
    """DOC-07 for an alias without an anchor before it, or inside the value that the anchor stands for."""
    if recursive:
        message = f"the alias *{name} stands inside the very value it refers to"
        return diagnose("DOC-07", message, "write the value out: a value cannot contain itself", location=where)
    message = f"the alias *{name} has no anchor before it"
    hint = f"write &{name} before the value it stands for, or put a text that begins with * into quotes"
    return diagnose("DOC-07", message, hint, location=where)


def unmergeable(node: Node) -> Diagnostic:
    """DOC-07 for a merge key over something that is no mapping."""
    message = "the merge key << takes a mapping or a list of mappings, and this is neither"
    hint = "refer to a mapping, as in '<<: *base', or put the key into quotes if it is meant as text"
    return diagnose("DOC-07", message, hint, location=node.location)
