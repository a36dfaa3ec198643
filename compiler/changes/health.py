"""Health checks that are added, removed, or part of other endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.apiserver.health import ENDPOINTS
from compiler.changes.change import Change
from compiler.changes.flags import meant

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

EXPLAINS: frozenset[str] = frozenset()


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the checks that are not part of the same endpoints, in the order of the new server."""
    if all(getattr(old.health, endpoint) == getattr(new.health, endpoint) for endpoint in ENDPOINTS):
        return
    before, after = _endpoints(old), _endpoints(new)
    for name in {**after, **before}:
        first, second = before.get(name, []), after.get(name, [])
        if first != second:
            case = "added" if not first else "removed" if not second else "endpoints"
            yield meant("health-check", name, f"health.{case}", old, new, "", first, second)


def _endpoints(server: Resolved) -> dict[str, list[str]]:
    """Return the endpoints of each check."""
    endpoints: dict[str, list[str]] = {}
    for endpoint in ENDPOINTS:
        for check in getattr(server.health, endpoint):
            if endpoint not in (known := endpoints.setdefault(check.name, [])):
                known.append(endpoint)
    return endpoints
