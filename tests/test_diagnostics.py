"""The bound of a report: what is not listed counts in every form, and errors never make room for warnings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from compiler import rules
from compiler.bounds import MAX_FINDINGS, MAX_SUGGESTIONS, MAX_TEXT
from compiler.diagnostics import ERROR, NOTE, WARNING, Report, diagnose
from tests.cli.running import SAMPLES, kasc

HEAD = (SAMPLES / "minimal.yaml").read_text()
KEYS = HEAD + "".join(f"key{n}: x\n" for n in range(300))
# 150 notes about variables, and one error.
VARIABLES = "".join(f"--v=$A{n}\n" for n in range(150)) + "--etcd-prefx=/a\n"


def test_a_report_keeps_the_first_findings_of_each_severity() -> None:
    report = Report()
    for number in range(MAX_FINDINGS + 50):
        report.add(diagnose(rules.UNREPLACED_PLACEHOLDER, f"warning {number}", flag="v"))
        report.add(diagnose(rules.UNREPLACED_PLACEHOLDER, f"warning {number}", flag="v"))
    report.add(diagnose(rules.NEGATIVE_LIVEZ_GRACE_PERIOD, "an error"))
    report.note_unlisted()
    assert len(report.diagnostics) == MAX_FINDINGS + 2
    assert (report.count(WARNING), report.hidden(WARNING), report.count(ERROR), report.hidden(ERROR)) == (
        MAX_FINDINGS + 100, 100, 1, 0,
    )  # fmt: skip
    assert report.outcome == "reject"
    assert (report.diagnostics[-1].code, report.diagnostics[-1].severity) == ("KASC-DOC-030", NOTE)
    assert "not listed: 100 warnings;" in report.diagnostics[-1].message


def test_a_finding_that_is_passed_over_counts_as_it_would() -> None:
    report = Report()
    assert not report.drops(rules.NEGATIVE_LIVEZ_GRACE_PERIOD, "a")
    for number in range(MAX_FINDINGS):
        report.add(diagnose(rules.NEGATIVE_LIVEZ_GRACE_PERIOD, str(number), flag="a"))
    assert report.drops(rules.NEGATIVE_LIVEZ_GRACE_PERIOD, "a")
    assert report.drops(rules.UNREPLACED_PLACEHOLDER, "a", ERROR)
    assert not report.drops(rules.UNREPLACED_PLACEHOLDER, "a")
    assert (report.count(ERROR), report.count(WARNING)) == (MAX_FINDINGS + 2, 0)
    assert report.errors() == {("KASC-GEN-001", "a"), ("KASC-RISK-090", "a")}


def test_errors_that_are_not_listed_still_reject() -> None:
    """What is about values that only the running server knows takes no room."""
    report = Report()
    report.undecided = {"unknown"}
    for number in range(MAX_FINDINGS + 1):
        report.add(diagnose(rules.NEGATIVE_LIVEZ_GRACE_PERIOD, str(number), flag="unknown"))
        assert report.drops(rules.NEGATIVE_LIVEZ_GRACE_PERIOD, "unknown")
    assert (report.diagnostics, report.count(ERROR), report.outcome) == ([], 0, "accept")
    report.add(diagnose(rules.NEGATIVE_LIVEZ_GRACE_PERIOD, "another", flag="known"))
    assert (report.count(ERROR), report.outcome, report.errors()) == (1, "reject", {("KASC-GEN-001", "known")})


def test_the_finding_that_ends_the_reading_is_always_listed() -> None:
    report = Report()
    for number in range(MAX_FINDINGS):
        report.add(diagnose(rules.DUPLICATE_KEY, str(number)))
    report.add_last(diagnose(rules.SYNTAX_ERROR, "a syntax error"))
    assert report.diagnostics[-1].code == "KASC-DOC-004"
    report.add(diagnose(rules.DUPLICATE_KEY, "one more"))
    assert report.diagnostics[-1].code == "KASC-DOC-004"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text(KEYS)
    return path


def test_every_form_of_the_report_has_the_numbers(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", keys)
    assert ran.code == 1
    assert ran.out.count("KASC-SCHEMA-001") == MAX_FINDINGS
    assert "note KASC-DOC-030: not listed: 200 errors; a report lists at most 100 of each severity" in ran.out
    assert "1 input: 300 errors (200 not shown), 1 note" in ran.out
    report = json.loads(kasc(capsys, "check", "--output", "json", keys).out)
    assert report["summary"] | {"errors": 300, "notes": 1, "notShown": 200} == report["summary"]
    assert report["files"][0]["outcome"] == "reject"
    (run,) = json.loads(kasc(capsys, "check", "--output", "sarif", keys).out)["runs"]
    assert run["properties"]["errorsNotShown"] == 200
    assert "KASC-DOC-030" in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert "(and 299 more)" in kasc(capsys, "check", "--output", "junit", keys).out
    assert "300 errors (200 not shown)" in kasc(capsys, "check", "--output", "github", keys).out


def test_a_selection_counts_what_it_selects(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", "--ignore", "KASC-SCHEMA", keys)
    assert (ran.code, "1 input: 300 errors (300 not shown), 1 note" in ran.out) == (1, True)


def test_notes_take_no_room_from_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.flags"
    path.write_text(VARIABLES)
    ran = kasc(capsys, "check", "--kubernetes-version", "1.36", path)
    assert ran.code == 1
    assert re.findall(r"error (KASC-PARSE-001)", ran.out) == ["KASC-PARSE-001"]
    assert "not listed: 50 notes;" in ran.out


def test_the_closest_word_is_searched_for_the_first_unknown_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.flags"
    path.write_text("".join(f"--etcd-prefi{'x' * (2 + n % 2)}\n" for n in range(50)))
    assert kasc(capsys, "check", path).out.count("did you mean --etcd-prefix?") == MAX_SUGGESTIONS


def test_what_a_finding_repeats_of_an_input_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = diagnose(rules.UNREADABLE_FILE, "m" * MAX_TEXT, "h" * (MAX_TEXT + 1), path="p" * 1_000_000)
    assert found.message == "m" * MAX_TEXT
    assert found.hint == "h" * (MAX_TEXT - 1) + "…"
    assert len(found.path) == MAX_TEXT
    path = tmp_path / "a.yaml"
    nested = "{" + ", ".join(f"x{n}: 1" for n in range(200)) + "}"
    path.write_text(f'{HEAD}generic: {{"{"k" * 1_000_000}": {nested}}}\n')
    ran = kasc(capsys, "check", path, "--output", "json")
    assert ran.code == 1
    assert len(ran.out) < 100 * 3 * MAX_TEXT
