"""How often the load balancer in front looks, as `deployment.loadBalancer` of a document says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.source.node import Node

_INTERVAL, _TIMEOUT, _THRESHOLD = 5, 3, 2


class Balancing:
    """Times in seconds, thresholds in checks; what the document leaves open has a default."""

    def __init__(self, deployment: Node | None) -> None:
        self.node = deployment.get("loadBalancer") if deployment is not None else None
        self.interval = self._number("intervalSeconds", _INTERVAL)
        self.timeout = self._number("timeoutSeconds", min(_TIMEOUT, self.interval))
        self.unhealthy = self._number("unhealthyThreshold", _THRESHOLD)
        self.healthy = self._number("healthyThreshold", _THRESHOLD)

    def _number(self, key: str, default: int) -> int:
        node = self.node.get(key) if self.node is not None else None
        return node.value if node is not None and isinstance(node.value, int) else default

    @property
    def detection(self) -> int:
        """How long the balancer still sends requests after readyz began to fail, at most."""
        return self.interval * self.unhealthy
