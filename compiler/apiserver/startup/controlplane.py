"""What belongs to no single option group: the base config, storage, and the three servers of the chain.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/config.go, pkg/controlplane/apiserver/config.go and
cmd/kube-apiserver/app/server.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.health.checks import new_health_checks
from compiler.apiserver.resolved_sections import (
    AggregatedDiscovery,
    AggregatorDelegate,
    AggregatorInformers,
    APIExtensions,
    APIServerID,
    ClusterAuthenticationInfo,
    CustomObjects,
    Discovery,
    DiscoveryRule,
    EtcdEgress,
    ExtensionInformers,
    LongRunning,
    ObjectCountTracker,
    OpenAPI,
    RESTOptions,
    ServerDefaults,
    ServersOverride,
    StorageSettings,
)
from compiler.apiserver.storage.factory import CBOR, COHABITING, JSON, StorageFactoryConfig
from compiler.upstream.go.net import has_port, join_host_port

if TYPE_CHECKING:
    from compiler.apiserver.options import ServerRunOptions
    from compiler.apiserver.resolved import ResolvedConfig
    from compiler.apiserver.storage.factory import StorageFactory


_COHABITING = tuple(tuple(f"{name}.{group}".rstrip(".") for group in groups) for name, *groups in COHABITING)
_API_SERVER_ID = APIServerID(
    prefix="apiserver-",
    of=("<host name>", "kube-apiserver"),
    length_prefix="2 bytes, big-endian",
    hash="SHA-256",
    hash_bytes=16,
    encoding="base32, lower case, unpadded",
)
"""How the server's identity is computed: each string with its length in front of it, hashed, truncated and encoded."""


def new_config(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: server/config.go, NewConfig."""
    config.health = new_health_checks(run)
    config.server_defaults = ServerDefaults(
        api_server_id=_API_SERVER_ID if run.gates.on("APIServerIdentity") else None,
        max_request_body_bytes=3 * 1024 * 1024,
        json_patch_max_copy_bytes=3 * 1024 * 1024,
        enable_index=True,
        enable_discovery=True,
        enable_metrics=True,
    )


def open_api(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/controlplane/apiserver/config.go, BuildGenericConfig."""
    config.open_api = OpenAPI(title="Kubernetes", version=f"1.{run.emulated}", formats=("v2", "v3"))
    config.long_running = LongRunning(
        verbs=("watch", "proxy"), subresources=("attach", "exec", "proxy", "log", "portforward")
    )


def etcd_egress(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The etcd client dials through the egress selector where there is one."""
    config.etcd_egress = EtcdEgress(dialer=run.egress_selector.dialer("etcd"), traced=config.tracing.enabled)


def new_storage_factory(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/kubeapiserver/default_storage_factory_builder.go."""
    factory_config = StorageFactoryConfig(run.catalog, run.emulated, run.compatibility, config.resource_config)
    config.storage_factory = factory_config.complete(run).new()
    config.storage = _storage_settings(config.storage_factory)
    config.object_count_tracker = ObjectCountTracker(stale_after="3m0s", prune_interval="1h0m0s")


def _storage_settings(factory: StorageFactory) -> StorageSettings:
    return StorageSettings(
        media_type=factory.media_type,
        prefix=factory.prefix,
        resource_prefixes=tuple(factory.config.prefixes.items()),
        storage_version_overrides=tuple(factory.config.encoding_overrides.items()),
        cohabitation=_COHABITING,
        servers_overrides=tuple(
            ServersOverride(group=override.group, resource=override.resource, servers=override.servers)
            for override in factory.overrides
        ),
    )


def rest_options(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """What every resource's storage is built with, and the encryption that the factory now knows.

    Kubernetes: apiserver/pkg/server/options/etcd.go, StorageFactoryRestOptionsFactory.GetRESTOptions.
    """
    flags = run.flags
    config.storage_factory.encryption = run.etcd.encryption
    transformers = "none"
    if flags.text("encryption-provider-config"):
        transformers = "dynamic" if flags.on("encryption-provider-config-automatic-reload") else "static"
    config.rest_options = RESTOptions(
        decorator="cacher" if flags.on("watch-cache") else "undecorated",
        watch_cache_sizes=tuple(sorted(run.etcd.watch_cache_sizes.items())),
        transformers=transformers,
        delete_collection_workers=flags.number("delete-collection-workers"),
        enable_garbage_collection=flags.on("enable-garbage-collector"),
        count_metric_poll_period=flags.duration("etcd-count-metric-poll-period"),
    )


def aggregated_discovery(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/controlplane/apiserver/config.go: discovery of all groups in one document."""
    config.aggregated_discovery = AggregatedDiscovery(aggregated=True)


def cluster_authentication_info(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """What the server publishes in the config map kube-system/extension-apiserver-authentication."""
    config.cluster_authentication_info = ClusterAuthenticationInfo(
        client_ca=run.flags.text("client-ca-file"), request_header=config.authentication.request_header
    )


def api_extensions(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The server for custom resources: a copy of the config with storage and informers of its own."""
    config.api_extensions = APIExtensions(
        enabled=config.resource_config.resource_enabled("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
        informers=ExtensionInformers(resync="5m0s"),
        storage_version="v1beta1",
        media_type=JSON,
        custom_objects=CustomObjects(media_type=CBOR if run.gates.on("CBORServingAndStorage") else JSON),
        master_count=run.flags.number("apiserver-count"),
    )


def aggregator(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The outermost server: a copy of the config with storage and informers of its own, without OpenAPI."""
    config.aggregator_delegate = AggregatorDelegate(
        informers=AggregatorInformers(resync="5m0s"),
        storage_version="v1",
        media_type=JSON,
        installs_open_api=False,
        peer_proxied=config.peer_proxy.enabled,
    )
    if run.api_enablement.nothing_left:
        return
    if not config.resource_config.version_enabled("apiregistration.k8s.io", "v1"):
        message = "--runtime-config switches off apiregistration.k8s.io/v1, which the aggregator cannot do without"
        run.api_enablement.refuse(
            rules.AGGREGATOR_WITHOUT_API, message, "leave apiregistration.k8s.io/v1 on", "runtime-config"
        )


def complete_config(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """What the three configs fill in when they are complete: the port of the external address, who asks first.

    Kubernetes: apiserver/pkg/server/config.go, Config.Complete; pkg/controlplane/instance.go, Complete.
    """
    external, port = config.generic.external_address, run.flags.number("secure-port")
    if external and not has_port(external):
        external = join_host_port(external, port)
    config.generic = config.generic.replace(external_address=external)
    ranges, service_ip = run.misc.service_ranges, run.misc.service_ip
    discovery_rules = (
        (DiscoveryRule(range=str(ranges[0]), address=join_host_port(service_ip, 443)),) if service_ip else ()
    )
    config.discovery = Discovery(address=external, rules=discovery_rules)
    authenticators = config.authentication.authenticators
    config.authentication = config.authentication.replace(authenticators=("loopbackToken", *authenticators))


def refuse_what_dies_later(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Gates whose API is not served: every check passes, and a post-start hook ends the process once it serves."""
    if run.api_enablement.nothing_left:
        return
    for rule_id, gate, resource, version, needed in run.catalog.behaviour("gatesThatNeedTheirAPI"):
        if not run.gates.on(gate) or not all(_holds(run, condition) for condition in needed):
            continue
        known = run.catalog.resources.get(resource)
        if known is None or version not in config.resource_config.served_versions(known):
            api = f"{resource.partition('.')[2]}/{version}"
            message = f"the gate {gate} is on, but {api} is not served: the server ends soon after its start"
            hint = f"add {api}=true to --runtime-config, or switch {gate} off"
            run.generic.refuse(rules.by_id()[rule_id], message, hint, "feature-gates")


def _holds(run: ServerRunOptions, condition: str) -> bool:
    kind, _, name = condition.partition(":")
    return run.gates.on(name) if kind == "gate" else name in run.admission.chain()
