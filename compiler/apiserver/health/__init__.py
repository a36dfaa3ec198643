"""The lists behind /healthz, /livez and /readyz, in the server's order.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/config.go and healthz.go; the lists that clients see are those of
the aggregator, which takes over the checks of the servers that it delegates to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.apiserver.options.etcd import DEFAULT_CHECK_TIMEOUT
from compiler.upstream.go.slice import GoSlice
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.config_files.encryption import EncryptionConfiguration
    from compiler.apiserver.context import ServerContext
    from compiler.apiserver.resolved import ResolvedConfig
    from compiler.apiserver.resource_config import ResourceConfig
    from compiler.apiserver.storage import StorageFactory
    from compiler.upstream.catalog import Catalog


ENDPOINTS = ("healthz", "livez", "readyz")
_CHAIN = ("config", "apiextensions", "kube-apiserver", "aggregator")
"""What adds checks while the server chain is built: the common config, and each server from the innermost out."""
_MOST_CHAINS = 64
"""Results that are kept: most servers of a fleet get the same checks."""


class EtcdCheck(NamedTuple):
    """How a check reads etcd: the default servers, or those of the override with a number; timeout in nanoseconds.

    Kubernetes: apiserver/pkg/storage/storagebackend/factory/etcd3.go, newETCD3Check.
    """

    override: int | None
    timeout: int

    def limits(self) -> dict[str, str]:
        """Return the timeout, and the time within which the last result is returned instead of querying etcd again."""
        return {"timeout": format_duration(self.timeout), "minInterval": format_duration(self.timeout // 2)}


class HealthCheck(NamedTuple):
    """One check.

    `row` is its name in health.json, in which checks of one kind share a row (`etcd-override-N`), and `when` the
    conditions of that row. `group` is the name that `?exclude=` accepts instead; `grace` is whether
    livez-grace-period applies; `limits` are further times: names with durations.
    """

    name: str
    added_by: str
    row: str
    when: tuple[str, ...] = ()
    group: str = ""
    grace: bool = False
    etcd: EtcdCheck | None = None
    limits: tuple[tuple[str, str], ...] = ()


class AddedChecks(NamedTuple):
    """The checks that the members of `_CHAIN` add, in its order."""

    config: tuple[HealthCheck, ...] = ()
    apiextensions: tuple[HealthCheck, ...] = ()
    kube_apiserver: tuple[HealthCheck, ...] = ()
    aggregator: tuple[HealthCheck, ...] = ()


class HealthChecks:
    """The three lists, and the pre-shutdown hooks.

    `any_order` has sets of checks that the server iterates over in a Go map, so that their order differs at each
    startup. Checks that steps add to healthz while the config is built are in a Go slice, which the three servers
    share. The lists are completed when they are first read: most runs report on a server without reading them.
    """

    def __init__(self, seed: list[HealthCheck]) -> None:
        self.seed = GoSlice(seed)
        self.pre_shutdown: list[str] = []
        self._config = {name: tuple(seed) for name in ENDPOINTS}
        self._added: Callable[[], AddedChecks] = AddedChecks
        self._last_of_readyz: tuple[HealthCheck, ...] = ()

    def add(self, row: dict[str, Any], *checks: HealthCheck) -> None:
        """Add checks to the lists that their row names, all three if it names none.

        Kubernetes: Config.AddHealthChecks, AddHealthzChecks, AddLivezChecks, AddReadyzChecks.
        """
        lists = row.get("endpoints", ENDPOINTS)
        if "healthz" in lists:
            self.seed.append(*checks)
        for name in lists:
            self._config[name] += checks

    def complete(self, added: Callable[[], AddedChecks], informer_sync: HealthCheck, shutdown: HealthCheck) -> None:
        """Set the function that returns what each server of the chain adds, and the checks around that in readyz."""
        self._added = added
        self._config["readyz"] += (informer_sync,)
        self._last_of_readyz = (shutdown,)

    @cached_property
    def _of_chain(self) -> AddedChecks:
        """What each server of the chain adds, and the common config before them."""
        return self._added()

    @cached_property
    def any_order(self) -> list[list[str]]:
        """Sets of names, each of checks in any order."""
        names = [check.name for check in self._of_chain.config]
        return [names] if len(names) > 1 else []

    @cached_property
    def _chain(self) -> tuple[HealthCheck, ...]:
        """What the chain of servers adds to the lists."""
        return _served(tuple(self.seed), self.seed.capacity, self._of_chain)

    @cached_property
    def healthz(self) -> tuple[HealthCheck, ...]:
        """The checks of /healthz in the order of the server."""
        return self._config["healthz"] + self._chain

    @cached_property
    def livez(self) -> tuple[HealthCheck, ...]:
        """The checks of /livez in the order of the server."""
        return self._config["livez"] + self._chain

    @cached_property
    def readyz(self) -> tuple[HealthCheck, ...]:
        """The checks of /readyz in the order of the server."""
        return self._config["readyz"] + self._chain + self._last_of_readyz

    def every(self) -> dict[str, HealthCheck]:
        """Return each check once by name, in the order of healthz, then those that only the others have."""
        return {check.name: check for name in ENDPOINTS for check in getattr(self, name)}


@lru_cache(maxsize=_MOST_CHAINS)
def _served(seed: tuple[HealthCheck, ...], capacity: int, added: AddedChecks) -> tuple[HealthCheck, ...]:
    """Return what the aggregator serves after the checks of `seed`, a slice of this capacity."""
    shared = GoSlice(seed, capacity)
    inner = _healthz(shared, (), (), added.apiextensions)
    inner = _healthz(shared, added.config, inner, added.kube_apiserver)
    outer = _healthz(shared, (), inner, added.aggregator)
    return tuple(outer)[shared.length :]


def _healthz(
    seed: GoSlice[HealthCheck],
    hooks: Iterable[HealthCheck],
    delegate: Iterable[HealthCheck],
    own: Iterable[HealthCheck],
) -> GoSlice[HealthCheck]:
    """Return the healthz list of one server: the config's, the config's hooks, the delegate's, its own.

    Each server begins with a copy of the same slice. If that has room left, a server overwrites what its delegate
    put there, and then copies from what it wrote: with five distinct sets of override servers, for example, clients
    see one check eight times and seven others not at all.
    """
    checks = seed.copy()
    for check in hooks:
        checks.append(check)
    known = {check.name for check in seed}
    for check in delegate:
        if check.name not in known:
            checks.append(check)
    for check in own:
        checks.append(check)
    return checks


def new_health_checks(catalog: Catalog) -> HealthChecks:
    """Return the checks that every server has. Kubernetes: server/config.go, NewConfig."""
    rows = catalog.health_checks
    return HealthChecks([_check(rows["ping"]), _check(rows["log"])])


def _check(row: dict[str, Any], name: str = "", etcd: EtcdCheck | None = None) -> HealthCheck:
    """Return the check of a row; `name` if the row has several."""
    kind, when = row["name"], tuple(row.get("when", ()))
    return HealthCheck(name or kind, row["addedBy"], kind, when, row.get("group", ""), etcd=etcd)


def add_loopback_certificate_check(catalog: Catalog, health: HealthChecks) -> None:
    """Kubernetes: serving_with_loopback.go, ApplyTo: healthz and livez only."""
    row = catalog.health_checks.get("loopback-serving-certificate")
    if row:
        health.add(row, _check(row))


def add_etcd_health_endpoint(context: ServerContext, health: HealthChecks, factory: StorageFactory) -> None:
    """Kubernetes: apiserver/pkg/server/options/etcd.go, addEtcdHealthEndpoint."""
    rows = context.catalog.health_checks
    # 0 means the default of either check.
    timeouts = [
        context.flags.number(flag) or DEFAULT_CHECK_TIMEOUT
        for flag in ("etcd-healthcheck-timeout", "etcd-readycheck-timeout")
    ]
    overrides = len(factory.override_server_sets()) if "etcd-override-N" in rows else 0
    for number in (None, *range(overrides)):
        kinds = ("etcd", "etcd-readiness") if number is None else ("etcd-override-N", "etcd-override-readiness-N")
        for kind, timeout in zip(kinds, timeouts, strict=True):
            name = kind if number is None else f"{kind[:-1]}{number}"
            health.add(rows[kind], _check(rows[kind], name, EtcdCheck(number, timeout)))


def add_kms_health_checks(
    context: ServerContext, health: HealthChecks, encryption: EncryptionConfiguration | None
) -> None:
    """Add the checks of the KMS plugins to healthz and readyz, but not to livez.

    Kubernetes: encryptionconfig/config.go and options/etcd.go, maybeApplyResourceTransformers.
    """
    if not context.flags.text("encryption-provider-config"):
        return
    providers = encryption.kms if encryption else ()
    if context.flags.on("encryption-provider-config-automatic-reload"):
        kind, names = "kms-providers", ["kms-providers"]
    elif any(provider.api_version == "v1" for provider in providers):
        kind, names = "kms-provider-N", [f"kms-provider-{number}" for number in range(len(providers))]
    else:
        kind, names = "kms-providers", ["kms-providers"] if providers else []
    row = context.catalog.health_checks[kind]
    health.add(row, *(_check(row, name)._replace(limits=_limits(row, context.flags.number)) for name in names))


def complete_health_checks(
    context: ServerContext, config: ResolvedConfig, resource_config: ResourceConfig, health: HealthChecks
) -> None:
    """Add what the three servers of the chain add while they are built, and the last checks of readyz.

    Kubernetes: server/config.go, New, of each server; GenericAPIServer.PrepareRun.
    """
    catalog = context.catalog
    rows = catalog.health_checks
    added = partial(_added_by_chain, context, config, resource_config)
    health.complete(added, _check(rows["informer-sync"]), _check(rows["shutdown"]))
    health.pre_shutdown.append("stop-kubernetes-service-controller")
    if catalog.behaviour("identityLeasePreShutdownHook") and context.gates.on("APIServerIdentity"):
        health.pre_shutdown.append("stop-kube-apiserver-identity-lease-controller")
    if context.gates.on("UnknownVersionInteroperabilityProxy"):
        health.pre_shutdown.append("peer-endpoint-reconciler-controller")


def _added_by_chain(context: ServerContext, config: ResolvedConfig, resource_config: ResourceConfig) -> AddedChecks:
    """Return the checks that the common config and each server of the chain add."""
    catalog, flags = context.catalog, context.flags
    conditions, durations = _conditions_of_chain(catalog)
    holding = frozenset(name for name in conditions if _holds(name, context, config, resource_config))
    return _added_if(catalog, holding, tuple((flag, flags.number(flag)) for flag in durations))


@cache
def _conditions_of_chain(catalog: Catalog) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what decides which checks the chain adds: conditions, and the flags of their limits."""
    rows = [row for row in catalog.health_checks.values() if row["server"] in _CHAIN]
    conditions = dict.fromkeys(condition for row in rows for condition in row.get("when", ()))
    limits = dict.fromkeys(text for row in rows for text in row.get("limits", {}).values())
    return tuple(conditions), tuple(text[2:] for text in limits if text.startswith("--"))


@lru_cache(maxsize=_MOST_CHAINS)
def _added_if(catalog: Catalog, conditions: frozenset[str], flags: tuple[tuple[str, int], ...]) -> AddedChecks:
    """Return the checks that the chain adds if these conditions hold, with the values of the flags of limits."""
    values = dict(flags)
    added: dict[str, list[HealthCheck]] = {server: [] for server in _CHAIN}
    for row in catalog.health_checks.values():
        if row["server"] in _CHAIN and conditions.issuperset(row.get("when", ())):
            limits = _limits(row, values.__getitem__)
            added[row["server"]].append(_check(row)._replace(grace=row["server"] == "aggregator", limits=limits))
    return AddedChecks(*map(tuple, added.values()))


def _limits(row: dict[str, Any], number: Callable[[str], int]) -> tuple[tuple[str, str], ...]:
    """Return the times of a row: durations, or those of flags, of which `number` returns the nanoseconds."""
    return tuple(
        (name, format_duration(number(text[2:])) if text.startswith("--") else text)
        for name, text in row.get("limits", {}).items()
    )


def _holds(condition: str, context: ServerContext, config: ResolvedConfig, resource_config: ResourceConfig) -> bool:
    """Whether one condition of a row in health.json holds; a leading `!` negates it."""
    if condition.startswith("!"):
        return not _holds(condition[1:], context, config, resource_config)
    kind, _, name = condition.partition(":")
    if kind == "gate":
        return context.gates.on(name)
    if kind == "served":
        # The group's storage is built if at least one of its resources is served.
        return name in resource_config.served_groups
    if kind == "rbac":
        return config.rbac.rbac
    if kind == "priorityAndFairness":
        return config.features.priority_and_fairness
    if kind == "peerProxy":
        return config.peer_proxy.enabled
    flags = context.flags
    if kind == "proxyClientCert":
        return bool(flags.text("proxy-client-cert-file") and flags.text("proxy-client-key-file"))
    if kind == "encryptionReload":
        reload = flags.on("encryption-provider-config-automatic-reload")
        return bool(flags.text("encryption-provider-config") and reload)
    raise ValueError(condition)
