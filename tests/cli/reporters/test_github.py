"""Annotations as the runner of GitHub Actions reads them: actions/runner, src/Runner.Common/ActionCommand.cs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings

from compiler.cli.reporters import github
from compiler.cli.reporters.text import clean
from compiler.diagnostics import Report
from tests.cli.reporters.made import REPORTS, finding, listed, report
from tests.cli.running import kasc
from tests.cli.test_check import WRONG


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def unescaped(text: str, tokens: str) -> str:
    for token in (*tokens, "%"):
        text = text.replace(f"%{ord(token):02X}", token)
    return text


def commands(output: str) -> list[Command]:
    """The commands of an output, as the runner finds them line by line; a line break ends one."""
    found = []
    for line in output.replace("\r", "\n").split("\n"):
        line = line.lstrip()
        if not line.startswith("::") or "::" not in line[2:]:
            assert "##[" not in line, "the runner would look for a command of the older form here"
            continue
        head, _, data = line[2:].partition("::")
        name, _, listed = head.partition(" ")
        pairs = (pair.split("=", 1) for pair in listed.strip().split(",") if pair)
        properties = {pair[0]: unescaped(pair[1], "\r\n:,") for pair in pairs if len(pair) == 2 and pair[1]}
        found.append(Command(name, properties, unescaped(data, "\r\n")))
    return found


def test_an_annotation_says_what_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.yaml").write_text(WRONG)
    ran = kasc(capsys, "check", "--output", "github", tmp_path / "wrong.yaml")
    assert ran.code == 1
    (command,) = commands(ran.out)
    assert command.name == "error"
    assert command.properties == {
        "file": "wrong.yaml",
        "line": "7",
        "endLine": "7",
        "col": "19",
        "endColumn": "24",
        "title": "KASC-ETCD-002",
    }
    assert command.data.split("\n") == [
        "--storage-backend etcd2 is no longer a supported storage backend",
        "migrate the data to etcd3, then write etcd3 or remove the flag",
    ]
    assert ran.out.endswith("1 input: 1 error\n")


@given(REPORTS)
@settings(max_examples=100, deadline=None)
def test_the_runner_reads_back_what_was_said(reports: list[Report]) -> None:
    kinds = {"error": "error", "warning": "warning", "note": "notice"}
    told = [(kinds[found.severity], found.code, clean(found.message), clean(found.hint)) for found in listed(reports)]
    found = commands(github.render(reports, summary=False))
    read = [
        (command.name, command.properties["title"], *(command.data.split("\n") if "\n" in command.data else ()))
        for command in found
    ]
    expected = [row if row[3] else row[:2] for row in told]
    assert read == expected
    for command, row in zip(found, told, strict=True):
        assert row[3] or command.data == row[2]
        assert set(command.properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}


def test_no_more_than_ten_of_a_kind_and_the_rest_is_counted() -> None:
    made = [
        report("a.yaml", *(finding("error", f"e{number}") for number in range(12))),
        report("b.yaml", *(finding("warning", f"w{number}") for number in range(13))),
        report("c.yaml", *(finding("note", f"n{number}") for number in range(14))),
    ]
    found = commands(github.render(made))
    for kind in ("error", "warning", "notice"):
        assert sum(command.name == kind for command in found) == 10
    assert [command.data.split("\n")[0] for command in found[:10]] == [f"e{number}" for number in range(10)]
    assert "2 errors, 3 warnings, 5 notes" in found[-1].data
    assert "12 errors, 13 warnings, 14 notes" in github.render(made)


def test_ten_of_a_kind_need_no_count() -> None:
    made = [report("a.yaml", *(finding("error", f"e{number}") for number in range(10)))]
    assert [command.name for command in commands(github.render(made))] == ["error"] * 10


def test_the_step_summary_is_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, summary = tmp_path / "wrong.yaml", tmp_path / "summary.md"
    wrong.write_text(WRONG.replace("storageBackend: etcd2", "storageBackend: '<b>|`x`'"))
    summary.write_text("from a step before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.chdir(tmp_path)
    kasc(capsys, "check", "--output", "github", wrong)
    before, heading, _, *rows = summary.read_text().split("\n")
    assert (before, heading) == ("from a step before", "### kasc: 1 input: 1 error")
    assert "| `wrong.yaml` | 1.36 | reject | 1 | 0 | 0 |" in rows
    (row,) = [row for row in rows if "KASC-ETCD-002" in row]
    assert row.startswith("| `wrong.yaml:7:19` | **error**: ")
    assert '"&#60;b&#62;&#124;&#96;x&#96;"' in row
    unescaped_bars = row.replace(r"\|", "").count("|")
    assert unescaped_bars == 4


def test_a_summary_is_for_annotations_alone_and_stays_below_the_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, summary = tmp_path / "wrong.yaml", tmp_path / "summary.md"
    wrong.write_text(WRONG)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    kasc(capsys, "check", wrong)
    assert not summary.exists()
    text = github.step_summary([report(f"{n}.yaml", finding(message=f"{n}" * 1000)) for n in range(1500)])
    assert len(text.encode()) < 1024 * 1024
    assert "more findings are not listed" in text


def test_a_summary_that_cannot_be_written_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such" / "folder"))
    ran = kasc(capsys, "check", "--output", "github", wrong)
    assert ran.code == 1
    assert "cannot write" in ran.err
