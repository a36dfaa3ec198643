"""The fields of structured files that Talos converts: it refuses or drops those that it does not know.

Talos: internal/app/machined/pkg/controllers/k8s, render_config_static_pods.go: an audit policy is converted strictly,
the webhook of an authorizer is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler.inputs.dialects.talos.documents import Documents, Findings, Place
from compiler.inputs.schema.decoding import Schema, kind_schema
from compiler.inputs.source.node import Node
from compiler.text import did_you_mean, shown


class _Unknown(NamedTuple):
    node: Node
    key: str
    path: str
    known: list[str]

    def hint(self) -> str:
        return did_you_mean(self.key, self.known) or f"known fields are {', '.join(self.known)}"


def policy_schema(version: str) -> Schema:
    """Return the schema of an audit policy in a version of Kubernetes."""
    return kind_schema(version, "Policy") or {}


def webhook_schema(version: str) -> Schema:
    """Return the schema of the webhook of an authorizer in a version of Kubernetes."""
    schema: Any = kind_schema(version, "AuthorizationConfiguration") or {}
    for step in ("properties", "authorizers", "items", "properties", "webhook"):
        schema = schema.get(step, {})
    return dict(schema)


def known_fields(node: Node, schema: Schema) -> Node:
    """Return a value without the fields that its schema does not have."""
    value, fields = node.value, _fields(schema)
    kept: Any = value
    if isinstance(value, dict) and fields is not None:
        kept = {key: known_fields(child, fields[key]) for key, child in value.items() if key in fields}
    elif isinstance(value, list):
        kept = [known_fields(child, schema.get("items", {})) for child in value]
    return node if kept is value else Node(kept, node.source, node.span, node.text, node.keys)


def _fields(schema: Schema) -> dict[str, Schema] | None:
    """Return the fields of an object, None if it is a map."""
    return None if schema.get("additionalProperties") else schema.get("properties")


def check_shapes(documents: Documents, version: str, findings: Findings) -> None:
    """Report unknown fields of audit policies, which Talos refuses, and of webhooks, which it drops."""
    policies = (
        documents.of_machine("cluster.apiServer.auditPolicy"),
        documents.of("KubeAuditPolicyConfig", "configuration"),
    )
    for policy in (each for each in policies if each.is_set):
        for unknown in _unknown(policy, policy_schema(version)):
            message = f"Talos refuses the unknown field {shown(unknown.key)} of the audit policy"
            findings.refuse(message, unknown.hint, unknown.path, unknown.node.key_location(unknown.key))
    authorizers = documents.of_machine("cluster.apiServer.authorizationConfig").items()
    for authorizer in (*authorizers, *documents.all_of("KubeAuthorizerConfig")):
        for unknown in _unknown(authorizer.get("webhook"), webhook_schema(version)):
            message = f"Talos ignores the unknown field {shown(unknown.key)} of the webhook"
            findings.ignore(message, unknown.hint, unknown.path, unknown.node.key_location(unknown.key))


def _unknown(place: Place, schema: Schema) -> Iterator[_Unknown]:
    """Yield the fields that a schema does not have."""
    value = place.node.value if place.node is not None else None
    fields = _fields(schema)
    if isinstance(value, dict) and fields is not None and place.node is not None:
        for key in value:
            inner = place.get(key)
            if key in fields:
                yield from _unknown(inner, fields[key])
            else:
                yield _Unknown(place.node, key, inner.path, list(fields))
    elif isinstance(value, list):
        for item in place.items():
            yield from _unknown(item, schema.get("items", {}))
