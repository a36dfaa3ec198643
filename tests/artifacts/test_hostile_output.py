"""An output directory that a stranger prepared: links, pipes, devices, and what a killed run left."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from compiler.artifacts.fileset import write_all
from compiler.artifacts.staging import Staging, remove_stale
from compiler.fleet.outputs import LIST
from tests.cli.running import SAMPLES, command, environment, kasc
from tests.fleet import clusters

HOOK = """\
auditing:
  auditPolicyFile:
    path: /etc/kubernetes/pre-commit
    content: {apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: Metadata, users: ["$(touch PWNED)"]}]}
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one document and an executable hook."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters/evil.yaml").write_text((SAMPLES / "minimal.yaml").read_text() + HOOK)
    (tmp_path / ".git/hooks").mkdir(parents=True)
    hook = tmp_path / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    (tmp_path / "compiled").mkdir()
    return tmp_path


def listed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("link", "to"),
    [("minimal/files", "../../.git/hooks"), ("minimal", "../.git/hooks"), ("minimal", "../victim"), ("minimal", "..")],
)
def test_no_directory_below_the_output_is_a_link(
    link: str, to: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "victim").mkdir()
    path = checkout / "compiled" / link
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(to)
    before = listed(checkout)
    for more in ((), ("--check",)):
        ran = kasc(capsys, "compile", "clusters", "-o", "compiled", *more)
        assert ran.code == (3 if more else 2)
        said = ran.out + ran.err
        assert f"compiled/{link}" in said
        assert "it is a symbolic link" in said
    assert [name for name in listed(checkout) if name not in before] in ([], [f"compiled/{LIST}"])
    assert (checkout / ".git/hooks/pre-commit").read_text() == "#!/bin/sh\n"


def test_an_output_directory_that_is_named_may_be_a_link(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "elsewhere").mkdir()
    shutil.rmtree("compiled")
    (checkout / "compiled").symlink_to("elsewhere")
    assert kasc(capsys, "compile", "clusters", "-o", "compiled").code == 0
    assert (checkout / "elsewhere/minimal/kube-apiserver.flags").exists()
    assert kasc(capsys, "compile", "clusters/evil.yaml", "-o", "compiled/minimal").code == 0
    ran = kasc(capsys, "compile", "clusters")
    assert ran.code == 2
    assert "compiled is a symbolic link" in ran.err


@pytest.mark.parametrize("below", ["", "x"])
def test_no_file_that_kasc_writes_is_executable(below: str, tmp_path: Path) -> None:
    folder = tmp_path / below
    folder.mkdir(exist_ok=True)
    for name, mode in (("a", 0o755), ("b", 0o4711), ("c", 0o600)):
        (folder / name).write_text("old")
        (folder / name).chmod(mode)
    write_all(str(tmp_path), dict.fromkeys("abc", "new"), below)
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in "abc"] == [0o644, 0o600, 0o600]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("pipe", "device", "directory")
        for name in ("minimal/kube-apiserver.flags", "minimal/files", LIST)
        if (kind, name) != ("directory", "minimal/files")
    ],
)
def test_special_files_are_neither_read_nor_replaced(
    kind: str, name: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if kind == "device" and os.geteuid() != 0:
        pytest.skip("only root makes devices")
    path = checkout / "compiled" / name
    path.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero
        except PermissionError:
            pytest.skip("no devices here")
    else:
        path.mkdir()
    before = path.lstat()
    for more in ((), ("--check",)):
        ran = kasc(capsys, "compile", "clusters", "-o", "compiled", *more)
        assert ran.code in (2, 3)
        assert f"it is a {kind}" in ran.out + ran.err
    assert (path.lstat().st_mode, path.lstat().st_ino) == (before.st_mode, before.st_ino)


@pytest.mark.parametrize("to", ["/proc/self/environ", "../../secret", "/dev/zero", "/nowhere"])
@pytest.mark.parametrize("name", ["minimal/kube-apiserver.flags", "minimal/files/pre-commit"])
def test_a_diff_shows_nothing_of_what_a_link_leads_to(
    name: str, to: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "secret").write_text("TOPSECRET\n")
    assert kasc(capsys, "compile", "clusters", "-o", "compiled").code == 0
    path = checkout / "compiled" / name
    path.unlink()
    path.symlink_to(to)
    ran = kasc(capsys, "compile", "clusters", "-o", "compiled", "--check")
    assert ran.code == 3
    assert ran.out == f"compiled/{name} differs: it is a symbolic link\n"
    # Writing puts a file in the place of the link.
    assert kasc(capsys, "compile", "clusters", "-o", "compiled").code == 0
    assert not path.is_symlink()
    assert (checkout / "secret").read_text() == "TOPSECRET\n"
    assert kasc(capsys, "compile", "clusters", "-o", "compiled", "--check").code == 0


@pytest.mark.parametrize("name", ["kube-apiserver.flags", "storage-factory.yaml", "files/pre-commit"])
@pytest.mark.parametrize("text", ["TOPSECRET", "a: TOPSECRET\n", "apiVersion: v1\nkind: Secret\na: TOPSECRET\n"])
def test_a_diff_shows_nothing_of_what_is_no_artifact(
    name: str, text: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kasc(capsys, "compile", "clusters", "-o", "compiled")
    (checkout / "compiled/minimal" / name).write_text(text)
    ran = kasc(capsys, "compile", "clusters", "-o", "compiled", "--check")
    assert ran.code == 3
    assert ran.out.startswith(f"compiled/minimal/{name} differs: ")
    assert "TOPSECRET" not in ran.out + ran.err


def test_a_diff_shows_nothing_of_a_file_that_is_too_large(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kasc(capsys, "compile", "clusters", "-o", "compiled")
    with (checkout / "compiled/minimal/kube-apiserver.flags").open("ab") as file:
        file.truncate(1 << 32)
    ran = kasc(capsys, "compile", "clusters", "-o", "compiled", "--check")
    assert (ran.code, ran.out) == (3, "compiled/minimal/kube-apiserver.flags differs: it is larger than 8 MiB\n")


@pytest.mark.parametrize("name", ["resolved.yaml", "files"])
def test_the_cache_takes_no_link_for_what_it_knows(
    name: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("compile", "clusters", "-o", "compiled", "--cache", "cache")
    assert kasc(capsys, *words).code == 0
    path, copy = checkout / "compiled/minimal" / name, checkout / "copy"
    path.rename(copy)
    path.symlink_to(copy)
    assert kasc(capsys, *words, "--check").code == 3
    assert kasc(capsys, *words).code == (2 if name == "files" else 0)


def test_a_cache_writes_through_no_link(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "victim").mkdir()
    (checkout / "cache").mkdir()
    for number in range(256):
        (checkout / f"cache/{number:02x}").symlink_to("../victim")
    assert kasc(capsys, "compile", "clusters", "-o", "compiled", "--cache", "cache").code == 0
    assert listed(checkout / "victim") == []


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_adds_nothing_that_a_killed_run_leaves(tmp_path: Path) -> None:
    """Killed at many moments: a new fleet, and one whose documents all changed."""
    git(tmp_path, "init", "-q")
    clusters.make(tmp_path / "fleet", 40)
    words = command("compile", "fleet", "-o", "out", "--jobs", "2", "--no-cache")
    left = 0
    for number in range(12):
        if number == 6:
            base = tmp_path / "fleet/base/apiserver.yaml"
            base.write_text(base.read_text().replace("10.96.", "10.97."))
        with subprocess.Popen(
            words, cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL, start_new_session=True
        ) as ran:
            for _ in range(400):
                if (tmp_path / "out").exists() and (number < 2 or any((tmp_path / "out").glob(".kasc-*"))):
                    break
                if ran.poll() is not None:
                    break
                time.sleep(0.005)
            time.sleep(0.002 * number)
            if ran.poll() is None:
                os.killpg(ran.pid, signal.SIGKILL)
        left += len(list((tmp_path / "out").glob(".kasc-*")))
        git(tmp_path, "add", "out")
        added = git(tmp_path, "ls-files").split()
        assert not [name for name in added if "tmp" in name]
    assert left, "no run was killed while it wrote"
    subprocess.run(words, cwd=tmp_path, env=environment(), check=True, stderr=subprocess.DEVNULL)
    assert not [name for name in os.listdir(tmp_path / "out") if name.endswith(".tmp")]
    check = [*words, "--check"]
    assert subprocess.run(check, cwd=tmp_path, env=environment(), check=False, capture_output=True).returncode == 0


def test_what_another_process_stages_is_left_alone(tmp_path: Path) -> None:
    staging = Staging(str(tmp_path))
    staging.add_file(b"x")
    remove_stale(str(tmp_path))
    assert staging.holds("1")
    (tmp_path / ".kasc-0.tmp/1/2").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    (tmp_path / ".kasc-0.tmp/1/link").symlink_to(outside)
    (tmp_path / ".kasc-1.tmp").symlink_to(outside)
    remove_stale(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == sorted([staging.name, ".kasc-1.tmp", "outside"])
    assert (outside / "file").read_text() == "mine"
    staging.close()
    assert not (tmp_path / staging.name).exists()
