"""Kubelet probes that follow from the configuration, and alternatives when anonymous requests are rejected."""

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
"""Liveness leaves etcd out, with the etcds of overrides: its outage must not restart every server at once."""


def probes(facts: HealthFacts) -> dict[str, Any]:
    """startup, liveness and readiness for a static Pod.

    A kubelet asks without credentials: where the server would answer 401 or 403, it can only look whether the port
    is open.
    """

    def action(path: str) -> dict[str, Any]:
        if access_to(facts, path.partition("?")[0]).denied:
            return {"tcpSocket": where(facts)}
        return over_https(facts, path)

    return with_action(facts, action)


def with_action(facts: HealthFacts, action: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The three probes, each asking for its path by an action."""
    return {name: action(path) | times for name, (path, times) in planned(facts).items()}


def over_https(facts: HealthFacts, path: str) -> dict[str, Any]:
    """A kubelet's request; it does not look at the certificate."""
    return {"httpGet": {**where(facts), "path": path, "scheme": "HTTPS"}}


def planned(facts: HealthFacts) -> dict[str, tuple[str, dict[str, int]]]:
    """What each probe asks, and its times: the start may take twice what it waits for itself."""
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
    """Host and port of a probe; without a host a kubelet asks at the Pod's address."""
    port = {"port": facts.port}
    return {"host": facts.listener} | port if facts.listener else port


SERVER_NAME = "kubernetes.default.svc"
"""A name that certificates of API servers have, unlike the address at which a local client asks."""
_PROXY_PORT = 6444
NOT_PLAIN = "# not generated: a path contains characters other than A-Z a-z 0-9 . _ / @ -"
"""In place of lines for a program whose quoting differs from one version to the next."""
_PLAIN = r"[A-Za-z0-9._/@-]*"


class Client:
    """Files of a client that is let in. They are proposals: nothing says that they are there."""

    def __init__(self, facts: HealthFacts) -> None:
        self.ca = facts.client_ca
        folder = os.path.dirname(self.ca) or "/etc/kubernetes/pki"
        self.certificate, self.key = f"{folder}/healthcheck-client.crt", f"{folder}/healthcheck-client.key"
        self.server_ca = f"{folder}/ca.crt"

    @property
    def is_plain(self) -> bool:
        """Whether the paths can be written into the configuration of any program without quotes."""
        return re.fullmatch(_PLAIN, self.certificate) is not None

    def needs(self, facts: HealthFacts) -> list[str]:
        """What has to be there before such a client is let in."""
        group = "" if not authorized(facts, PATHS[1]).denied else ", of a user in the group system:masters"
        made = f"{self.certificate} and {self.key}: a client certificate of the CA in --client-ca-file{group}"
        found = [made, f"{self.server_ca}: the CA of the server's own certificate, which names {SERVER_NAME}"]
        return found if self.ca else ["--client-ca-file", *found]


def is_sent_away(facts: HealthFacts) -> bool:
    """Whether a probe without credentials gets no answer."""
    return any(access.denied for access in _accesses(facts))


def _accesses(facts: HealthFacts) -> list[Access]:
    return [access_to(facts, path.partition("?")[0]) for path, _ in planned(facts).values()]


def alternatives(facts: HealthFacts) -> list[dict[str, Any]]:
    """What to do where a probe is sent away, ready to copy."""
    found = [_exec(facts), _proxy(facts)]
    if any(access.outcome == UNAUTHORIZED for access in _accesses(facts)) and not authorized(facts, PATHS[1]).denied:
        found.insert(0, _conditions(facts))
    return found


def _conditions(facts: HealthFacts) -> dict[str, Any]:
    """Kubernetes: apiserver/pkg/apis/apiserver/types.go, AnonymousAuthConfig."""
    from compiler.inputs.schema import load_schema

    schema = load_schema(facts.version, "files/AuthenticationConfiguration.schema.json")
    conditions = [{"path": path} for path in dict.fromkeys((*facts.anonymous_paths, *PATHS))]
    needs = ["no --anonymous-auth beside it", *(f"the gate {gate}" for gate in facts.missing_gates)]
    return {
        "name": "conditions",
        "what": "Let requests without credentials in on the health paths alone: have this in --authentication-config.",
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
        "what": "Ask with a client certificate, inside the container of the server.",
        "needs": ["an image that has curl: the upstream one has not", *client.needs(facts)],
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
        "what": "Ask a local proxy that shows a client certificate and knows the health paths alone; here for nginx.",
        "needs": ["nginx beside the server, with this in its http section", *client.needs(facts)],
        "nginx": lines if client.is_plain else [NOT_PLAIN],
        "probes": with_action(facts, lambda path: {"httpGet": {**get, "path": path}}),
    }


def _target(facts: HealthFacts) -> str:
    """Address and port of the listener, for who runs beside the server."""
    return join_host_port(facts.listener or "127.0.0.1", facts.port)
