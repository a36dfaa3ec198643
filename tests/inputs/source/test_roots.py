"""What an input names, what is fixed and what is shown stays inside its root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from compiler import check
from compiler.filesystem import Root, root_of
from tests.cli.running import SAMPLES, Ran, kasc, process

MINIMAL = (SAMPLES / "minimal.yaml").read_text()
SECRET = "CANARY-1234567890"
BASE = MINIMAL.replace("kind: APIServer", "kind: APIserver")
"""Has something to fix."""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, beside files of somebody else."""
    top = tmp_path / "checkout"
    for folder in (top / ".git", top / "clusters", tmp_path / "outside"):
        folder.mkdir(parents=True)
    (tmp_path / "outside/secret").write_text(f"{SECRET}\n")
    (tmp_path / "outside/base.yaml").write_text(BASE)
    (tmp_path / "outside/bad.yaml").write_text(f"{BASE}{SECRET}: 1\n")
    (tmp_path / "outside/policy.yaml").write_text(f"apiVersion: audit.k8s.io/v1\nkind: {SECRET}\n")
    (top / ".git/config").write_text(f"extraheader = {SECRET}\n")
    (top / "base.yaml").write_text(MINIMAL)
    (top / "link.yaml").symlink_to("base.yaml")
    (top / "clusters/out").symlink_to("../../outside")
    (top / "clusters/environ").symlink_to("/proc/self/environ")
    monkeypatch.setenv("SECRETVAR", SECRET)
    monkeypatch.chdir(top)
    return top


def checked(capsys: pytest.CaptureFixture[str], text: str, *more: str) -> Ran:
    """The answer about a document in the checkout."""
    Path("clusters/a.yaml").write_text(text)
    return kasc(capsys, "check", "clusters/a.yaml", *more)


OUTSIDE = [
    "../../outside/base.yaml",
    "out/base.yaml",
    "../../outside/secret",
    "out/secret",
    "environ",
    "/proc/self/environ",
    "/proc/kmsg",
    "/dev/zero",
    "/sys/kernel/notes",
    "/etc/passwd",
    "../.git/config",
    "../clusters/../.git/config",
    "../../outside/nothing-there",
]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("form", ["text", "json", "github", "junit"])
def test_no_file_outside_is_read(path: str, form: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extends = checked(capsys, f"apiVersion: kasc/v1\nkind: APIServer\nextends: [{path}]\n", "--output", form)
    source = checked(capsys, f"{MINIMAL}auditing: {{auditPolicyFile: {{source: {path}}}}}\n", "--output", form)
    for ran in (extends, source):
        assert ran.code == 1
        assert "KASC-DOC-020" in ran.out
        assert SECRET not in ran.out + ran.err
        assert "root:" not in ran.out


@pytest.mark.parametrize("path", ["../base.yaml", "../link.yaml"])
def test_files_in_the_work_tree_are_read(path: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys, f"apiVersion: kasc/v1\nkind: APIServer\nextends: [{path}]\n").code == 0


def test_without_git_the_directory_of_the_input_is_the_root(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / ".git/config").unlink()
    (checkout / ".git").rmdir()
    text = "apiVersion: kasc/v1\nkind: APIServer\nextends: [{}]\n"
    ran = checked(capsys, text.format("../base.yaml"))
    assert ran.code == 1
    assert f"outside {checkout}/clusters" in ran.out
    assert "--root DIR" in ran.out
    assert checked(capsys, text.format("../base.yaml"), "--root", ".").code == 0
    # A directory that is searched is the root of what is found in it.
    assert kasc(capsys, "check", ".").code == 0
    (checkout / "clusters/base.yaml").write_text(MINIMAL)
    assert checked(capsys, text.format("base.yaml")).code == 0


@pytest.mark.parametrize("path", ["/proc/self/environ", "/dev/zero", "../.git/config", "environ"])
def test_no_root_makes_special_files_readable(path: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = checked(capsys, f"apiVersion: kasc/v1\nkind: APIServer\nextends: [{path}]\n", "--root", "/")
    assert "KASC-DOC-020" in ran.out
    assert SECRET not in ran.out


def test_root_is_an_option_of_every_command_that_reads(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("clusters/a.yaml").write_text("apiVersion: kasc/v1\nkind: APIServer\nextends: [out/fine.yaml]\n")
    (checkout.parent / "outside/fine.yaml").write_text(MINIMAL)
    for words in (("check",), ("compile", "-o", "compiled"), ("explain",)):
        assert kasc(capsys, *words, "clusters/a.yaml").code == 1
        assert kasc(capsys, *words, "clusters/a.yaml", "--root", "../outside").code == 0
    ran = kasc(capsys, "check", "clusters/a.yaml", "--root", "nowhere")
    assert (ran.code, ran.err) == (2, "kasc: --root 'nowhere' is not a directory\n")
    Path(".kasc.toml").write_text('root = "../outside"\n')
    assert kasc(capsys, "check", "clusters/a.yaml").code == 2


@pytest.mark.parametrize("path", ["../../outside/base.yaml", "out/base.yaml"])
def test_nothing_outside_is_fixed(path: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys, f"apiVersion: kasc/v1\nkind: APIServer\nextends: [{path}]\n", "--fix")
    assert (checkout.parent / "outside/base.yaml").read_text() == BASE
    Path("clusters/linked.yaml").symlink_to("../../outside/base.yaml")
    for option in ("--fix", "--diff"):
        ran = kasc(capsys, "check", "clusters/linked.yaml", option)
        assert ran.code == 2
        assert "cannot fix clusters/linked.yaml: it is a link to a file outside" in ran.err
    assert (checkout.parent / "outside/base.yaml").read_text() == BASE
    assert kasc(capsys, "check", "clusters/linked.yaml", "--fix", "--root", "../outside").code == 0
    assert Path("clusters/linked.yaml").is_symlink()
    assert (checkout.parent / "outside/base.yaml").read_text() == MINIMAL


def test_no_line_of_a_file_outside_is_shown(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An input that is a link, and a file of the server."""
    Path("clusters/linked.yaml").symlink_to("../../outside/bad.yaml")
    ran = kasc(capsys, "check", "clusters/linked.yaml")
    assert f"    7 | {SECRET}" not in ran.out
    assert " | " not in ran.out
    assert " | " in kasc(capsys, "check", "clusters/linked.yaml", "--root", "../outside").out
    text = f"{MINIMAL}auditing: {{auditPolicyFile: /pki/policy.yaml}}\n"
    ran = checked(capsys, text, "--file-map", "/pki=../outside")
    assert "outside/policy.yaml:2" in ran.out
    assert " | " not in ran.out


def test_standard_input_has_the_current_directory(checkout: Path) -> None:
    for path, code in (("../outside/base.yaml", 1), ("base.yaml", 0)):
        text = f"apiVersion: kasc/v1\nkind: APIServer\nextends: [{path}]\n"
        ran = process("check", "-", input=text.encode(), cwd=checkout)
        assert ran.returncode == code
        assert (b"KASC-DOC-020" in ran.stdout) == bool(code)


def test_texts_of_the_library_need_no_root(checkout: Path) -> None:
    text = "apiVersion: kasc/v1\nkind: APIServer\nextends: [../outside/made.yaml]\n"
    assert not check("a.yaml", texts={"a.yaml": text, "../outside/made.yaml": MINIMAL}).rejected
    assert check("a.yaml", texts={"a.yaml": text}).rejected


def test_a_link_that_is_moved_is_noticed_by_the_cache(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("clusters/a.yaml").write_text("apiVersion: kasc/v1\nkind: APIServer\nextends: [moved.yaml]\n")
    link = Path("clusters/moved.yaml")
    link.symlink_to("../../outside/base.yaml")
    words = ("compile", "clusters", "-o", "compiled", "--cache", "cache")
    assert "KASC-DOC-020" in kasc(capsys, *words).err
    link.unlink()
    link.symlink_to("../base.yaml")
    assert kasc(capsys, *words).code == 0


def test_a_configuration_file_is_no_link_to_the_outside(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for to in ("../outside/secret", "/proc/self/environ", "/proc/kmsg"):
        Path(".kasc.toml").unlink(missing_ok=True)
        Path(".kasc.toml").symlink_to(to)
        ran = kasc(capsys, "check", "base.yaml")
        assert ran.code == 2
        assert ".kasc.toml: " in ran.err
        assert SECRET not in ran.err
    Path(".kasc.toml").unlink()
    Path("kasc-settings").write_text("strict = false\n")
    Path(".kasc.toml").symlink_to("kasc-settings")
    assert kasc(capsys, "check", "base.yaml").code == 0


@pytest.mark.parametrize("name", [".kasc.toml", "pyproject.toml"])
def test_a_configuration_file_has_a_bound(name: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Path(name).open("w") as file:
        file.truncate(150 * 1024 * 1024)
    ran = kasc(capsys, "check", "base.yaml")
    assert ran.code == 2
    assert f"{name}: it is larger than 1 MiB" in ran.err


def test_roots() -> None:
    root = Root("/srv/a")
    assert root.refusal("/srv/a/b") == ""
    assert root.refusal("/srv/ab")
    assert root.refusal("/srv/a/.GIT/config")
    assert Root("/").refusal("/srv") == ""
    assert Root("/srv/a", "/srv/ab").refusal("/srv/ab/c") == ""
    assert root_of("-").top == root_of("<stdin>").top == root_of("x.yaml").top
    assert os.path.isabs(root_of("nowhere/x.yaml").top)
