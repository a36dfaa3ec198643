"""The texts of the rules: every rule has them, the examples that fail do so, and the fixed ones do not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from compiler.review import policies
from compiler.rules import by_code
from compiler.rules.rule import is_breach
from compiler.rules.texts import Entry, families, load_family
from compiler.upstream.catalog.facts import minor_of, nearest, versions
from tests.cli.explain.trying import try_out
from tests.cli.running import kasc

ENTRIES: dict[str, Entry] = {rule: entry for name in families() for rule, entry in load_family(name).entries.items()}
STIG = Path(policies.__file__).with_name("data") / "stig.json"
LIVE = ("verify", "probe", "drift")
TRIED = [rule for rule, entry in ENTRIES.items() if not entry.needs and not entry.fails.command.startswith(LIVE)]
PINNED = ("kubernetesVersion", "--kubernetes-version")
BESIDE = {"KASC-IGNORE-004": {"KASC-ETCD-002"}, "KASC-CIS-022": {"KASC-SA-005"}}
"""Rules that are about an error, or never broken alone -> that error."""
UNREAD = {"KASC-DOC-002", "KASC-DOC-003", "KASC-INPUT-001", "KASC-INPUT-003", "KASC-INPUT-004", "KASC-INPUT-020"}
"""Rules that say nothing about a server."""
MANUAL = {"KASC-CIS-020": "note"}
"""Controls that the benchmark leaves to people: kasc only notes what it sees."""


def test_every_rule_is_explained_and_nothing_else() -> None:
    assert set(ENTRIES) == set(by_code())
    assert all(code in load_family(rule.family).entries for code, rule in by_code().items())


@pytest.mark.parametrize("rule", by_code())
def test_an_explanation_is_a_text_of_a_few_sentences(rule: str) -> None:
    does = ENTRIES[rule].does
    assert does.endswith(".")
    assert 40 <= len(does) <= 420
    assert ENTRIES[rule].fails != ENTRIES[rule].fix or ENTRIES[rule].needs


@pytest.mark.parametrize("rule", TRIED)
def test_the_example_breaks_the_rule_and_no_other(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried = try_out(ENTRIES[rule].fails, tmp_path, lambda *words: kasc(capsys, *words))
    severity = by_code()[rule].severity
    assert tried.severities.get(rule) == MANUAL.get(rule, severity)
    errors = {rule} if severity == "error" else BESIDE.get(rule, set())
    assert tried.errors == errors
    refused = "unread" if rule in UNREAD else "reject"
    assert tried.outcome == (refused if errors and not is_breach(rule) else "accept")


@pytest.mark.parametrize("rule", TRIED)
def test_the_fixed_example_is_accepted(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tried = try_out(ENTRIES[rule].fix, tmp_path, lambda *words: kasc(capsys, *words))
    assert rule not in tried.severities
    assert tried.errors == set()
    assert tried.outcome == "accept"


def bounds(entry: Entry) -> dict[str, bool]:
    """Versions at the ends of those that have a rule -> whether they have it."""
    minors = [minor_of(version) for version in versions()]
    first = minor_of(entry.since) if entry.since else minors[0]
    last = minor_of(entry.until) if entry.until else minors[-1]
    return {f"1.{minor}": first <= minor <= last for minor in (first - 1, first, last, last + 1) if minor in minors}


@pytest.mark.parametrize(
    "rule",
    [
        rule
        for rule in TRIED
        if by_code()[rule].of_server and not any(word in str(ENTRIES[rule].fails) for word in PINNED)
    ],
)
def test_the_versions_that_have_the_rule_are_the_documented_ones(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {}
    for version in bounds(ENTRIES[rule]):
        options = ("--kubernetes-version", version)
        tried = try_out(ENTRIES[rule].fails, tmp_path, lambda *words: kasc(capsys, *words), *options)
        found[version] = rule in tried.severities
    assert found == bounds(ENTRIES[rule])


@pytest.mark.parametrize("rule", [rule for rule in TRIED if "kubernetesVersion" in ENTRIES[rule].fails.text])
def test_an_example_for_one_version_is_for_one_that_has_the_rule(rule: str) -> None:
    entry = ENTRIES[rule]
    if not by_code()[rule].of_server:
        return
    pinned = entry.fails.text.partition('kubernetesVersion: "')[2].partition('"')[0]
    first, last = entry.since or versions()[0], entry.until or versions()[-1]
    assert minor_of(first) <= minor_of(nearest(pinned)) <= minor_of(last)


def test_what_cannot_be_tried_says_why_and_is_tried_here() -> None:
    undecided = {
        each["code"]
        for each in json.loads(STIG.read_text())["controls"]
        if each["condition"]["kind"] in ("manual", "not-applicable", "ports")
    }
    assert {rule for rule, entry in ENTRIES.items() if entry.needs} - undecided == {
        "KASC-DOC-001",
        "KASC-DOC-030",
        "KASC-HOST-002",
        "KASC-INPUT-021",
        "KASC-POLICY-005",
        "KASC-POLICY-006",
    }


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "KASC-DOC-001" in kasc(capsys, "check", tmp_path / "no-such-file.yaml").out


def test_a_file_that_is_not_looked_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pki").mkdir()
    os.mkfifo(tmp_path / "pki" / "ca.crt")
    example = ENTRIES["KASC-HOST-002"].fails
    map_: Any = ("--file-map", f"/etc/kubernetes/pki={tmp_path}/pki")
    for name in ("sa.pub", "sa.key"):
        os.mkfifo(tmp_path / "pki" / name)
    tried = try_out(example, tmp_path, lambda *words: kasc(capsys, *words), *map_)
    assert tried.severities == {"KASC-HOST-002": "note"}
