"""Which health paths the server answers without credentials, as a kubelet or a load balancer asks."""

from __future__ import annotations

from typing import NamedTuple

from compiler.health.facts import HealthFacts

PATHS = ("/healthz", "/livez", "/readyz")
ALLOWED, UNAUTHORIZED, FORBIDDEN, UNDECIDED = "allowed", "unauthorized", "forbidden", "undecided"
SINGLE = "/*"
"""Behind a path: its single checks, such as /livez/etcd."""


class Access(NamedTuple):
    """What a request without credentials gets: `allowed`, `unauthorized` (401), `forbidden` (403) or `undecided`
    where a file or a webhook decides that cannot be had here; `reason` says why.
    """

    outcome: str
    reason: str

    @property
    def denied(self) -> bool:
        """Whether such a request is sent away for certain."""
        return self.outcome in (UNAUTHORIZED, FORBIDDEN)


def access_to(facts: HealthFacts, path: str) -> Access:
    """What a request without credentials gets on one of the paths, or on `PATH/*`, its single checks.

    Kubernetes: apiserver/pkg/authentication/request/anonymous/anonymous.go; then the authorizers in order.
    """
    if facts.anonymous is False:
        why = "AlwaysAllow switches them off" if facts.always_allow else "they are off"
        return Access(UNAUTHORIZED, f"requests without credentials: {why}")
    if facts.anonymous is None:
        return Access(UNDECIDED, "the authentication config decides about requests without credentials")
    if facts.anonymous_paths and path not in facts.anonymous_paths:
        return Access(UNAUTHORIZED, "the conditions of anonymous requests do not name it")
    return authorized(facts, path)


def authorized(facts: HealthFacts, path: str) -> Access:
    """What the authorizers say of system:anonymous; all but a webhook have no opinion where they do not allow."""
    if facts.authorizers is None:
        return Access(UNDECIDED, "the authorization config decides")
    maybe = ""
    for kind, name in facts.authorizers:
        if kind == "AlwaysAllow":
            return Access(UNDECIDED, maybe) if maybe else Access(ALLOWED, "AlwaysAllow")
        if kind == "RBAC" and not path.endswith(SINGLE) and facts.rbac_roles:
            reason = "the default role system:public-info-viewer"
            return Access(UNDECIDED, f"{maybe}, then {reason}") if maybe else Access(ALLOWED, reason)
        if kind in ("Webhook", "ABAC"):
            maybe = f"the authorizer {name} decides"
    if maybe:
        return Access(UNDECIDED, maybe)
    return Access(FORBIDDEN, "no authorizer lets system:anonymous read it")
