"""Kubelet probes that follow from the configuration, and other ways where a kubelet would be sent away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from compiler.health.access import access_to

if TYPE_CHECKING:
    from compiler.health.checks import HealthCheck
    from compiler.pipeline import Resolved

SECOND = 10**9
_PERIOD = 10
_SHORTEST_STARTUP_SECONDS = 240
_SHORTEST_TIMEOUT_SECONDS = 15
LIVENESS, READINESS = "/livez?exclude=etcd", "/readyz"
"""Liveness leaves etcd out, with the etcds of overrides: its outage must not restart every server at once."""


def probes(resolved: Resolved) -> dict[str, Any]:
    """startup, liveness and readiness for a static Pod.

    A kubelet asks without credentials: where the server would answer 401 or 403, it can only look whether the port
    is open.
    """

    def action(path: str) -> dict[str, Any]:
        if access_to(resolved, path.partition("?")[0]).denied:
            return {"tcpSocket": where(resolved)}
        return over_https(resolved, path)

    return with_action(resolved, action)


def with_action(resolved: Resolved, action: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The three probes, each asking for its path by an action."""
    return {name: action(path) | times for name, (path, times) in planned(resolved).items()}


def over_https(resolved: Resolved, path: str) -> dict[str, Any]:
    """A kubelet's request; it does not look at the certificate."""
    return {"httpGet": {**where(resolved), "path": path, "scheme": "HTTPS"}}


def planned(resolved: Resolved) -> dict[str, tuple[str, dict[str, int]]]:
    """What each probe asks, and its times: the start may take twice what it waits for itself."""
    flags = resolved.options.flags
    patience = flags.number("storage-initialization-timeout") + flags.number("livez-grace-period")
    startup = max(_SHORTEST_STARTUP_SECONDS, 2 * (patience // SECOND))
    health = resolved.config.health
    lives, readies = (health.livez, health.readyz) if health else ([], [])
    timeout = _timeout([check for check in lives if check.etcd is None], resolved)
    often = {"initialDelaySeconds": 10, "periodSeconds": _PERIOD, "timeoutSeconds": timeout}
    return {
        "startup": (LIVENESS, often | {"failureThreshold": -(-startup // _PERIOD)}),
        "liveness": (LIVENESS, often | {"failureThreshold": 8}),
        "readiness": (
            READINESS,
            {"periodSeconds": 1, "timeoutSeconds": _timeout(readies, resolved), "failureThreshold": 3},
        ),
    }


def _timeout(checks: list[HealthCheck], resolved: Resolved) -> int:
    """Seconds that an answer may take: checks run one after the other, and some wait for somebody else."""
    longest = sum(check.etcd.timeout for check in checks if check.etcd is not None)
    encryption = resolved.options.etcd.encryption
    if encryption and any(check.row.startswith("kms") for check in checks):
        longest += sum(plugin.timeout for plugin in encryption.kms)
    return max(_SHORTEST_TIMEOUT_SECONDS, -(-longest // SECOND) + 1)


def where(resolved: Resolved) -> dict[str, Any]:
    """Host and port of a probe; without a host a kubelet asks at the Pod's address."""
    address = listener(resolved)
    port = {"port": resolved.options.flags.number("secure-port")}
    return {"host": address} | port if address else port


def listener(resolved: Resolved) -> str:
    """The address at which the server listens on its own node; empty where that is the Pod's, which nobody knows yet.

    With the node's network a kubelet would ask at the node's address, where a narrower listener is not.
    """
    node = resolved.options.input.deployment
    network = node.get("hostNetwork") if node is not None else None
    if network is not None and network.value is False:
        return ""
    bind = resolved.options.flags.text("bind-address")
    if bind == "::":
        return "::1"
    return bind if bind not in ("", "0.0.0.0") else "127.0.0.1"
