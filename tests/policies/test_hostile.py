"""Policies that anybody wrote: whatever is in them, kasc says what is wrong, in a bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostic, Report
from compiler.policies.judging import OwnPolicies, OwnPolicy
from compiler.policies.reading import InvalidPolicyError, read_policy
from compiler.policies.testing import check_policy
from compiler.review.examine import examine
from tests.cli.running import SAMPLES
from tests.policies.writing import TODAY, policy, policy_file, rule

TEXTS = [path.read_text() for path in sorted((SAMPLES / "policies").glob("*.yaml"))]
SERVERS = [
    examined
    for name in ("minimal.yaml", "hardened/apiserver.yaml")
    if (examined := examine(str(SAMPLES / name)).resolved)
]
WORDS = (
    "null",
    "[]",
    "{}",
    "true",
    "1e999",
    "-1",
    "'#/$defs/gcm'",
    "(a+)+$",
    "minimum",
    "items",
    "properties",
    "&a",
    "*a",
    ":",
    "- ",
    "\0",
    "\u202e",
)
MISSPELLED: dict[str, object] = {f"x{number}": {} for number in range(10_000)}


@st.composite
def changed(draw: st.DrawFn) -> str:
    """A policy with something else in a few places."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + draw(st.sampled_from(WORDS) | st.text(max_size=3)) + text[end:]
    return text


def problems_of(path: Path) -> list[Diagnostic]:
    """What keeps a file from being a policy."""
    try:
        read_policy(str(path))
    except InvalidPolicyError as error:
        return error.diagnostics
    return []


@given(changed())
def test_a_changed_policy_is_refused_or_judged(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "changed.yaml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    problems = problems_of(path)
    assert all(each.message and each.hint and each.severity == "error" for each in problems)
    if problems:
        return
    own = OwnPolicies((OwnPolicy(read_policy(str(path)), TODAY),))
    for server in SERVERS:
        report = Report("a")
        (result,) = own.judge(server, report)
        assert len(result.controls) == len(own.policies[0].file.rules)
        # Nothing is said to pass because of a slip of the pen.
        wrong = {each.location.line for each in report.of("error") if each.code.startswith("KASC-") and each.location}
        assert not wrong or any(control.status == "manual" for control in result.controls)


def test_a_test_of_hostile_patterns_ends(tmp_path: Path) -> None:
    """Also where jsonschema, which would match them with `re`, checks the schema itself."""
    started = time.process_time()
    for pattern in ("(a+)+$", "(.*)*x", "(a|a)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"):
        long = f"--etcd-prefix=/{'a' * 20_000}!"
        own = policy_file(
            tmp_path,
            rule(
                flags={"properties": {"etcd-prefix": {"not": {"pattern": pattern}}}},
                examples={"passes": [long], "fails": ["--etcd-prefix=/b"]},
            ),
        )
        check_policy(str(own), None)
    assert time.process_time() - started < 6


def test_a_remote_reference_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    own = policy_file(tmp_path, rule(flags={"properties": {"v": {"$ref": "http://127.0.0.1:1/schema.json"}}}))
    report = check_policy(str(own), None)
    assert {each.code for each in report.of("error")} == {"KASC-POLICY-001"}
    monkeypatch.undo()


def test_many_large_patterns_are_refused(tmp_path: Path) -> None:
    """The automata of a policy are kept while it is used."""
    started = time.process_time()
    patterns = [{"pattern": f"a{{{900 - number % 100}}}{number}"} for number in range(2000)]
    own = policy(tmp_path, rule(flags={"properties": {"etcd-prefix": {"anyOf": patterns}}}))
    report = Report("a")
    (result,) = own.judge(SERVERS[0], report)
    assert [control.status for control in result.controls] == ["manual"]
    assert any("the patterns of the policy are too large" in each.message for each in report.diagnostics)
    assert time.process_time() - started < 4


def test_many_rules_about_one_large_definition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.policies.compiling._MAX_SCHEMAS", 500)
    large = {"properties": {f"x{number}": True for number in range(100)}}
    about = {"properties": {"feature-gates": {"$ref": "#/$defs/large"}}}
    own = policy(
        tmp_path, *(rule(id=f"ACME-A-{number}", flags=about) for number in range(8)), **{"$defs": {"large": large}}
    )
    report = Report("a")
    (result,) = own.judge(SERVERS[0], report)
    assert {control.status for control in result.controls[:4]} == {"pass"}
    assert {control.status for control in result.controls[4:]} == {"manual"}


@pytest.mark.parametrize("schema", [MISSPELLED, {"properties": MISSPELLED}], ids=["keywords", "names"])
def test_problems_beyond_the_limit_are_not_recorded(tmp_path: Path, schema: dict[str, object]) -> None:
    started = time.process_time()
    own = policy(tmp_path, rule(flags=schema))
    report = Report("a")
    (result,) = own.judge(SERVERS[0], report)
    assert [control.status for control in result.controls] == ["manual"]
    assert report.count("error") == 100
    assert time.process_time() - started < 4


def test_a_policy_of_many_rules(tmp_path: Path) -> None:
    every = [rule(id=f"ACME-A-{number}", flags={"properties": {"v": {"maximum": 1}}}) for number in range(501)]
    with pytest.raises(InvalidPolicyError) as error:
        read_policy(str(policy_file(tmp_path, *every)))
    assert "more than 500 rules" in str(error.value)


def test_names_of_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    own = policy(tmp_path, rule(flags={"properties": {"v\x1b[31m": {"maximum": 1}}}))
    report = Report("a")
    own.judge(SERVERS[0], report)
    assert not any("\x1b" in each.message for each in report.diagnostics)
