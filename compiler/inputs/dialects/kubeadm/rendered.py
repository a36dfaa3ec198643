"""What another program renders for kubeadm, and the nodes of such documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from compiler.diagnostics import Location
from compiler.inputs.dialects.kubeadm.documents import Documents
from compiler.inputs.dialects.kubeadm.origins import Part, record
from compiler.inputs.source.node import Node, Scalar, Source, Span

Content: TypeAlias = "Scalar | Node | list[Content] | Mapping[str, Content]"
"""A plain value, in which nodes are kept as they are."""


class Rendered(NamedTuple):
    """What another program renders for kubeadm.

    `version` is the Kubernetes version, None if unknown, stated at `version_location`. `name` is that of the cluster.
    `files` are the contents of files that the program writes on the node, by path. `setting` is the field for extra
    arguments of kube-apiserver, if it is not that of kubeadm.
    """

    documents: Documents
    version: str | None = None
    version_location: Location | None = None
    name: str = ""
    files: Mapping[str, Node] | None = None
    setting: str = ""


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
        text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
        return record(Node(value, self.source, self.span, text), origin=self.origin, path=path, unknown=unknown)

    def joined(self, parts: Sequence[Part], path: str, section: Node | None) -> Node:
        """Return parts of a section of the user as one string, joined with commas.

        Without parts it is an empty string that the program sets.
        """
        if not parts or section is None:
            return self.scalar("", path)
        text = ",".join(part for part, _ in parts)
        return record(Node(text, self.source, section.span, text), path=path, parts=tuple(parts))


def with_path(node: Node, path: str) -> None:
    """Record the path of a value in the file, if it is not that of its place in kubeadm's document."""
    record(node, path=path)


def with_unknown(node: Node, variable: str) -> None:
    """Record a variable in a value that the file does not decide."""
    record(node, unknown=variable)
