"""Kubelet probes that follow from the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

_PERIOD = 10
_SHORTEST_STARTUP_SECONDS = 240


def probes(resolved: Resolved) -> dict[str, Any]:
    """startup, liveness and readiness for a static Pod.

    Liveness leaves etcd out: an etcd outage must not restart every API server at once. A kubelet asks without
    credentials: where the server would answer 401, it can only look whether the port is open.
    """
    flags = resolved.options.flags
    patience = flags.number("storage-initialization-timeout") // 10**9 + flags.number("livez-grace-period") // 10**9
    startup_seconds = max(_SHORTEST_STARTUP_SECONDS, 2 * patience)
    start = {"initialDelaySeconds": 10, "periodSeconds": _PERIOD, "timeoutSeconds": 15}
    return {
        "startup": _action(resolved, "/livez") | start | {"failureThreshold": -(-startup_seconds // _PERIOD)},
        "liveness": _action(resolved, "/livez", "?exclude=etcd") | start | {"failureThreshold": 8},
        "readiness": _action(resolved, "/readyz") | {"periodSeconds": 1, "timeoutSeconds": 15, "failureThreshold": 3},
    }


def _action(resolved: Resolved, path: str, query: str = "") -> dict[str, Any]:
    """What the kubelet does."""
    port = resolved.options.flags.number("secure-port")
    where = _host(resolved)
    if _lets_in(resolved, path):
        return {"httpGet": {**where, "path": path + query, "port": port, "scheme": "HTTPS"}}
    return {"tcpSocket": {**where, "port": port}}


def _lets_in(resolved: Resolved, path: str) -> bool:
    """Whether requests without credentials are let in on a path; taken for granted where a file decides it."""
    anonymous = resolved.config.get("authentication.anonymous")
    paths = [condition["path"] for condition in anonymous["conditions"] or ()]
    return anonymous["enabled"] is not False and (not paths or path in paths)


def _host(resolved: Resolved) -> dict[str, str]:
    """The address to ask. A kubelet asks the Pod's own where none is given.

    With the node's network that is the node's address, where a narrower listener is not.
    """
    node = resolved.options.input.deployment
    network = node.get("hostNetwork") if node is not None else None
    if network is not None and network.value is False:
        return {}
    bind = resolved.options.flags.text("bind-address")
    if bind == "::":
        return {"host": "::1"}
    return {"host": bind if bind not in ("", "0.0.0.0") else "127.0.0.1"}
