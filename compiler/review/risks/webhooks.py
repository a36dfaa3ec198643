"""Webhooks whose identity is not verified.

Kubernetes: client-go/tools/clientcmd; apiserver/pkg/util/webhook/webhook.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.review.context import Risks
from compiler.review.risks.hosts import is_local
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field


def find(risks: Risks) -> None:
    """Check the cluster of each kubeconfig."""
    for file in risks.context.config_files:
        if file.kind == "Config":
            cluster = _cluster(file.root)
            if cluster is not None:
                _check_cluster(risks, cluster)


def _cluster(root: Field) -> Field | None:
    """Return the cluster of the current context."""
    context = _entry(root["contexts"], root["current-context"].text)
    name = context["context"]["cluster"].text if context is not None else ""
    entry = _entry(root["clusters"], name)
    return entry["cluster"] if entry is not None else None


def _entry(entries: Field, name: str) -> Field | None:
    return next((entry for entry in entries.items() if entry["name"].text == name), None)


def _check_cluster(risks: Risks, cluster: Field) -> None:
    server, insecure = cluster["server"], cluster["insecure-skip-tls-verify"]
    text = server.text.lower()
    if is_local(text):
        return
    if not text.startswith("https://"):
        message = f"the webhook {shown(server.text)} is called without TLS: its responses can be forged in transit"
        risks.report_field(rules.WEBHOOK_NOT_AUTHENTICATED, message, "use https with certificate-authority", server)
    elif insecure.on:
        message = "the webhook's certificate is not verified: its responses can be forged in transit"
        risks.report_field(rules.WEBHOOK_NOT_AUTHENTICATED, message, "set certificate-authority instead", insecure)
