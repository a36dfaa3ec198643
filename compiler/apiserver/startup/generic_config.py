"""The server's own clients and transports, and the handler chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.options import ServerRunOptions
    from compiler.apiserver.resolved import ResolvedConfig


def external_clients(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The external clientset copies the loopback client; all controllers share one informer factory."""
    for field in ("host", "contentType", "disableCompression", "qps"):
        path = f"loopbackClient.{field}"
        config.set(f"externalClientset.{field}", config.get(path), *config.flags_of(path))
    config.set("externalClientset.traced", False)
    config.set("informers.client", "externalClientset")
    config.set("informers.resync", "10m0s")
    config.set("informers.stripManagedFields", True)


def proxy_transport(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """One transport for proxied pods, services and nodes, and for webhooks by service; its connections are cached.

    Kubernetes: apimachinery/pkg/util/net/http.go, SetTransportDefaults; Go: net/http, DefaultTransport.
    """
    config.set("proxyTransport.cached", True)
    config.set("proxyTransport.insecureSkipVerify", True)
    config.set("proxyTransport.http2", True)
    config.set("proxyTransport.proxyFromEnvironment", True)
    egress = run.egress_selector.dialer("cluster")
    config.set("proxyTransport.dialer", egress, "egress-selector-config-file")
    # The dialer of an egress selector takes the place of Go's default one, with its timeouts.
    own = run.egress_selector.selections == {}
    for path, value in (("dialTimeout", "30s"), ("dialKeepAlive", "30s")):
        config.set(f"proxyTransport.{path}", value if own else None, "egress-selector-config-file")
    config.set("proxyTransport.tlsHandshakeTimeout", "10s")
    config.set("proxyTransport.idleConnTimeout", "1m30s")
    config.set("proxyTransport.http2ReadIdleTimeout", "30s")
    config.set("proxyTransport.http2PingTimeout", "15s")
    config.set("proxyTransport.environment", list(_VARIABLES))


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
    config.set("serviceResolver.type", kind, flag)
    config.set("serviceResolver.loopbackService", "default/kubernetes:443")
    host = "loopbackClient.host"
    config.set("serviceResolver.loopbackHost", config.get(host), *config.flags_of(host))


_SECOND = 10**9


def build_handler_chain(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Which filters stand in the chain, and their settings."""
    flags, gates, timeout = run.flags, run.gates, run.flags.number("request-timeout")
    fair = flags.on("enable-priority-and-fairness")
    config.set(
        "handlerChain.flowControl", "priorityAndFairness" if fair else "maxInFlight", "enable-priority-and-fairness"
    )
    # A request may spend a quarter of its time in a queue.
    wait = format_duration(timeout // 4) if fair else None
    config.set("handlerChain.queueWait", wait, "request-timeout", "enable-priority-and-fairness")
    config.set_duration("handlerChain.requestDeadline", timeout, "request-timeout")
    goaway = flags.fraction("goaway-chance") > 0 and not flags.on("disable-http2-serving")
    config.set("handlerChain.goaway", goaway, "goaway-chance", "disable-http2-serving")
    flag = "shutdown-watch-termination-grace-period"
    config.set("handlerChain.watchTermination", flags.number(flag) > 0, flag)
    flag = "shutdown-send-retry-after"
    config.set("handlerChain.retryAfter", flags.on(flag), flag)
    constrained = gates.on("ConstrainedImpersonation")
    config.set("handlerChain.impersonation", "constrained" if constrained else "unconstrained", "feature-gates")
    tracing = gates.known("APIServerTracing") is None or gates.on("APIServerTracing")
    config.set("handlerChain.tracing", tracing, "feature-gates")
    precondition = gates.on("StorageVersionAPI") and gates.on("APIServerIdentity")
    config.set("handlerChain.storageVersionPrecondition", precondition, "feature-gates")


def plan_shutdown(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """How long the server takes to end once it is told to; it fails readyz from the first moment on."""
    flags = run.flags
    delay, grace = "shutdown-delay-duration", "shutdown-watch-termination-grace-period"
    retry = "shutdown-send-retry-after"
    config.set_duration("shutdown.delay", flags.number(delay), delay)
    config.set("shutdown.listensUntilDrained", flags.on(retry), retry)
    config.set_duration("shutdown.watchTerminationGracePeriod", flags.number(grace), grace)
    # With Retry-After, everything is answered before the listener closes: only HTTP/2 has to say goodbye.
    last = 2 * _SECOND if flags.on(retry) else flags.number("request-timeout")
    config.set_duration("shutdown.httpTimeout", last, retry, "request-timeout")
    config.set("shutdown.preShutdownHooks", list(config.health.pre_shutdown) if config.health else [], "feature-gates")
    if run.input.deployment is not None or run.input.read_as == "pod":
        from compiler.apiserver.health.shutdown import check_drain

        check_drain(run)
