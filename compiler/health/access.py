"""Which health paths the server answers without credentials, as a kubelet or a load balancer asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

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


def access_to(resolved: Resolved, path: str) -> Access:
    """What a request without credentials gets on one of the paths, or on `PATH/*`, its single checks.

    Kubernetes: apiserver/pkg/authentication/request/anonymous/anonymous.go; then the authorizers in order.
    """
    anonymous = resolved.config.get("authentication.anonymous")
    if anonymous["enabled"] is False:
        why = "AlwaysAllow switches them off" if _always_allow_mode(resolved) else "they are off"
        return Access(UNAUTHORIZED, f"requests without credentials: {why}")
    if anonymous["enabled"] is None:
        return Access(UNDECIDED, "the authentication config decides about requests without credentials")
    paths = [condition["path"] for condition in anonymous["conditions"] or ()]
    if paths and path not in paths:
        return Access(UNAUTHORIZED, "the conditions of anonymous requests do not name it")
    return authorized(resolved, path)


def _always_allow_mode(resolved: Resolved) -> bool:
    return "AlwaysAllow" in resolved.options.authorization.modes


def authorized(resolved: Resolved, path: str) -> Access:
    """What the authorizers say of system:anonymous; all but a webhook have no opinion where they do not allow."""
    authorizers = resolved.config.get("authorization.authorizers")
    if authorizers is None:
        return Access(UNDECIDED, "the authorization config decides")
    maybe = ""
    for authorizer in authorizers:
        kind = authorizer["type"]
        if kind == "AlwaysAllow":
            return Access(UNDECIDED, maybe) if maybe else Access(ALLOWED, "AlwaysAllow")
        if kind == "RBAC" and not path.endswith(SINGLE) and _serves_rbac(resolved):
            reason = "the default role system:public-info-viewer"
            return Access(UNDECIDED, f"{maybe}, then {reason}") if maybe else Access(ALLOWED, reason)
        if kind in ("Webhook", "ABAC"):
            maybe = f"the authorizer {authorizer['name']} decides"
    if maybe:
        return Access(UNDECIDED, maybe)
    return Access(FORBIDDEN, "no authorizer lets system:anonymous read it")


def _serves_rbac(resolved: Resolved) -> bool:
    """Whether the default roles are there: they are kept in the API."""
    health = resolved.config.health
    return health is not None and any(check.row.endswith("rbac/bootstrap-roles") for check in health.healthz)
