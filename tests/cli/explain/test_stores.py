"""The examples of rules about an etcd, tried on a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.rules.texts import Example, load_family
from tests.cli.explain.trying import Tried, try_out
from tests.cli.running import kasc
from tests.cluster.live.etcd_server import EtcdServer
from tests.cluster.verify.test_verify import stored

pytest.importorskip("etcd3")

ENTRIES = load_family("VERIFY").entries


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    with EtcdServer(tmp_path_factory.mktemp("etcd")) as server:
        yield server


@pytest.fixture
def etcd(server: EtcdServer) -> Iterator[EtcdServer]:
    yield server
    server.control("del", "", "--from-key")


def tried(example: Example, etcd: EtcdServer, folder: Path, capsys: pytest.CaptureFixture[str]) -> Tried:
    """Try an example on an etcd with its keys."""
    etcd.load((key, value(words)) for key, words in example.etcd.items())
    used = example._replace(command=example.command.replace("ETCD", etcd.url))
    return try_out(used, folder, lambda *words: kasc(capsys, *words))


def value(words: str) -> bytes:
    """What is stored; words in angle brackets are the media type, apiVersion and kind of an object."""
    return stored(words[1:-1]) if words.startswith("<") else words.encode()


@pytest.mark.parametrize("rule", ENTRIES)
def test_the_example_shows_the_finding(
    rule: str, etcd: EtcdServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(tried(ENTRIES[rule].fails, etcd, tmp_path, capsys).severities) == {rule}


@pytest.mark.parametrize("rule", ENTRIES)
def test_the_fixed_example_shows_nothing(
    rule: str, etcd: EtcdServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried(ENTRIES[rule].fix, etcd, tmp_path, capsys).severities == {}
