"""The settings that kasc writes for editors, as their language servers take them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import kasc
from tests.editors.client import Server, command
from tests.editors.conftest import SETTINGS

DOCUMENTS = {"yaml": "etcd:\n  etcdServer: [a]\n", "toml": '[etcd]\netcdServer = ["a"]\n'}


def nested(settings: dict[str, Any]) -> dict[str, Any]:
    """`{"a.b.c": 1}` -> `{"a": {"b": {"c": 1}}}`, as Visual Studio Code hands settings to a server."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        *above, last = name.split(".")
        inner = found
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return found


def with_ours(form: str, given: dict[str, Any]) -> dict[str, Any]:
    """Settings of an editor with those that keep a server from asking the network."""
    found: dict[str, Any] = json.loads(json.dumps(SETTINGS[form]))
    for name, part in given.items():
        for key, value in part.items():
            there = found.setdefault(name, {}).get(key)
            found[name][key] = there | value if isinstance(there, dict) else value
    return found


def marks_documents_alone(form: str, root: Path, settings: dict[str, Any]) -> None:
    """A mistake is marked in what is called as documents are, and nowhere else."""
    with Server(form, root, with_ours(form, settings)) as server:
        for name in (f"apiserver.{form}", f"clusters/one/apiserver.{form}", f"prod.kasc.{form}"):
            found = server.diagnostics(server.open(name, DOCUMENTS[form]))
            assert any("etcdServer" in each["message"] for each in found), name
        for name in (f"kube-apiserver.{form}", f"compiled/one/kube-apiserver.{form}"):
            assert server.diagnostics(server.open(name, DOCUMENTS[form])) == [], name


@pytest.fixture(params=["yaml", "toml"])
def form(request: pytest.FixtureRequest) -> str:
    if command(request.param) is None:
        pytest.skip("the language servers are not installed (make editors)")
    return str(request.param)


def test_vscode(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "schema", "--vscode", "-o", tmp_path).code == 0
    marks_documents_alone(form, tmp_path, nested(json.loads((tmp_path / ".vscode/settings.json").read_text())))


def test_neovim_gets_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lupa = pytest.importorskip("lupa")
    assert kasc(capsys, "schema", "--vscode", "-o", tmp_path).code == 0
    settings = nested(json.loads((tmp_path / ".vscode/settings.json").read_text()))
    ran = kasc(capsys, "schema", "--neovim", "-o", tmp_path)
    assert ran.code == 0
    lua = lupa.LuaRuntime()
    lua.execute("given = {}; vim = {lsp = {config = function(n, c) given[n] = c end, enable = function() end}}")
    lua.execute(ran.out)
    given = plain(lua.globals().given)
    assert given["yamlls"]["settings"] | given["taplo"]["settings"] == settings


def plain(table: Any) -> Any:
    """Lua's tables as lists and mappings."""
    if not hasattr(table, "items"):
        return table
    found = {key: plain(value) for key, value in table.items()}
    return list(found.values()) if set(found) == set(range(1, len(found) + 1)) else found
