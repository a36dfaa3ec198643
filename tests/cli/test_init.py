"""`kasc init`: what it writes is a start, not a form to be filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.upstream.catalog.facts import versions
from tests.cli.running import kasc


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("form", ["yaml", "toml"])
def test_the_document_is_accepted_as_it_is(
    version: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a.{form}"
    assert kasc(capsys, "init", "--kubernetes-version", version, "-o", path).code == 0
    ran = kasc(capsys, "check", "--strict", path)
    assert ran.code == 0
    assert ran.out == "1 input: no problems\n"
    assert f'kubernetesVersion{" =" if form == "toml" else ":"} "{version}"' in path.read_text()


def test_both_forms_are_the_same_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = []
    for form in ("yaml", "toml"):
        (tmp_path / f"a.{form}").write_text(kasc(capsys, "init", "--format", form).out)
        flags.append(kasc(capsys, "compile", tmp_path / f"a.{form}", "--emit", "flags", "--stdout").out)
    assert flags[0] == flags[1]
    assert "--etcd-servers=" in flags[0]


def test_nothing_is_overwritten_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("mine\n")
    assert kasc(capsys, "init", "-o", path).code == 2
    assert path.read_text() == "mine\n"
    assert kasc(capsys, "init", "-o", path, "--force").code == 0
    assert "kind: APIServer" in path.read_text()


def test_what_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    ran = kasc(capsys, "init", "-o", tmp_path / "file/a.yaml")
    assert ran.code == 2
    assert "cannot write" in ran.err
