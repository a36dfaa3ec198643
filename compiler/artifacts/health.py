"""The artifact `health`: the three lists of checks, their meanings, probes and load balancers."""

from __future__ import annotations

from typing import Any

from compiler.apiserver.health.checks import HealthCheck
from compiler.apiserver.health.exposure import PATHS, SINGLE, HealthFacts, access_to, health_facts
from compiler.apiserver.health.meaning import every_check, explained, targets_of
from compiler.apiserver.health.shutdown import balancer_in, balancing_of, described, drain_of
from compiler.apiserver.startup import Resolved
from compiler.artifacts.load_balancers import haproxy, load_balancers, nginx, server_of
from compiler.artifacts.parts import HOLE, Parts, plain
from compiler.artifacts.probes import alternatives, is_sent_away, probes
from compiler.artifacts.yamlio import header

_PATHS = tuple(path + end for path in PATHS for end in ("", SINGLE))


def _access(facts: HealthFacts) -> list[dict[str, str]]:
    return [{"path": path, **access_to(facts, path)._asdict()} for path in _PATHS]


def definitions(resolved: Resolved) -> dict[str, Any]:
    """Return the HealthCheckDefinitions; see schemas/artifacts/health.schema.json."""
    found: dict[str, Any] = plain(definition_parts(resolved))
    return found


def definition_parts(resolved: Resolved) -> dict[str, Any]:
    """The same in parts: the lists, and the meanings of their checks."""
    config = resolved.config
    health = resolved.health
    facts, drain = health_facts(resolved), drain_of(resolved.context)
    return {
        **header(resolved, "HealthCheckDefinitions"),
        "healthz": _list(health.healthz),
        "livez": _list(health.livez, config.generic.livez_grace_period),
        "readyz": _list(health.readyz),
        "anyOrder": health.any_order,
        "preShutdownHooks": health.pre_shutdown,
        "access": Parts.of(("access", facts), lambda: _access(facts)),
        "probes": Parts.of(("probes", facts), lambda: probes(facts)),
        "alternatives": Parts.of(("alternatives", facts), lambda: alternatives(facts)) if is_sent_away(facts) else [],
        "drain": Parts.of(("drain", drain), lambda: described(drain)),
        "loadBalancers": _load_balancers(resolved, facts),
        "checks": _meanings(resolved),
    }


def _load_balancers(resolved: Resolved, facts: HealthFacts) -> Parts:
    """Settings of load balancers, with holes for those that name the server."""
    given = resolved.context.input
    balancing = balancing_of(balancer_in(given.deployment))
    server = server_of(facts, given.name, resolved.config.generic.public_address or "")
    return Parts.of(
        ("load balancers", facts, balancing),
        lambda: load_balancers(facts, balancing, HOLE, HOLE),
        (haproxy(facts, balancing, given.name, server), nginx(balancing, server)),
    )


def _meanings(resolved: Resolved) -> Parts:
    """What each check means, with holes for whom it asks."""
    checks = every_check(resolved)
    targets = tuple(targets_of(check, resolved) for check in checks.asking)
    asking = frozenset(check.name for check, asked in zip(checks.asking, targets, strict=True) if asked)
    return Parts.of(
        ("meanings", checks, asking),
        lambda: [explained(check, HOLE if check.name in asking else None) for check in checks.checks],
        tuple(filter(None, targets)),
    )


def _list(checks: tuple[HealthCheck, ...], grace: str = "") -> Parts:
    return Parts.of(("checks", checks, grace), lambda: [_entry(check, grace) for check in checks])


def _entry(check: HealthCheck, grace: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {"name": check.name, "addedBy": check.added_by}
    if check.group:
        entry["group"] = check.group
    if check.etcd is not None:
        entry |= check.etcd.limits()
    entry |= check.limits
    if check.grace and grace not in ("", "0s"):
        entry["grace"] = grace
    return entry
