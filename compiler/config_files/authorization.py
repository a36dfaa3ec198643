"""AuthorizationConfiguration: the chain of authorizers that a file declares.

Kubernetes: pkg/kubeapiserver/authorizer/config.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.config_files.reading import load_node
from compiler.source.node import Node

if TYPE_CHECKING:
    from compiler.options.authorization import AuthorizationOptions

FLAG = "authorization-config"


def configured_authorizers(group: AuthorizationOptions, path: str) -> list[dict[str, Any]] | None:
    """Type and name of each authorizer, in order; None where the content cannot be had."""
    root = load_node(group, FLAG, path, "AZC-01")
    listed = root.get("authorizers") if root is not None else None
    if listed is None or not isinstance(listed.value, list):
        return None
    return [_authorizer(node) for node in listed.value]


def _authorizer(node: Node) -> dict[str, Any]:
    kind, name = node.get("type"), node.get("name")
    entry: dict[str, Any] = {"type": kind.value if kind else "", "name": name.value if name else ""}
    webhook = node.get("webhook")
    if webhook is not None:
        for field in ("timeout", "failurePolicy"):
            value = webhook.get(field)
            if value is not None:
                entry[field] = value.plain()
    return entry
