"""Authentication: anonymous requests, static tokens, identity providers, front proxies.

Kubernetes: pkg/kubeapiserver/options/authentication.go; apiserver/pkg/authentication/request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.review.context import Risks
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field

_FILE, _TOKENS = "authentication-config", "token-auth-file"
_HEADER_CA, _NAMES = "requestheader-client-ca-file", "requestheader-allowed-names"
_STANDARD = {
    "requestheader-username-headers": "X-Remote-User",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
}
"""Flag -> the header that the aggregation layer sends."""
_HEALTH = ("/healthz", "/livez", "/readyz")
_PUBLIC = (
    "/version",
    "/.well-known/openid-configuration",
    "/openid/v1/jwks",
    "/api/v1/namespaces/kube-public/configmaps/cluster-info",
)
"""Paths that are public by design, the last one for nodes that join the cluster."""

_MASTERS = "the identity provider can add any user to system:masters"


def find(risks: Risks) -> None:
    """Check all authentication methods."""
    flags = risks.flags
    if flags.text(_TOKENS):
        message = f"--{_TOKENS}: the tokens are plain text, never expire, and can only be changed with a restart"
        risks.report(
            rules.STATIC_TOKEN_FILE, message, "use client certificates, OIDC or service accounts instead", _TOKENS
        )
    _check_front_proxy(risks)
    _check_oidc(risks)
    root = risks.file(_FILE)
    if root is not None:
        _check_anonymous(risks, root["anonymous"])
        for entry in root["jwt"].items():
            _check_groups(risks, entry["claimMappings"]["groups"])


def is_for_health(path: str) -> bool:
    """Return whether a path is a health endpoint or a single health check."""
    return path in _HEALTH or path.startswith(tuple(f"{known}/" for known in _HEALTH))


def _check_front_proxy(risks: Risks) -> None:
    flags, ca = risks.flags, risks.flags.text(_HEADER_CA)
    names = [name for name in flags.texts(_NAMES) if name]
    if ca and ca == flags.text("client-ca-file") and not names and risks.settled(_NAMES):
        message = f"--{_HEADER_CA} is the same file as --client-ca-file, and every name is allowed: any client"
        message += " certificate can be used to impersonate any user"
        hint = f"set --{_NAMES}=front-proxy-client, or better use a separate CA for front proxies"
        risks.report(rules.ANY_CLIENT_CAN_IMPERSONATE_PROXY, message, hint, _HEADER_CA)
    for flag, header in _STANDARD.items():
        names_of_header = flags.texts(flag)
        if names_of_header and header.lower() not in (name.lower() for name in names_of_header):
            message = f"--{flag} does not include {header}: requests to aggregated APIs lose their user"
            risks.report(rules.MISSING_STANDARD_REQUEST_HEADERS, message, f"add {header}", flag)


def _check_oidc(risks: Risks) -> None:
    claim, prefix = "oidc-groups-claim", "oidc-groups-prefix"
    if risks.flags.text(claim) and not risks.flags.text(prefix) and risks.settled(prefix):
        risks.report(
            rules.GROUPS_WITHOUT_PREFIX,
            f"--{claim} is set without --{prefix}: {_MASTERS}",
            f"set --{prefix}=oidc:",
            claim,
        )


def _check_groups(risks: Risks, groups: Field) -> None:
    """Report groups without a prefix; expressions are not checked, because they may add one."""
    if groups["claim"].text and not groups["prefix"].text:
        message = f"the groups have no prefix: {_MASTERS}"
        risks.report_field(rules.GROUPS_WITHOUT_PREFIX, message, "set a prefix, for example oidc:", groups["prefix"])


def _check_anonymous(risks: Risks, section: Field) -> None:
    """Report anonymous requests that are not limited to health checks."""
    if not section["enabled"].on:
        return
    conditions = section["conditions"].items()
    if not conditions:
        message = "anonymous requests are allowed on every path"
        hint = "add conditions, for example {path: /livez} and {path: /readyz}, or write enabled: false"
        risks.report_field(rules.ANONYMOUS_REQUESTS_BEYOND_HEALTH_CHECKS, message, hint, section["enabled"])
    for condition in conditions:
        path = condition["path"]
        if not is_for_health(path.text) and path.text not in _PUBLIC:
            message = f"anonymous requests are allowed on {shown(path.text)}, which is not a health check"
            risks.report_field(
                rules.ANONYMOUS_REQUESTS_BEYOND_HEALTH_CHECKS,
                message,
                "remove the condition, unless RBAC forbids anonymous access to the path",
                path,
            )
