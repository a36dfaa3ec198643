"""Merge keys of YAML: `<<: *base` and `<<: [*first, *second]`."""

from __future__ import annotations

from compiler.diagnostics import Problems
from compiler.source.node import Node, Span
from compiler.source.places import at_span
from compiler.source.yaml_findings import merged_over, unmergeable


class Unresolved(Node):
    """Stands where an alias could not be resolved, which was reported."""

    __slots__ = ()


class Merge:
    """A merge key of one mapping: where the key stands, and what is merged. `aliased` tells that it is an alias."""

    __slots__ = ("aliased", "key_span", "node")

    def __init__(self, key_span: Span, node: Node, aliased: bool) -> None:
        self.key_span = key_span
        self.node = node
        self.aliased = aliased

    def into(
        self, values: dict[str, Node], keys: dict[str, Span], problems: Problems
    ) -> tuple[dict[str, Node], dict[str, Span]]:
        """The mapping's entries with those of the merged ones below them: own keys win, then the earlier mapping.

        What is no mapping gives a problem DOC-07.
        """
        merged: dict[str, Node] = {}
        merged_keys: dict[str, Span] = {}
        for parent in self.node.value if isinstance(self.node.value, list) else [self.node]:
            if not isinstance(parent.value, dict):
                if not isinstance(parent, Unresolved):
                    problems.report("DOC-07", unmergeable, parent)
                continue
            for key, node in parent.value.items():
                if key not in merged:
                    merged[key] = node
                    merged_keys[key] = (parent.keys or {})[key]
        return merged | values, merged_keys | keys


def merge_in_turn(
    values: dict[str, Node], keys: dict[str, Span], merge: Merge, merged: set[str], problems: Problems
) -> None:
    """Add what a merge key merges to the entries that stand before it, as the server's own parser does.

    What stands later wins, and to a strict reader every key that is there twice is one too many (DOC-05). `merged`
    takes the names. Kubernetes: go.yaml.in/yaml/v2, decode.go, merge and setMapIndex.
    """
    parents = [merge.node]
    if isinstance(merge.node.value, list) and not merge.aliased:
        parents = merge.node.value[::-1]
    for parent in parents:
        if not isinstance(parent.value, dict):
            if not isinstance(parent, Unresolved):
                problems.report("DOC-07", unmergeable, parent)
            continue
        for key, node in parent.value.items():
            if key in values:
                where = merge.key_span if key in merged else keys[key]
                problems.report("DOC-05", merged_over, key, at_span(merge.node.source, where))
            values[key], keys[key] = node, (parent.keys or {})[key]
            merged.add(key)
