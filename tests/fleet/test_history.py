"""The files at a merge base, from the objects of a real git: compared with a checkout of it."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.filesystem import DISK, Disk, NotRegularError
from compiler.fleet.history import MergeBase
from compiler.fleet.selection import Changes
from tests.changes.repository import git, on_main, write

NAMES = ("a", "b", "a/x", "a/y", "b/x", "b/y", "d/a", "d/b", "d/e/x")
ASKED = (*NAMES, "d", "d/e", "none", "a/none", "k/../a", "./b", "l", "l/x", "d/l/x")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    directory = tmp_path / "repository"
    directory.mkdir()
    monkeypatch.chdir(directory)
    git("init", "-q", "-b", "work")
    write("kept", "kept")
    on_main()
    return directory


def answer(disk: Disk, path: str) -> tuple[object, ...]:
    """Return everything that a disk says of a path; a directory without files is nothing to git."""
    try:
        content: object = disk.read(path)
    except OSError as error:
        content = "a directory" if isinstance(error, NotRegularError) else "missing"
    try:
        names: object = sorted(name for name in disk.names(path) if name != ".git")
    except OSError:
        names = "missing"
    return content, names, disk.exists(path), disk.is_directory(path), disk.is_file(path)


def fill(tree: dict[str, str]) -> None:
    """Make the work tree have these files, and links where the text begins with an arrow."""
    for name in os.listdir():
        if name not in (".git", "k"):
            shutil.rmtree(name) if os.path.isdir(name) and not os.path.islink(name) else os.unlink(name)
    for name, text in tree.items():
        path = Path(name)
        if any(os.path.islink(parent) or os.path.isfile(parent) for parent in path.parents) or os.path.lexists(name):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            path.symlink_to(text[2:])
        else:
            path.write_text(text)


TEXTS = ("one", "two", "->d", "->../a", "->a", "->l", "->none")
TREES = st.dictionaries(st.sampled_from((*NAMES, "l", "d/l")), st.sampled_from(TEXTS), max_size=6)


def answers(disk: Disk) -> Iterator[tuple[str, tuple[object, ...]]]:
    for path in ASKED:
        yield path, answer(disk, path)


@given(old=TREES, new=TREES, staged=st.booleans())
@settings(max_examples=15)
def test_it_is_as_if_checked_out(old: dict[str, str], new: dict[str, str], staged: bool) -> None:
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        git("init", "-q", "-b", "work")
        fill(old)
        write("k/kept", "kept")
        on_main()
        expected = dict(answers(DISK))
        fill(new)
        if staged:
            git("add", "--all", ".")
        merge_base = MergeBase(Changes("main"))
        found = dict(answers(merge_base))
        merge_base.objects.close()
    assert found == expected


def test_it_can_be_pickled_and_restarts_git(repository: Path) -> None:
    write("changed", "one")
    on_main()
    write("changed", "two")
    merge_base = MergeBase(Changes("main"))
    assert merge_base.read("changed") == b"one"
    copy = pickle.loads(pickle.dumps(merge_base))
    assert copy.read("changed") == b"one"
    running = copy.objects._git
    running.kill()
    running.wait()
    with pytest.raises(OSError, match="fetch the full history"):
        copy.read("changed")
    assert copy.read("changed") == b"one"
    for each in (copy, merge_base):
        each.objects.close()
    merge_base.objects.close()


def test_paths_that_no_file_has(repository: Path) -> None:
    merge_base = MergeBase(Changes("main"))
    for path in ("a\0b", "x" * 5000, "/nowhere/at/all", ""):
        assert not merge_base.is_file(path)
        with pytest.raises((OSError, ValueError)):
            merge_base.read(path)
    assert merge_base.read("/etc/passwd") == Path("/etc/passwd").read_bytes()
