"""How often the load balancer in front looks, as `deployment.loadBalancer` of a document says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from compiler.source.node import Node

_INTERVAL, _TIMEOUT, _THRESHOLD = 5, 3, 2


class Balancing(NamedTuple):
    """Times in seconds, thresholds in checks."""

    interval: int
    timeout: int
    unhealthy: int
    healthy: int

    @property
    def detection(self) -> int:
        """How long the balancer still sends requests after readyz began to fail, at most."""
        return self.interval * self.unhealthy


def balancer_in(deployment: Node | None) -> Node | None:
    """The mapping, in a document's section `deployment`."""
    return deployment.get("loadBalancer") if deployment is not None else None


def balancing_of(node: Node | None) -> Balancing:
    """What the mapping says; what it leaves open has a default."""

    def number(key: str, default: int) -> int:
        found = node.get(key) if node is not None else None
        return found.value if found is not None and isinstance(found.value, int) else default

    interval = number("intervalSeconds", _INTERVAL)
    return Balancing(
        interval,
        number("timeoutSeconds", min(_TIMEOUT, interval)),
        number("unhealthyThreshold", _THRESHOLD),
        number("healthyThreshold", _THRESHOLD),
    )
