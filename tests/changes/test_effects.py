"""The rows of consequences: complete, and chosen by conditions."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.changes.effects import CONDITIONS, consequence_of, flags_with_rows, plugins_with_rows, reload_of
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import versions
from compiler.upstream.flag_values import PortRange


@pytest.mark.parametrize("version", versions())
def test_every_flag_and_every_plugin_has_rows(version: str) -> None:
    known = catalog(version)
    assert set(known.flags) - flags_with_rows() == set()
    assert set(known.plugins) - plugins_with_rows() == set()


def test_no_row_is_about_an_unknown_flag_or_plugin() -> None:
    catalogs = [catalog(version) for version in versions()]
    assert flags_with_rows() - {flag for each in catalogs for flag in each.flags} == set()
    assert plugins_with_rows() - {plugin for each in catalogs for plugin in each.plugins} == set()


@pytest.mark.parametrize("version", versions())
def test_every_change_of_a_flag_has_a_consequence(version: str) -> None:
    texts, switches = (("", "x"), ("x", ""), ("x", "y")), ((False, True), (True, False))
    for flag, spec in catalog(version).flags.items():
        for before, after in switches if spec.type == "bool" else texts:
            assert consequence_of(flag, before, after) is not None, flag


CASES: list[tuple[str, Any, Any, bool]] = [
    ("set", "", "a", True),
    ("set", "a", "b", False),
    ("unset", (), ("a",), False),
    ("unset", ("a",), (), True),
    ("enabled", False, True, True),
    ("disabled", True, False, True),
    ("raised", 1, 2, True),
    ("raised", 2, 1, False),
    ("lowered", "VersionTLS13", "VersionTLS12", True),
    ("lowered", "VersionTLS12", "VersionTLS13", False),
    ("extended", ("a",), ("b", "a"), True),
    ("extended", ("a",), ("b", "c"), False),
    ("extended", (), ("a",), False),
    ("extended", "10.0.0.0/24", "10.0.0.0/24,fd00::/112", True),
    ("extended", {"a": "1"}, {"a": "1", "b": "2"}, True),
    ("extended", {"a": "1"}, {"a": "2", "b": "2"}, False),
    ("extended", PortRange(30000, 100), PortRange(30000, 200), True),
    ("extended", PortRange(30000, 100), PortRange(30001, 200), False),
    ("reduced", PortRange(30000, 100), PortRange(30001, 2), True),
    ("reduced", ("a", "b"), ("a",), True),
    ("reordered", ("a", "b"), ("b", "a"), True),
    ("reordered", ("a", "b"), ("b", "c"), False),
    ("first-changed", ("a", "b"), ("b", "a"), True),
    ("first-changed", ("a", "b"), ("a",), False),
]


@pytest.mark.parametrize(("condition", "before", "after", "holds"), CASES)
def test_condition(condition: str, before: Any, after: Any, holds: bool) -> None:
    assert CONDITIONS[condition](before, after) is holds


def test_every_condition_has_a_case() -> None:
    assert set(CONDITIONS) - {"changed"} == {case[0] for case in CASES}


def test_the_first_row_that_holds_counts() -> None:
    to_none = consequence_of("endpoint-reconciler-type", "master-count", "none")
    from_none = consequence_of("endpoint-reconciler-type", "none", "lease")
    assert to_none is not None
    assert from_none is not None
    assert (to_none.severity, from_none.severity) == ("breaking", "behaviour")


def test_reload() -> None:
    assert [reload_of(flag) for flag in ("audit-policy-file", "client-ca-file", "kubelet-client-key")] == [
        "restart", "live", "poll"
    ]  # fmt: skip


@pytest.mark.parametrize(("reconcilers", "safe"), [(("lease", "master-count"), False), (("lease", "none"), True)])
def test_a_row_may_depend_on_another_flag(reconcilers: tuple[str, str], safe: bool) -> None:
    values = {"endpoint-reconciler-type": reconcilers}
    consequence = consequence_of("apiserver-count", 1, 2, values.__getitem__)
    assert consequence is not None
    assert consequence.safe_mixed is safe
