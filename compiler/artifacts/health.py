"""The artifact `health`: the three lists of checks, their meanings, probes and load balancers."""

from __future__ import annotations

from typing import Any

from compiler.apiserver.health import HealthCheck
from compiler.apiserver.health.meaning import PATHS, SINGLE, HealthFacts, access_to, explained, health_facts, targets_of
from compiler.apiserver.health.rows import check_rows
from compiler.apiserver.health.shutdown import balancer_in, balancing_of, described, drain_of
from compiler.apiserver.startup import Resolved
from compiler.artifacts.probes import alternatives, load_balancers, probes, rejects_anonymous, server_of
from compiler.artifacts.yamlio import Part, header, part, plain

_PATHS = tuple(path + end for path in PATHS for end in ("", SINGLE))


def _access(facts: HealthFacts) -> list[dict[str, str]]:
    return [{"path": path, **access_to(facts, path)._asdict()} for path in _PATHS]


def definitions(resolved: Resolved) -> dict[str, Any]:
    """Return the HealthCheckDefinitions; see schemas/artifacts/health.schema.json."""
    result: dict[str, Any] = plain(definition_parts(resolved))
    return result


def definition_parts(resolved: Resolved) -> dict[str, Any]:
    """Return the same in parts."""
    config = resolved.config
    health = resolved.health
    facts = health_facts(resolved.context, resolved.config, resolved.storage_factory, resolved.health)
    drain = drain_of(resolved.context)
    return {
        **header(resolved, "HealthCheckDefinitions"),
        "healthz": part(check_rows, health.healthz),
        "livez": part(check_rows, health.livez, config.generic.livez_grace_period),
        "readyz": part(check_rows, health.readyz),
        "anyOrder": health.any_order,
        "preShutdownHooks": health.pre_shutdown,
        "access": part(_access, facts),
        "probes": part(probes, facts),
        "alternatives": part(alternatives, facts) if rejects_anonymous(facts) else [],
        "drain": part(described, drain),
        "loadBalancers": _load_balancers(resolved, facts),
        "checks": _meanings(resolved),
    }


def _load_balancers(resolved: Resolved, facts: HealthFacts) -> dict[str, Any]:
    given = resolved.context.input
    balancing = balancing_of(balancer_in(given.deployment))
    server = server_of(facts, given.name, resolved.config.generic.public_address or "")
    return load_balancers(facts, balancing, given.name, server)


def _meanings(resolved: Resolved) -> Part:
    checks = tuple(resolved.health.every().values())
    return part(_explained, checks, tuple(targets_of(check, resolved.storage_factory) for check in checks))


def _explained(checks: tuple[HealthCheck, ...], targets: tuple[tuple[str, ...], ...]) -> list[dict[str, Any]]:
    """Return what each check means, with the addresses that it reads."""
    return [explained(check, addresses) for check, addresses in zip(checks, targets, strict=True)]
