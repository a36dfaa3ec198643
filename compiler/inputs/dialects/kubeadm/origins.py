"""What is known about a value of a document that another program rendered: its origin, path, parts and variables."""

from __future__ import annotations

from typing import TypeAlias

from compiler.diagnostics import Location
from compiler.inputs.source.node import Node

Part: TypeAlias = tuple[str, Location]
"""A part of a value and its place in the file."""
_ORIGIN, _PATH, _UNKNOWN, _PARTS = "origin", "path", "unknown", "parts"


def record(node: Node, *, origin: str = "", path: str = "", unknown: str = "", parts: tuple[Part, ...] = ()) -> Node:
    """Record facts about a value, and return it.

    `origin` is the program that sets it, empty for the user. `path` is its path in the file, if that is not the one in
    kubeadm's document. `unknown` is a variable in it that the file does not decide. `parts` are those that it is joined
    from.
    """
    for key, value in ((_ORIGIN, origin), (_PATH, path), (_UNKNOWN, unknown), (_PARTS, parts)):
        if value:
            node.memoize(key, value)
    return node


def origin_of(node: Node | None) -> str:
    """Return the program that set a value, empty if the user did."""
    return (node.memoized(_ORIGIN) or "") if node is not None else ""


def path_of(node: Node | None) -> str:
    """Return the path of a value in the file, empty if it is that of its place in kubeadm's document."""
    return (node.memoized(_PATH) or "") if node is not None else ""


def unknown_of(node: Node | None) -> str:
    """Return the variable in a value that the file does not decide, empty if there is none."""
    return (node.memoized(_UNKNOWN) or "") if node is not None else ""


def parts_of(node: Node | None) -> tuple[Part, ...]:
    """Return the parts of a value that is joined from several, none for any other value."""
    return (node.memoized(_PARTS) or ()) if node is not None else ()
