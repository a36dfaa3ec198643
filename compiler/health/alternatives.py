"""Ways to probe a server that sends away whoever shows no credentials."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from compiler.health.access import PATHS, UNAUTHORIZED, access_to, authorized
from compiler.health.probes import listener, over_https, planned, with_action
from compiler.options.addresses import join_host_port

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

SERVER_NAME = "kubernetes.default.svc"
"""A name that certificates of API servers have, unlike the address at which a local client asks."""
_PROXY_PORT = 6444
_GATES = ("StructuredAuthenticationConfiguration", "AnonymousAuthConfigurableEndpoints")


class Client:
    """Files of a client that is let in. They are proposals: nothing says that they are there."""

    def __init__(self, resolved: Resolved) -> None:
        self.ca = resolved.options.flags.text("client-ca-file")
        folder = os.path.dirname(self.ca) or "/etc/kubernetes/pki"
        self.certificate, self.key = f"{folder}/healthcheck-client.crt", f"{folder}/healthcheck-client.key"
        self.server_ca = f"{folder}/ca.crt"

    def needs(self, resolved: Resolved) -> list[str]:
        """What has to be there before such a client is let in."""
        group = "" if not authorized(resolved, PATHS[1]).denied else ", of a user in the group system:masters"
        made = f"{self.certificate} and {self.key}: a client certificate of the CA in --client-ca-file{group}"
        found = [made, f"{self.server_ca}: the CA of the server's own certificate, which names {SERVER_NAME}"]
        return found if self.ca else ["--client-ca-file", *found]


def alternatives(resolved: Resolved) -> list[dict[str, Any]]:
    """What to do instead, ready to copy; nothing where every probe gets an answer."""
    accesses = [access_to(resolved, path.partition("?")[0]) for path, _ in planned(resolved).values()]
    if not any(access.denied for access in accesses):
        return []
    found = []
    if any(access.outcome == UNAUTHORIZED for access in accesses) and not authorized(resolved, PATHS[1]).denied:
        found.append(_conditions(resolved))
    return [*found, _exec(resolved), _proxy(resolved)]


def _conditions(resolved: Resolved) -> dict[str, Any]:
    """Kubernetes: apiserver/pkg/apis/apiserver/types.go, AnonymousAuthConfig."""
    from compiler.schema.apply import load_schema

    options = resolved.options
    schema = load_schema(options.catalog.version, "files/AuthenticationConfiguration.schema.json")
    kept = [condition["path"] for condition in resolved.config.get("authentication.anonymous")["conditions"] or ()]
    conditions = [{"path": path} for path in dict.fromkeys((*kept, *PATHS))]
    gates = [gate for gate in _GATES if options.gates.known(gate) and not options.gates.on(gate)]
    needs = ["no --anonymous-auth beside it", *(f"the gate {gate}" for gate in gates)]
    return {
        "name": "conditions",
        "what": "Let requests without credentials in on the health paths alone: have this in --authentication-config.",
        "needs": needs,
        "authenticationConfig": {
            "apiVersion": schema["properties"]["apiVersion"]["enum"][0],
            "kind": "AuthenticationConfiguration",
            "anonymous": {"enabled": True, "conditions": conditions},
        },
        "probes": with_action(resolved, lambda path: over_https(resolved, path)),
    }


def _exec(resolved: Resolved) -> dict[str, Any]:
    client = Client(resolved)
    target = _target(resolved)
    curl = ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "--cacert", client.server_ca]
    curl += ["--cert", client.certificate, "--key", client.key]
    curl += ["--connect-to", f"{SERVER_NAME}:443:{target}"]
    return {
        "name": "exec",
        "what": "Ask with a client certificate, inside the container of the server.",
        "needs": ["an image that has curl: the upstream one has not", *client.needs(resolved)],
        "probes": with_action(resolved, lambda path: {"exec": {"command": [*curl, f"https://{SERVER_NAME}{path}"]}}),
    }


def _proxy(resolved: Resolved) -> dict[str, Any]:
    client = Client(resolved)
    target = _target(resolved)
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
        "needs": ["nginx beside the server, with this in its http section", *client.needs(resolved)],
        "nginx": lines,
        "probes": with_action(resolved, lambda path: {"httpGet": {**get, "path": path}}),
    }


def _target(resolved: Resolved) -> str:
    """Address and port of the listener, for who runs beside the server."""
    return join_host_port(listener(resolved) or "127.0.0.1", resolved.options.flags.number("secure-port"))
