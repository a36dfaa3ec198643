"""Kubelet probes that follow from the configuration, and other ways where a kubelet would be sent away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.health.access import access_to
from compiler.health.facts import HealthFacts

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
