"""Build the config that the three servers of the chain have in common.

Kubernetes: pkg/controlplane/apiserver/config.go, BuildGenericConfig; apiserver/pkg/server/config.go, NewConfig.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.apiserver.context import ServerContext
from compiler.apiserver.health import (
    HealthChecks,
    add_etcd_health_endpoint,
    add_kms_health_checks,
    add_loopback_certificate_check,
    new_health_checks,
)
from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.resolved import ResolvedConfig
from compiler.apiserver.resolved_sections import (
    AggregatedDiscovery,
    APIServerID,
    EtcdEgress,
    LongRunning,
    OpenAPI,
    ServerDefaults,
)
from compiler.apiserver.resource_config import ResourceConfig
from compiler.apiserver.startup.clients import new_shared_informer_factory
from compiler.apiserver.startup.storage import apply_etcd_options, new_rest_options_getter, new_storage_factory
from compiler.apiserver.storage import StorageFactory

_API_SERVER_ID = APIServerID(
    prefix="apiserver-",
    of=("<host name>", "kube-apiserver"),
    length_prefix="2 bytes, big-endian",
    hash="SHA-256",
    hash_bytes=16,
    encoding="base32, lower case, unpadded",
)
"""How the server's identity is computed: each string with its length in front of it, hashed, truncated and encoded."""


class GenericConfig(NamedTuple):
    """What the servers of the chain are built from, in addition to the resolved config."""

    resource_config: ResourceConfig
    storage_factory: StorageFactory
    health: HealthChecks


def build_generic_config(context: ServerContext, options: ServerRunOptions, config: ResolvedConfig) -> GenericConfig:
    """Apply the options to the generic config; report what the server would refuse while it does."""
    catalog = context.catalog
    config.begin_stage("BuildGenericConfig")
    step = config.step
    health = step("NewConfig", new_config, context, config)
    step("GenericServerRunOptions.ApplyTo", options.generic.apply_to, config)
    step("SecureServing.ApplyToConfig", options.secure_serving.apply_to, config, options.services.service_ip)
    step("addLoopbackServingCertificateCheck", add_loopback_certificate_check, catalog, health)
    step("tweakLoopbackClientConfig", options.secure_serving.apply_loopback_tweak, config)
    step("NewSharedInformerFactory", new_shared_informer_factory, config)
    step("Features.ApplyTo", options.features.apply_to, config)
    resource_config = step("APIEnablement.ApplyTo", options.api_enablement.apply_to, config)
    step("EgressSelector.ApplyTo", options.egress_selector.apply_to, config)
    step("Traces.ApplyTo", options.traces.apply_to, config)
    step("OpenAPIConfig", apply_open_api, config, context.emulated)
    step("etcdTransportEgress", apply_etcd_egress, config)
    factory = step(
        "NewStorageFactoryConfig.Complete.New", new_storage_factory, context, options.etcd, config, resource_config
    )
    step("addEtcdHealthEndpoint", add_etcd_health_endpoint, context, health, factory)
    step("LoadEncryptionConfig", options.etcd.load_encryption)
    step("addKMSHealthChecks", add_kms_health_checks, context, health, options.etcd.encryption)
    step("Etcd.ApplyWithStorageFactoryTo", apply_etcd_options, options.etcd, config, factory)
    factory = step("NewRESTOptionsGetter", new_rest_options_getter, options.etcd, config, factory)
    step("Authentication.ApplyTo", options.authentication.apply_to, config)
    step("BuildAuthorizer", options.authorization.apply_to, config)
    step("Audit.ApplyTo", options.auditing.apply_to, config)
    step("AggregatedDiscoveryGroupManager", apply_aggregated_discovery, config)
    return GenericConfig(resource_config, factory, health)


def new_config(context: ServerContext, config: ResolvedConfig) -> HealthChecks:
    """Set the defaults of every server, and return its first health checks.

    Kubernetes: apiserver/pkg/server/config.go, NewConfig.
    """
    config.server_defaults = ServerDefaults(
        api_server_id=_API_SERVER_ID if context.gates.on("APIServerIdentity") else None,
        max_request_body_bytes=3 * 1024 * 1024,
        json_patch_max_copy_bytes=3 * 1024 * 1024,
        enable_index=True,
        enable_discovery=True,
        enable_metrics=True,
    )
    return new_health_checks(context.catalog)


def apply_open_api(config: ResolvedConfig, emulated: int) -> None:
    """Set the OpenAPI documents and the requests that have no timeout; `emulated` is a minor version."""
    config.open_api = OpenAPI(title="Kubernetes", version=f"1.{emulated}", formats=("v2", "v3"))
    config.long_running = LongRunning(
        verbs=("watch", "proxy"), subresources=("attach", "exec", "proxy", "log", "portforward")
    )


def apply_etcd_egress(config: ResolvedConfig) -> None:
    """Let the etcd client dial through the egress selector, if there is one."""
    config.etcd_egress = EtcdEgress(dialer=config.egress_selector.dialers.etcd, traced=config.tracing.enabled)


def apply_aggregated_discovery(config: ResolvedConfig) -> None:
    """Serve the discovery of all groups in one document."""
    config.aggregated_discovery = AggregatedDiscovery(aggregated=True)
