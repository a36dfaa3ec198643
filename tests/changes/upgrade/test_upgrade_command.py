"""`kasc upgrade INPUT... --to 1.NN`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import compiler
from compiler.upstream.catalog.facts import versions
from tests.changes import repository
from tests.changes.upgrade.servers import EVERY_API, write
from tests.cli.running import ROOT, kasc

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
BROKEN = {"generic": {"featureGates": {"AuthorizeNodeWithSelectors": False, "AuthorizeWithSelectors": False}}}
"""Refused from 1.34 on, and there is no edit that keeps the behaviour."""


def report(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, list[dict[str, Any]]]:
    ran = kasc(capsys, "upgrade", *arguments, "--output", "json")
    assert ran.err == ""
    data = json.loads(ran.out)
    SCHEMA.validate(data)
    return ran.code, data["files"]


def test_hops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.33", EVERY_API)
    code, (file,) = report(capsys, path, "--to", "1.36")
    assert code == 0
    assert (file["kubernetesVersion"], file["outcome"]) == ("1.33", "accept")
    upgrade = file["upgrade"]
    assert (upgrade["from"], upgrade["to"]) == ("1.33", "1.36")
    assert [(hop["from"], hop["to"], hop["outcome"]) for hop in upgrade["hops"]] == [
        ("1.33", "1.34", "accept"),
        ("1.34", "1.35", "accept"),
        ("1.35", "1.36", "accept"),
    ]
    moved = [each for each in upgrade["hops"][1]["changes"] if each["name"] == "resourceclaims.resource.k8s.io"]
    assert [(each["kind"], each["from"], each["to"]) for each in moved] == [("storage-version", "v1beta2", "v1")]
    check = next(each for each in upgrade["hops"][2]["changes"] if each["name"] == "loopback-serving-certificate")
    assert (check["kind"], check["endpoints"], check["from"], check["to"]) == (
        "health-check", ["healthz", "livez"], False, True
    )  # fmt: skip


@pytest.mark.parametrize("version", versions()[1:])
def test_json_follows_its_schema(version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", versions()[0], EVERY_API)
    _, (file,) = report(capsys, path, "--to", version, "--hold")
    assert len(file["upgrade"]["hops"]) == versions().index(version)


def test_edits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.32", {"cloudProvider": {"cloudProvider": "external"}})
    _, (file,) = report(capsys, path, "--to", "1.33")
    edits = file["upgrade"]["hops"][0]["edits"]
    assert [each["reason"] for each in edits] == [
        "servers are upgraded to 1.33",
        "--cloud-provider was removed in 1.33; run the cloud-controller-manager of the provider",
    ]
    assert [each["replacement"] for each in edits] == ["3", ""]


def test_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Later hops are judged as well, but only the first one has the new error."""
    path = write(tmp_path / "a.yaml", "1.33", BROKEN)
    code, (file,) = report(capsys, path, "--to", "1.35")
    assert code == 1
    first, second = file["upgrade"]["hops"]
    assert (first["outcome"], first["outcomeWithEdits"], second["outcome"]) == ("reject", "reject", "reject")
    errors = [each for each in first["diagnostics"] if each["severity"] == "error"]
    assert {each["code"] for each in errors} == {"KASC-FG-002"}
    assert not any(each["severity"] == "error" for each in second["diagnostics"])
    assert second["changes"]
    assert kasc(capsys, "upgrade", path, "--to", "1.35").code == 1


def test_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.33", BROKEN)
    ran = kasc(capsys, "upgrade", path, "--to", "1.34")
    assert ran.code == 1
    first, second, third, *rest = ran.out.splitlines()
    assert first.startswith(f"{path}: 1.33 -> 1.34: does not start; ")
    assert second.startswith("  error KASC-FG-002: ")
    assert third == "      hint: remove AuthorizeNodeWithSelectors from the list"
    assert "  plan: storage version ipaddresses.networking.k8s.io, servicecidrs.networking.k8s.io v1beta1 -> v1" in rest
    assert rest[-1].endswith("more changes: run with -v")
    assert len(rest) < 24
    every = kasc(capsys, "upgrade", path, "--to", "1.34", "-v").out
    assert "run with -v" not in every
    assert "      keep the old behaviour with --feature-gates=TokenRequestServiceAccountUIDValidation=false" in every


def test_text_of_many_hops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A screen has one line about each error and the most severe changes of each hop."""
    path = write(tmp_path / "a.yaml", "1.31", BROKEN)
    ran = kasc(capsys, "upgrade", path, "--to", "1.36")
    lines = ran.out.splitlines()
    assert len(lines) < 30
    hops = [line for line in lines if not line.startswith(" ")]
    assert [line.split(": ")[1] for line in hops] == [f"1.{minor} -> 1.{minor + 1}" for minor in range(31, 36)]
    assert sum(line.startswith("  error KASC-FG-002") for line in lines) == 2
    assert "  1 edit: run with --diff or -v" in lines
    assert "      hint: " not in ran.out
    assert len(kasc(capsys, "upgrade", path, "--to", "1.36", "-v").out.splitlines()) > 200


def test_nothing_to_upgrade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.36")
    for version in ("1.36", "1.35", "v1.34.2"):
        assert kasc(capsys, "upgrade", path, "--to", version) == (
            0, f"{path}: servers run 1.36; nothing to upgrade\n", ""
        )  # fmt: skip
    code, (file,) = report(capsys, path, "--to", "1.36")
    assert (code, file["upgrade"]) == (0, {"from": "1.36", "to": "1.36", "hops": []})


def test_fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"a": ("1.34", None), "b": ("1.33", BROKEN), "c": ("1.36", None)}
    paths = [write(tmp_path / f"{name}.yaml", *server) for name, server in given.items()]
    ran = kasc(capsys, "upgrade", tmp_path, "--to", "1.35")
    assert ran.code == 1
    head, *lines = (line.split() for line in ran.out.splitlines())
    assert head == ["INPUT", "FROM", "TO", "BREAKS", "REQUIREMENTS", "CHANGES", "EDITS"]
    assert [line[:3] for line in lines] == [
        [str(paths[0]), "1.34", "1.35"], [str(paths[1]), "1.33", "1.35"], [str(paths[2]), "1.36", "1.35"]
    ]  # fmt: skip
    assert [" ".join(line[3:-3]) for line in lines] == ["no", "1.34, 1.35", "no"]
    assert [line[-3] for line in lines] == ["2", "2", "0"]
    code, files = report(capsys, tmp_path, "--to", "1.35")
    assert code == 1
    assert [len(file["upgrade"]["hops"]) for file in files] == [1, 2, 0]
    assert kasc(capsys, "upgrade", tmp_path, "--to", "1.35", "--jobs", "2").out == ran.out
    verbose = kasc(capsys, "upgrade", tmp_path, "--to", "1.35", "-v").out
    assert verbose.startswith(ran.out)
    assert f"{paths[1]}: 1.33 -> 1.34: does not start; " in verbose


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("--etcd-servers=http://127.0.0.1:2379\n", "the input does not name its Kubernetes version"),
        ("nothing: 1\n", "cannot read the input"),
        ("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]\n", "a structured file, not a server"),
    ],
)
def test_inputs_without_an_upgrade(text: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / ("a.args" if text.startswith("--") else "a.yaml")
    path.write_text(text)
    ran = kasc(capsys, "upgrade", path, "--to", "1.36")
    assert (ran.code, problem in ran.out) == (2, True)
    code, (file,) = report(capsys, path, "--to", "1.36")
    assert code == 2
    assert problem in file["upgrade"]["problem"]
    with pytest.raises(ValueError, match=problem):
        compiler.upgrade(path, "1.36")


def test_fleet_with_an_input_without_a_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "a.yaml", "1.35")
    other = tmp_path / "b.args"
    other.write_text("--etcd-servers=http://127.0.0.1:2379\n")
    ran = kasc(capsys, "upgrade", tmp_path / "a.yaml", other, "--to", "1.36")
    assert ran.code == 2
    _, _, row, problem = ran.out.splitlines()
    assert row.split() == [str(other), "-", "1.36", "unknown", "-", "-", "-"]
    assert problem == f"{other}: the input does not name its Kubernetes version; pass --kubernetes-version"


def test_versions_without_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.29")
    ran = kasc(capsys, "upgrade", path, "--to", "1.36")
    assert ran.code == 2
    assert "no data for Kubernetes 1.29; known versions are 1.31 to 1.37" in ran.out
    for version in ("1.38", "1.3x", "36", ""):
        ran = kasc(capsys, "upgrade", path, "--to", version)
        assert (ran.code, ran.out) == (2, "")
        assert f"invalid --to {version!r}: known versions are 1.31 to 1.37" in ran.err
    with pytest.raises(ValueError, match=r"unknown version '1\.38'"):
        compiler.upgrade(path, "1.38")


def test_version_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.args"
    path.write_text("--etcd-servers=http://127.0.0.1:2379\n--cloud-provider=external\n")
    code, (file,) = report(capsys, path, "--as", "argv", "--kubernetes-version", "1.32", "--to", "1.33")
    (hop,) = file["upgrade"]["hops"]
    assert code == 1
    assert "KASC-PARSE-022" in {each["code"] for each in hop["diagnostics"]}


def test_inputs_that_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An input changes with its base as well."""
    repository.make(tmp_path / "repository", monkeypatch)
    selected = ("upgrade", "clusters", "--to", "1.37", "--changed-since", "main")
    ran = kasc(capsys, *selected)
    assert (ran.code, ran.out) == (0, "")
    assert "no input changed since main" in ran.err
    prod = Path("clusters/prod/apiserver.yaml")
    prod.write_text(f"{prod.read_text()}features: {{profiling: false}}\n")
    assert kasc(capsys, *selected).out.startswith(f"{prod}: 1.36 -> 1.37: ")
    base = Path("clusters/base/apiserver.yaml")
    base.write_text(f"{base.read_text()}logs: {{v: 3}}\n")
    assert [line.split()[0] for line in kasc(capsys, *selected).out.splitlines()] == [
        "INPUT", "clusters/prod/apiserver.yaml", "clusters/test/apiserver.yaml"
    ]  # fmt: skip


def test_selection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not listed counts for the outcome."""
    path = write(tmp_path / "a.yaml", "1.33", BROKEN)
    code, (file,) = report(capsys, path, "--to", "1.34", "--ignore", "KASC-FG")
    (hop,) = file["upgrade"]["hops"]
    assert (code, hop["outcome"], [each for each in hop["diagnostics"] if each["code"] == "KASC-FG-002"]) == (
        1, "reject", []
    )  # fmt: skip


def test_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A gate that is about to be removed is a new warning."""
    path = write(tmp_path / "a.yaml", "1.33", {"generic": {"featureGates": {"OrderedNamespaceDeletion": True}}})
    code, (file,) = report(capsys, path, "--to", "1.34")
    (hop,) = file["upgrade"]["hops"]
    assert (code, [each["code"] for each in hop["diagnostics"] if each["severity"] == "warning"]) == (
        0, ["KASC-RISK-081"]
    )  # fmt: skip
    assert kasc(capsys, "upgrade", path, "--to", "1.34", "--strict").code == 1


def test_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.35")
    assert kasc(capsys, "upgrade", path, "--to", "1.36", "--write", "--diff").code == 2
    assert kasc(capsys, "upgrade", "-", "--to", "1.36", "--write").code == 2
    assert kasc(capsys, "upgrade", path).code == 2


def test_other_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.33", BROKEN)
    for form in ("github", "junit", "sarif"):
        ran = kasc(capsys, "upgrade", path, "--to", "1.34", "--output", form)
        assert ran.code == 1
        assert "KASC-FG-002" in ran.out


def test_library(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", "1.35")
    upgrade = compiler.upgrade(
        path, "1.36", texts={path: path.read_text().replace('"1.35"', '"1.34"').replace("1.35", "1.34")}
    )
    assert [(hop.old, hop.new, hop.outcome) for hop in upgrade.hops] == [
        ("1.34", "1.35", "accept"), ("1.35", "1.36", "accept")
    ]  # fmt: skip
    assert upgrade.repaired
    assert not upgrade.breaks
