"""Identities: anonymous requests, static tokens, identity providers, front proxies, service account tokens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from compiler import rules
from compiler.review import Risks
from compiler.text import shown, shown_bare
from compiler.upstream.go.strconv import format_duration

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


def find_identities(risks: Risks) -> None:
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


_ISSUER, _MAX_EXPIRATION, _EXTEND = (
    "service-account-issuer",
    "service-account-max-token-expiration",
    "service-account-extend-token-expiration",
)
_YEAR = 365 * 24 * 3600 * 10**9
"""Lifetime of extended tokens in nanoseconds. Kubernetes: pkg/serviceaccount/claims.go, ExpirationExtensionSeconds."""


def find_service_accounts(risks: Risks) -> None:
    """Check the issuers, and tokens that outlive the objects that they are bound to."""
    flags, issuers = risks.flags, risks.flags.texts(_ISSUER)
    if issuers and issuers[0]:
        _check_layers(risks, issuers)
        if not risks.config.issuer_discovery.discovery_endpoints:
            message = f"--{_ISSUER}: {shown(issuers[0])} is not an https URL: the discovery document and the keys"
            message += " of service account tokens are not served"
            hint = "put an https URL first if external parties verify tokens, and keep this issuer after it"
            risks.report(rules.ISSUER_WITHOUT_DISCOVERY, message, hint, _ISSUER, 0)
    for flag in (_ISSUER, "service-account-key-file"):
        _check_joined(risks, flag)
    flag = "service-account-lookup"
    if not flags.on(flag):
        message = f"--{flag} is false: tokens stay valid after their Pod, Secret or service account is deleted"
        risks.report(rules.SERVICE_ACCOUNT_LOOKUP_DISABLED, message, "remove the flag", flag)
    maximum = flags.number(_MAX_EXPIRATION)
    if 0 < maximum < _YEAR and flags.on(_EXTEND) and not flags.text("service-account-signing-endpoint"):
        message = (
            f"--{_MAX_EXPIRATION} {format_duration(maximum)} does not limit the tokens of Pods, which are valid for"
        )
        message += f" a year if --{_EXTEND} is true"
        risks.report(
            rules.TOKEN_LIFETIME_NOT_APPLIED_TO_PODS,
            message,
            f"set --{_EXTEND}=false once all clients reload their token",
            _MAX_EXPIRATION,
        )


def _check_joined(risks: Risks, flag: str) -> None:
    """Report values with a comma: the flag is repeated for each value and not split at commas."""
    for index, text in enumerate(risks.flags.texts(flag)):
        if "," in text:
            parts = [part.strip() for part in text.split(",") if part.strip()]
            message = f"--{flag}: {shown(text)} is a single value: the flag is not split at commas"
            listed = ", ".join(shown(part) for part in parts)
            repeated = " ".join(f"--{flag}={shown_bare(part)}" for part in parts)
            hint = f"write a list: [{listed}]" if risks.input.read_as == "document" else f"repeat the flag: {repeated}"
            risks.report(rules.COMMA_IN_SINGLE_VALUE, message, hint, flag, index)


def _check_layers(risks: Risks, issuers: tuple[str, ...]) -> None:
    """Report a document whose tokens have another issuer than those of its parent."""
    firsts = []
    for root in risks.input.layer_roots:
        node = root.at(("authentication", "serviceAccountIssuer", 0))
        if isinstance(node.value, str):
            firsts.append((node.value, os.path.basename(node.source.name)))
    if len(firsts) < 2 or firsts[-1][0] != issuers[0] or firsts[-2][0] == issuers[0]:
        return
    parent_issuer, name = firsts[-2]
    message = f"--{_ISSUER}: tokens are issued by {shown(issuers[0])}, but {name} has {shown(parent_issuer)}"
    if parent_issuer in issuers:
        hint = "configure the new issuer wherever tokens are verified outside the cluster"
        risks.report(
            rules.SIGNING_ISSUER_CHANGED, f"{message}, which is still accepted", hint, _ISSUER, 0, severity="note"
        )
    else:
        hint = f"keep {shown(parent_issuer)} at the end of the list until all its tokens have expired"
        risks.report(rules.SIGNING_ISSUER_CHANGED, f"{message}; tokens of that issuer are rejected", hint, _ISSUER, 0)
