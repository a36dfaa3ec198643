"""Set the component registry, then complete and validate the options.

Kubernetes: cmd/kube-apiserver/app/server.go, NewAPIServerCommand; cmd/kube-apiserver/app/options/completion.go and
pkg/controlplane/apiserver/options/options.go, Complete; the two validation.go next to them.
"""

from __future__ import annotations

from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.options.gate_flags import report_pairs
from compiler.apiserver.resolved import ResolvedConfig


def set_registry(options: ServerRunOptions, config: ResolvedConfig) -> None:
    """Set the versions and the feature gates, then configure logging."""
    config.begin_stage("Set")
    step = config.step
    step("ComponentGlobalsRegistry.Set", options.generic.set_registry)
    step("LoggingConfiguration.Validate", options.logs.validate)
    step("LoggingConfiguration.Apply", options.logs.apply_to, config)


def complete(options: ServerRunOptions, config: ResolvedConfig) -> None:
    """Fill in what the flags leave to the server."""
    config.begin_stage("Complete")
    step = config.step
    step("getServiceIPAndRanges", options.services.complete)
    step("DefaultAdvertiseAddress", options.generic.complete_advertise_address)
    step("MaybeDefaultWithSelfSignedCerts", options.secure_serving.complete)
    step("defaultExternalHost", options.generic.complete_external_host)
    step("ApplyAuthorization", options.authorization.complete)
    step("completeServiceAccountOptions", options.authentication.complete)
    step("loadSigningKey", options.authentication.check_signing_key)
    step("rewriteRuntimeConfig", options.api_enablement.complete)
    step("ParseWatchCacheSizes", options.etcd.complete)


def validate(options: ServerRunOptions, config: ResolvedConfig) -> None:
    """Report every option that the server would refuse."""
    config.begin_stage("Validate")
    step = config.step
    step("GenericServerRunOptions.Validate", options.generic.validate)
    step("Etcd.Validate", options.etcd.validate)
    step(
        "validateAPIPriorityAndFairness",
        options.features.validate_priority_and_fairness,
        options.api_enablement.runtime_config,
    )
    step("SecureServing.Validate", options.secure_serving.validate)
    step("Authentication.Validate", options.authentication.validate)
    step("Authorization.Validate", options.authorization.validate)
    step("Audit.Validate", options.auditing.validate)
    step("Admission.Validate", options.admission.validate)
    step("APIEnablement.Validate", options.api_enablement.validate)
    step("validateTokenRequest", options.authentication.validate_token_request)
    step("Metrics.Validate", options.metrics.validate)
    step("validateUnknownVersionInteroperabilityProxyFlags", options.misc.validate_peer_proxy)
    step("validateFeatureGatePairs", report_pairs, options.generic)
    step("validateServiceAccountTokenSigningConfig", options.authentication.validate_signing)
    step("validateCoordinatedLeadershipFlags", options.misc.validate_leadership)
    step("CloudProvider.Validate", options.cloud_provider.validate)
    step("validateClusterIPFlags", options.services.validate_service_ranges)
    step("validateServiceNodePort", options.services.validate_node_port)
    step("validatePublicIPServiceClusterIPRangeIPFamilies", options.services.validate_families)
    step("validateAdvertiseAddress", options.services.validate_advertise_address)
    step("validateAPIServerCount", options.services.validate_apiserver_count)
    step("GlobalFlags", options.global_.validate)
