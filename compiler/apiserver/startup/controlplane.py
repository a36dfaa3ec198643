"""Create the configs of the three servers: kube-apiserver, the extensions server, and the aggregator.

Kubernetes: cmd/kube-apiserver/app/server.go, CreateKubeAPIServerConfig; pkg/controlplane/apiserver/config.go,
CreateConfig; apiextensions.go and aggregator.go next to it.
"""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.context import ServerContext
from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.options.api_enablement import APIEnablementOptions
from compiler.apiserver.resolved import ResolvedConfig
from compiler.apiserver.resolved_sections import (
    AggregatorDelegate,
    AggregatorInformers,
    APIExtensions,
    ClusterAuthenticationInfo,
    CustomObjects,
    ExtensionInformers,
)
from compiler.apiserver.resource_config import ResourceConfig
from compiler.apiserver.startup.clients import build_service_resolver, create_proxy_transport
from compiler.apiserver.storage import CBOR, JSON


def create_kube_apiserver_config(
    context: ServerContext, options: ServerRunOptions, config: ResolvedConfig, resource_config: ResourceConfig
) -> None:
    """Apply the options that only kube-apiserver has, and create the configs of its delegates."""
    config.begin_stage("CreateKubeAPIServerConfig")
    step = config.step
    step("CreateProxyTransport", create_proxy_transport, config)
    step("capabilities.Setup", options.misc.apply_capabilities, config)
    step("buildServiceResolver", build_service_resolver, context, config)
    step("Metrics.Apply", options.metrics.apply_to, config)
    step("eventStorage", options.misc.apply_event_storage, config)
    step("BuildPeerProxy", options.misc.apply_peers, config)
    step("ClusterAuthenticationInfo", apply_cluster_authentication_info, context, config)
    step("Admission.ApplyTo", options.admission.apply_to, config)
    step("serviceAccountIssuer", options.authentication.apply_service_account_issuer, config)
    step("CreateKubeAPIServerConfig", create_config, options, config)
    step("KubeletClientConfig", options.misc.apply_kubelet_client, config)
    step("CreateAPIExtensionsConfig", create_api_extensions_config, context, config, resource_config)
    step("CreateAggregatorConfig", options.misc.apply_aggregator, config)
    step("aggregatorDelegate", create_aggregator, options.api_enablement, config, resource_config)


def create_config(options: ServerRunOptions, config: ResolvedConfig) -> None:
    """Set Services, the endpoint reconciler and leader election. Kubernetes: pkg/controlplane/instance.go, Config."""
    options.services.apply_to(config)
    options.misc.apply_leadership(config)


def apply_cluster_authentication_info(context: ServerContext, config: ResolvedConfig) -> None:
    """Set what the server publishes in the config map kube-system/extension-apiserver-authentication."""
    config.cluster_authentication_info = ClusterAuthenticationInfo(
        client_ca=context.flags.text("client-ca-file"), request_header=config.authentication.request_header
    )


def create_api_extensions_config(
    context: ServerContext, config: ResolvedConfig, resource_config: ResourceConfig
) -> None:
    """Create the config of the server of custom resources: a copy with separate storage and informers."""
    config.api_extensions = APIExtensions(
        enabled=resource_config.resource_enabled("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
        informers=ExtensionInformers(resync="5m0s"),
        storage_version="v1beta1",
        media_type=JSON,
        custom_objects=CustomObjects(media_type=CBOR if context.gates.on("CBORServingAndStorage") else JSON),
        master_count=context.flags.number("apiserver-count"),
    )


def create_aggregator(
    api_enablement: APIEnablementOptions, config: ResolvedConfig, resource_config: ResourceConfig
) -> None:
    """Create the outermost server: a copy with separate storage and informers, without OpenAPI."""
    config.aggregator_delegate = AggregatorDelegate(
        informers=AggregatorInformers(resync="5m0s"),
        storage_version="v1",
        media_type=JSON,
        installs_open_api=False,
        peer_proxied=config.peer_proxy.enabled,
    )
    if api_enablement.nothing_left:
        return
    if not resource_config.version_enabled("apiregistration.k8s.io", "v1"):
        message = "--runtime-config disables apiregistration.k8s.io/v1, which the aggregator requires"
        hint = "leave apiregistration.k8s.io/v1 enabled"
        api_enablement.report(rules.AGGREGATOR_WITHOUT_API, message, hint, "runtime-config")
