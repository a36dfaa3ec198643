"""How the checks that a server has differ from those that its configuration gives it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from compiler.health.checks import ENDPOINTS, HealthChecks

if TYPE_CHECKING:
    from compiler.pipeline import Resolved
    from compiler.probe.asking import Seen


class Differences(NamedTuple):
    """Names of checks with the endpoints in which they are missing or unexpected, and endpoints in another order.

    `version` says which other version runs; empty where it is the declared one, or none was told.
    """

    missing: dict[str, list[str]]
    unexpected: dict[str, list[str]]
    reordered: list[str]
    version: str

    def __bool__(self) -> bool:
        return any(self[:])


def compare(seen: Seen, resolved: Resolved) -> Differences:
    """Hold every list that could be asked against its definition."""
    health = checks_of(resolved)
    found = Differences({}, {}, [], _other_version(seen, resolved))
    for endpoint in ENDPOINTS:
        checks = seen.endpoints[endpoint].checks
        if checks is None:
            continue
        want = [check.name for check in getattr(health, endpoint)]
        have = [check.name for check in checks.checks]
        for name in Counter(want) - Counter(have):
            found.missing.setdefault(name, []).append(endpoint)
        for name in Counter(have) - Counter(want):
            found.unexpected.setdefault(name, []).append(endpoint)
        both = set(want) & set(have)
        if _ordered(want, both, health) != _ordered(have, both, health):
            found.reordered.append(endpoint)
    return found


def checks_of(resolved: Resolved) -> HealthChecks:
    """The definitions."""
    health = resolved.config.health
    if health is None:
        raise RuntimeError("the pipeline has not run")
    return health


def _other_version(seen: Seen, resolved: Resolved) -> str:
    if seen.version is None:
        return ""
    name, running, emulates = seen.version
    declared, emulated = resolved.options.catalog.version, f"1.{resolved.options.emulated}"
    if running != declared:
        return f"runs Kubernetes {name}, not {declared}"
    return f"emulates Kubernetes {emulates}, not {emulated}" if emulates != emulated else ""


def _ordered(names: list[str], among: set[str], health: HealthChecks) -> list[str]:
    """The names that both lists have, each once; those that may stand in any order among themselves are one."""
    same = {name: group[0] for group in health.any_order for name in group}
    return [same.get(name, name) for name in dict.fromkeys(names) if name in among]
