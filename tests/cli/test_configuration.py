"""`.kasc.toml` and `[tool.kasc]` of a pyproject.toml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import kasc
from tests.cli.test_selection import ERRORS, WARNED


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with a folder below it, which is the current one."""
    below = tmp_path / "clusters" / "a"
    below.mkdir(parents=True)
    (below / "errors.yaml").write_text(ERRORS)
    (below / "warned.yaml").write_text(WARNED)
    monkeypatch.chdir(below)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".kasc.toml", "strict = true\n"),
        ("pyproject.toml", "[tool.kasc]\nstrict = true\n"),
        ("pyproject.toml", "[tool]\nkasc = {strict = true}\n"),
        ("pyproject.toml", "[ tool . 'kasc' ]\nstrict = true\n"),
        ("pyproject.toml", "tool.kasc.strict = true\n"),
        ("pyproject.toml", "tool = {kasc = {strict = true}}\n"),
        ("pyproject.toml", '[project]\nname = "x"\n["tool"."kasc"]\nstrict = true\n'),
    ],
)
def test_a_file_above_the_current_folder_is_found(
    name: str, text: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kasc(capsys, "check", "warned.yaml").code == 0
    (project / name).write_text(text)
    assert kasc(capsys, "check", "warned.yaml").code == 1
    assert kasc(capsys, "check", "--no-strict", "warned.yaml").code == 0
    assert kasc(capsys, "compile", "warned.yaml", "-o", project / "out").code == 1


def test_every_option_can_stand_in_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / ".kasc.toml").write_text(
        'output = "json"\nselect = ["KASC-ETCD", "KASC-GEN"]\nignore = ["KASC-GEN-005"]\n'
    )
    ran = kasc(capsys, "check", "errors.yaml")
    assert [found["code"] for found in json.loads(ran.out)["files"][0]["diagnostics"]] == ["KASC-ETCD-002"]
    ran = kasc(capsys, "check", "--output", "text", "--ignore", "KASC-ETCD", "errors.yaml")
    assert ran.out.startswith("errors.yaml:4:25: error KASC-GEN-005")
    (project / ".kasc.toml").write_text("quiet = true\n")
    assert "1 input" not in kasc(capsys, "check", "errors.yaml").out
    assert "1 input" in kasc(capsys, "check", "--no-quiet", "errors.yaml").out


def test_the_nearest_file_counts_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / ".kasc.toml").write_text("strict = true\n")
    (project / "clusters" / "pyproject.toml").write_text("[tool.other]\nx = 1\n# kasc\n")
    assert kasc(capsys, "check", "warned.yaml").code == 1
    (project / "clusters" / "pyproject.toml").write_text("[tool.kasc]\nquiet = true\n")
    assert kasc(capsys, "check", "warned.yaml").code == 0


def test_a_file_of_its_own_comes_before_a_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text("[tool.kasc]\nstrict = true\n")
    (project / ".kasc.toml").write_text("strict = false\n")
    assert kasc(capsys, "check", "warned.yaml").code == 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (".kasc.toml", "x = 1\nstrct = true\n", '.kasc.toml:1:1: unknown option "x": options are output'),
        (".kasc.toml", "\nstrct = true\n", '.kasc.toml:2:1: unknown option "strct": did you mean strict?'),
        ("pyproject.toml", "[tool.kasc]\nselct = []\n", 'pyproject.toml:2:1: unknown option "selct"'),
        (".kasc.toml", 'strict = "yes"\n', ".kasc.toml:1:10: strict must be true or false"),
        (".kasc.toml", 'output = "jsn"\n', '.kasc.toml:1:10: invalid value "jsn" for output: did you mean json?'),
        (".kasc.toml", 'ignore = "KASC"\n', ".kasc.toml:1:10: ignore must be a list of codes"),
        (".kasc.toml", 'ignore = ["KASC-X"]\n', '.kasc.toml:1:10: ignore: unknown code "KASC-X"'),
        (".kasc.toml", "strict = \n", ".kasc.toml:1:10: invalid TOML"),
        ("pyproject.toml", "[tool]\nkasc = 1\n", "pyproject.toml:2:8: tool.kasc is not a table"),
    ],
)
def test_what_a_file_cannot_hold_is_wrong_usage(
    name: str, text: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / name).write_text(text)
    ran = kasc(capsys, "check", "warned.yaml")
    assert ran.code == 2
    assert f"kasc: ../../{said}" in ran.err
    assert ran.out == ""


def test_other_projects_files_are_none_of_our_business(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("[tool.other\nkasc kasc\n", '[project]\nname = "kasc"\nscripts = {kasc = "a:b"}\n', "\xff"):
        (project / "pyproject.toml").write_text(text, encoding="latin-1")
        assert kasc(capsys, "check", "warned.yaml").code == 0
    (project / "pyproject.toml").unlink()
    (project / "pyproject.toml").mkdir()
    assert kasc(capsys, "check", "warned.yaml").code == 0
