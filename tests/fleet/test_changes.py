"""What a branch changed, with a real git."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from compiler.fleet.selection import Changes
from tests.cli.running import SAMPLES, Ran, kasc, process
from tests.fleet import clusters


def git(*words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four documents on main; c-002 has a file beside it; the branch `work` is checked out."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    clusters.make(folder / "fleet", 4)
    (folder / "fleet/audit.yaml").write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
    more = "auditing: {auditPolicyFile: {source: ../audit.yaml}}\n"
    (folder / "fleet/some/c-002.yaml").write_text(clusters.document("c-002", more))
    (folder / "fleet/some/alone.yaml").write_text(clusters.BASE.replace("name: base", "name: alone"))
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "work")
    return folder


def changed(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[list[str], Ran]:
    """Names of the documents that `check` looks at, which `compile` has to write as well."""
    ran = kasc(capsys, "check", "fleet", "--changed-since", "main", "--output", "json", *more)
    files = json.loads(ran.out)["files"] if ran.out else []
    out = Path("out")
    subprocess.run(["rm", "-rf", str(out)], check=True)
    for cache in ("--no-cache", "--cache=../cache", "--cache=../cache"):
        kasc(capsys, "compile", "fleet", "--changed-since", "main", "-o", "out", cache, *more)
        written = sorted(path.name for path in out.iterdir() if path.is_dir()) if out.exists() else []
        assert written == sorted(Path(file["path"]).stem for file in files)
    return written, ran


def test_nothing_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names, ran = changed(capsys)
    assert (names, ran.code, ran.err) == ([], 0, "no input changed since main\n")


def test_paths_with_nul_characters_are_not_files(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = Path("fleet/some/alone.yaml")
    document.write_text(f'{document.read_text()}extraFlags: {{token-auth-file: "/a\\0b"}}\n')
    git("commit", "-qam", "a path that no file has")
    git("branch", "-f", "main")
    assert changed(capsys, "--files-root", ".")[0] == []


def test_a_document_that_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Committed, staged, in the work tree alone, and new."""
    some = repository / "fleet/some"
    for index, name in enumerate(("c-000", "c-001", "c-003")):
        (some / f"{name}.yaml").write_text(clusters.document(name, "generic: {goawayChance: 0.01}\n"))
        if index < 2:
            git("add", ".")
        if index < 1:
            git("commit", "-qm", "second")
    (some / "new.yaml").write_text(clusters.document("new"))
    assert changed(capsys)[0] == ["c-000", "c-001", "c-003", "new"]


def test_a_base_that_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = repository / "fleet/base/apiserver.yaml"
    base.write_text(base.read_text() + "# another\n")
    assert changed(capsys)[0] == ["c-000", "c-001", "c-002", "c-003"]


def test_a_file_beside_a_document_that_changed_or_is_gone(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = repository / "fleet/audit.yaml"
    policy.write_text(policy.read_text().replace("Metadata", "Request"))
    assert changed(capsys)[0] == ["c-002"]
    policy.unlink()
    ran = kasc(capsys, "check", "fleet", "--changed-since", "main", "--output", "json")
    assert [Path(file["path"]).stem for file in json.loads(ran.out)["files"]] == ["c-002"]
    assert ran.code == 1


def test_drop_ins_of_a_distribution_that_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new file in the directory of drop-ins, a changed one, and one that is gone."""
    k3s = repository / "fleet/some/edge.yaml"
    k3s.write_text("kube-apiserver-arg: [audit-log-maxage=30]\n")
    drop_in = repository / "fleet/some/edge.yaml.d/10-a.yaml"
    git("add", ".")
    git("commit", "-qm", "k3s")
    git("branch", "-f", "main")
    assert changed(capsys)[0] == []
    drop_in.parent.mkdir()
    drop_in.write_text("kube-apiserver-arg+: [audit-log-maxbackup=3]\n")
    assert changed(capsys)[0] == ["edge"]
    git("add", ".")
    git("commit", "-qm", "drop-in")
    git("branch", "-f", "main")
    assert changed(capsys)[0] == []
    drop_in.write_text("kube-apiserver-arg+: [audit-log-maxbackup=4]\n")
    assert changed(capsys)[0] == ["edge"]
    drop_in.unlink()
    assert changed(capsys)[0] == ["edge"]


def test_a_file_of_the_server_that_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A key of the signer, which one document names, comes into being."""
    path = repository / "fleet/some/c-001.yaml"
    path.write_text(clusters.document("c-001").replace("authentication: {", "authentication: {tokenAuthFile: /t, "))
    (repository / "root").mkdir()
    (repository / "root/t").write_text("token,user,uid\n")
    git("add", ".")
    git("commit", "-qm", "second")
    git("branch", "-f", "main")
    assert changed(capsys)[0] == []
    (repository / "root/t").write_text("token,other,uid\n")
    ran = kasc(capsys, "check", "fleet", "--changed-since", "main", "--files-root", "root", "--output", "json")
    assert [Path(file["path"]).stem for file in json.loads(ran.out)["files"]] == ["c-001"]


def test_documents_that_are_gone_are_mentioned(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "fleet/some/c-001.yaml").unlink()
    git("rm", "-q", "fleet/some/c-003.yaml")
    (repository / "README.yaml").write_text("a: b\n")
    names, ran = changed(capsys)
    assert names == []
    assert "fleet/some/c-001.yaml was deleted since main\n" in ran.err
    assert "fleet/some/c-003.yaml was deleted since main\n" in ran.err
    assert ran.err.count("deleted") == 2
    os.chdir("fleet")
    assert "some/c-001.yaml was deleted" in kasc(capsys, "check", ".", "--changed-since", "main").err


def test_what_main_changed_in_the_meantime_does_not_count(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = repository / "fleet/some"
    (some / "c-000.yaml").write_text(clusters.document("c-000", "generic: {goawayChance: 0.01}\n"))
    git("commit", "-qam", "on the branch")
    git("checkout", "-q", "main")
    (some / "c-001.yaml").write_text(clusters.document("c-001", "generic: {goawayChance: 0.01}\n"))
    git("commit", "-qam", "on main")
    git("checkout", "-q", "work")
    assert changed(capsys)[0] == ["c-000"]


def test_links_lead_to_what_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "common").mkdir()
    os.rename("fleet/base", "common/base")
    (repository / "fleet/base").symlink_to("../common/base")
    git("add", ".")
    git("commit", "-qm", "moved")
    git("branch", "-f", "main")
    assert changed(capsys)[0] == []
    base = repository / "common/base/apiserver.yaml"
    base.write_text(base.read_text() + "# another\n")
    assert changed(capsys)[0] == ["c-000", "c-001", "c-002", "c-003"]


@pytest.mark.parametrize("ref", ["nowhere", "--help", "", "HEAD~99", "-O"])
def test_an_unknown_commit(ref: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "compile"):
        ran = kasc(capsys, command, "fleet", f"--changed-since={ref}")
        assert (ran.code, ran.out) == (2, "")
        assert f"kasc: --changed-since {ref!r}: unknown commit {ref!r}" in ran.err


def test_outside_of_git(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clusters.make(tmp_path / "fleet", 1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    ran = kasc(capsys, "check", "fleet", "--changed-since", "main")
    assert (ran.code, ran.out) == (2, "")
    assert "the current directory is not in a git repository" in ran.err
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = kasc(capsys, "check", "fleet", "--changed-since", "main")
    assert ran.code == 2
    assert "git is not installed" in ran.err


def test_documents_outside_of_the_repository(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clusters.make(repository.parent / "elsewhere", 1)
    ran = kasc(capsys, "check", "../elsewhere", "--changed-since", "main")
    assert (ran.code, ran.out) == (2, "")
    assert "is outside the repository" in ran.err


def test_no_history_in_common(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("checkout", "-q", "--orphan", "other")
    git("commit", "-qm", "another beginning")
    ran = kasc(capsys, "check", "fleet", "--changed-since", "main")
    assert ran.code == 2
    assert "no common history" in ran.err


def test_with_prune_and_shards(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kasc(capsys, "compile", "fleet", "-o", "out")
    (repository / "fleet/some/c-001.yaml").unlink()
    ran = kasc(capsys, "compile", "fleet", "-o", "out", "--changed-since", "main", "--prune")
    assert "out/c-001: removed" in ran.err
    assert len([path for path in (repository / "out").iterdir() if path.is_dir()]) == 4
    base = repository / "fleet/base/apiserver.yaml"
    base.write_text(base.read_text() + "# another\n")
    seen = []
    for number in (1, 2):
        ran = kasc(capsys, "check", "fleet", "--changed-since", "main", "--shard", f"{number}/2", "--output", "json")
        seen += [Path(file["path"]).stem for file in json.loads(ran.out)["files"]]
    assert sorted(seen) == ["c-000", "c-002", "c-003"]


def test_standard_input_always_counts(repository: Path) -> None:
    text = clusters.BASE.replace("name: base", "name: piped").encode()
    checked = process("check", "-", "--changed-since", "main", "--output", "json", input=text)
    assert [file["path"] for file in json.loads(checked.stdout)["files"]] == ["<stdin>"]
    assert process("compile", "-", "--changed-since", "main", "-o", "out", input=text).returncode == 0
    assert Path("out/kube-apiserver.flags").exists()


def test_a_repository_whose_name_ends_with_a_blank(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = repository.rename(repository.with_name("named \n"))
    monkeypatch.chdir(elsewhere)
    (elsewhere / "fleet/some/c-001.yaml").write_text(clusters.document("c-001", "generic: {goawayChance: 0.01}\n"))
    assert changed(capsys)[0] == ["c-001"]


def test_the_beginning_of_a_deleted_file_is_enough(repository: Path) -> None:
    for name, before in (("large.yaml", ""), ("late.yaml", "#" * 2_000_000 + "\n")):
        (repository / f"fleet/{name}").write_text(before + clusters.BASE + "#" * 3_000_000)
    git("add", ".")
    git("commit", "-qm", "second")
    for name in ("large.yaml", "late.yaml"):
        (repository / f"fleet/{name}").unlink()
    assert Changes("HEAD").deleted_documents(["fleet"]) == ["fleet/large.yaml"]


def test_a_policy_that_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every result depends on it."""
    rules = repository / "rules.yaml"
    shutil.copy(SAMPLES / "policies/capacity.yaml", rules)
    git("add", ".")
    git("commit", "-qm", "rules")
    command = ("check", "fleet/some", "--changed-since", "HEAD", "--policy", "rules.yaml")
    assert kasc(capsys, *command).err == "no input changed since HEAD\n"
    rules.write_text(rules.read_text().replace("minimum: 400", "minimum: 300"))
    ran = kasc(capsys, *command)
    assert ran.err.startswith("rules.yaml changed since HEAD: every input is checked\n")
    assert "EX-CAP-4" in ran.out
