"""Kubeconfigs merged as kubectl merges them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import rules
from compiler.apiserver.config_files.kubeconfig import Kubeconfig
from compiler.apiserver.config_files.kubeconfig_entries import content_of
from compiler.cluster import Credentials, Target
from compiler.cluster.kubeconfig import Allowed, load, paths_of, target_of
from compiler.diagnostics import Report
from compiler.upstream.catalog import catalog

NAMES = st.sampled_from(["", "a", "b", "c"])
PATHS = st.sampled_from(["x.pem", "../y.pem", "sub/z.pem", __file__])
SERVERS, TOKENS = st.sampled_from(["https://1", "https://2"]), st.sampled_from(["t1", "t2"])
ENTRIES = {
    "clusters": ("cluster", st.fixed_dictionaries({"server": SERVERS}, optional={"certificate-authority": PATHS})),
    "users": ("user", st.fixed_dictionaries({"token": TOKENS}, optional={"client-certificate": PATHS})),
    "contexts": ("context", st.fixed_dictionaries({"cluster": NAMES, "user": NAMES})),
}


@st.composite
def kubeconfigs(draw: st.DrawFn) -> dict[str, Any]:
    config: dict[str, Any] = {"kind": "Config", "apiVersion": "v1"}
    for part, (inner, values) in ENTRIES.items():
        names = draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3))
        config[part] = [{"name": name, inner: draw(values)} for name in names]
    return config | draw(st.fixed_dictionaries({}, optional={"current-context": NAMES}))


FIELDS = {
    "clusters": ("server", "certificate-authority"),
    "users": ("token", "client-certificate"),
    "contexts": ("cluster", "user"),
}


def merged(kubeconfig: Kubeconfig) -> dict[str, Any]:
    """The merged entries as `kubectl config view --flatten` shows them, with the content of files."""
    result: dict[str, Any] = {"current-context": kubeconfig.current.text}
    for part, fields in FIELDS.items():
        for name in {entry["name"].text for _, root in kubeconfig.files for entry in root[part].items()}:
            entry = kubeconfig.entry(part, name)
            assert entry is not None
            values = {field: entry.value[field].text for field in fields}
            path, data = entry.value[fields[1]], entry.value[f"{fields[1]}-data"]
            if part != "contexts" and (content := content_of(entry.named, path, data, rules.INVALID_KUBECONFIG)):
                values[f"{fields[1]}-data"] = base64.b64encode(content).decode()
                del values[fields[1]]
            result[f"{part}/{name}"] = {field: value for field, value in values.items() if value}
    return result


def by_kubectl(variable: str) -> dict[str, Any]:
    words = ["kubectl", "config", "view", "--raw", "--flatten", "--output=json"]
    environment = {**os.environ, "KUBECONFIG": variable}
    ran = subprocess.run(words, env=environment, check=True, capture_output=True, timeout=60)
    shown = json.loads(ran.stdout)
    result: dict[str, Any] = {"current-context": shown["current-context"]}
    for part, (inner, _) in ENTRIES.items():
        for entry in shown[part] or ():
            result[f"{part}/{entry['name']}"] = {name: value for name, value in entry[inner].items() if value}
    return result


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@given(configs=st.lists(kubeconfigs(), min_size=1, max_size=3))
@settings(max_examples=20)
def test_kubeconfigs_are_merged_as_by_kubectl(configs: list[dict[str, Any]], tmp_path: Path) -> None:
    paths = []
    for number, config in enumerate(configs):
        path = tmp_path / str(number) / "config"
        for file in ("x.pem", "../y.pem", "sub/z.pem"):
            (path.parent / file).parent.mkdir(parents=True, exist_ok=True)
            (path.parent / file).write_text(f"{number} {file}")
        path.write_text(json.dumps(config))
        paths.append(str(path))
    variable = os.pathsep.join([paths[0], str(tmp_path / "missing"), "", *paths])
    report = Report()
    loaded = load(paths_of(None, {"KUBECONFIG": variable}), catalog("1.36"), report)
    assert loaded is not None, report.diagnostics
    assert merged(loaded.merged(report)) == by_kubectl(variable)


def test_the_files_that_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths_of(None, {}) == []
    (tmp_path / ".kube").mkdir()
    own = tmp_path / ".kube/config"
    own.touch()
    other = tmp_path / "other"
    other.touch()
    assert paths_of(None, {}) == [str(own)]
    assert paths_of(None, {"KUBECONFIG": ""}) == [str(own)]
    assert paths_of(None, {"KUBECONFIG": f"{other}:{tmp_path}/missing::{own}:{other}"}) == [str(other), str(own)]
    assert paths_of(None, {"KUBECONFIG": f"{tmp_path}/missing"}) == []
    # As for kubectl, an empty option is none.
    assert paths_of("", {"KUBECONFIG": str(other)}) == [str(other)]
    # One that is named has to exist, and is not merged with others.
    assert paths_of("missing", {"KUBECONFIG": str(other)}) == ["missing"]


def test_the_contexts_of_one_kubeconfig_are_independent(tmp_path: Path) -> None:
    """Commands that connect to many servers read a kubeconfig once."""
    path = tmp_path / "config"
    users = [{"name": "right", "user": {"token": "t"}}, {"name": "wrong", "user": {"username": "u"}}]
    config = {
        "clusters": [{"name": "c", "cluster": {"server": "https://c"}}],
        "users": users,
        "contexts": [{"name": each["name"], "context": {"cluster": "c", "user": each["name"]}} for each in users],
    }
    path.write_text(json.dumps(config))
    loaded = load([str(path)], catalog("1.36"), Report())
    assert loaded is not None
    for _ in range(2):
        reports = {name: Report() for name in ("wrong", "right")}
        targets = {name: target_of(loaded, name, "", Allowed(False, False), reports[name]) for name in reports}
        assert targets == {"wrong": None, "right": Target("https://c", Credentials(token="t"))}
        assert {name: report.count("error") for name, report in reports.items()} == {"wrong": 1, "right": 0}
        assert all(report.concealed == {str(path)} for report in reports.values())
