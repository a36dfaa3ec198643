"""Risks: settings that kube-apiserver accepts, and that an operator should know about.

Each concern has a function `find_NAME(risks)`. It checks the resolved options, never the text of the input,
so a risk is found in every kind of input. Risks are not errors: they never change the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from compiler.review import Risks

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Report

_CONCERNS: dict[tuple[str, str], tuple[str, ...]] = {
    ("access", "access"): (),
    ("identities", "service_accounts"): (),
    ("identities", "identities"): (
        "authentication-config",
        "oidc-groups-claim",
        "requestheader-client-ca-file",
        "requestheader-extra-headers-prefix",
        "requestheader-group-headers",
        "requestheader-username-headers",
        "token-auth-file",
    ),
    ("probes", "probes"): ("anonymous-auth", "authentication-config", "authorization-mode"),
    ("runtime", "pods"): (),
    ("probes", "failing_probes"): (),
    ("access", "webhooks"): (
        "admission-control-config-file",
        "audit-webhook-config-file",
        "authentication-token-webhook-config-file",
        "authorization-config",
        "authorization-webhook-config-file",
    ),
    ("storage", "storage"): (),
    ("storage", "encryption"): ("encryption-provider-config",),
    ("networking", "serving"): ("cors-allowed-origins", "tls-cipher-suites", "tls-min-version"),
    ("audit_rules", "audit_rules"): ("audit-policy-file",),
    ("auditing", "auditing"): ("audit-log-path", "audit-policy-file", "audit-webhook-config-file"),
    ("certificates", "certificates"): (
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
    ("ignored", "ignored"): (
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
    ("networking", "networking"): (),
    ("runtime", "running"): ("enable-priority-and-fairness", "feature-gates", "request-timeout", "runtime-config", "v"),
    ("ignored", "deprecations"): (),
    ("placeholders", "placeholders"): (),
}
"""Module and name of a concern -> flags or flag prefixes: it is checked if one is set, always if there are none.

Modules are imported when they are needed; `tests/review/risks/test_concerns.py` checks the table.
"""

_POD_CONCERNS = ("pods", "failing_probes")
"""Concerns about Pods only."""
_FILE_CONCERNS = ("certificates",)
"""Concerns about the contents of the server's files."""


def find_risks(resolved: Resolved, report: Report) -> None:
    """Add a warning or a note to the report for every risk of a resolved server."""
    risks = Risks(resolved, report)
    for module, name in _concerns_of(frozenset(risks.flags.arguments)):
        if name in _POD_CONCERNS and risks.input.container is None:
            continue
        if name in _FILE_CONCERNS and not risks.context.host.sees_files:
            continue
        _finder(module, name)(risks)


@lru_cache(maxsize=256)
def _concerns_of(arguments: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Return module and name of each concern that is checked if these flags are set."""
    return tuple(
        concern
        for concern, flags in _CONCERNS.items()
        if not flags or any(flag.startswith(flags) for flag in arguments)
    )


@cache
def _finder(module: str, name: str) -> Callable[[Risks], None]:
    """Return the function that finds the risks of a concern; its module is imported on first use."""
    find: Callable[[Risks], None] = getattr(import_module(f"compiler.review.risks.{module}"), f"find_{name}")
    return find
