"""The lists behind /healthz, /livez and /readyz, in the server's order.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/config.go and healthz.go; the lists that clients see are those of
the aggregator, which takes over the checks of the servers that it delegates to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.flags.numbers import format_duration
from compiler.health.go_slice import GoSlice

if TYPE_CHECKING:
    from compiler.options.run import ServerRunOptions
    from compiler.resolved import ResolvedConfig


_DEFAULT_TIMEOUT = 2 * 10**9
_KMS_CACHE = {"healthyFor": "20s", "unhealthyFor": "3s"}
"""How long an answer of a key management plugin is kept. Kubernetes: encryptionconfig/config.go."""


class EtcdCheck(NamedTuple):
    """How a check reads etcd: the common servers, or those of the override with a number; timeout in nanoseconds.

    Kubernetes: apiserver/pkg/storage/storagebackend/factory/etcd3.go, newETCD3Check.
    """

    override: int | None
    timeout: int

    def limits(self) -> dict[str, str]:
        """Timeout, and the time within which the last result is given again instead of asking etcd anew."""
        return {"timeout": format_duration(self.timeout), "minInterval": format_duration(self.timeout // 2)}


class HealthCheck(NamedTuple):
    """One check.

    `group` is the name that `?exclude=` may give instead; `grace` tells whether livez-grace-period counts; `limits`
    are further times, as durations by name.
    """

    name: str
    added_by: str
    group: str = ""
    grace: bool = False
    etcd: EtcdCheck | None = None
    limits: dict[str, str] | None = None


class HealthChecks:
    """The three lists and the hooks that run before shutdown.

    `any_order` holds sets of checks that come out of a map of Go, in an order that no start shares with the next.
    What steps add to `healthz` while the config is built is kept as a slice of Go: the three servers share it.
    """

    def __init__(self) -> None:
        generic = "GenericAPIServer"
        seed = [HealthCheck("ping", generic), HealthCheck("log", generic)]
        self.seed = GoSlice(seed)
        self.healthz, self.livez, self.readyz = list(seed), list(seed), list(seed)
        self.any_order: list[list[str]] = []
        self.pre_shutdown: list[str] = []

    def add(self, check: HealthCheck) -> None:
        """Kubernetes: Config.AddHealthChecks: all three lists."""
        self.add_healthz(check)
        self.livez.append(check)
        self.readyz.append(check)

    def add_healthz(self, *checks: HealthCheck) -> None:
        """Kubernetes: Config.AddHealthzChecks."""
        self.seed.append(*checks)
        self.healthz += checks


def add_loopback_certificate_check(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: serving_with_loopback.go, ApplyTo: healthz and livez only."""
    if run.catalog.behaviour("loopbackServingCertificateCheck") and config.health:
        check = HealthCheck("loopback-serving-certificate", "SecureServingOptions.ApplyTo")
        config.health.add_healthz(check)
        config.health.livez.append(check)


def add_etcd_health_endpoint(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: apiserver/pkg/server/options/etcd.go, addEtcdHealthEndpoint."""
    health, factory = config.health, config.storage_factory
    if health is None or factory is None:
        return
    by_group = bool(run.catalog.behaviour("excludeByGroup"))
    group, ready_group = ("etcd", "etcd-readiness") if by_group else ("", "")
    source = "EtcdOptions.addEtcdHealthEndpoint"
    # 0 stands for the default of either check.
    health_timeout, ready_timeout = (
        run.flags.number(flag) or _DEFAULT_TIMEOUT for flag in ("etcd-healthcheck-timeout", "etcd-readycheck-timeout")
    )
    overrides = len(factory.override_server_sets()) if run.catalog.behaviour("overrideHealthChecks") else 0
    for number in (None, *range(overrides)):
        part, ending = ("", "") if number is None else ("-override", f"-{number}")
        name, ready_name = f"etcd{part}{ending}", f"etcd{part}-readiness{ending}"
        health.add(HealthCheck(name, source, group, etcd=EtcdCheck(number, health_timeout)))
        health.readyz.append(HealthCheck(ready_name, source, ready_group, etcd=EtcdCheck(number, ready_timeout)))


def add_kms_health_checks(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Checks of the key management plugins, in healthz and readyz but not in livez.

    Kubernetes: encryptionconfig/config.go and options/etcd.go, maybeApplyResourceTransformers.
    """
    health, encryption = config.health, run.etcd.encryption
    if health is None or not run.flags.text("encryption-provider-config"):
        return
    providers = encryption.kms if encryption else ()
    if run.flags.on("encryption-provider-config-automatic-reload"):
        names = ["kms-providers"]
    elif any(provider.api_version == "v1" for provider in providers):
        names = [f"kms-provider-{number}" for number in range(len(providers))]
    else:
        names = ["kms-providers"] if providers else []
    source = "EtcdOptions.maybeApplyResourceTransformers"
    checks = [HealthCheck(name, source, limits=_KMS_CACHE) for name in names]
    health.add_healthz(*checks)
    health.readyz += checks


def complete_health_checks(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Add what the three servers of the chain add while they are built, and the end of readyz.

    Kubernetes: server/config.go, New, of each server; GenericAPIServer.PrepareRun.
    """
    health = config.health
    if health is None:
        return
    rows: dict[str, list[HealthCheck]] = {"config": [], "apiextensions": [], "kube-apiserver": [], "aggregator": []}
    for row in run.catalog.health_checks:
        if all(_holds(condition, run, config) for condition in row.get("when", ())):
            check = HealthCheck(row["name"], row["addedBy"], grace=row["server"] == "aggregator")
            rows[row["server"]].append(check._replace(limits=_limits(row, run)))
    if len(rows["config"]) > 1:
        health.any_order.append([check.name for check in rows["config"]])
    inner = _serve(health, (), (), rows["apiextensions"])
    inner = _serve(health, rows["config"], inner, rows["kube-apiserver"])
    added = list(_serve(health, (), inner, rows["aggregator"]))[health.seed.length :]
    health.healthz += added
    health.livez += added
    shutdown = HealthCheck("shutdown", "GenericAPIServer.PrepareRun")
    health.readyz += [HealthCheck("informer-sync", "GenericAPIServer"), *added, shutdown]
    health.pre_shutdown.append("stop-kubernetes-service-controller")
    if run.catalog.behaviour("identityLeasePreShutdownHook") and run.gates.on("APIServerIdentity"):
        health.pre_shutdown.append("stop-kube-apiserver-identity-lease-controller")
    if run.gates.on("UnknownVersionInteroperabilityProxy"):
        health.pre_shutdown.append("peer-endpoint-reconciler-controller")


def _serve(
    health: HealthChecks, hooks: Iterable[HealthCheck], delegate: Iterable[HealthCheck], own: Iterable[HealthCheck]
) -> GoSlice[HealthCheck]:
    """The healthz list of one server: the config's, those of the config's hooks, the delegate's, its own.

    Each server begins with a copy of the same slice. Where that has room left, a server writes over what its
    delegate put there, and then copies from what it wrote: with five distinct sets of override servers, for example,
    clients see one check eight times and seven others not at all.
    """
    checks = health.seed.copy()
    for check in hooks:
        checks.append(check)
    known = {check.name for check in health.seed}
    for check in delegate:
        if check.name not in known:
            checks.append(check)
    for check in own:
        checks.append(check)
    return checks


def _limits(row: dict[str, Any], run: ServerRunOptions) -> dict[str, str] | None:
    """The times of a row: durations, or flags that give them."""
    given = row.get("limits")
    if given is None:
        return None
    flags = run.flags
    return {
        name: format_duration(flags.number(text[2:])) if text.startswith("--") else text for name, text in given.items()
    }


def _holds(condition: str, run: ServerRunOptions, config: ResolvedConfig) -> bool:
    """One condition of a row in health.json; a leading `!` turns it round."""
    if condition.startswith("!"):
        return not _holds(condition[1:], run, config)
    kind, _, name = condition.partition(":")
    if kind == "gate":
        return run.gates.on(name)
    if kind == "served":
        return _group_served(name, config)
    return {
        "encryptionReload": lambda: (
            bool(run.flags.text("encryption-provider-config"))
            and run.flags.on("encryption-provider-config-automatic-reload")
        ),
        "peerProxy": lambda: bool(config.get("peerProxy.enabled")),
        "priorityAndFairness": lambda: bool(config.get("features.priorityAndFairness")),
        "proxyClientCert": lambda: bool(
            run.flags.text("proxy-client-cert-file") and run.flags.text("proxy-client-key-file")
        ),
        "rbac": lambda: bool(config.get("authorization.rbac")),
    }[kind]()


def _group_served(group: str, config: ResolvedConfig) -> bool:
    """Whether the group's storage is built: one of its resources is served in one version at least."""
    enabled = config.resource_config
    return enabled is not None and any(
        resource.group == group and enabled.served_versions(resource) for resource in enabled.catalog.resources.values()
    )
