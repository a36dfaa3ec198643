"""Kubelet probes for a configuration, and alternatives if anonymous requests are rejected."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from compiler.apiserver.health.exposure import PATHS, UNAUTHORIZED, Access, HealthFacts, access_to, authorized
from compiler.upstream.go.net import join_host_port

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
        folder = os.path.dirname(self.ca) or "/etc/kubernetes/pki"
        self.certificate, self.key = f"{folder}/healthcheck-client.crt", f"{folder}/healthcheck-client.key"
        self.server_ca = f"{folder}/ca.crt"

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
    from compiler.inputs.schema import load_schema

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
