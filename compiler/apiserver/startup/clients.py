"""The server's own clients and transports: shared informers, the caching proxy transport, the service resolver.

Kubernetes: cmd/kube-apiserver/app/server.go, CreateKubeAPIServerConfig and buildServiceResolver;
pkg/controlplane/apiserver/config.go, BuildGenericConfig and CreateProxyTransport.
"""

from __future__ import annotations

from compiler.apiserver.context import ServerContext
from compiler.apiserver.resolved import ResolvedConfig
from compiler.apiserver.resolved_sections import ExternalClientset, Informers, ProxyTransport, ServiceResolver


def new_shared_informer_factory(config: ResolvedConfig) -> None:
    """Set the external clientset, a copy of the loopback client, and the informer factory that controllers share."""
    loopback, tweak = config.loopback_client, config.loopback_tweak
    config.external_clientset = ExternalClientset(
        host=loopback.host,
        content_type=tweak.content_type,
        disable_compression=tweak.disable_compression,
        qps=loopback.qps,
        traced=False,
    )
    config.informers = Informers(client="externalClientset", resync="10m0s", strip_managed_fields=True)


def create_proxy_transport(config: ResolvedConfig) -> None:
    """Set the transport for proxied Pods, Services and Nodes, and for webhooks by service; its connections are cached.

    Kubernetes: apimachinery/pkg/util/net/http.go, SetTransportDefaults; Go: net/http, DefaultTransport.
    """
    # The dialer of an egress selector replaces Go's default one, with its timeouts.
    is_default = config.egress_selector.selections == ()
    config.proxy_transport = ProxyTransport(
        cached=True,
        insecure_skip_verify=True,
        http2=True,
        proxy_from_environment=True,
        dialer=config.egress_selector.dialers.cluster,
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


def build_service_resolver(context: ServerContext, config: ResolvedConfig) -> None:
    """Set how webhooks and APIServices find their backends; the service kubernetes leads to the loopback address."""
    flag = "enable-aggregator-routing"
    kind = "clusterIP"
    if context.flags.on(flag):
        kind = "endpointSlices" if context.catalog.behaviour("endpointSliceResolver") else "endpoints"
    config.service_resolver = ServiceResolver(
        type=kind, loopback_service="default/kubernetes:443", loopback_host=config.loopback_client.host
    )
