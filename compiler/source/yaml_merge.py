"""YAML merge keys: `<<: *base` and `<<: [*first, *second]`."""

from __future__ import annotations

from compiler.diagnostics import Problems
from compiler.source.node import Node, Span
from compiler.source.places import at_span
from compiler.source.yaml_findings import merged_over, unmergeable


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
                problems.report("DOC-07", unmergeable, parent)
            continue
        for key, node in parent.value.items():
            if key in values:
                where = merge.key_span if key in merged else keys[key]
                problems.report("DOC-05", merged_over, key, at_span(merge.node.source, where))
            values[key], keys[key] = node, (parent.keys or {})[key]
            merged.add(key)
