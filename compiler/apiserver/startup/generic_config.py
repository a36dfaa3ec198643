"""The server's own clients and transports, and the handler chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.apiserver.resolved_sections import (
    ExternalClientset,
    HandlerChain,
    Informers,
    ProxyTransport,
    ServiceResolver,
    Shutdown,
)
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.options import ServerRunOptions
    from compiler.apiserver.resolved import ResolvedConfig


def external_clients(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The external clientset copies the loopback client; all controllers share one informer factory."""
    loopback, tweak = config.loopback_client, config.loopback_tweak
    config.external_clientset = ExternalClientset(
        host=loopback.host,
        content_type=tweak.content_type,
        disable_compression=tweak.disable_compression,
        qps=loopback.qps,
        traced=False,
    )
    config.informers = Informers(client="externalClientset", resync="10m0s", strip_managed_fields=True)


def proxy_transport(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """One transport for proxied pods, services and nodes, and for webhooks by service; its connections are cached.

    Kubernetes: apimachinery/pkg/util/net/http.go, SetTransportDefaults; Go: net/http, DefaultTransport.
    """
    # The dialer of an egress selector replaces Go's default one, with its timeouts.
    is_default = run.egress_selector.selections == {}
    config.proxy_transport = ProxyTransport(
        cached=True,
        insecure_skip_verify=True,
        http2=True,
        proxy_from_environment=True,
        dialer=run.egress_selector.dialer("cluster"),
        dial_timeout="30s" if is_default else None,
        dial_keep_alive="30s" if is_default else None,
        tls_handshake_timeout="10s",
        idle_conn_timeout="1m30s",
        http2_read_idle_timeout="30s",
        http2_ping_timeout="15s",
        environment=_VARIABLES,
    )


_VARIABLES = (
    "DISABLE_HTTP2",
    "HTTP2_READ_IDLE_TIMEOUT_SECONDS",
    "HTTP2_PING_TIMEOUT_SECONDS",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
)
"""Variables of the server's environment that change the transport."""


def service_resolver(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """How webhooks and API services find their backends; the service kubernetes always leads to the loopback."""
    flag = "enable-aggregator-routing"
    kind = "clusterIP"
    if run.flags.on(flag):
        kind = "endpointSlices" if run.catalog.behaviour("endpointSliceResolver") else "endpoints"
    config.service_resolver = ServiceResolver(
        type=kind, loopback_service="default/kubernetes:443", loopback_host=config.loopback_client.host
    )


def build_handler_chain(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Which filters stand in the chain, and their settings."""
    flags, gates, timeout = run.flags, run.gates, run.flags.number("request-timeout")
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


def plan_shutdown(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """How long the server takes to end once it is told to; it fails readyz from the first moment on."""
    flags = run.flags
    drains = flags.on("shutdown-send-retry-after")
    config.shutdown = Shutdown(
        delay=flags.duration("shutdown-delay-duration"),
        listens_until_drained=drains,
        watch_termination_grace_period=flags.duration("shutdown-watch-termination-grace-period"),
        # With Retry-After, all requests are answered before the listener closes: only HTTP/2 connections remain.
        http_timeout="2s" if drains else flags.duration("request-timeout"),
        pre_shutdown_hooks=tuple(config.health.pre_shutdown),
    )
    if run.input.deployment is not None or run.input.read_as == "pod":
        from compiler.apiserver.health.shutdown import check_drain

        check_drain(run)
