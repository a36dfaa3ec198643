"""kasc as a library: the same answers as the commands give, and nothing beside them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import compiler
from tests.cli.running import ROOT, SAMPLES, kasc

HARDENED = SAMPLES / "hardened/apiserver.yaml"
WRONG = "apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: '1.36'\nextends: [base.yaml]\n"


@pytest.mark.parametrize("sample", [HARDENED, SAMPLES / "apiserver.toml", SAMPLES / "clusters/staging/apiserver.yaml"])
def test_artifacts_are_what_the_command_writes(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled = compiler.compile_document(sample)
    assert capsys.readouterr() == ("", "")
    kasc(capsys, "compile", sample, "-o", tmp_path)
    written = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert compiled.files
    assert {name: written.get(name) for name in compiled.files} == compiled.files


def test_texts_take_the_place_of_files(tmp_path: Path) -> None:
    texts = {"a.yaml": WRONG, "base.yaml": "etcd: {storageBackend: etcd2}\n"}
    report = compiler.check("a.yaml", texts=texts)
    assert report.outcome == "reject"
    places = [(found.rule, found.location and found.location.file) for found in report.of("error")]
    assert ("ETCD-02", "base.yaml") in places
    assert compiler.compile_document("a.yaml", texts=texts).files == {}


@pytest.mark.parametrize("path", ["/none/a.yaml", "/", "a\0b"])
def test_what_cannot_be_read_is_in_the_report(path: str) -> None:
    report = compiler.check(path)
    assert report.rejected
    assert [found.code for found in report.of("error")] == ["KASC-DOC-001"]


def test_settings(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    host = compiler.Host(mappings=(("/etc/kubernetes/pki", str(tmp_path / "pki")),))
    report = compiler.check(SAMPLES / "minimal.yaml", compiler.Settings(version="1.31", host=host))
    assert report.kubernetes_version == "1.31"
    assert "SA-12" in {found.rule for found in report.of("error")}


def test_a_structured_file_is_checked_and_compiles_to_nothing() -> None:
    found = compiler.compile_document(SAMPLES / "hardened/audit-policy.yaml")
    assert (found.report.outcome, found.files) == ("accept", {})


@pytest.mark.parametrize("wrong", [{"emit": ["flag"]}, {"form": "toml"}])
def test_wrong_arguments(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unknown"):
        compiler.compile_document(HARDENED, **wrong)  # type: ignore[arg-type]


def test_the_config_can_be_looked_into() -> None:
    resolved = compiler.resolve(HARDENED).resolved
    assert resolved is not None
    assert resolved.context.flags.text("etcd-prefix") == "/registry"
    assert resolved.config.tree()["loopbackClient"]["contentType"] == "application/vnd.kubernetes.protobuf"


def test_the_page_is_right_to_its_last_line_and_typed(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/library.md").read_text(), re.MULTILINE | re.DOTALL)
    script = tmp_path / "script.py"
    script.write_text(code)
    ran = subprocess.run([sys.executable, script], cwd=SAMPLES, capture_output=True, text=True, check=True)
    assert "--etcd-servers=" in ran.stdout
    assert "/registry" in ran.stdout
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", script],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


def test_importing_it_costs_next_to_nothing() -> None:
    code = "import sys, compiler; print([name for name in sys.modules if name.startswith(('compiler.', 'yaml'))])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_unknown_names() -> None:
    with pytest.raises(AttributeError):
        compiler.compile_documents  # noqa: B018
    assert set(compiler.__all__) <= set(dir(compiler))
