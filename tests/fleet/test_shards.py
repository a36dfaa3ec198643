from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.fleet.selection import shard_of
from tests.cli.running import kasc
from tests.fleet import clusters

PATHS = st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1), unique=True)


@given(PATHS, st.integers(1, 40))
def test_every_path_is_in_exactly_one_shard(paths: list[str], count: int) -> None:
    shards = [shard_of(f"{number}/{count}") for number in range(1, count + 1)]
    assert all(sum(shard.holds(path) for shard in shards) == 1 for path in paths)


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1), st.integers(1, 40))
def test_how_a_path_is_spelled_does_not_count(path: str, count: int) -> None:
    path = path.replace("/", "")
    if path in ("", ".", ".."):
        return
    for number in range(1, count + 1):
        shard = shard_of(f"{number}/{count}")
        assert shard.holds(path) == shard.holds(f"./{path}") == shard.holds(str(Path.cwd() / path))


def test_shards_are_about_equal() -> None:
    shards = [shard_of(f"{number}/4") for number in range(1, 5)]
    sizes = [sum(shard.holds(f"clusters/{index}/apiserver.yaml") for index in range(4000)) for shard in shards]
    assert min(sizes) > 850


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1/99999", "１/2", " 1/2"])
def test_wrong_shards_are_wrong_usage(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clusters.make(tmp_path / "fleet", 2)
    for command in ("compile", "check"):
        ran = kasc(capsys, command, tmp_path / "fleet", f"--shard={text}")
        assert (ran.code, ran.out) == (2, "")
        assert f"--shard {text!r}: " in ran.err


def test_all_shards_together_compile_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = clusters.make(tmp_path / "fleet", 12)
    assert kasc(capsys, "compile", fleet, "-o", tmp_path / "whole").code == 0
    parts = []
    for number in range(1, 4):
        assert kasc(capsys, "compile", fleet, "-o", tmp_path / str(number), "--shard", f"{number}/3").code == 0
        parts.append(clusters.tree(tmp_path / str(number)))
    assert sum(map(len, parts)) == len(clusters.tree(tmp_path / "whole"))
    assert parts[0] | parts[1] | parts[2] == clusters.tree(tmp_path / "whole")


def test_a_shard_may_be_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = clusters.make(tmp_path / "fleet", 1)
    codes = [kasc(capsys, "check", fleet, "--shard", f"{number}/9").code for number in range(1, 10)]
    assert codes == [0] * 9
