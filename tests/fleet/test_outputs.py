"""Orphans are found, removed when asked for, and nothing else ever is."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.artifacts import ARTIFACTS, ON_REQUEST, artifacts_of
from compiler.artifacts.targets.table import TARGETS
from compiler.fleet.outputs import LIST, Orphan, _remove
from compiler.review.examine import examine
from tests.artifacts.compiling import render
from tests.cli.running import SAMPLES, kasc
from tests.fleet import clusters
from tests.fleet.clusters import tree

POLICY = "auditing: {auditPolicyFile: {content: {apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: None}]}}}\n"


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three documents, compiled."""
    monkeypatch.chdir(tmp_path)
    clusters.make(tmp_path / "fleet", 3)
    assert kasc(capsys, "compile", "fleet", "-o", "out").code == 0
    return tmp_path


def test_a_document_that_is_gone_leaves_an_orphan(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet / "fleet/some/c-001.yaml").unlink()
    for _ in range(2):
        ran = kasc(capsys, "compile", "fleet", "-o", "out")
        assert ran.code == 0
        assert "out/c-001: orphaned; --prune removes it: fleet/some/c-001.yaml no longer exists\n" in ran.err
        assert (fleet / "out/c-001/kube-apiserver.flags").exists()
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--prune")
    assert "out/c-001: removed: fleet/some/c-001.yaml no longer exists\n" in ran.err
    assert sorted(os.listdir("out")) == [LIST, "c-000", "c-002"]
    assert "c-001" not in kasc(capsys, "compile", "fleet", "-o", "out", "--prune").err


def test_a_document_of_another_name_leaves_an_orphan(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = fleet / "fleet/some/c-001.yaml"
    path.write_text(path.read_text().replace("name: c-001", "name: other"))
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--prune")
    assert "out/c-001: removed: fleet/some/c-001.yaml now compiles to another directory\n" in ran.err
    assert sorted(os.listdir("out")) == [LIST, "c-000", "c-002", "other"]


def test_a_document_that_others_extend_now_leaves_an_orphan(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet / "fleet/some/c-002.yaml").write_text(clusters.document("c-002").replace("../base/apiserver", "c-001"))
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--prune")
    assert "out/c-001: removed: fleet/some/c-001.yaml is no longer a separate input\n" in ran.err


@pytest.mark.parametrize("harm", ["generic: {goawayChance: 1}\n", "}", "generic: {goawayChance: 1"])
def test_a_document_with_errors_is_no_orphan(harm: str, fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = fleet / "fleet/some/c-001.yaml"
    right = path.read_text()
    path.write_text(right + harm)
    before = tree(fleet / "out")
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--prune")
    assert ran.code == 1
    assert "orphaned" not in ran.err
    assert tree(fleet / "out") == before
    path.unlink()
    assert "out/c-001: removed" in kasc(capsys, "compile", "fleet", "-o", "out", "--prune").err


def test_documents_of_other_folders_are_no_orphans(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several runs may share a folder of outputs."""
    shutil.copytree("fleet", "more")
    for path in (fleet / "more/some").iterdir():
        path.write_text(path.read_text().replace("name: c-", "name: d-"))
    ran = kasc(capsys, "compile", "more", "-o", "out", "--prune")
    assert "removed" not in ran.err
    assert len(os.listdir("out")) == 7
    shutil.rmtree("more")
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--prune")
    assert ran.err.count("removed: more/some/c-") == 3
    assert len(os.listdir("out")) == 4


def test_files_that_a_document_no_longer_gives(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = fleet / "fleet/some/c-001.yaml"
    right = path.read_text()
    path.write_text(right + POLICY)
    kasc(capsys, "compile", "fleet", "-o", "out")
    policy = fleet / "out/c-001/files/audit-policy-file.yaml"
    assert policy.exists()
    path.write_text(right)
    # What is not asked for may be another command's.
    assert "orphaned" not in kasc(capsys, "compile", "fleet", "-o", "out", "--emit", "flags", "--prune").err
    ran = kasc(capsys, "compile", "fleet", "-o", "out")
    assert "out/c-001: files/audit-policy-file.yaml: orphaned" in ran.err
    assert policy.exists()
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--prune")
    assert "out/c-001: files/audit-policy-file.yaml: removed" in ran.err
    assert sorted(os.listdir("out/c-001")) == sorted(os.listdir("out/c-000"))


def test_what_kasc_did_not_write_stays(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet / "out/c-001/notes.md").write_text("mine")
    (fleet / "out/mine").mkdir()
    (fleet / "out/mine/kube-apiserver.flags").write_text("mine")
    elsewhere = fleet / "elsewhere"
    shutil.move("out/c-002", elsewhere)
    (fleet / "out/c-002").symlink_to(elsewhere)
    file = fleet / "out/c-000/resolved.yaml"
    shutil.move(file, fleet / "resolved.yaml")
    file.symlink_to(fleet / "resolved.yaml")
    shutil.rmtree("fleet/some")
    (fleet / "fleet/one.yaml").write_text(clusters.document("one").replace("../", ""))
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--prune")
    assert "out/c-001/notes.md: kept" in ran.err
    assert sorted(os.listdir("out")) == [LIST, "c-000", "c-001", "c-002", "mine", "one"]
    assert os.listdir("out/c-001") == ["notes.md"]
    assert os.listdir("out/c-000") == ["resolved.yaml"]
    assert (fleet / "resolved.yaml").exists()
    assert len(os.listdir(elsewhere)) == 5
    assert (fleet / "out/mine/kube-apiserver.flags").read_text() == "mine"


NAMES = st.sampled_from(["..", ".", "", "/", "x", "files", "kube-apiserver.yaml", "secret", "files/../../secret"])


@given(st.lists(NAMES).map("/".join), st.lists(NAMES, min_size=1).map("/".join))
def test_no_list_removes_anything_outside(name: str, file: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        (top / "out/x/files").mkdir(parents=True)
        outside = [top / "secret", top / "kube-apiserver.yaml", top / "out/secret", top / "out/kube-apiserver.yaml"]
        for path in outside:
            path.write_text("mine")
        _remove(str(top / "out"), Orphan(name, (file, f"files/{file}", f"/{top}/secret"), ""))
        assert all(path.exists() for path in outside)


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("name", [name for name in (*ARTIFACTS, *ON_REQUEST) if name not in TARGETS])
def test_every_artifact_is_known_by_its_files(name: str, form: str) -> None:
    resolved = examine(str(SAMPLES / "hardened/apiserver.yaml")).resolved
    assert resolved is not None
    files = render(resolved, [name], form)
    assert files
    assert {artifacts_of(file) for file in files} == {(name,)}


def test_every_target_is_known_by_its_file() -> None:
    assert all(name in artifacts_of(target.file) for name, target in TARGETS.items())
    assert artifacts_of("config.yaml") == ("k3s", "rke2")


def test_other_files_are_no_artifacts() -> None:
    others = ("", "notes.md", "resolved.txt", "values.yaml", "a/resolved.yaml")
    assert {artifacts_of(name) for name in others} == {()}


def test_check_tells_of_orphans_and_counts_them_with_prune(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet / "fleet/some/c-001.yaml").unlink()
    before = tree(fleet)
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--check")
    assert ran.code == 0
    assert "out/c-001: orphaned" in ran.err
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--check", "--prune")
    assert ran.code == 3
    assert "out/c-001: orphaned" in ran.err
    assert tree(fleet) == before


@pytest.mark.parametrize("more", [("--shard", "1/2"), ("--stdout", "--emit", "flags")])
def test_prune_where_it_is_not_safe_is_wrong_usage(
    more: tuple[str, ...], fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("fleet/some/c-001.yaml",) if "--stdout" in more else ("fleet", "-o", "out")
    ran = kasc(capsys, "compile", *place, "--prune", *more)
    assert (ran.code, ran.out) == (2, "")
    assert "--prune" in ran.err


def test_shards_keep_one_list_together(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = (fleet / "out" / LIST).read_text()
    shutil.rmtree("out")
    for number in range(1, 6):
        kasc(capsys, "compile", "fleet", "-o", "out", "--shard", f"{number}/5")
    assert (fleet / "out" / LIST).read_text() == listed


ODD_LISTS = [
    '{"outputs": {"a": 1}}', '{"outputs": []}', '{"outputs": {"a": ["b"]}}', '{"outputs": {"a": [1, []]}}',
    '{"outputs": {"a": ["b", "files"]}}', '{"outputs": {"a": ["b", [1]]}}', '{"outputs": {"../a": ["b", ["c"]]}}',
    '{"outputs": {"/etc": ["b", ["c"]]}}', '{"outputs": {"": ["b", ["c"]]}}', '{"outputs": {"\\u0000": ["b", ["c"]]}}',
    '{"outputs": {"\\ud800": ["b", ["c"]]}}', '{"outputs": {"a": ["\\ud800", ["c"]]}}', '{"outputs": ' + "[" * 100_000,
    '{"outputs": {"a": ["b", ["\\u0000"]]}}', '{"outputs": ' + "9" * 10_000 + "}",
]  # fmt: skip


@pytest.mark.parametrize("text", ["", "<<<<<<< HEAD\n{}", "[]", *ODD_LISTS])
def test_a_damaged_list_is_said_and_left(text: str, fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet / "out" / LIST).write_text(text)
    (fleet / "fleet/some/c-001.yaml").unlink()
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--prune")
    assert ran.code == 2
    assert f"out/{LIST} is invalid" in ran.err
    assert (fleet / "out" / LIST).read_text() == text
    assert (fleet / "out/c-001").exists()


def test_the_list_can_be_merged_and_moved(fleet: Path) -> None:
    """A line for each folder, paths from the list's own place."""
    text = (fleet / "out" / LIST).read_text()
    assert [line[:7] for line in text.splitlines()[1:-1]] == ['"c-000"', '"c-001"', '"c-002"']
    assert json.loads(text)["outputs"]["c-000"][0] == "../fleet/some/c-000.yaml"
