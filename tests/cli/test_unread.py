"""What kasc cannot read is `unread` with exit code 2 in every form of the report; what a server refuses is `reject`."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from compiler import check
from tests.cli.running import kasc

HEAD = "apiVersion: kasc/v1\nkind: APIServer\n"
POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [kube-apiserver\n"
UNREAD: dict[str, bytes | None] = {
    "missing.yaml": None,
    "binary.yaml": bytes(range(256)),
    "utf16.yaml": HEAD.encode("utf-16"),
    "latin.yaml": f"{HEAD}# caf\u00e9\n".encode("latin-1"),
    "large.yaml": HEAD.encode() + b"#" * 9_000_000,
    "deep.yaml": HEAD.encode() + b"x: " + b"[" * 5000 + b"]" * 5000,
    "unknown.yaml": b"a: 1\n",
    "broken.yaml": b"a: [1\n",
    "broken.toml": b"a = [1\n",
    "service.yaml": b"apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
    "server.service": b"[Service]\nExecStart=/usr/bin/kubelet --v=2\n",
    "etcd.yaml": b"apiVersion: v1\nkind: Pod\nspec: {containers: [{command: [etcd]}]}\n",
    "kubelet.env": b'KUBELET_ARGS="--container-runtime-endpoint=unix:///a --pod-infra-container-image=b"\n',
    "configmap.yaml": b"apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n",
}
REJECT: dict[str, str] = {
    "document.yaml": f"{HEAD}etcd: [\n",
    "document.toml": 'apiVersion = "kasc/v1"\nkind = "APIServer"\nx = [\n',
    "document.json": '{"apiVersion": "kasc/v1", "etcd": \n',
    "pod.yaml": POD,
    "structured.yaml": "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: [\n",
    "extends.yaml": f"{HEAD}extends: [missing.yaml]\n",
    "flags.txt": "--etcd-servers='a\n",
}


def written(folder: Path, name: str, data: bytes | None) -> Path:
    path = folder / name
    if data is not None:
        path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", UNREAD)
def test_what_cannot_be_read(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, name, UNREAD[name])
    ran = kasc(capsys, "check", "--output", "json", path)
    report = json.loads(ran.out)
    assert (ran.code, report["files"][0]["outcome"], report["summary"]["unread"]) == (2, "unread", 1)
    assert [found["severity"] for found in report["files"][0]["diagnostics"]] == ["error"]
    assert "1 input (1 unread): 1 error" in kasc(capsys, "check", path).out
    assert check(path).outcome == "unread"


@pytest.mark.parametrize("name", REJECT)
def test_what_the_server_refuses(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, name, REJECT[name].encode())
    ran = kasc(capsys, "check", "--output", "json", path)
    report = json.loads(ran.out)
    assert (ran.code, report["files"][0]["outcome"]) == (1, "reject")
    assert "unread" not in report["summary"]


def test_what_it_is_said_to_be_is_malformed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "a.toml", b"a = [1\n")
    assert kasc(capsys, "check", "--as", "document", path).code == 1


def test_the_answer_is_incomplete_with_one_unread_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unknown = written(tmp_path, "unknown.yaml", b"a: 1\n")
    refused = written(tmp_path, "document.yaml", REJECT["document.yaml"].encode())
    for inputs in ((unknown, refused), (refused, unknown)):
        ran = kasc(capsys, "check", "--output", "json", *inputs)
        assert ran.code == 2
        assert {file["outcome"] for file in json.loads(ran.out)["files"]} == {"unread", "reject"}


def test_the_other_forms_of_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unknown = written(tmp_path, "unknown.yaml", b"a: 1\n")
    refused = written(tmp_path, "document.yaml", REJECT["document.yaml"].encode())
    suite = ElementTree.fromstring(kasc(capsys, "check", "--output", "junit", unknown, refused).out)
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")
    assert [case.find("error") is not None for case in suite.iter("testcase")] == [True, False]
    (run,) = json.loads(kasc(capsys, "check", "--output", "sarif", unknown).out)["runs"]
    assert run["invocations"] == [{"executionSuccessful": False}]
    (run,) = json.loads(kasc(capsys, "check", "--output", "sarif", refused).out)["runs"]
    assert "invocations" not in run


def test_a_summary_of_github_has_the_outcome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    kasc(capsys, "check", "--output", "github", written(tmp_path, "unknown.yaml", b"a: 1\n"))
    assert "| unread |" in summary.read_text()


def test_a_cached_run_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "unknown.yaml", b"a: 1\n")
    options = ("--output", "json", "-o", tmp_path / "out", "--cache", tmp_path / "cache")
    first, again = (kasc(capsys, "compile", path, *options) for _ in range(2))
    assert (first.code, first.out) == (again.code, again.out)
    assert first.code == 2
