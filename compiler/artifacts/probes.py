"""Probes of kubelets and health checks of load balancers, derived from the configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from compiler.apiserver.health.meaning import PATHS, UNAUTHORIZED, Access, HealthFacts, access_to, authorized
from compiler.artifacts.yamlio import part
from compiler.inputs.schema import load_schema
from compiler.upstream.go.net import join_host_port

if TYPE_CHECKING:
    from compiler.apiserver.health.shutdown import Balancing


_PERIOD = 10
_SHORTEST_STARTUP_SECONDS = 240
LIVENESS, READINESS = "/livez?exclude=etcd", "/readyz"
"""Liveness excludes etcd, including that of overrides: its outage must not restart every server at once."""


def probes(facts: HealthFacts) -> dict[str, Any]:
    """Return startup, liveness and readiness probes for a static Pod.

    A kubelet sends no credentials: if the server would answer 401 or 403, it can only check whether the port is open.
    """

    def action(path: str) -> dict[str, Any]:
        if access_to(facts, path.partition("?")[0]).denied:
            return {"tcpSocket": where(facts)}
        return over_https(facts, path)

    return with_action(facts, action)


def with_action(facts: HealthFacts, action: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Return the three probes, each with an action for its path."""
    return {name: action(path) | times for name, (path, times) in planned(facts).items()}


def over_https(facts: HealthFacts, path: str) -> dict[str, Any]:
    """Return a kubelet's request; it does not verify the certificate."""
    return {"httpGet": {**where(facts), "path": path, "scheme": "HTTPS"}}


def planned(facts: HealthFacts) -> dict[str, tuple[str, dict[str, int]]]:
    """Return the path and times of each probe: startup may take twice as long as the server waits for its checks."""
    startup = max(_SHORTEST_STARTUP_SECONDS, 2 * facts.patience)
    often = {"initialDelaySeconds": 10, "periodSeconds": _PERIOD, "timeoutSeconds": facts.live_timeout}
    return {
        "startup": (LIVENESS, often | {"failureThreshold": -(-startup // _PERIOD)}),
        "liveness": (LIVENESS, often | {"failureThreshold": 8}),
        "readiness": (
            READINESS,
            {"periodSeconds": 1, "timeoutSeconds": facts.ready_timeout, "failureThreshold": 3},
        ),
    }


def where(facts: HealthFacts) -> dict[str, Any]:
    """Return host and port of a probe; without a host a kubelet uses the Pod's address."""
    port = {"port": facts.port}
    return {"host": facts.listener} | port if facts.listener else port


SERVER_NAME = "kubernetes.default.svc"
"""A name that certificates of API servers have, unlike the address that a local client connects to."""
_PROXY_PORT = 6444
NOT_PLAIN = "# not generated: a path contains characters other than A-Z a-z 0-9 . _ / @ -"
"""Replaces lines for a program whose quoting depends on its version."""
_PLAIN = r"[A-Za-z0-9._/@-]*"


class Client:
    """Files of an authenticated client. They are suggestions: they may not exist."""

    def __init__(self, facts: HealthFacts) -> None:
        self.ca = facts.client_ca
        directory = os.path.dirname(self.ca) or "/etc/kubernetes/pki"
        self.certificate, self.key = f"{directory}/healthcheck-client.crt", f"{directory}/healthcheck-client.key"
        self.server_ca = f"{directory}/ca.crt"

    @property
    def is_plain(self) -> bool:
        """Whether the paths need no quotes in the configuration of any program."""
        return re.fullmatch(_PLAIN, self.certificate) is not None

    def needs(self, facts: HealthFacts) -> list[str]:
        """Return the prerequisites of such a client."""
        group = "" if not authorized(facts, PATHS[1]).denied else ", of a user in the group system:masters"
        pair = f"{self.certificate} and {self.key}: a client certificate of the CA in --client-ca-file{group}"
        needs = [pair, f"{self.server_ca}: the CA of the server's own certificate, which names {SERVER_NAME}"]
        return needs if self.ca else ["--client-ca-file", *needs]


def rejects_anonymous(facts: HealthFacts) -> bool:
    """Whether a probe without credentials is rejected."""
    return any(access.denied for access in _accesses(facts))


def _accesses(facts: HealthFacts) -> list[Access]:
    return [access_to(facts, path.partition("?")[0]) for path, _ in planned(facts).values()]


def alternatives(facts: HealthFacts) -> list[dict[str, Any]]:
    """Return ways to probe a server that rejects anonymous requests, ready to copy."""
    ways = [_exec(facts), _proxy(facts)]
    if any(access.outcome == UNAUTHORIZED for access in _accesses(facts)) and not authorized(facts, PATHS[1]).denied:
        ways.insert(0, _conditions(facts))
    return ways


def _conditions(facts: HealthFacts) -> dict[str, Any]:
    """Kubernetes: apiserver/pkg/apis/apiserver/types.go, AnonymousAuthConfig."""
    schema = load_schema(facts.version, "files/AuthenticationConfiguration.schema.json")
    conditions = [{"path": path} for path in dict.fromkeys((*facts.anonymous_paths, *PATHS))]
    needs = ["no --anonymous-auth together with it", *(f"the gate {gate}" for gate in facts.missing_gates)]
    return {
        "name": "conditions",
        "what": "Admit requests without credentials only on the health paths: put this into --authentication-config.",
        "needs": needs,
        "authenticationConfig": {
            "apiVersion": schema["properties"]["apiVersion"]["enum"][0],
            "kind": "AuthenticationConfiguration",
            "anonymous": {"enabled": True, "conditions": conditions},
        },
        "probes": with_action(facts, lambda path: over_https(facts, path)),
    }


def _exec(facts: HealthFacts) -> dict[str, Any]:
    client = Client(facts)
    target = _target(facts)
    curl = ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "--cacert", client.server_ca]
    curl += ["--cert", client.certificate, "--key", client.key]
    curl += ["--connect-to", f"{SERVER_NAME}:443:{target}"]
    return {
        "name": "exec",
        "what": "Send a client certificate, from inside the container of the server.",
        "needs": ["an image with curl: the upstream image has none", *client.needs(facts)],
        "probes": with_action(facts, lambda path: {"exec": {"command": [*curl, f"https://{SERVER_NAME}{path}"]}}),
    }


def _proxy(facts: HealthFacts) -> dict[str, Any]:
    client = Client(facts)
    target = _target(facts)
    lines = [
        "server {",
        f"    listen 127.0.0.1:{_PROXY_PORT};",
        "    location ~ ^/(healthz|livez|readyz)$ {",
        "        limit_except GET { deny all; }",
        f"        proxy_pass https://{target};",
        f"        proxy_ssl_certificate {client.certificate};",
        f"        proxy_ssl_certificate_key {client.key};",
        f"        proxy_ssl_trusted_certificate {client.server_ca};",
        f"        proxy_ssl_name {SERVER_NAME};",
        "        proxy_ssl_server_name on;",
        "        proxy_ssl_verify on;",
        "    }",
        "    location / { return 404; }",
        "}",
    ]
    get = {"host": "127.0.0.1", "port": _PROXY_PORT, "scheme": "HTTP"}
    return {
        "name": "proxy",
        "what": "Use a local proxy with a client certificate that serves only the health paths; here for nginx.",
        "needs": ["nginx next to the server, with this in its http section", *client.needs(facts)],
        "nginx": lines if client.is_plain else [NOT_PLAIN],
        "probes": with_action(facts, lambda path: {"httpGet": {**get, "path": path}}),
    }


def _target(facts: HealthFacts) -> str:
    """Return address and port of the listener for programs on the same host."""
    return join_host_port(facts.listener or "127.0.0.1", facts.port)


def load_balancers(facts: HealthFacts, times: Balancing, name: str, server: str) -> dict[str, Any]:
    """Return settings for HAProxy, NGINX, an AWS Network Load Balancer and Google Cloud; the last two are parts.

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
        "awsNLB": part(_aws, times, port, asks),
        "gcp": part(_gcp, times, port, asks),
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
