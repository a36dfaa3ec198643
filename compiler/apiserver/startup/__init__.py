"""The start-up of kube-apiserver as one list of steps, in the server's own order.

Hold this file beside cmd/kube-apiserver/app/server.go and pkg/controlplane/apiserver/config.go: each step bears the
name of the function that it stands for. The server ends at the first stage that fails; kasc goes on, so that one run
shows everything that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from compiler import rules
from compiler.apiserver.health import checks
from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.options.gate_flags import report_pairs
from compiler.apiserver.resolved import ResolvedConfig
from compiler.apiserver.startup import controlplane as chain
from compiler.apiserver.startup import generic_config as handler_chain
from compiler.apiserver.startup import generic_config as transports
from compiler.diagnostics import Report, diagnose
from compiler.inputs.server import Host, ServerInput
from compiler.upstream.catalog import Catalog

Action = Callable[[ServerRunOptions, ResolvedConfig], None]


class Step(NamedTuple):
    """One function of the start-up, and what stands for it here."""

    name: str
    run: Action


SET: tuple[Step, ...] = (
    Step("ComponentGlobalsRegistry.Set", lambda o, c: o.generic.set_registry()),
    Step("LoggingConfiguration.Validate", lambda o, c: o.logs.validate()),
    Step("LoggingConfiguration.Apply", lambda o, c: o.logs.apply_to(c)),
)

COMPLETE: tuple[Step, ...] = (
    Step("getServiceIPAndRanges", lambda o, c: o.misc.complete()),
    Step("DefaultAdvertiseAddress", lambda o, c: o.generic.complete_advertise_address()),
    Step("MaybeDefaultWithSelfSignedCerts", lambda o, c: o.secure_serving.complete()),
    Step("defaultExternalHost", lambda o, c: o.generic.complete_external_host()),
    Step("ApplyAuthorization", lambda o, c: o.authorization.complete()),
    Step("completeServiceAccountOptions", lambda o, c: o.authentication.complete()),
    Step("loadSigningKey", lambda o, c: o.authentication.check_signing_key()),
    Step("rewriteRuntimeConfig", lambda o, c: o.api_enablement.complete()),
    Step("ParseWatchCacheSizes", lambda o, c: o.etcd.complete()),
)

VALIDATE: tuple[Step, ...] = (
    Step("GenericServerRunOptions.Validate", lambda o, c: o.generic.validate()),
    Step("Etcd.Validate", lambda o, c: o.etcd.validate()),
    Step("validateAPIPriorityAndFairness", lambda o, c: o.features.validate_priority_and_fairness()),
    Step("SecureServing.Validate", lambda o, c: o.secure_serving.validate()),
    Step("Authentication.Validate", lambda o, c: o.authentication.validate()),
    Step("Authorization.Validate", lambda o, c: o.authorization.validate()),
    Step("Audit.Validate", lambda o, c: o.auditing.validate()),
    Step("Admission.Validate", lambda o, c: o.admission.validate()),
    Step("APIEnablement.Validate", lambda o, c: o.api_enablement.validate()),
    Step("validateTokenRequest", lambda o, c: o.authentication.validate_token_request()),
    Step("Metrics.Validate", lambda o, c: o.metrics.validate()),
    Step("validateUnknownVersionInteroperabilityProxyFlags", lambda o, c: o.misc.validate_peer_proxy()),
    Step("validateFeatureGatePairs", lambda o, c: report_pairs(o.generic)),
    Step("validateServiceAccountTokenSigningConfig", lambda o, c: o.authentication.validate_signing()),
    Step("validateCoordinatedLeadershipFlags", lambda o, c: o.misc.validate_leadership()),
    Step("CloudProvider.Validate", lambda o, c: o.cloud_provider.validate()),
    Step("validateClusterIPFlags", lambda o, c: o.misc.validate_service_ranges()),
    Step("validateServiceNodePort", lambda o, c: o.misc.validate_node_port()),
    Step("validatePublicIPServiceClusterIPRangeIPFamilies", lambda o, c: o.misc.validate_families()),
    Step("validateAdvertiseAddress", lambda o, c: o.misc.validate_advertise_address()),
    Step("validateAPIServerCount", lambda o, c: o.misc.validate_apiserver_count()),
    Step("GlobalFlags", lambda o, c: o.global_.validate()),
)

BUILD_GENERIC_CONFIG: tuple[Step, ...] = (
    Step("NewConfig", lambda o, c: chain.new_config(o, c)),
    Step("GenericServerRunOptions.ApplyTo", lambda o, c: o.generic.apply_to(c)),
    Step("SecureServing.ApplyToConfig", lambda o, c: o.secure_serving.apply_to(c)),
    Step("addLoopbackServingCertificateCheck", checks.add_loopback_certificate_check),
    Step("tweakLoopbackClientConfig", lambda o, c: o.secure_serving.apply_loopback_tweak(c)),
    Step("NewSharedInformerFactory", lambda o, c: transports.external_clients(o, c)),
    Step("Features.ApplyTo", lambda o, c: o.features.apply_to(c)),
    Step("APIEnablement.ApplyTo", lambda o, c: o.api_enablement.apply_to(c)),
    Step("EgressSelector.ApplyTo", lambda o, c: o.egress_selector.apply_to(c)),
    Step("Traces.ApplyTo", lambda o, c: o.traces.apply_to(c)),
    Step("OpenAPIConfig", lambda o, c: chain.open_api(o, c)),
    Step("etcdTransportEgress", lambda o, c: chain.etcd_egress(o, c)),
    Step("NewStorageFactoryConfig.Complete.New", lambda o, c: chain.new_storage_factory(o, c)),
    Step("addEtcdHealthEndpoint", checks.add_etcd_health_endpoint),
    Step("LoadEncryptionConfig", lambda o, c: o.etcd.load_encryption()),
    Step("addKMSHealthChecks", checks.add_kms_health_checks),
    Step("Etcd.ApplyWithStorageFactoryTo", lambda o, c: o.etcd.apply_to(c)),
    Step("NewRESTOptionsGetter", lambda o, c: chain.rest_options(o, c)),
    Step("Authentication.ApplyTo", lambda o, c: o.authentication.apply_to(c)),
    Step("BuildAuthorizer", lambda o, c: o.authorization.apply_to(c)),
    Step("Audit.ApplyTo", lambda o, c: o.auditing.apply_to(c)),
    Step("AggregatedDiscoveryGroupManager", lambda o, c: chain.aggregated_discovery(o, c)),
)

CREATE_CONFIGS: tuple[Step, ...] = (
    Step("CreateProxyTransport", lambda o, c: transports.proxy_transport(o, c)),
    Step("capabilities.Setup", lambda o, c: o.misc.apply_capabilities(c)),
    Step("buildServiceResolver", lambda o, c: transports.service_resolver(o, c)),
    Step("Metrics.Apply", lambda o, c: o.metrics.apply_to(c)),
    Step("eventStorage", lambda o, c: o.misc.apply_event_storage(c)),
    Step("BuildPeerProxy", lambda o, c: o.misc.apply_peers(c)),
    Step("ClusterAuthenticationInfo", lambda o, c: chain.cluster_authentication_info(o, c)),
    Step("Admission.ApplyTo", lambda o, c: o.admission.apply_to(c)),
    Step("serviceAccountIssuer", lambda o, c: o.authentication.apply_service_account_issuer(c)),
    Step("CreateKubeAPIServerConfig", lambda o, c: o.misc.apply_services(c)),
    Step("KubeletClientConfig", lambda o, c: o.misc.apply_kubelet_client(c)),
    Step("CreateAPIExtensionsConfig", lambda o, c: chain.api_extensions(o, c)),
    Step("CreateAggregatorConfig", lambda o, c: o.misc.apply_aggregator(c)),
    Step("aggregatorDelegate", lambda o, c: chain.aggregator(o, c)),
)

SERVER_CHAIN: tuple[Step, ...] = (
    Step("Config.Complete", lambda o, c: chain.complete_config(o, c)),
    Step("DefaultBuildHandlerChain", handler_chain.build_handler_chain),
    Step("NewOpenIDMetadataProvider", lambda o, c: o.authentication.apply_issuer_discovery(c)),
    Step("CreateServerChain", lambda o, c: chain.refuse_what_dies_later(o, c)),
    Step("PrepareRun", checks.complete_health_checks),
    Step("Run", handler_chain.plan_shutdown),
)

STAGES: tuple[tuple[Step, ...], ...] = (SET, COMPLETE, VALIDATE, BUILD_GENERIC_CONFIG, CREATE_CONFIGS, SERVER_CHAIN)


class Resolved(NamedTuple):
    """What a run of the pipeline gives."""

    options: ServerRunOptions
    config: ResolvedConfig


def resolve(catalog: Catalog, given: ServerInput, host: Host, report: Report) -> Resolved:
    """Run the whole start-up for one input; everything that the server would refuse goes to the report."""
    return resolve_some([options_of(catalog, given, host, report)])[0]


def options_of(catalog: Catalog, given: ServerInput, host: Host, report: Report) -> ServerRunOptions:
    """The options of one input, with its flags parsed; what the grammar of flags refuses goes to the report."""
    options = ServerRunOptions(catalog, given, host.with_inline(given.files, given.file_system), report)
    options.flags.refused.update(given.refused_flags)
    options.flags.parse(given.arguments, report)
    refused = {flag for flag in given.refused_flags if not options.flags.changed(flag)}
    report.undecided = options.flags.unknown | refused
    return options


def resolve_some(servers: Sequence[ServerRunOptions]) -> list[Resolved]:
    """Run the whole start-up for some servers, each step for all of them before the next one.

    So the code of a step is in the processor's caches but for the first server.
    """
    found = [Resolved(options, ResolvedConfig()) for options in servers]
    for stage in STAGES:
        for name, run in stage:
            for options, config in found:
                config.enter(name)
                run(options, config)
    for options in servers:
        _finish_report(options)
    return found


def _finish_report(options: ServerRunOptions) -> None:
    """Leave out what holds for the known arguments only, and name what could not be checked."""
    report, flags = options.report, options.flags
    report.undecided = set()
    if flags.open:
        from compiler.apiserver.options.group import is_certain

        report.leave_out(lambda code, flag: not is_certain(code, flag, flags))
    for path in dict.fromkeys(options.host.denied):
        message = f"{path} cannot be looked into; what it holds is not checked"
        report.add(
            diagnose(
                rules.FILE_NOT_CHECKED, message, "run kasc as a user who may read it", location=options.input.start
            )
        )
