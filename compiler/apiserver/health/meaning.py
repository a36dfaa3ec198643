"""The health checks of one configuration: what they connect to, what a failure means, and who may read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.upstream.catalog import health_meanings

if TYPE_CHECKING:
    from compiler.apiserver.context import ServerContext
    from compiler.apiserver.health import HealthCheck, HealthChecks
    from compiler.apiserver.resolved import ResolvedConfig
    from compiler.apiserver.storage import StorageFactory


_KMS_EACH, _KMS_TOGETHER = ("kms-provider-N", "kms-providers")
_CONDITIONS = {
    "encryptionReload": "--encryption-provider-config with --encryption-provider-config-automatic-reload",
    "kmsEach": "a KMS v1 plugin in the encryption config, without reload; N counts all plugins of the file",
    "kmsTogether": "only KMS v2 plugins in the encryption config, or reload",
    "overrides": "--etcd-servers-overrides; N counts the distinct sets of servers",
    "peerProxy": "--peer-ca-file with the gate UnknownVersionInteroperabilityProxy",
    "priorityAndFairness": "--enable-priority-and-fairness",
    "!priorityAndFairness": "--enable-priority-and-fairness=false",
    "proxyClientCert": "--proxy-client-cert-file with --proxy-client-key-file",
    "rbac": "RBAC is one of the authorizers",
    "served:": "the core API is served",
}


def condition_of(when: tuple[str, ...]) -> str:
    """Return the conditions of a row in health.json, in words."""
    return " and ".join(map(_words, when)) or "always"


def _words(condition: str) -> str:
    kind, _, name = condition.partition(":")
    if kind == "gate":
        return f"the gate {name}"
    return _CONDITIONS.get(condition) or f"{name} is served"


def explained(check: HealthCheck, targets: Sequence[str]) -> dict[str, Any]:
    """Return the meaning of a failing check; `targets` are the addresses that it connects to."""
    entry: dict[str, Any] = {"name": check.name, "condition": condition_of(check.when)}
    if check.group:
        entry["group"] = check.group
    entry["livezGrace"] = check.grace
    if targets:
        entry["asks"] = list(targets)
    return entry | health_meanings()[check.row]


def targets_of(check: HealthCheck, factory: StorageFactory) -> tuple[str, ...]:
    """Return what a check connects to: URLs of etcd, sockets of KMS plugins."""
    if check.etcd is not None:
        number = check.etcd.override
        return factory.servers if number is None else factory.override_server_sets()[number]
    plugins = factory.encryption.kms if factory.encryption else ()
    if check.row == _KMS_EACH:
        plugins = plugins[int(check.name.rpartition("-")[2]) :][:1]
    elif check.row != _KMS_TOGETHER:
        return ()
    return tuple(plugin.endpoint for plugin in plugins)


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
