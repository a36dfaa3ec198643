"""Lists held against their definitions."""

from __future__ import annotations

import pytest

from compiler.cluster.health_list import Check, Checks
from compiler.cluster.probe_asking import Endpoint, ProbeResult, Problem
from compiler.cluster.probe_report import compare
from tests.apiserver.health.test_checks import overrides
from tests.apiserver.options.running import server

ENDPOINTS = ("healthz", "livez", "readyz")


def seen(lists: dict[str, list[str] | None]) -> ProbeResult:
    found = ProbeResult("https://a:1")
    for name, names in lists.items():
        if names is None:
            found.endpoints[name] = Endpoint(problem=Problem("broke", "fix it"))
        else:
            found.endpoints[name] = Endpoint(Checks([Check(each, True) for each in names], True), 200, 0.1)
    return found


@pytest.mark.parametrize("flags", [(), (overrides(2),), (overrides(5),), ("--authorization-mode=Node",)])
def test_a_server_as_declared_does_not_differ(flags: tuple[str, ...]) -> None:
    """With five overrides, one check stands eight times in the lists, and so it does in the answers."""
    resolved, _ = server(*flags)
    health = resolved.health
    lists: dict[str, list[str] | None] = {name: [check.name for check in getattr(health, name)] for name in ENDPOINTS}
    assert not compare(seen(lists), resolved)
    assert compare(seen(lists), resolved) == ({}, {}, [], "")


def test_how_often_a_check_stands_counts() -> None:
    resolved, _ = server(overrides(5))
    health = resolved.health
    lists: dict[str, list[str] | None] = {
        name: list(dict.fromkeys(check.name for check in getattr(health, name))) for name in ENDPOINTS
    }
    found = compare(seen(lists), resolved)
    assert list(found.missing) == ["poststarthook/start-apiserver-admission-initializer"]
    assert not found.unexpected
    assert not found.reordered


def test_hooks_in_an_order_that_no_start_shares() -> None:
    flags = ("--encryption-provider-config=/unknown.yaml", "--encryption-provider-config-automatic-reload")
    resolved, _ = server(*flags)
    health = resolved.health
    (pair,) = health.any_order
    lists: dict[str, list[str] | None] = {}
    for name in ENDPOINTS:
        names = [check.name for check in getattr(health, name)]
        one, other = (names.index(each) for each in pair)
        names[one], names[other] = names[other], names[one]
        lists[name] = names
    assert not compare(seen(lists), resolved)
    lists["livez"] = [*(lists["livez"] or [])[1:], "ping"]
    assert compare(seen(lists), resolved).reordered == ["livez"]


def test_a_list_that_could_not_be_asked_is_not_compared() -> None:
    resolved, _ = server()
    health = resolved.health
    names = [check.name for check in health.readyz]
    found = compare(seen({"healthz": None, "livez": None, "readyz": names[1:]}), resolved)
    assert found == ({"ping": ["readyz"]}, {}, [], "")
