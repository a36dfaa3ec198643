"""The examples of rules about a running server, tried on one that responds as recorded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from compiler.rules.texts import Example, load_family
from tests.cli.explain.trying import Tried, try_out
from tests.cli.running import kasc
from tests.cluster.live.api_server import ENDPOINTS, RECORDED, Recorded, Server
from tests.cluster.live.certificates import make_certificates

ENTRIES = load_family("PROBE").entries | load_family("CONNECT").entries | load_family("DRIFT").entries
_KUBECONFIG, _CONTEXTS = "kubeconfig.yaml", "contexts.yaml"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KASC_TOKEN", raising=False)


def tried(example: Example, folder: Path, capsys: pytest.CaptureFixture[str]) -> Tried:
    """Try an example on a server that reports what the example says; with TLS if the example has a kubeconfig."""
    certificates = make_certificates(folder) if _KUBECONFIG in example.files else None
    with Server(answers(example.server), certificates) as server:
        command = example.command.replace("SERVER", server.url)
        for name in (_KUBECONFIG, _CONTEXTS):
            command = command.replace(name, str(folder / name))
        files = {name: content.replace("SERVER", server.url) for name, content in example.files.items()}
        used = example._replace(command=command, files=files)
        return try_out(used, folder, lambda *words: kasc(capsys, *words))


def answers(described: dict[str, str]) -> Recorded:
    lists = {name: list(RECORDED[name]) for name in ENDPOINTS}
    more: dict[str, Any] = {"failing": {}}
    for what, state in described.items():
        if what == "version":
            more["version"] = {**RECORDED["version"], "emulationMinor": state.rpartition(".")[2]}
        elif (what, state) == ("single checks", "slow"):
            more["answered"] = lambda recorded: time.sleep(0.1 if len(recorded.asked) > len(ENDPOINTS) else 0)
        elif what == "single checks":
            more["singles"] = False
        elif state == "reversed":
            lists[what].reverse()
        elif state == "fails":
            more["failing"][what] = RECORDED["reasons"][what]
        elif state == "missing":
            lists = {name: [check for check in names if check != what] for name, names in lists.items()}
        else:
            assert state == "added"
            lists = {name: [*names, what] for name, names in lists.items()}
    return Recorded(lists, **more)


@pytest.mark.parametrize("rule", ENTRIES)
def test_the_example_shows_the_finding(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(tried(ENTRIES[rule].fails, tmp_path, capsys).severities) == {rule}


@pytest.mark.parametrize("rule", ENTRIES)
def test_the_fixed_example_shows_nothing(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(ENTRIES[rule].fix, tmp_path, capsys).severities == {}
