"""Risks: settings that kube-apiserver accepts, and that an operator should know about.

One module for each concern, with a function `find(risks)`. It checks the resolved options, never the text of the input,
so a risk is found in every kind of input. Risks are not errors: they never change the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from compiler.review import Risks

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Report

_CONCERNS: dict[str, tuple[str, ...]] = {
    "access": (),
    "service_accounts": (),
    "identities": (
        "authentication-config",
        "oidc-groups-claim",
        "requestheader-client-ca-file",
        "requestheader-extra-headers-prefix",
        "requestheader-group-headers",
        "requestheader-username-headers",
        "token-auth-file",
    ),
    "probes": ("anonymous-auth", "authentication-config", "authorization-mode"),
    "pods": (),
    "failing_probes": (),
    "webhooks": (
        "admission-control-config-file",
        "audit-webhook-config-file",
        "authentication-token-webhook-config-file",
        "authorization-config",
        "authorization-webhook-config-file",
    ),
    "storage": (),
    "encryption": ("encryption-provider-config",),
    "serving": ("cors-allowed-origins", "tls-cipher-suites", "tls-min-version"),
    "audit_rules": ("audit-policy-file",),
    "auditing": ("audit-log-path", "audit-policy-file", "audit-webhook-config-file"),
    "certificates": (
        "client-ca-file",
        "etcd-cafile",
        "etcd-certfile",
        "kubelet-certificate-authority",
        "kubelet-client-certificate",
        "oidc-ca-file",
        "proxy-client-cert-file",
        "requestheader-client-ca-file",
        "service-account-signing-key-file",
        "tls-cert-file",
    ),
    "ignored": (
        "admission-control-config-file",
        "audit-log-",
        "audit-webhook-",
        "authentication-token-webhook-",
        "authorization-webhook-",
        "cert-dir",
        "contention-profiling",
        "default-watch-cache-size",
        "encryption-provider-config",
        "etcd-servers-overrides",
        "requestheader-",
        "runtime-config",
        "watch-cache",
        "watch-cache-sizes",
    ),
    "networking": (),
    "running": ("enable-priority-and-fairness", "feature-gates", "request-timeout", "runtime-config", "v"),
    "deprecations": (),
    "placeholders": (),
}
"""Module of a concern -> flags or flag prefixes; the module runs only if one of them is set, always if there are none.

Modules are imported when they are needed; `tests/review/risks/test_concerns.py` checks the table.
"""

_POD_CONCERNS = ("pods", "failing_probes")
"""Concerns about Pods only."""


def find_risks(resolved: Resolved, report: Report) -> None:
    """Add a warning or a note to the report for every risk of a resolved server."""
    risks = Risks(resolved, report)
    for name, flags in _CONCERNS.items():
        if name in _POD_CONCERNS and risks.given.container is None:
            continue
        if not flags or any(flag.startswith(flags) for flag in risks.flags.arguments):
            _finder(name)(risks)


@cache
def _finder(name: str) -> Callable[[Risks], None]:
    """Return the function of a module, which is imported on first use."""
    find: Callable[[Risks], None] = import_module(f"compiler.review.risks.{name}").find
    return find
