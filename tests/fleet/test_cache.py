"""What is known from former runs: never wrong, whatever changed, was damaged, or ran at the same time."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from compiler.fleet import cache as cache_module
from tests.cli.running import Ran, command, environment, kasc
from tests.fleet import clusters
from tests.fleet.clusters import numbers, tree

MANY = 24


class Fleet:
    """A fleet with its outputs and a cache of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.documents = clusters.make(folder / "fleet", MANY)
        self.out = folder / "out"
        self.cache = folder / "cache"
        self.capsys = capsys

    def compile(self, *more: Any) -> Ran:
        return kasc(self.capsys, "compile", self.documents, "-o", self.out, "--cache", self.cache, *more)

    def fresh(self, folder: Path) -> dict[str, str]:
        """What the documents compile to without any cache."""
        kasc(self.capsys, "compile", self.documents, "-o", folder, "--no-cache")
        return tree(folder)


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return Fleet(tmp_path, capsys)


def counts(compiled: int, unchanged: int, cached: int) -> dict[str, int]:
    return {"compiled": compiled, "unchanged": unchanged, "failed": 0, "orphaned": 0, "cached": cached}


def test_an_unchanged_run_knows_everything_and_says_the_same(fleet: Fleet) -> None:
    first = fleet.compile()
    assert numbers(first.err) == counts(MANY, 0, 0)
    before = {path: path.stat().st_mtime_ns for path in fleet.out.rglob("*.yaml")}
    for jobs in (1, 2):
        again = fleet.compile("--jobs", jobs)
        assert numbers(again.err) == counts(0, MANY, MANY)
        # All findings, every line of them, and no file touched.
        assert "KASC-RISK-013" in first.err
        assert again.err.splitlines()[:-2] == first.err.splitlines()[:-2]
        assert {path: path.stat().st_mtime_ns for path in fleet.out.rglob("*.yaml")} == before


@pytest.mark.parametrize("form", ["json", "sarif", "junit"])
def test_reports_for_programs_are_the_same(form: str, fleet: Fleet) -> None:
    (fleet.documents / "some/c-003.yaml").write_text(clusters.document("c-003", "generic: {goawayChance: 1}\n"))
    (fleet.documents / "some/c-004.yaml").write_text(clusters.document("c-004", "generic: {goawayChanc: 0.01}\n"))
    more = ("--output", form, "--policy", "cis")
    first, again = fleet.compile(*more), fleet.compile(*more)
    assert (first.code, first.out) == (again.code, again.out)
    assert first.code == 1
    assert numbers(again.err)["cached"] == MANY


def test_a_changed_document_alone_is_compiled(fleet: Fleet, tmp_path: Path) -> None:
    fleet.compile()
    (fleet.documents / "some/c-007.yaml").write_text(clusters.document("c-007", "generic: {goawayChance: 0.01}\n"))
    assert numbers(fleet.compile().err) == counts(1, MANY - 1, MANY - 1)
    assert tree(fleet.out) == fleet.fresh(tmp_path / "fresh")


def test_a_changed_base_compiles_all_that_extend_it(fleet: Fleet, tmp_path: Path) -> None:
    alone = fleet.documents / "some/c-001.yaml"
    text = clusters.BASE + "  # by itself\n"
    alone.write_text(text.replace("name: base", "name: c-001"))
    fleet.compile()
    base = fleet.documents / "base/apiserver.yaml"
    base.write_text(base.read_text().replace("10.96.0.0", "10.112.0.0"))
    assert numbers(fleet.compile().err) == counts(MANY - 1, 1, 1)
    assert tree(fleet.out) == fleet.fresh(tmp_path / "fresh")


def test_files_beside_a_document_and_on_the_server_count(fleet: Fleet, tmp_path: Path) -> None:
    """One that changes, one that comes into being, one that goes."""
    policy = fleet.documents / "audit.yaml"
    policy.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
    more = "auditing: {auditPolicyFile: {source: ../audit.yaml}, auditLogPath: '-'}\n"
    (fleet.documents / "some/c-002.yaml").write_text(clusters.document("c-002", more))
    root = tmp_path / "root"
    root.mkdir()
    named = fleet.documents / "some/c-005.yaml"
    named.write_text(clusters.document("c-005").replace("authentication: {", "authentication: {tokenAuthFile: /t, "))
    seen = ("--files-root", root)
    missing = '--token-auth-file: "/t" cannot be read'
    assert missing in fleet.compile(*seen).err
    assert numbers(fleet.compile(*seen).err)["cached"] == MANY
    # The list of tokens that was missing is there now.
    (root / "t").write_text("token,user,uid\n")
    ran = fleet.compile(*seen)
    assert numbers(ran.err)["cached"] == MANY - 1
    assert missing not in ran.err
    policy.write_text(policy.read_text().replace("Metadata", "Request"))
    assert numbers(fleet.compile(*seen).err)["cached"] == MANY - 1
    policy.unlink()
    ran = fleet.compile(*seen)
    assert (ran.code, numbers(ran.err)["cached"]) == (1, MANY - 1)
    assert "KASC-DOC-010" in ran.err


@pytest.mark.parametrize("harm", ["content", "cut", "gone", "link", "folder gone", "all gone"])
def test_outputs_that_are_not_right_are_written_anew(harm: str, fleet: Fleet, tmp_path: Path) -> None:
    fleet.compile()
    right = tree(fleet.out)
    folder = fleet.out / "c-010"
    file = folder / "storage-factory.yaml"
    if harm == "content":
        status = file.stat()
        file.write_text(file.read_text().replace("10.0.0.11", "10.0.0.99"))
        # Of the same size, and said to be of the same age.
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif harm == "cut":
        file.write_text(file.read_text()[:-1])
    elif harm == "gone":
        file.unlink()
    elif harm == "link":
        copy = tmp_path / "copy"
        file.rename(copy)
        file.symlink_to(copy)
    else:
        shutil.rmtree(folder if harm == "folder gone" else fleet.out)
    missed = MANY if harm == "all gone" else 1
    checked = fleet.compile("--check")
    assert (checked.code, numbers(checked.err)["stale"]) == (3, missed)
    assert numbers(fleet.compile().err) == counts(missed, MANY - missed, MANY - missed)
    assert tree(fleet.out) == right
    assert not file.is_symlink()


def test_check_reads_what_is_on_disk(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the file system says that nothing was touched."""
    fleet.compile()
    fleet.compile()
    stat = os.lstat
    untouched = {str(path): stat(path) for path in fleet.out.rglob("*")}
    monkeypatch.setattr(os, "lstat", lambda path: untouched.get(str(path)) or stat(path))
    file = fleet.out / "c-010/storage-factory.yaml"
    file.write_text(file.read_text().replace("10.0.0.11", "10.0.0.99"))
    ran = fleet.compile("--check")
    assert ran.code == 3
    assert "+  - https://10.0.0.11:2379" in ran.out


def test_touched_outputs_are_read_once_and_known_then(fleet: Fleet) -> None:
    """As after a checkout in CI: other times, the same content."""
    fleet.compile()
    for path in fleet.out.rglob("*.yaml"):
        path.touch()
    assert numbers(fleet.compile().err) == counts(0, MANY, MANY)
    elsewhere = fleet.out.with_name("elsewhere")
    fleet.out.rename(elsewhere)
    fleet.out = elsewhere
    assert numbers(fleet.compile().err) == counts(0, MANY, MANY)


@pytest.mark.parametrize("harm", ["empty", "cut", "flipped", "other json", "folder", "unreadable"])
def test_a_damaged_entry_is_none(harm: str, fleet: Fleet) -> None:
    first = fleet.compile()
    right = tree(fleet.out)
    entries = sorted(path for path in fleet.cache.glob("??/*") if path.is_file())
    assert len(entries) == MANY
    for path in entries:
        data = path.read_bytes()
        if harm == "empty":
            path.write_bytes(b"")
        elif harm == "cut":
            path.write_bytes(data[: len(data) // 2])
        elif harm == "flipped":
            path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
        elif harm == "other json":
            text = b'{"a": [1]}'
            path.write_bytes(cache_module.digest(text).encode() + b"\n" + text)
        elif harm == "folder":
            path.unlink()
            path.mkdir()
        else:
            path.chmod(0)
    if harm == "unreadable" and os.geteuid() == 0:
        pytest.skip("root can read every file")
    again = fleet.compile()
    assert numbers(again.err) == counts(0, MANY, 0)
    assert (again.code, again.out, tree(fleet.out)) == (first.code, first.out, right)
    if harm != "folder":
        assert numbers(fleet.compile().err) == counts(0, MANY, MANY)


def test_another_kasc_knows_nothing(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.compile()
    monkeypatch.setattr(cache_module, "__version__", "99.0")
    assert numbers(fleet.compile().err)["cached"] == 0
    monkeypatch.undo()
    monkeypatch.setattr(cache_module, "_program_digest", lambda directory: "another state of the code")
    assert numbers(fleet.compile().err)["cached"] == 0


def test_the_sign_of_kasc_hangs_on_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on times or places: jobs of CI install it anew."""
    digests = []
    for name, text in (("a", "x"), ("b", "x"), ("c", "y")):
        package = tmp_path / name / "compiler"
        shutil.copytree(Path(cache_module.__file__).parent, package / "fleet", ignore=lambda *_: ["__pycache__"])
        (package / "data.json").write_text(text)
        monkeypatch.setattr(cache_module, "__file__", str(package / "fleet/cache.py"))
        digests.append({cache_module._program_digest(str(tmp_path)) for _ in range(2)})
    assert len(digests[0]) == 1
    assert digests[0] == digests[1] != digests[2]


def test_options_count(fleet: Fleet) -> None:
    fleet.compile()
    for more in (("--explicit",), ("--emit", "flags"), ("--kubernetes-version", "1.35"), ("--policy", "cis")):
        assert numbers(fleet.compile(*more).err)["cached"] == 0
        assert numbers(fleet.compile(*more).err)["cached"] == MANY


def test_strict_and_ignore_are_applied_to_what_is_known(fleet: Fleet) -> None:
    """Whichever of them comes first."""
    strict = fleet.compile("--strict")
    assert (strict.code, numbers(strict.err)["failed"]) == (1, MANY)
    assert not fleet.out.exists()
    assert numbers(fleet.compile().err) == counts(MANY, 0, 0)
    again = fleet.compile("--strict")
    assert (again.code, numbers(again.err)["failed"], numbers(again.err)["cached"]) == (1, MANY, MANY)
    ran = fleet.compile("--strict", "--ignore", "KASC-RISK")
    assert (ran.code, numbers(ran.err)["cached"]) == (0, MANY)
    assert "KASC-RISK-013" not in ran.err
    assert "KASC-RISK-013" in fleet.compile().err


def test_a_comment_that_suppresses_is_part_of_the_document(fleet: Fleet) -> None:
    base = fleet.documents / "base/apiserver.yaml"
    fleet.compile()
    text = base.read_text()
    base.write_text(text.replace("RBAC]}", "RBAC]}  # kasc: ignore KASC-RISK-013: kubelets are ours"))
    first = fleet.compile()
    assert "KASC-RISK-013" not in first.err
    assert numbers(first.err)["cached"] == 0
    assert numbers(fleet.compile().err)["cached"] == MANY


def test_runs_at_the_same_time_share_a_cache(fleet: Fleet, tmp_path: Path) -> None:
    words = ("compile", fleet.documents, "--cache", fleet.cache, "--jobs", "2", "--output", "json")
    runs = [
        subprocess.Popen(command(*words, "-o", out), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for out in (fleet.out, fleet.out, tmp_path / "other")
    ]
    told = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert len(set(told)) == 1
    fresh = fleet.fresh(tmp_path / "fresh")
    assert tree(fleet.out) == tree(tmp_path / "other") == fresh
    assert not [path for path in tmp_path.rglob("*.tmp*") if path.name.endswith(".tmp")]
    assert numbers(fleet.compile().err) == counts(0, MANY, MANY)


def test_small_runs_and_no_cache_keep_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    small = clusters.make(tmp_path / "small", 3)
    assert kasc(capsys, "compile", small, "-o", tmp_path / "a").code == 0
    large = clusters.make(tmp_path / "large", MANY)
    assert kasc(capsys, "compile", large, "-o", tmp_path / "b", "--no-cache").code == 0
    assert not (tmp_path / "xdg").exists()
    assert kasc(capsys, "compile", large, "-o", tmp_path / "b").code == 0
    assert len(list((tmp_path / "xdg/kasc").glob("??/*"))) == MANY


def test_a_folder_that_cannot_hold_a_cache(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said where it was asked for; else kasc does without."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    large = clusters.make(tmp_path / "large", MANY)
    ran = kasc(capsys, "compile", large, "-o", tmp_path / "out", "--cache", blocked / "cache")
    assert (ran.code, ran.out) == (2, "")
    assert "--cache" in ran.err
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert kasc(capsys, "compile", large, "-o", tmp_path / "out").code == 0
