"""What belongs to no single option group: the base config, storage, and the three servers of the chain.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/config.go, pkg/controlplane/apiserver/config.go and
cmd/kube-apiserver/app/server.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.health.checks import new_health_checks
from compiler.apiserver.storage.factory import CBOR, COHABITING, JSON, StorageFactoryConfig
from compiler.upstream.go.net import has_port, join_host_port

if TYPE_CHECKING:
    from compiler.apiserver.options import ServerRunOptions
    from compiler.apiserver.resolved import ResolvedConfig
    from compiler.apiserver.storage.factory import StorageFactory


_COHABITING = tuple(tuple(f"{name}.{group}".rstrip(".") for group in groups) for name, *groups in COHABITING)


def new_config(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: server/config.go, NewConfig."""
    config.health = new_health_checks(run)
    config.set("generic.apiServerID", _API_SERVER_ID if run.gates.on("APIServerIdentity") else None, "feature-gates")
    config.set("generic.maxRequestBodyBytes", 3 * 1024 * 1024)
    config.set("generic.jsonPatchMaxCopyBytes", 3 * 1024 * 1024)
    for what in ("Index", "Discovery", "Metrics"):
        config.set(f"generic.enable{what}", True)


_API_SERVER_ID = {
    "prefix": "apiserver-",
    "of": ["<host name>", "kube-apiserver"],
    "lengthPrefix": "2 bytes, big-endian",
    "hash": "SHA-256",
    "hashBytes": 16,
    "encoding": "base32, lower case, unpadded",
}
"""How the server's identity is made: each text with its length before it, hashed, cut off and encoded."""


def open_api(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/controlplane/apiserver/config.go, BuildGenericConfig."""
    config.set("openAPI.title", "Kubernetes")
    config.set("openAPI.version", f"1.{run.emulated}", "emulated-version")
    config.set("openAPI.formats", ["v2", "v3"])
    config.set("longRunning.verbs", ["watch", "proxy"])
    config.set("longRunning.subresources", ["attach", "exec", "proxy", "log", "portforward"])


def etcd_egress(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The etcd client dials through the egress selector where there is one."""
    config.set("etcd.transport.dialer", run.egress_selector.dialer("etcd"), "egress-selector-config-file")
    config.set("etcd.transport.traced", config.get("tracing.enabled"), "tracing-config-file", "feature-gates")


def new_storage_factory(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/kubeapiserver/default_storage_factory_builder.go."""
    enabled = config.resource_config
    if enabled is None:
        raise RuntimeError("API enablement comes before the storage factory")
    factory_config = StorageFactoryConfig(run.catalog, run.emulated, run.compatibility, enabled)
    config.storage_factory = factory_config.complete(run).new()
    _describe_factory(config.storage_factory, config)
    config.set("objectCountTracker.staleAfter", "3m0s")
    config.set("objectCountTracker.pruneInterval", "1h0m0s")


def _describe_factory(factory: StorageFactory, config: ResolvedConfig) -> None:
    config.set("storageFactory.mediaType", factory.media_type, "storage-media-type")
    config.set("storageFactory.prefix", factory.prefix, "etcd-prefix")
    config.set("storageFactory.resourcePrefixes", dict(factory.config.prefixes))
    config.set("storageFactory.storageVersionOverrides", dict(factory.config.encoding_overrides))
    config.set("storageFactory.cohabitation", [list(names) for names in _COHABITING])
    overrides = [
        {"group": override.group, "resource": override.resource, "servers": list(override.servers)}
        for override in factory.overrides
    ]
    config.set("storageFactory.serversOverrides", overrides, "etcd-servers-overrides")


def rest_options(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """What every resource's storage is built with, and the encryption that the factory now knows.

    Kubernetes: apiserver/pkg/server/options/etcd.go, StorageFactoryRestOptionsFactory.GetRESTOptions.
    """
    factory, flags = config.storage_factory, run.flags
    if factory is not None:
        factory.encryption = run.etcd.encryption
    cached, sizes = "watch-cache", "watch-cache-sizes"
    config.set("restOptions.decorator", "cacher" if flags.on(cached) else "undecorated", cached)
    config.set("restOptions.watchCacheSizes", dict(sorted(run.etcd.watch_cache_sizes.items())), sizes, cached)
    transformers = "none"
    if flags.text("encryption-provider-config"):
        transformers = "dynamic" if flags.on("encryption-provider-config-automatic-reload") else "static"
    config.set(
        "restOptions.transformers",
        transformers,
        "encryption-provider-config",
        "encryption-provider-config-automatic-reload",
    )
    flag = "delete-collection-workers"
    config.set("restOptions.deleteCollectionWorkers", flags.number(flag), flag)
    flag = "enable-garbage-collector"
    config.set("restOptions.enableGarbageCollection", flags.on(flag), flag)
    flag = "etcd-count-metric-poll-period"
    config.set_duration("restOptions.countMetricPollPeriod", flags.number(flag), flag)


def aggregated_discovery(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/controlplane/apiserver/config.go: discovery of all groups in one document."""
    config.set("discovery.aggregated", True)


def cluster_authentication_info(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """What the server publishes in the config map kube-system/extension-apiserver-authentication."""
    flag = "client-ca-file"
    config.set("clusterAuthenticationInfo.clientCA", run.flags.text(flag), flag)
    header = config.get("authentication.requestHeader")
    config.set("clusterAuthenticationInfo.requestHeader", header, "requestheader-client-ca-file")


def api_extensions(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The server for custom resources: a copy of the config with storage and informers of its own."""
    enabled = config.resource_config
    served = enabled is not None and enabled.resource_enabled("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    config.set("apiExtensions.enabled", served, "runtime-config")
    config.set("apiExtensions.informers.resync", "5m0s")
    config.set("apiExtensions.storageVersion", "v1beta1")
    config.set("apiExtensions.mediaType", JSON)
    cbor = run.gates.on("CBORServingAndStorage")
    config.set("apiExtensions.customObjects.mediaType", CBOR if cbor else JSON, "feature-gates")
    config.set("apiExtensions.masterCount", run.flags.number("apiserver-count"), "apiserver-count")


def aggregator(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The outermost server: a copy of the config with storage and informers of its own, without OpenAPI."""
    config.set("aggregator.informers.resync", "5m0s")
    config.set("aggregator.storageVersion", "v1")
    config.set("aggregator.mediaType", JSON)
    config.set("aggregator.installsOpenAPI", False)
    config.set("aggregator.peerProxied", config.get("peerProxy.enabled"), "peer-ca-file", "feature-gates")
    enabled = config.resource_config
    if enabled is None or run.api_enablement.nothing_left:
        return
    if not enabled.version_enabled("apiregistration.k8s.io", "v1"):
        message = "--runtime-config switches off apiregistration.k8s.io/v1, which the aggregator cannot do without"
        run.api_enablement.refuse(
            rules.AGGREGATOR_WITHOUT_API, message, "leave apiregistration.k8s.io/v1 on", "runtime-config"
        )


def complete_config(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """What the three configs fill in when they are complete: the port of the external address, who asks first.

    Kubernetes: apiserver/pkg/server/config.go, Config.Complete; pkg/controlplane/instance.go, Complete.
    """
    external, port = config.get("generic.externalAddress"), run.flags.number("secure-port")
    if external and not has_port(external):
        external = join_host_port(external, port)
    config.set("generic.externalAddress", external, "external-hostname", "advertise-address", "secure-port")
    config.set("discovery.address", external, "external-hostname", "advertise-address", "secure-port")
    ranges, service_ip = run.misc.service_ranges, run.misc.service_ip
    discovery_rules = [{"range": str(ranges[0]), "address": join_host_port(service_ip, 443)}] if service_ip else []
    config.set("discovery.rules", discovery_rules, "service-cluster-ip-range")
    path = "authentication.authenticators"
    config.set(path, ["loopbackToken", *config.get(path)], *config.flags_of(path))


def refuse_what_dies_later(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Gates whose API is not served: every check passes, and a post-start hook ends the process once it serves."""
    enabled = config.resource_config
    if enabled is None or run.api_enablement.nothing_left:
        return
    for rule_id, gate, resource, version, needed in run.catalog.behaviour("gatesThatNeedTheirAPI"):
        if not run.gates.on(gate) or not all(_holds(run, condition) for condition in needed):
            continue
        known = run.catalog.resources.get(resource)
        if known is None or version not in enabled.served_versions(known):
            api = f"{resource.partition('.')[2]}/{version}"
            message = f"the gate {gate} is on, but {api} is not served: the server ends soon after its start"
            hint = f"add {api}=true to --runtime-config, or switch {gate} off"
            run.generic.refuse(rules.by_id()[rule_id], message, hint, "feature-gates")


def _holds(run: ServerRunOptions, condition: str) -> bool:
    kind, _, name = condition.partition(":")
    return run.gates.on(name) if kind == "gate" else name in run.admission.chain()
