"""Strategic merge of the parts of a Talos configuration.

Talos: pkg/machinery/config/merge/merge.go, Merge, and configpatcher/strategic.go, StrategicMerge.
"""

from __future__ import annotations

from typing import Any

from compiler.inputs.source.node import Node, Source, Span

_REPLACED = {
    "": ("podSubnets", "serviceSubnets", "auditPolicy"),
    "KubeNetworkConfig": ("podSubnets", "serviceSubnets"),
    "KubeAuditPolicyConfig": ("configuration",),
    "KubeAuthenticationConfig": ("configuration",),
}
"""Kind of document -> fields whose value a later one replaces. Talos: the tag merge:"replace" of the fields."""
_ARGUMENTS = "extraArgs"


def merged(left: Node, right: Node, kind: str, append: bool = True) -> Node:
    """Return a value with a later one merged into it: mappings by key, lists one after the other.

    Without `append`, a later list replaces the earlier one.
    """
    if isinstance(left.value, dict) and isinstance(right.value, dict):
        fields = dict(left.value)
        for key, child in right.value.items():
            fields[key] = _field(left.value.get(key), child, key, kind, append)
        return Node(fields, right.source, right.span, "", {**(left.keys or {}), **(right.keys or {})})
    if append and isinstance(left.value, list) and isinstance(right.value, list):
        return Node([*left.value, *right.value], right.source, right.span)
    return left if right.value is None else right


def _field(left: Node | None, right: Node, key: str, kind: str, append: bool) -> Node:
    if left is None or key in _REPLACED.get(kind, ()):
        return right if left is None or right.value else left
    if key == _ARGUMENTS and isinstance(left.value, dict) and isinstance(right.value, dict):
        keys = {**(left.keys or {}), **(right.keys or {})}
        return Node({**left.value, **right.value}, right.source, right.span, "", keys)
    return merged(left, right, kind, append)


def as_node(value: Any, source: Source, span: Span) -> Node:
    """Return plain values and nodes as a node, with one location for all plain values."""
    if isinstance(value, Node):
        return value
    if isinstance(value, dict):
        value = {key: as_node(item, source, span) for key, item in value.items()}
    elif isinstance(value, list):
        value = [as_node(item, source, span) for item in value]
    return Node(value, source, span, value if isinstance(value, str) else "", {})
