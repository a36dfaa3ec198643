"""The server's own clients and transports: shared informers, the caching proxy transport, the service resolver.

Kubernetes: cmd/kube-apiserver/app/server.go, CreateProxyTransport and buildServiceResolver;
pkg/controlplane/apiserver/config.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.options.run import ServerRunOptions
    from compiler.resolved import ResolvedConfig


def external_clients(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """The external clientset copies the loopback client; all controllers share one informer factory."""
    config.set("clientset.contentType", config.get("loopbackClient.contentType"))
    config.set("clientset.disableCompression", config.get("loopbackClient.disableCompression"))
    config.set("informers.resync", "10m0s")
    config.set("informers.stripManagedFields", True)


def proxy_transport(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """One transport for proxied pods, services and nodes, and for webhooks by service; its connections are cached."""
    egress = bool(config.get("egressSelector.configFile"))
    config.set("proxyTransport.cached", True)
    config.set("proxyTransport.insecureSkipVerify", True)
    config.set("proxyTransport.http2", True)
    config.set("proxyTransport.dialer", "egress cluster" if egress else "direct", "egress-selector-config-file")
    config.set("proxyTransport.tlsHandshakeTimeout", "10s")
    config.set("proxyTransport.idleConnTimeout", "1m30s")
    config.set("proxyTransport.http2ReadIdleTimeout", "30s")
    config.set("proxyTransport.http2PingTimeout", "15s")


def service_resolver(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """How webhooks and API services find their backends; the service kubernetes always leads to the loopback."""
    flag = "enable-aggregator-routing"
    kind = "clusterIP"
    if run.flags.on(flag):
        kind = "endpointSlices" if run.catalog.behaviour("endpointSliceResolver") else "endpoints"
    config.set("serviceResolver.type", kind, flag)
    config.set("serviceResolver.loopbackService", "default/kubernetes:443")
