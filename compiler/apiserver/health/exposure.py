"""Who may read the health endpoints, from where and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from compiler.apiserver.context import ServerContext
    from compiler.apiserver.health.checks import HealthCheck, HealthChecks
    from compiler.apiserver.resolved import ResolvedConfig
    from compiler.apiserver.storage.factory import StorageFactory


SECOND = 10**9
_SHORTEST_TIMEOUT_SECONDS = 15
_GATES = ("StructuredAuthenticationConfiguration", "AnonymousAuthConfigurableEndpoints")


class HealthFacts(NamedTuple):
    """`anonymous` is None if an unavailable file determines it; `anonymous_paths` are those of its conditions.
    `authorizers` has type and name of each, None if an unavailable file names them; `rbac_roles` is whether RBAC's
    default roles exist. `missing_gates` are disabled gates that conditions of anonymous requests need.

    `listener` is the address at which the server listens on its own node, empty if that is the Pod's, which is not
    known yet. `patience` is how long startup waits for its checks, `live_timeout` and `ready_timeout` how long a
    response may take, in seconds.
    """

    version: str
    anonymous: bool | None
    anonymous_paths: tuple[str, ...]
    always_allow: bool
    authorizers: tuple[tuple[str, str], ...] | None
    rbac_roles: bool
    client_ca: str
    missing_gates: tuple[str, ...]
    listener: str
    port: int
    patience: int
    live_timeout: int
    ready_timeout: int


def health_facts(
    context: ServerContext, config: ResolvedConfig, factory: StorageFactory, health: HealthChecks
) -> HealthFacts:
    """Return the facts of one server."""
    flags, gates = context.flags, context.gates
    anonymous, authorizers = config.authentication.anonymous, config.authorization.authorizers
    patience = flags.number("storage-initialization-timeout") + flags.number("livez-grace-period")
    return HealthFacts(
        version=context.catalog.version,
        anonymous=anonymous.enabled,
        anonymous_paths=tuple(condition.path for condition in anonymous.conditions or ()),
        always_allow="AlwaysAllow" in flags.texts("authorization-mode"),
        authorizers=None if authorizers is None else tuple((each.type, each.name) for each in authorizers),
        # They are stored in the API.
        rbac_roles="poststarthook/rbac/bootstrap-roles" in health.every(),
        client_ca=flags.text("client-ca-file"),
        missing_gates=tuple(gate for gate in _GATES if gates.known(gate) and not gates.on(gate)),
        listener=_listener(context),
        port=flags.number("secure-port"),
        patience=patience // SECOND,
        live_timeout=_timeout([check for check in health.livez if check.etcd is None], factory),
        ready_timeout=_timeout(health.readyz, factory),
    )


def _timeout(checks: Sequence[HealthCheck], factory: StorageFactory) -> int:
    """Return the seconds that a response may take: checks run one after the other, and some wait for other programs."""
    longest = sum(check.etcd.timeout for check in checks if check.etcd is not None)
    if factory.encryption and any(check.row.startswith("kms") for check in checks):
        longest += sum(plugin.timeout for plugin in factory.encryption.kms)
    return max(_SHORTEST_TIMEOUT_SECONDS, -(-longest // SECOND) + 1)


def _listener(context: ServerContext) -> str:
    """With the host network a kubelet would probe the node's address, on which a narrower listener does not listen."""
    node = context.input.deployment
    network = node.get("hostNetwork") if node is not None else None
    if network is not None and network.value is False:
        return ""
    bind = context.flags.text("bind-address")
    if bind == "::":
        return "::1"
    return bind if bind not in ("", "0.0.0.0") else "127.0.0.1"


PATHS = ("/healthz", "/livez", "/readyz")
ALLOWED, UNAUTHORIZED, FORBIDDEN, UNDECIDED = "allowed", "unauthorized", "forbidden", "undecided"
SINGLE = "/*"
"""Suffix of a path for its single checks, for example /livez/etcd."""


class Access(NamedTuple):
    """The response to a request without credentials: `allowed`, `unauthorized` (401), `forbidden` (403), or `undecided`
    if an unavailable file or a webhook decides; `reason` says why.
    """

    outcome: str
    reason: str

    @property
    def denied(self) -> bool:
        """Whether such a request is certainly rejected."""
        return self.outcome in (UNAUTHORIZED, FORBIDDEN)


def access_to(facts: HealthFacts, path: str) -> Access:
    """Return the response to a request without credentials on one of the paths, or on `PATH/*`, its single checks.

    Kubernetes: apiserver/pkg/authentication/request/anonymous/anonymous.go; then the authorizers in order.
    """
    if facts.anonymous is False:
        why = "AlwaysAllow disables them" if facts.always_allow else "they are disabled"
        return Access(UNAUTHORIZED, f"requests without credentials: {why}")
    if facts.anonymous is None:
        return Access(UNDECIDED, "the authentication config decides about requests without credentials")
    if facts.anonymous_paths and path not in facts.anonymous_paths:
        return Access(UNAUTHORIZED, "the conditions of anonymous requests do not name it")
    return authorized(facts, path)


def authorized(facts: HealthFacts, path: str) -> Access:
    """Return the decision of the authorizers on system:anonymous; only a webhook may deny."""
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
    return Access(FORBIDDEN, "no authorizer allows system:anonymous to read it")
