"""The artifact `health`: the three lists of checks, what they mean, and who asks for them and how."""

from __future__ import annotations

from typing import Any

from compiler.emit.header import header
from compiler.health.access import PATHS, SINGLE, access_to
from compiler.health.alternatives import alternatives
from compiler.health.balancers import load_balancers
from compiler.health.balancing import Balancing
from compiler.health.checks import HealthCheck
from compiler.health.drain import described
from compiler.health.meaning import explained
from compiler.health.probes import probes
from compiler.pipeline import Resolved

_PATHS = tuple(path + end for path in PATHS for end in ("", SINGLE))


def definitions(resolved: Resolved) -> dict[str, Any]:
    """The HealthCheckDefinitions; see schemas/artifacts/health.schema.json."""
    config = resolved.config
    health = config.health
    if health is None:
        raise RuntimeError("the pipeline has not run")
    grace = config.get("generic.livezGracePeriod")
    return {
        **header(resolved, "HealthCheckDefinitions"),
        "healthz": [_entry(check) for check in health.healthz],
        "livez": [_entry(check, grace) for check in health.livez],
        "readyz": [_entry(check) for check in health.readyz],
        "anyOrder": health.any_order,
        "preShutdownHooks": health.pre_shutdown,
        "access": [{"path": path, **access_to(resolved, path)._asdict()} for path in _PATHS],
        "probes": probes(resolved),
        "alternatives": alternatives(resolved),
        "drain": described(resolved.options),
        "loadBalancers": load_balancers(resolved, Balancing(resolved.options.input.deployment)),
        "checks": explained(resolved),
    }


def _entry(check: HealthCheck, grace: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {"name": check.name, "addedBy": check.added_by}
    if check.group:
        entry["group"] = check.group
    if check.etcd is not None:
        entry |= check.etcd.limits()
    entry |= check.limits or {}
    if check.grace and grace not in ("", "0s"):
        entry["grace"] = grace
    return entry
