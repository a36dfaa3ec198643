"""Kubelet probes that follow from the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

_PERIOD = 10
_SHORTEST_STARTUP_SECONDS = 240


def probes(resolved: Resolved) -> dict[str, Any]:
    """startup, liveness and readiness for a static Pod.

    Liveness leaves etcd out: an etcd outage must not restart every API server at once.
    """
    options = resolved.options
    flags = options.flags
    bind = flags.text("bind-address")
    # With hostNetwork, a probe without a host goes to the node's address, where a narrower listener is not.
    host = bind if bind not in ("", "0.0.0.0", "::") else ("::1" if bind == "::" else "127.0.0.1")
    port = flags.number("secure-port")
    patience = flags.number("storage-initialization-timeout") // 10**9 + flags.number("livez-grace-period") // 10**9
    startup_seconds = max(_SHORTEST_STARTUP_SECONDS, 2 * patience)
    return {
        "startup": _probe(host, port, "/livez", period=_PERIOD, failures=-(-startup_seconds // _PERIOD), delay=10),
        "liveness": _probe(host, port, "/livez?exclude=etcd", period=_PERIOD, failures=8, delay=10),
        "readiness": _probe(host, port, "/readyz", period=1, failures=3),
    }


def _probe(host: str, port: int, path: str, *, period: int, failures: int, delay: int = 0) -> dict[str, Any]:
    probe: dict[str, Any] = {"httpGet": {"host": host, "path": path, "port": port, "scheme": "HTTPS"}}
    if delay:
        probe["initialDelaySeconds"] = delay
    return probe | {"periodSeconds": period, "timeoutSeconds": 15, "failureThreshold": failures}
