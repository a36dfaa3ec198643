"""Who a request is taken for: anonymous ones, static tokens, identity providers, front proxies.

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
"""Flag -> what the aggregation layer itself sends."""
_HEALTH = ("/healthz", "/livez", "/readyz")
_PUBLIC = (
    "/version",
    "/.well-known/openid-configuration",
    "/openid/v1/jwks",
    "/api/v1/namespaces/kube-public/configmaps/cluster-info",
)
"""Paths that are read without credentials by design, the last one by nodes that join."""

_MASTERS = "the identity provider can make anyone a member of system:masters"


def find(risks: Risks) -> None:
    """Look at every way in."""
    flags = risks.flags
    if flags.text(_TOKENS):
        message = f"--{_TOKENS}: its tokens stand in plain text, never run out, and change only with a restart"
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
    """Whether a path is a health check, or one of the checks below it."""
    return path in _HEALTH or path.startswith(tuple(f"{known}/" for known in _HEALTH))


def _check_front_proxy(risks: Risks) -> None:
    flags, ca = risks.flags, risks.flags.text(_HEADER_CA)
    names = [name for name in flags.texts(_NAMES) if name]
    if ca and ca == flags.text("client-ca-file") and not names and risks.settled(_NAMES):
        message = f"--{_HEADER_CA} is the file of --client-ca-file, and every name is allowed: whoever has any client"
        message += " certificate can pass for anyone"
        hint = f"set --{_NAMES}=front-proxy-client, or better give front proxies a CA of their own"
        risks.report(rules.ANY_CLIENT_CAN_IMPERSONATE_PROXY, message, hint, _HEADER_CA)
    for flag, header in _STANDARD.items():
        given = flags.texts(flag)
        if given and header.lower() not in (name.lower() for name in given):
            message = f"--{flag} lacks {header}: requests to aggregated APIs lose their user"
            risks.report(rules.MISSING_STANDARD_REQUEST_HEADERS, message, f"add {header}", flag)


def _check_oidc(risks: Risks) -> None:
    claim, prefix = "oidc-groups-claim", "oidc-groups-prefix"
    if risks.flags.text(claim) and not risks.flags.text(prefix) and risks.settled(prefix):
        risks.report(
            rules.GROUPS_WITHOUT_PREFIX,
            f"--{claim} is given without --{prefix}: {_MASTERS}",
            f"set --{prefix}=oidc:",
            claim,
        )


def _check_groups(risks: Risks, groups: Field) -> None:
    """Groups by expression are left alone: they may well put something in front."""
    if groups["claim"].text and not groups["prefix"].text:
        message = f"the groups have no prefix: {_MASTERS}"
        risks.report_field(rules.GROUPS_WITHOUT_PREFIX, message, "write a prefix, such as oidc:", groups["prefix"])


def _check_anonymous(risks: Risks, section: Field) -> None:
    """Where a file deals with anonymous requests at all, it should say where they may go."""
    if not section["enabled"].on:
        return
    conditions = section["conditions"].items()
    if not conditions:
        message = "anonymous requests are let in on every path"
        hint = "add conditions, such as {path: /livez} and {path: /readyz}, or write enabled: false"
        risks.report_field(rules.ANONYMOUS_REQUESTS_BEYOND_HEALTH_CHECKS, message, hint, section["enabled"])
    for condition in conditions:
        path = condition["path"]
        if not is_for_health(path.text) and path.text not in _PUBLIC:
            message = f"anonymous requests are let in on {shown(path.text)}, which is no health check"
            risks.report_field(
                rules.ANONYMOUS_REQUESTS_BEYOND_HEALTH_CHECKS,
                message,
                "remove the condition unless RBAC keeps the path closed",
                path,
            )
