"""Service account tokens: who issues them, and how long they hold.

Kubernetes: pkg/kubeapiserver/options/authentication.go, pkg/controlplane/apiserver/options/options.go and
pkg/serviceaccount.
"""

from __future__ import annotations

import os

from compiler import rules
from compiler.review.context import Risks
from compiler.text import shown
from compiler.upstream.go.strconv import format_duration

_ISSUER, _LONGEST, _EXTEND = (
    "service-account-issuer",
    "service-account-max-token-expiration",
    "service-account-extend-token-expiration",
)
_YEAR = 365 * 24 * 3600 * 10**9
"""What extended tokens live. Kubernetes: pkg/serviceaccount/claims.go, ExpirationExtensionSeconds."""


def find(risks: Risks) -> None:
    """Look for issuers that change, and for tokens that outlive what they are bound to."""
    flags, issuers = risks.flags, risks.flags.texts(_ISSUER)
    if issuers and issuers[0]:
        _check_layers(risks, issuers)
        if not risks.config.issuer_discovery.discovery_endpoints:
            message = f"--{_ISSUER}: {shown(issuers[0])} is not an https URL: the discovery document and the keys"
            message += " of service account tokens are not served"
            hint = "put an https URL first where others are to verify tokens, and keep this issuer behind it"
            risks.report(rules.ISSUER_WITHOUT_DISCOVERY, message, hint, _ISSUER, 0)
    for flag in (_ISSUER, "service-account-key-file"):
        _check_joined(risks, flag)
    flag = "service-account-lookup"
    if not flags.on(flag):
        message = f"--{flag} is off: tokens stay valid when their Pod, Secret or service account is gone"
        risks.report(rules.SERVICE_ACCOUNT_LOOKUP_DISABLED, message, "remove the flag", flag)
    longest = flags.number(_LONGEST)
    if 0 < longest < _YEAR and flags.on(_EXTEND) and not flags.text("service-account-signing-endpoint"):
        message = f"--{_LONGEST} {format_duration(longest)} does not bound the tokens of Pods, which live a year while"
        message += f" --{_EXTEND} is on"
        risks.report(
            rules.TOKEN_LIFETIME_NOT_APPLIED_TO_PODS,
            message,
            f"set --{_EXTEND}=false once no client keeps its token",
            _LONGEST,
        )


def _check_joined(risks: Risks, flag: str) -> None:
    """The flag is repeated for each value: a comma is part of one."""
    for index, text in enumerate(risks.flags.texts(flag)):
        if "," in text:
            parts = [part.strip() for part in text.split(",") if part.strip()]
            message = f"--{flag}: {shown(text)} is one value: the flag does not split it at commas"
            listed = ", ".join(shown(part) for part in parts)
            repeated = " ".join(f"--{flag}={shown(part)[1:-1]}" for part in parts)
            hint = f"write a list: [{listed}]" if risks.given.read_as == "document" else f"repeat the flag: {repeated}"
            risks.report(rules.COMMA_IN_SINGLE_VALUE, message, hint, flag, index)


def _check_layers(risks: Risks, issuers: tuple[str, ...]) -> None:
    """Whether a document gives the tokens another issuer than its parent does."""
    firsts = []
    for root in risks.given.layer_roots:
        node = root.at(("authentication", "serviceAccountIssuer", 0))
        if isinstance(node.value, str):
            firsts.append((node.value, os.path.basename(node.source.name)))
    if len(firsts) < 2 or firsts[-1][0] != issuers[0] or firsts[-2][0] == issuers[0]:
        return
    before, name = firsts[-2]
    message = f"--{_ISSUER}: tokens are signed for {shown(issuers[0])}, where {name} has {shown(before)}"
    if before in issuers:
        hint = "tell the new issuer to those who verify tokens outside of the cluster"
        risks.report(
            rules.SIGNING_ISSUER_CHANGED, f"{message}, which stays accepted", hint, _ISSUER, 0, severity="note"
        )
    else:
        hint = f"keep {shown(before)} at the end of the list until all its tokens have run out"
        risks.report(rules.SIGNING_ISSUER_CHANGED, f"{message}; tokens of that issuer are refused", hint, _ISSUER, 0)
