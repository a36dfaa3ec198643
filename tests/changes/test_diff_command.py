"""`kasc diff OLD NEW`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import compiler
from compiler.changes.inputs import compare_inputs
from tests.cli.running import ROOT, SAMPLES, kasc

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
DOCUMENT = (SAMPLES / "minimal.yaml").read_text()


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(DOCUMENT)
    new.write_text(f"{DOCUMENT}features:\n  profiling: false\nlogs:\n  v: 4\n")
    return old, new


def test_text(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = pair
    ran = kasc(capsys, "diff", old, new)
    assert ran.code == 0
    assert ran.out == (
        "2 changes: 2 cosmetic; servers with the old and the new configuration may run side by side\n"
        "cosmetic: flag --profiling\n"
        "    true -> false\n"
        "    Profiles under /debug/pprof are available on some servers only until all are changed.\n"
        f"    new {new}:{DOCUMENT.count(chr(10)) + 2}:14\n"
        "cosmetic: flag --v\n"
        "    0 -> 4\n"
        "    The server logs more. From level 8 on the log contains bodies of requests and responses, Secrets "
        "included.\n"
        f"    new {new}:{DOCUMENT.count(chr(10)) + 4}:6\n"
        "rollout in 1 phase:\n"
        "  1. Change --profiling and --v (one by one)\n"
    )


def test_json(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = pair
    (file,) = json.loads(kasc(capsys, "diff", old, new, "--output", "json").out)["files"]
    assert file["path"] == str(new)
    assert file["outcome"] == "accept"
    assert file["diff"]["old"] == {
        "path": str(old), "as": "document", "kubernetesVersion": "1.36", "outcome": "accept"
    }  # fmt: skip
    assert file["diff"]["changes"][0] == {
        "kind": "flag",
        "name": "profiling",
        "from": True,
        "to": False,
        "severity": "cosmetic",
        "effect": "Profiles under /debug/pprof are available on some servers only until all are changed.",
        "safeMixed": True,
        "locations": [
            {
                "in": "new",
                "file": str(new),
                "line": DOCUMENT.count("\n") + 2,
                "column": 14,
                "endLine": DOCUMENT.count("\n") + 2,
                "endColumn": 19,
            }
        ],
    }


@pytest.mark.parametrize("version", ["1.31", "1.37"])
def test_json_follows_its_schema(version: str, pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = pair
    new.write_text(new.read_text().replace("1.36", version))
    report = json.loads(kasc(capsys, "diff", old, new, "--output", "json").out)
    assert len(report["files"][0]["diff"]["changes"]) > 20
    SCHEMA.validate(report)


def test_exit_codes(pair: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = pair
    assert kasc(capsys, "diff", old, old, "--exit-code") == (0, "no changes\n", "")
    assert kasc(capsys, "diff", old, new).code == 0
    assert kasc(capsys, "diff", old, new, "--exit-code").code == 3
    new.write_text(f"{DOCUMENT}features: {{profiling: 7}}\n")
    assert kasc(capsys, "diff", old, new, "--exit-code").code == 1
    assert kasc(capsys, "diff", old, tmp_path / "missing.yaml").code == 2


def test_a_structured_file_is_not_a_server(
    pair: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]\n")
    ran = kasc(capsys, "diff", pair[0], policy)
    assert ran.code == 2
    assert "policy.yaml is a structured file, not a server: nothing to compare" in ran.err


def test_at_most_a_screen(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = pair
    flags = "".join(f"  {key}: 77\n" for key in ("maxRequestsInflight", "maxMutatingRequestsInflight"))
    flags += "".join(f"  {key}: 77s\n" for key in ("requestTimeout", "livezGracePeriod", "shutdownDelayDuration"))
    flags += "  goawayChance: 0.01\n  minRequestTimeout: 77\n"
    new.write_text(f"{DOCUMENT}features: {{profiling: false}}\ngeneric:\n{flags}")
    short = kasc(capsys, "diff", old, new).out.splitlines()
    assert len(short) <= 24
    assert short[-3].endswith("more changes: run with -v")
    assert short[-2] == "rollout in 1 phase:"
    long = kasc(capsys, "diff", old, new, "-v").out
    assert "--profiling" not in "\n".join(short)
    assert "--profiling" in long


def test_library(pair: tuple[Path, Path]) -> None:
    old, new = pair
    comparison = compiler.diff(old, new)
    assert [change.name for change in comparison.changes] == ["profiling", "v"]
    assert compiler.diff(old, new, texts={str(new): DOCUMENT}).changes == ()
    with pytest.raises(ValueError, match="not a server"):
        compiler.diff(old, "/none/a.yaml")


def test_links_out_of_the_directory_of_an_input_are_not_followed(tmp_path: Path) -> None:
    """Nobody named that directory as the server's: what a link in it leads to is unknown, and what is in it is read."""
    inside, outside = tmp_path / "inputs", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "config.yaml").write_text("kind: Unknown\n")
    named = inside / "config.yaml"
    document = (SAMPLES / "minimal.yaml").read_text()
    path = inside / "a.yaml"
    path.write_text(f"{document}egressSelector: {{egressSelectorConfigFile: {named}}}\n")
    named.symlink_to(outside / "config.yaml")
    assert compare_inputs(str(path), str(path)).new.report.outcome == "accept"
    named.unlink()
    named.write_text("kind: Unknown\n")
    assert compare_inputs(str(path), str(path)).new.report.outcome == "reject"


def test_paths_with_nul_characters_are_not_files(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text((SAMPLES / "minimal.yaml").read_text() + f'extraFlags: {{token-auth-file: "{tmp_path}/a\\0b"}}\n')
    report = compare_inputs(str(path), str(path)).new.report
    assert "no such file name" in [each.message.rpartition(": ")[2] for each in report.of("error")]


def test_the_condition_of_a_change_that_is_not_safe_before(
    pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = pair

    def changes(more: str) -> dict[str, dict[str, object]]:
        new.write_text(DOCUMENT + more)
        (file,) = json.loads(kasc(capsys, "diff", old, new, "--output", "json").out)["files"]
        return {change["name"]: change for change in file["diff"]["changes"]}

    change = changes("apiEnablement: {runtimeConfig: {batch/v1: false}}\n")["batch/v1"]
    assert (change["safeMixed"], change["safeOnce"]) == (False, "unused")
    assert "safeOnce" not in changes("features: {profiling: false}\n")["profiling"]


@pytest.mark.parametrize(
    ("edit", "phases", "refused"),
    [
        (("https://kubernetes.default.svc", "https://other.example"), 3, 0),
        (("http://127.0.0.1:2379", "http://127.0.0.2:2379"), 1, 1),
        (('"1.36"', '"1.34"'), 4, 0),
    ],
)
def test_a_rollout_follows_the_schema(
    edit: tuple[str, str], phases: int, refused: int, pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = pair
    new.write_text(DOCUMENT.replace(*edit))
    report = json.loads(kasc(capsys, "diff", old, new, "--output", "json").out)
    assert list(SCHEMA.iter_errors(report)) == []
    rollout = report["files"][0]["diff"]["rollout"]
    assert [phase["phase"] for phase in rollout["phases"]] == list(range(1, phases + 1))
    assert len(rollout["refused"]) == refused
    assert all(phase["check"] and phase["back"] and phase["edits"] for phase in rollout["phases"])
