"""Health checks of a load balancer in front of the servers, for common products."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compiler.apiserver.health.exposure import HealthFacts, access_to
from compiler.artifacts.probes import NOT_PLAIN, READINESS, SERVER_NAME, Client
from compiler.upstream.go.net import join_host_port

if TYPE_CHECKING:
    from compiler.apiserver.health.shutdown import Balancing


def load_balancers(facts: HealthFacts, times: Balancing, name: str, server: str) -> dict[str, Any]:
    """Return settings for HAProxy, NGINX, an AWS Network Load Balancer and Google Cloud.

    All request readyz, which fails as soon as a server shuts down. If requests without credentials are rejected,
    HAProxy presents a client certificate; the others can only check whether the port is open.
    """
    asks = not access_to(facts, READINESS).denied
    port = facts.port
    return {
        "path": READINESS if asks else None,
        "port": port,
        "intervalSeconds": times.interval,
        "takenOutAfterSeconds": times.detection,
        "haproxy": list(haproxy(facts, times, name, server)),
        "nginx": list(nginx(times, server)),
        "awsNLB": _aws(times, port, asks),
        "gcp": _gcp(times, port, asks),
    }


def server_of(facts: HealthFacts, name: str, address: str) -> str:
    """Return host and port of a server; its name instead of an address that depends on the host."""
    return join_host_port(address or _plain(name), facts.port)


def _plain(name: str) -> str:
    """Return a name that needs no quotes in a configuration file; of inputs other than documents it may be anything."""
    return re.sub("[^A-Za-z0-9._-]", "-", name) or "kube-apiserver"


def haproxy(facts: HealthFacts, times: Balancing, name: str, server: str) -> tuple[str, ...]:
    """Return a backend that passes TLS through, with health checks over a separate TLS connection."""
    client = Client(facts)
    if not client.is_plain:
        return (NOT_PLAIN,)
    shows = f" crt {client.certificate.removesuffix('.crt')}.pem" if access_to(facts, READINESS).denied else ""
    return (
        "backend kube-apiserver",
        "    mode tcp",
        "    balance leastconn",
        "    option httpchk",
        f"    http-check send meth GET uri {READINESS}",
        "    http-check expect status 200",
        f"    timeout check {times.timeout}s",
        f"    default-server check check-ssl verify required ca-file {client.server_ca}{shows} "
        f"check-sni {SERVER_NAME} verifyhost {SERVER_NAME} "
        f"inter {times.interval}s fall {times.unhealthy} rise {times.healthy} on-marked-down shutdown-sessions",
        f"    server {_plain(name)} {server}",
    )


def nginx(times: Balancing, server: str) -> tuple[str, ...]:
    """Return a part of the section `stream`. Without active checks it notices refused connections, but not readyz."""
    return (
        "upstream kube-apiserver {",
        "    least_conn;",
        f"    server {server} max_fails={times.unhealthy} fail_timeout={times.interval * times.unhealthy}s;",
        "}",
        "server {",
        "    listen 6443;",
        f"    proxy_connect_timeout {times.timeout}s;",
        "    proxy_next_upstream on;",
        "    proxy_pass kube-apiserver;",
        "}",
    )


def _aws(times: Balancing, port: int, asks: bool) -> dict[str, Any]:
    """Return the properties of AWS::ElasticLoadBalancingV2::TargetGroup, within the limits of AWS."""
    settings: dict[str, Any] = {
        "Protocol": "TCP",
        "Port": port,
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": "HTTPS" if asks else "TCP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckIntervalSeconds": _within(times.interval, 5, 300),
        "HealthCheckTimeoutSeconds": _within(times.timeout, 2, 120),
        "HealthyThresholdCount": _within(times.healthy, 2, 10),
        "UnhealthyThresholdCount": _within(times.unhealthy, 2, 10),
    }
    return settings | ({"HealthCheckPath": READINESS, "Matcher": {"HttpCode": "200"}} if asks else {})


def _gcp(times: Balancing, port: int, asks: bool) -> dict[str, Any]:
    """Return a health check of Google Compute Engine, within its limits."""
    interval = _within(times.interval, 1, 300)
    settings: dict[str, Any] = {
        "type": "HTTPS" if asks else "TCP",
        "checkIntervalSec": interval,
        "timeoutSec": _within(times.timeout, 1, interval),
        "healthyThreshold": _within(times.healthy, 1, 10),
        "unhealthyThreshold": _within(times.unhealthy, 1, 10),
    }
    where = {"port": port}
    return settings | ({"httpsHealthCheck": where | {"requestPath": READINESS}} if asks else {"tcpHealthCheck": where})


def _within(value: int, least: int, most: int) -> int:
    return min(max(value, least), most)
