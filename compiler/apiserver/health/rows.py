"""The health checks of a server as plain data: the lists of the health definitions."""

from __future__ import annotations

from typing import Any

from compiler.apiserver.health import HealthCheck


def check_rows(checks: tuple[HealthCheck, ...], grace: str = "") -> list[dict[str, Any]]:
    """Return a row for each check in order; see `checks` in schemas/artifacts/health.schema.json.

    `grace` is how long post-start hooks are ignored, in livez only.
    """
    return [_row(check, grace) for check in checks]


def _row(check: HealthCheck, grace: str) -> dict[str, Any]:
    row: dict[str, Any] = {"name": check.name, "addedBy": check.added_by}
    if check.group:
        row["group"] = check.group
    if check.etcd is not None:
        row |= check.etcd.limits()
    row |= check.limits
    if check.grace and grace not in ("", "0s"):
        row["grace"] = grace
    return row
