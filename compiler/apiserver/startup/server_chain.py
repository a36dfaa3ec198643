"""Create the chain of servers, prepare it, and run it.

Kubernetes: cmd/kube-apiserver/app/server.go, CreateServerChain and Run; apiserver/pkg/server/config.go, Complete and
DefaultBuildHandlerChain; genericapiserver.go, PrepareRun and Run.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import rules
from compiler.apiserver.context import ServerContext
from compiler.apiserver.health import HealthChecks, complete_health_checks
from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.options.services import ServiceOptions
from compiler.apiserver.resolved import ResolvedConfig
from compiler.apiserver.resolved_sections import Discovery, DiscoveryRule, HandlerChain, Shutdown
from compiler.apiserver.resource_config import ResourceConfig
from compiler.apiserver.startup.generic_config import GenericConfig
from compiler.upstream.go.net import has_port, join_host_port
from compiler.upstream.go.strconv import format_duration


def create_server_chain(
    context: ServerContext, options: ServerRunOptions, config: ResolvedConfig, generic: GenericConfig
) -> None:
    """Complete the configs, build the handler chain and the health checks, and plan the shutdown."""
    config.begin_stage("CreateServerChain")
    step = config.step
    step("Config.Complete", complete_config, options.services, config)
    step("DefaultBuildHandlerChain", build_handler_chain, context, config)
    step("NewOpenIDMetadataProvider", options.authentication.apply_issuer_discovery, config)
    step("CreateServerChain", report_missing_apis, context, options, generic.resource_config)
    step("PrepareRun", complete_health_checks, context, config, generic.resource_config, generic.health)
    step("Run", plan_shutdown, context, config, generic.health)


def complete_config(services: ServiceOptions, config: ResolvedConfig) -> None:
    """Add the port to the external address, and put the loopback token in front of the authenticators.

    Kubernetes: apiserver/pkg/server/config.go, Config.Complete; pkg/controlplane/instance.go, Complete.
    """
    external, port = config.generic.external_address, services.flags.number("secure-port")
    if external and not has_port(external):
        external = join_host_port(external, port)
    config.replace("generic", external_address=external)
    ranges, service_ip = services.service_ranges, services.service_ip
    discovery_rules = (
        (DiscoveryRule(range=str(ranges[0]), address=join_host_port(service_ip, 443)),) if service_ip else ()
    )
    config.discovery = Discovery(address=external, rules=discovery_rules)
    authenticators = config.authentication.authenticators
    config.replace("authentication", authenticators=("loopbackToken", *authenticators))


def build_handler_chain(context: ServerContext, config: ResolvedConfig) -> None:
    """Set which filters are in the chain, and their settings. Kubernetes: config.go, DefaultBuildHandlerChain."""
    flags, gates, timeout = context.flags, context.gates, context.flags.number("request-timeout")
    fair = flags.on("enable-priority-and-fairness")
    config.handler_chain = HandlerChain(
        flow_control="priorityAndFairness" if fair else "maxInFlight",
        # A request may spend a quarter of its time in a queue.
        queue_wait=format_duration(timeout // 4) if fair else None,
        request_deadline=format_duration(timeout),
        goaway=flags.fraction("goaway-chance") > 0 and not flags.on("disable-http2-serving"),
        watch_termination=flags.number("shutdown-watch-termination-grace-period") > 0,
        retry_after=flags.on("shutdown-send-retry-after"),
        impersonation="constrained" if gates.on("ConstrainedImpersonation") else "unconstrained",
        tracing=gates.known("APIServerTracing") is None or gates.on("APIServerTracing"),
        storage_version_precondition=gates.on("StorageVersionAPI") and gates.on("APIServerIdentity"),
    )


def report_missing_apis(context: ServerContext, options: ServerRunOptions, resource_config: ResourceConfig) -> None:
    """Report gates whose API is not served: a post-start hook ends the process soon after it serves."""
    if options.api_enablement.nothing_left:
        return
    for rule_id, gate, api in missing_apis(context, options, resource_config):
        message = f"the gate {gate} is enabled, but {api} is not served: the server exits soon after its start"
        hint = f"add {api}=true to --runtime-config, or disable {gate}"
        options.generic.report(rules.by_id()[rule_id], message, hint, "feature-gates")


def missing_apis(
    context: ServerContext, options: ServerRunOptions, resource_config: ResourceConfig
) -> Iterator[tuple[str, str, str]]:
    """Yield the enabled gates whose API is not served: the id of the rule, the gate and the group version."""
    catalog, gates = context.catalog, context.gates

    def holds(condition: str) -> bool:
        kind, _, name = condition.partition(":")
        return gates.on(name) if kind == "gate" else name in options.admission.chain

    for rule_id, gate, resource, version, needed in catalog.behaviour("gatesThatNeedTheirAPI"):
        known = catalog.resources.get(resource)
        is_served = known is not None and version in resource_config.served_versions(known)
        if gates.on(gate) and all(map(holds, needed)) and not is_served:
            yield rule_id, gate, f"{resource.partition('.')[2]}/{version}"


def plan_shutdown(context: ServerContext, config: ResolvedConfig, health: HealthChecks) -> None:
    """Set how long the server takes to shut down; readyz fails from the first moment on.

    Kubernetes: genericapiserver.go, preparedGenericAPIServer.Run.
    """
    flags = context.flags
    drains = flags.on("shutdown-send-retry-after")
    config.shutdown = Shutdown(
        delay=flags.duration("shutdown-delay-duration"),
        listens_until_drained=drains,
        watch_termination_grace_period=flags.duration("shutdown-watch-termination-grace-period"),
        # With Retry-After, all requests are answered before the listener closes: only HTTP/2 connections remain.
        http_timeout="2s" if drains else flags.duration("request-timeout"),
        pre_shutdown_hooks=tuple(health.pre_shutdown),
    )
    if context.input.deployment is not None or context.input.read_as == "pod":
        from compiler.apiserver.health.shutdown import check_drain

        check_drain(context)
