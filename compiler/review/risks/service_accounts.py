"""Service account tokens: their issuer, and how long they are valid.

Kubernetes: pkg/kubeapiserver/options/authentication.go, pkg/controlplane/apiserver/options/options.go and
pkg/serviceaccount.
"""

from __future__ import annotations

import os

from compiler import rules
from compiler.review.context import Risks
from compiler.text import shown
from compiler.upstream.go.strconv import format_duration

_ISSUER, _MAX_EXPIRATION, _EXTEND = (
    "service-account-issuer",
    "service-account-max-token-expiration",
    "service-account-extend-token-expiration",
)
_YEAR = 365 * 24 * 3600 * 10**9
"""Lifetime of extended tokens in nanoseconds. Kubernetes: pkg/serviceaccount/claims.go, ExpirationExtensionSeconds."""


def find(risks: Risks) -> None:
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
            repeated = " ".join(f"--{flag}={shown(part)[1:-1]}" for part in parts)
            hint = f"write a list: [{listed}]" if risks.given.read_as == "document" else f"repeat the flag: {repeated}"
            risks.report(rules.COMMA_IN_SINGLE_VALUE, message, hint, flag, index)


def _check_layers(risks: Risks, issuers: tuple[str, ...]) -> None:
    """Report a document whose tokens have another issuer than those of its parent."""
    firsts = []
    for root in risks.given.layer_roots:
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
