"""All files or none; and `--check`."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compiler.artifacts import staging
from compiler.artifacts.differences import differences
from compiler.artifacts.fileset import write_all
from compiler.artifacts.staging import Staging
from compiler.filesystem import NotRegularError
from compiler.fleet.compiling import DocumentCompiler, OutputSettings
from compiler.review.examine import Settings
from tests.cli.running import SAMPLES, kasc

OLD = {"a.yaml": "old a\n", "files/b.yaml": "old b\n", "c.yaml": "old c\n"}
NEW = {"a.yaml": "new a\n", "files/b.yaml": "new b\n", "c.yaml": "new c\n", "d.yaml": "new d\n", "deep/er/e": "new e\n"}


def tree(folder: Path) -> dict[str, str]:
    """Every file and empty folder below a folder."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_file():
            found[name] = path.read_text()
        elif not any(path.iterdir()):
            found[name] = "(empty folder)"
    return found


@pytest.fixture
def target(tmp_path: Path) -> Path:
    write_all(str(tmp_path / "out"), OLD)
    return tmp_path / "out"


@contextmanager
def another_user() -> Iterator[None]:
    """Rights count: root has them all, so act as nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_files_are_written(target: Path) -> None:
    assert tree(target) == OLD
    write_all(str(target), NEW)
    assert tree(target) == NEW


@pytest.mark.parametrize("number", range(1, len(NEW) + 1))
def test_a_rename_that_fails_takes_back_those_before(
    number: int, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move, calls = Staging.move, 0

    def failing(staging: Staging, own: str, directory: int, name: str) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            raise PermissionError(1, "Operation not permitted", name)
        move(staging, own, directory, name)

    monkeypatch.setattr(Staging, "move", failing)
    with pytest.raises(PermissionError) as raised:
        write_all(str(target), NEW)
    assert tree(target) == OLD
    assert raised.value.filename == str(target / list(NEW)[number - 1])


def test_files_are_undone_without_hard_links(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    (target / "d.yaml").mkdir()
    with pytest.raises(NotRegularError):
        write_all(str(target), NEW)
    (target / "d.yaml").rmdir()
    move = Staging.move

    def failing(staging: Staging, own: str, directory: int, name: str) -> None:
        if name == "d.yaml":
            raise PermissionError(1, "Operation not permitted", name)
        move(staging, own, directory, name)

    monkeypatch.setattr(Staging, "move", failing)
    with pytest.raises(PermissionError):
        write_all(str(target), NEW)
    assert tree(target) == OLD


@pytest.mark.parametrize("number", range(1, len(NEW) + 1))
def test_a_disk_that_is_full_changes_nothing(number: int, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, calls = staging.write_to, 0

    def failing(descriptor: int, data: bytes) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            raise OSError(28, "No space left on device")
        write(descriptor, data)

    monkeypatch.setattr(staging, "write_to", failing)
    with pytest.raises(OSError, match="No space left"):
        write_all(str(target), NEW)
    assert tree(target) == OLD


def test_an_interrupt_changes_nothing(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move = Staging.move

    def interrupted(staging: Staging, own: str, directory: int, name: str) -> None:
        if name == "c.yaml":
            raise KeyboardInterrupt
        move(staging, own, directory, name)

    monkeypatch.setattr(Staging, "move", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_all(str(target), NEW)
    assert tree(target) == OLD


@pytest.mark.parametrize("name", sorted(NEW))
def test_a_folder_where_a_file_is_to_be_changes_nothing(name: str, target: Path) -> None:
    path = target / name
    path.unlink(missing_ok=True)
    (path / "inside").mkdir(parents=True)
    before = tree(target)
    with pytest.raises(NotRegularError, match="it is a directory"):
        write_all(str(target), NEW)
    assert tree(target) == before


@pytest.mark.parametrize("name", ["files", "deep", "deep/er"])
def test_a_file_where_a_folder_is_to_be_changes_nothing(name: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    (target / name).parent.mkdir(parents=True)
    (target / name).write_text("in the way")
    with pytest.raises(NotRegularError, match="it is a file, not a directory"):
        write_all(str(target), NEW)
    assert tree(target) == {name: "in the way"}


def test_a_folder_without_rights_changes_nothing(target: Path) -> None:
    for folder in (target, *target.parents):
        if folder == Path("/tmp"):
            break
        folder.chmod(folder.stat().st_mode | 0o055)
    (target / "files").chmod(0o555)
    target.chmod(0o555)
    with another_user(), pytest.raises(PermissionError):
        write_all(str(target), NEW)
    target.chmod(0o755)
    (target / "files").chmod(0o755)
    assert tree(target) == OLD


def test_rights_of_a_file_are_kept_and_links_are_not_followed(target: Path, tmp_path: Path) -> None:
    (target / "a.yaml").chmod(0o4711)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    (target / "d.yaml").symlink_to(elsewhere)
    write_all(str(target), NEW)
    assert stat.S_IMODE((target / "a.yaml").stat().st_mode) == 0o600
    assert elsewhere.read_text() == "untouched"
    assert not (target / "d.yaml").is_symlink()


def test_differences(target: Path) -> None:
    assert differences(str(target), OLD) == ""
    text = differences(str(target), {**OLD, "a.yaml": "old a\nmore\n", "new": "x\n", "empty": ""})
    assert f"--- {target}/a.yaml\n" in text
    assert " old a\n+more\n" in text
    assert f"+++ {target}/new (compiled)\n" in text
    assert text.endswith(f"{target}/empty is missing\n")
    (target / "a.yaml").write_bytes(b"old a\n\xff\xfe")
    assert differences(str(target), OLD).startswith("--- ")
    assert tree(target / "files") == {"b.yaml": "old b\n"}


def test_check_writes_nothing_and_says_what_would_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out"
    command = ("compile", SAMPLES / "minimal.yaml", "-o", target)
    ran = kasc(capsys, *command, "--check")
    assert (ran.code, tree(tmp_path)) == (3, {})
    assert "+--etcd-servers=http://127.0.0.1:2379\n" in ran.out
    assert kasc(capsys, *command).code == 0
    ran = kasc(capsys, *command, "--check")
    assert (ran.code, ran.out) == (0, "")
    flags = target / "kube-apiserver.flags"
    flags.write_text(flags.read_text().replace("2379", "9999"))
    before = tree(target)
    ran = kasc(capsys, *command, "--check")
    assert ran.code == 3
    assert ran.out.splitlines()[3:5] == [
        "---etcd-servers=http://127.0.0.1:9999",
        "+--etcd-servers=http://127.0.0.1:2379",
    ]
    assert tree(target) == before


def test_check_leaves_standard_output_to_a_report_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = kasc(capsys, "compile", SAMPLES / "minimal.yaml", "-o", tmp_path / "out", "--check", "--output", "json")
    assert ran.code == 3
    assert ran.out.startswith("{")
    assert ran.out.rstrip().endswith("}")
    assert "+--etcd-servers=http://127.0.0.1:2379\n" in ran.err


def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    ran = kasc(capsys, "compile", SAMPLES / "minimal.yaml", "-o", tmp_path / "file" / "out")
    assert ran.code == 2
    assert f"cannot write {tmp_path}" in ran.err
    assert ": is not a directory" in ran.err
    assert ".tmp" not in ran.err
    assert tree(tmp_path) == {"file": ""}


def test_an_input_that_is_refused_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((SAMPLES / "minimal.yaml").read_text().replace("[RBAC]", "[Nope]"))
    ran = kasc(capsys, "compile", wrong, "-o", tmp_path / "out")
    assert ran.code == 1
    assert not (tmp_path / "out").exists()


def test_several_files_on_standard_output_are_several_documents(capsys: pytest.CaptureFixture[str]) -> None:
    import yaml

    ran = kasc(capsys, "compile", SAMPLES / "hardened/apiserver.yaml", "--emit", "files", "--stdout")
    kinds = [document["kind"] for document in yaml.safe_load_all(ran.out)]
    assert sorted(kinds) == [
        "AdmissionConfiguration",
        "AuthenticationConfiguration",
        "AuthorizationConfiguration",
        "EncryptionConfiguration",
        "Policy",
    ]


@pytest.mark.parametrize("name", ["../../escaped", "..", "/tmp/x", "a\nb"])
def test_no_name_of_an_input_leads_out_of_the_folder(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    monkeypatch.chdir(tmp_path)
    kasc(capsys, "compile", SAMPLES / "minimal.yaml", "-o", "first", "--format", "json", "--emit", "pod")
    pod = json.loads((tmp_path / "first/kube-apiserver.json").read_text())
    pod["metadata"]["name"] = name
    (tmp_path / "pod.json").write_text(json.dumps(pod))
    before = tree(tmp_path)
    ran = kasc(capsys, "compile", "--as", "pod", "pod.json", "--emit", "flags")
    assert (ran.code, tree(tmp_path)) == (1, before)
    assert "metadata.name" in ran.err
    write = DocumentCompiler(OutputSettings(()), Settings())
    assert write._target(name) == "compiled/kube-apiserver"


@pytest.mark.parametrize("name", ["../x", "files/../../x", "files/../x", "./x", "files//x"])
def test_no_name_of_a_file_leads_out_of_the_folder(name: str, target: Path) -> None:
    with pytest.raises(NotRegularError, match="it is a path that leads elsewhere"):
        write_all(str(target), {name: "x"})
    assert tree(target.parent) == {f"out/{file}": text for file, text in OLD.items()}
