"""`kasc diff` in the formats that list findings by place: SARIF, annotations of GitHub, JUnit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.changes.change import KINDS
from compiler.changes.findings import RULES
from tests.changes.repository import BASE, DOCUMENT, append, make, on_main, write
from tests.cli.running import kasc

PROD, TEST = "clusters/prod/apiserver.yaml", "clusters/test/apiserver.yaml"


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return make(tmp_path / "repository", monkeypatch)


def results(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    """Return the results of a SARIF log, each with its rule."""
    (run,) = json.loads(kasc(capsys, "diff", *words, "--output", "sarif").out)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    return [each for each in run["results"] if each["ruleId"].startswith("KASC-DIFF-")]


def place(result: dict[str, Any]) -> tuple[str, int]:
    physical = result["locations"][0]["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


def test_every_kind_has_a_stable_code() -> None:
    assert set(RULES) == {f"KASC-DIFF-{kind.upper()}" for kind in (*KINDS, "deleted")}


def test_sarif_of_two_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    text = BASE.replace("[https://kubernetes.default.svc]", "[https://other.example.com]")
    write("old.yaml", BASE + "logs: {v: 4}\n")
    write("new.yaml", f"{text}features: {{profiling: false}}\ngeneric: {{requestTimeout: 2m}}\n")
    found = results(capsys, "old.yaml", "new.yaml")
    assert [(each["ruleId"], each["level"], *place(each)) for each in found] == [
        ("KASC-DIFF-FLAG", "note", "new.yaml", 1),  # --v, which only the old input sets
        ("KASC-DIFF-ISSUER", "error", "new.yaml", 7),
        ("KASC-DIFF-FLAG", "note", "new.yaml", 11),
        ("KASC-DIFF-FLAG", "note", "new.yaml", 12),
    ]
    message = found[2]["message"]["text"]
    assert message.startswith("cosmetic: flag --profiling: true -> false. Profiles under /debug/pprof")


def test_sarif_of_a_branch(capsys: pytest.CaptureFixture[str]) -> None:
    """A change of a shared base is one result, and there is one for a declaration that is gone."""
    write("clusters/third/apiserver.yaml", DOCUMENT.format("third"))
    on_main()
    Path("clusters/third/apiserver.yaml").unlink()
    append("clusters/base/apiserver.yaml", "features: {profiling: false}\n")
    found = results(capsys, "--since", "main")
    assert [(each["ruleId"], each["level"], *place(each)) for each in found] == [
        ("KASC-DIFF-FLAG", "note", "clusters/base/apiserver.yaml", 11),
        ("KASC-DIFF-DELETED", "warning", "clusters/third/apiserver.yaml", 1),
    ]


def test_annotations(capsys: pytest.CaptureFixture[str]) -> None:
    append(TEST, "etcd: {etcdPrefix: /other}\n")
    ran = kasc(capsys, "diff", "--since", "main", "--output", "github")
    assert ran.code == 0
    (line,) = [line for line in ran.out.splitlines() if "KASC-DIFF" in line]
    assert line.startswith(
        f"::error file={TEST},line=6,endLine=6,col=20,endColumn=26,title=KASC-DIFF-STORAGE::data-loss: "
    )


def test_junit(capsys: pytest.CaptureFixture[str]) -> None:
    append(TEST, "etcd: {etcdPrefix: /other}\n")
    append(PROD, "logs: {v: 4}\n")
    out = kasc(capsys, "diff", "--since", "main", "--output", "junit").out
    assert '<testsuites name="kasc" tests="2" failures="1" errors="0">' in out
    assert '<failure message="KASC-DIFF-STORAGE: data-loss: ' in out


@pytest.mark.parametrize("form", ["sarif", "github", "junit", "markdown", "json", "text"])
def test_formats_agree_on_the_exit_code(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A change that breaks clients is not an error of the input."""
    append(TEST, "etcd: {etcdPrefix: /other}\n")
    words = ("diff", "--since", "main", "--output", form)
    assert kasc(capsys, *words).code == 0
    assert kasc(capsys, *words, "--exit-code").code == 3
    append(TEST, "generic: {goawayChance: 7}\n")
    assert kasc(capsys, *words, "--exit-code").code == 1
