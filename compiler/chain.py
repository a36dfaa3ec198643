"""What belongs to no single option group: the base config, storage, and the three servers of the chain.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/config.go, pkg/controlplane/apiserver/config.go and
cmd/kube-apiserver/app/server.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.health.checks import HealthChecks
from compiler.storage.factory import StorageFactoryConfig

if TYPE_CHECKING:
    from compiler.options.run import ServerRunOptions
    from compiler.resolved import ResolvedConfig


def new_config(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: server/config.go, NewConfig."""
    config.health = HealthChecks()
    config.set("generic.maxRequestBodyBytes", 3 * 1024 * 1024)
    config.set("generic.jsonPatchMaxCopyBytes", 3 * 1024 * 1024)
    config.set("generic.apiServerIdentity", run.gates.on("APIServerIdentity"), "feature-gates")


def open_api(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/controlplane/apiserver/config.go, BuildGenericConfig."""
    config.set("openAPI.title", "Kubernetes")
    config.set("longRunning.verbs", ["watch", "proxy"])
    config.set("longRunning.subresources", ["attach", "exec", "proxy", "log", "portforward"])


def etcd_egress(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The etcd client dials through the egress selector where there is one."""
    egress = bool(config.get("egressSelector.configFile"))
    config.set("etcd.transport.dialer", "egress etcd" if egress else "direct", "egress-selector-config-file")


def new_storage_factory(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/kubeapiserver/default_storage_factory_builder.go."""
    enabled = config.resource_config
    if enabled is None:
        raise RuntimeError("API enablement comes before the storage factory")
    factory_config = StorageFactoryConfig(run.catalog, run.emulated, run.compatibility, enabled)
    config.storage_factory = factory_config.complete(run).new()
    config.set("storage.mediaType", config.storage_factory.media_type, "storage-media-type")
    config.set("storage.prefix", config.storage_factory.prefix, "etcd-prefix")
    config.set("storage.objectCountTracker.staleAfter", "3m0s")
    config.set("storage.objectCountTracker.pruneInterval", "1h0m0s")


def rest_options(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """What every resource's storage is built with, and the encryption that the factory now knows.

    Kubernetes: apiserver/pkg/server/options/etcd.go, StorageFactoryRestOptionsFactory.GetRESTOptions.
    """
    factory = config.storage_factory
    if factory is not None:
        factory.encryption = run.etcd.encryption
    config.set("restOptions.decorator", "cacher" if run.flags.on("watch-cache") else "undecorated", "watch-cache")
    config.set("restOptions.watchCacheSizes", dict(sorted(run.etcd.watch_cache_sizes.items())), "watch-cache-sizes")
    config.set(
        "restOptions.deleteCollectionWorkers",
        run.flags.number("delete-collection-workers"),
        "delete-collection-workers",
    )
    config.set(
        "restOptions.enableGarbageCollection", run.flags.on("enable-garbage-collector"), "enable-garbage-collector"
    )


def aggregated_discovery(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Kubernetes: pkg/controlplane/apiserver/config.go: discovery of all groups in one document."""
    config.set("discovery.aggregated", True)


def cluster_authentication_info(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """What the server publishes in the config map kube-system/extension-apiserver-authentication."""
    flags = run.flags
    config.set("clusterAuthenticationInfo.clientCA", flags.text("client-ca-file"), "client-ca-file")
    flag = "requestheader-client-ca-file"
    config.set("clusterAuthenticationInfo.requestHeaderCA", flags.text(flag), flag)


def api_extensions(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The server for custom resources: a copy of the config with storage and informers of its own."""
    config.set("apiExtensions.informers.resync", "5m0s")
    config.set("apiExtensions.storageVersion", "v1beta1")
    config.set("apiExtensions.mediaType", "application/json")


def aggregator(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The outermost server: a copy of the config with storage and informers of its own, without OpenAPI."""
    config.set("aggregator.informers.resync", "5m0s")
    config.set("aggregator.storageVersion", "v1")
    config.set("aggregator.mediaType", "application/json")
    enabled = config.resource_config
    if enabled is not None and not enabled.version_enabled("apiregistration.k8s.io", "v1"):
        message = "--runtime-config switches off apiregistration.k8s.io/v1, which the aggregator cannot do without"
        run.api_enablement.refuse("CHAIN-02", message, "leave apiregistration.k8s.io/v1 on", "runtime-config")


def refuse_what_dies_later(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Gates whose API is not served: every check passes, and a post-start hook ends the process once it serves."""
    enabled = config.resource_config
    if enabled is None:
        return
    for rule, gate, resource, version, needed in run.catalog.behaviour("gatesThatNeedTheirAPI"):
        if not run.gates.on(gate) or not all(_holds(run, condition) for condition in needed):
            continue
        known = run.catalog.resources.get(resource)
        if known is None or version not in enabled.served_versions(known):
            api = f"{resource.partition('.')[2]}/{version}"
            message = f"the gate {gate} is on, but {api} is not served: the server ends soon after its start"
            hint = f"add {api}=true to --runtime-config, or switch {gate} off"
            run.generic.refuse(rule, message, hint, "feature-gates")


def _holds(run: ServerRunOptions, condition: str) -> bool:
    kind, _, name = condition.partition(":")
    return run.gates.on(name) if kind == "gate" else name in run.admission.chain()
