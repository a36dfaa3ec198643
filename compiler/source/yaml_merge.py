"""Merge keys of YAML: `<<: *base` and `<<: [*first, *second]`."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic
from compiler.source.node import Node, Span
from compiler.source.yaml_findings import unmergeable


class Unresolved(Node):
    """Stands where an alias could not be resolved, which was reported."""

    __slots__ = ()


class Merge:
    """A merge key of one mapping: where the key stands, and what is merged."""

    __slots__ = ("key_span", "node")

    def __init__(self, key_span: Span, node: Node) -> None:
        self.key_span = key_span
        self.node = node

    def into(
        self, values: dict[str, Node], keys: dict[str, Span], problems: list[Diagnostic]
    ) -> tuple[dict[str, Node], dict[str, Span]]:
        """The mapping's entries with those of the merged ones below them: own keys win, then the earlier mapping.

        What is no mapping gives a problem DOC-07.
        """
        merged: dict[str, Node] = {}
        merged_keys: dict[str, Span] = {}
        for parent in self.node.value if isinstance(self.node.value, list) else [self.node]:
            if not isinstance(parent.value, dict):
                if not isinstance(parent, Unresolved):
                    problems.append(unmergeable(parent))
                continue
            for key, node in parent.value.items():
                if key not in merged:
                    merged[key] = node
                    merged_keys[key] = (parent.keys or {})[key]
        return merged | values, merged_keys | keys
