"""Nodes of documents that another program renders for kubeadm, with what is known about their origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from compiler.inputs.source.node import Node, Scalar, Source, Span

Content: TypeAlias = "Scalar | Node | list[Content] | Mapping[str, Content]"
"""A plain value, in which nodes are kept as they are."""
_ORIGIN, _PATH, _UNKNOWN = "origin", "path", "unknown"


class Renderer:
    """Makes nodes of plain values: `origin` is the program that sets them, `span` the place that decides them."""

    def __init__(self, source: Source, span: Span, origin: str) -> None:
        self.source = source
        self.span = span
        self.origin = origin

    def node(self, content: Content) -> Node:
        """Return a value as a node. Scalars have the origin, nodes in it keep theirs."""
        if isinstance(content, Node):
            return content
        if isinstance(content, Mapping):
            return Node({key: self.node(value) for key, value in content.items()}, self.source, self.span, "", {})
        if isinstance(content, list):
            return Node([self.node(value) for value in content], self.source, self.span)
        return self.scalar(content)

    def scalar(self, value: Scalar, path: str = "", unknown: str = "") -> Node:
        """Return a scalar that the program sets; `unknown` names a variable in it that the file does not decide."""
        node = Node(value, self.source, self.span, "" if value is None else _text(value))
        node.memoize(_ORIGIN, self.origin)
        if path:
            node.memoize(_PATH, path)
        if unknown:
            node.memoize(_UNKNOWN, unknown)
        return node


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_path(node: Node, path: str) -> None:
    """Record the path of a value in the file, if it is not that of its place in kubeadm's document."""
    node.memoize(_PATH, path)


def with_unknown(node: Node, variable: str) -> None:
    """Record a variable in a value that the file does not decide."""
    node.memoize(_UNKNOWN, variable)


def origin_of(node: Node | None) -> str:
    """Return the program that set a value, empty if the user did."""
    return (node.memoized(_ORIGIN) or "") if node is not None else ""


def path_of(node: Node | None) -> str:
    """Return the path of a value in the file, empty if it is that of its place in kubeadm's document."""
    return (node.memoized(_PATH) or "") if node is not None else ""


def unknown_of(node: Node | None) -> str:
    """Return the variable in a value that the file does not decide, empty if there is none."""
    return (node.memoized(_UNKNOWN) or "") if node is not None else ""
