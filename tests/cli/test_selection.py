"""What is shown and what counts: --quiet, --strict, --select and --ignore."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import SAMPLES, kasc
from tests.cli.test_check import WRONG

FINE = (
    WRONG.replace("  storageBackend: etcd2\n", "")
    .replace("[Node, RBAC]", "[RBAC]")
    .replace("misc: {", "misc: {serviceClusterIPRange: 10.0.0.0/24, ")
)
# A warning (the range may not fit the host) and, for want of a version, a note.
WARNED = FINE.replace("10.0.0.0/24", "'fd00::/112'").replace('kubernetesVersion: "1.36"\n', "")
ERRORS = WRONG.replace("RBAC", "Rbac2").replace("metadata:", "generic: {goawayChance: 1}\nmetadata:")


@pytest.fixture
def errors(tmp_path: Path) -> Path:
    path = tmp_path / "errors.yaml"
    path.write_text(ERRORS)
    return path


@pytest.fixture
def warned(tmp_path: Path) -> Path:
    path = tmp_path / "warned.yaml"
    path.write_text(WARNED)
    return path


def codes(text: str) -> list[str]:
    return [found["code"] for file in json.loads(text)["files"] for found in file["diagnostics"]]


def test_what_the_inputs_give(errors: Path, warned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert codes(kasc(capsys, "check", "--output", "json", errors).out) == [
        "KASC-GEN-005",
        "KASC-ETCD-002",
        "KASC-AZ-001",
    ]
    assert codes(kasc(capsys, "check", "--output", "json", warned).out) == ["KASC-VERSION-001", "KASC-HOST-001"]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--select", "KASC-ETCD-002"], ["KASC-ETCD-002"]),
        (["--select", "KASC-ETCD"], ["KASC-ETCD-002"]),
        (["--select", "KASC-ETCD,KASC-GEN"], ["KASC-GEN-005", "KASC-ETCD-002"]),
        (["--select", "KASC-ETCD", "--select", "KASC-AZ"], ["KASC-ETCD-002", "KASC-AZ-001"]),
        (["--ignore", "KASC-ETCD"], ["KASC-GEN-005", "KASC-AZ-001"]),
        (["--ignore", "KASC"], []),
        (["--select", "KASC", "--ignore", "KASC-AZ-001"], ["KASC-GEN-005", "KASC-ETCD-002"]),
        (["--select", "KASC-AZ", "--ignore", "KASC-AZ-001"], []),
    ],
)
def test_errors_that_are_not_shown_count_all_the_same(
    arguments: list[str], shown: list[str], errors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = kasc(capsys, "check", "--output", "json", *arguments, errors)
    assert ran.code == 1
    assert codes(ran.out) == shown
    whole = json.loads(ran.out)
    assert whole["files"][0]["outcome"] == "reject"
    assert whole["summary"] == {"files": 1, "errors": 3, "warnings": 0, "notes": 0, "notShown": 3 - len(shown)}
    text = kasc(capsys, "check", *arguments, errors)
    assert text.code == 1
    assert f"1 input: 3 errors ({3 - len(shown)} not shown)\n" in text.out
    for form in ("sarif", "github", "junit"):
        assert kasc(capsys, "check", "--output", form, *arguments, errors).code == 1


def test_an_error_that_is_not_shown_writes_no_artifact(
    errors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = kasc(capsys, "compile", "--ignore", "KASC", errors, "-o", tmp_path / "out")
    assert ran.code == 1
    assert not (tmp_path / "out").exists()


def test_warnings_and_notes_that_are_ignored_are_gone(warned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "check", "--strict", warned).code == 1
    ran = kasc(capsys, "check", "--strict", "--ignore", "KASC-HOST-001", "--output", "json", warned)
    assert ran.code == 0
    assert json.loads(ran.out)["summary"] == {"files": 1, "errors": 0, "warnings": 0, "notes": 1}
    ran = kasc(capsys, "check", "--strict", "--select", "KASC-VERSION", warned)
    assert ran.code == 0
    assert "HOST" not in ran.out


def test_an_unreadable_file_is_never_hidden(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "check", "--ignore", "KASC-DOC-001", tmp_path / "none.yaml").code == 2


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("KASC-ETDC-002", "did you mean KASC-ETCD-002?"),
        ("ETCD-02", "KASC-ETCD"),
        ("KASC-ETC", "KASC-ETCD"),
        ("x", "for example"),
        ("RISK", "KASC-RISK"),
    ],
)
def test_codes_that_do_not_exist_are_wrong_usage(
    given: str, hint: str, errors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--select", "--ignore"):
        ran = kasc(capsys, "check", option, given, errors)
        assert ran.code == 2
        assert given in ran.err
        assert hint in ran.err


def test_quiet_leaves_findings_alone(errors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fine = kasc(capsys, "check", "--quiet", SAMPLES / "apiserver.yaml")
    assert (fine.code, fine.out, fine.err) == (0, "", "")
    loud, quiet = kasc(capsys, "check", errors), kasc(capsys, "check", "-q", errors)
    assert quiet.code == 1
    assert loud.out == f"{quiet.out}1 input: 3 errors\n"
    ran = kasc(capsys, "compile", "--quiet", SAMPLES / "apiserver.yaml", "-o", tmp_path / "out")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_findings_come_in_the_order_of_their_places(errors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", errors, SAMPLES / "apiserver.yaml", errors.parent / "none.yaml")
    places = [line.split(" ")[0] for line in ran.out.split("\n") if "KASC-" in line]
    assert places == [f"{errors}:4:25:", f"{errors}:8:19:", f"{errors}:12:43:", f"{errors.parent / 'none.yaml'}:1:1:"]
