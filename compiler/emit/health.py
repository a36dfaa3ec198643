"""The artifact `health`: the three lists of checks, and probes that use them."""

from __future__ import annotations

from typing import Any

from compiler.emit.header import header
from compiler.health.checks import HealthCheck
from compiler.health.probes import probes
from compiler.pipeline import Resolved


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
        "probes": probes(resolved),
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
