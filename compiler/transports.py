"""The server's own clients and transports: shared informers, the caching proxy transport, the service resolver.

Kubernetes: cmd/kube-apiserver/app/server.go, CreateKubeAPIServerConfig and buildServiceResolver;
pkg/controlplane/apiserver/config.go, BuildGenericConfig and CreateProxyTransport.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.options.run import ServerRunOptions
    from compiler.resolved import ResolvedConfig


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
