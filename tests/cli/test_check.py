from __future__ import annotations

import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import SAMPLES, kasc
from tests.versions import VERSIONS

WRONG = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: wrong}
etcd:
  etcdServers: [http://127.0.0.1:2379]
  storageBackend: etcd2
authentication:
  serviceAccountIssuer: [https://kubernetes.default.svc]
  serviceAccountKeyFile: [/pki/sa.pub]
authorization: {authorizationMode: [Node, RBAC]}
misc: {serviceAccountSigningKeyFile: /pki/sa.key}
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    return path


def test_text_report_shows_the_line_and_a_caret(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", wrong)
    assert ran.code == 1
    assert ran.out == (
        f"{wrong}:7:19: error KASC-ETCD-002 (ETCD-02): --storage-backend etcd2 is no longer a supported storage"
        " backend\n"
        "    7 |   storageBackend: etcd2\n"
        "      |                   ^^^^^\n"
        "    hint: migrate the data to etcd3, then write etcd3 or remove the flag\n"
        "1 input: 1 error\n"
    )


def test_json_report(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", "--output", "json", wrong)
    report = json.loads(ran.out)
    assert report["schemaVersion"] == 1
    assert report["summary"] == {"files": 1, "errors": 1, "warnings": 0, "notes": 0}
    (file,) = report["files"]
    assert (file["path"], file["as"], file["kubernetesVersion"], file["outcome"]) == (
        str(wrong),
        "document",
        "1.36",
        "reject",
    )
    (found,) = file["diagnostics"]
    assert found["code"] == "KASC-ETCD-002"
    assert found["rule"] == "ETCD-02"
    assert found["path"] == "etcd.storageBackend"
    assert found["flag"] == "storage-backend"
    assert [found[key] for key in ("line", "column", "endLine", "endColumn")] == [7, 19, 7, 24]
    assert all(found[key] for key in ("message", "hint", "source", "severity"))


def test_the_same_mistake_in_toml_is_found_in_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.toml"
    text = (
        (SAMPLES / "apiserver.toml").read_text().replace("etcdServers = [", 'storageBackend = "etcd2"\netcdServers = [')
    )
    path.write_text(text)
    ran = kasc(capsys, "check", "--output", "json", path)
    (found,) = json.loads(ran.out)["files"][0]["diagnostics"]
    line = text.split("\n")[found["line"] - 1]
    assert line[found["column"] - 1 : found["endColumn"] - 1] == '"etcd2"'


def test_all_problems_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(
        WRONG.replace("RBAC", "rbac")
        .replace("etcdServers:", "etcdServer:")
        .replace("metadata:", "generic: {goawayChance: 1, featureGates: {Nope: true}}\nmetadata:")
    )
    ran = kasc(capsys, "check", "--output", "json", path)
    codes = {found["code"] for found in json.loads(ran.out)["files"][0]["diagnostics"]}
    assert codes == {
        "KASC-SCHEMA-001",
        "KASC-ETCD-002",
        "KASC-AZ-001",
        "KASC-GEN-005",
        "KASC-FG-001",
    }


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(WRONG.encode())

    monkeypatch.setattr(sys, "stdin", Input())
    ran = kasc(capsys, "check", "-")
    assert ran.code == 1
    assert "<stdin>:7:19: error KASC-ETCD-002" in ran.out


def test_folders_are_searched_and_parents_left_to_their_children(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", "--output", "json", SAMPLES / "clusters")
    paths = [os.path.relpath(file["path"], SAMPLES) for file in json.loads(ran.out)["files"]]
    assert paths == [f"clusters/{name}/apiserver.yaml" for name in ("prod-eu-1", "prod-us-1", "staging")]
    assert ran.code == 0


def test_artifacts_in_a_folder_are_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What kasc made of a document is not taken for one; its Pod is one more input, and a good one."""
    shutil.copytree(SAMPLES / "hardened", tmp_path / "a")
    assert kasc(capsys, "compile", tmp_path / "a", "-o", tmp_path / "out").code == 0
    ran = kasc(capsys, "check", "--output", "json", tmp_path)
    found = [(os.path.relpath(file["path"], tmp_path), file["as"]) for file in json.loads(ran.out)["files"]]
    assert found == [("a/apiserver.yaml", "document"), ("out/hardened/kube-apiserver.yaml", "pod")]
    assert ran.code == 0


def test_strict_turns_warnings_into_failures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        WRONG.replace("  storageBackend: etcd2\n", "").replace(
            "misc: {", "misc: {serviceClusterIPRange: 'fd00::/112', "
        )
    )
    assert kasc(capsys, "check", path).code == 0
    assert kasc(capsys, "check", "--strict", path).code == 1
    assert kasc(capsys, "check", "--host-address", "192.0.2.2", path).code == 1
    assert kasc(capsys, "check", "--host-address", "fd00::5", path).code == 0


def test_kubernetes_version_of_the_command_line_wins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    text = WRONG.replace("  storageBackend: etcd2\n", "").replace(
        "misc: {", "misc: {coordinatedLeadershipRetryPeriod: 2s, "
    )
    path.write_text(text)
    assert kasc(capsys, "check", path).code == 0
    ran = kasc(capsys, "check", "--kubernetes-version", "1.33", path)
    assert ran.code == 1
    assert f"1.34 to {VERSIONS[-1]}, not in 1.33" in ran.out


def test_unquoted_version_keeps_its_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(WRONG.replace('"1.36"', "1.30").replace("  storageBackend: etcd2\n", ""))
    ran = kasc(capsys, "check", path)
    assert ran.code == 0
    assert "no data for Kubernetes 1.30" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--as", "nonsense", "x"],
        ["check", "--kubernetes-version", "abc", "x"],
        ["check", "--file-map", "x", "x"],
        ["check", "--host-address", "x", "x"],
        ["nonsense"],
        [],
        ["compile", "--emit", "nonsense", "x"],
        ["compile", "--stdout", "x"],
        ["check", "/nonexistent/file.yaml"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, *arguments)
    assert ran.code == 2


HOSTILE: dict[str, bytes] = {
    "broken.yaml": b"a: [1, 2",
    "broken.toml": b"a = [1, 2",
    "tabs.yaml": b"a:\n\t- b",
    "binary.yaml": bytes(range(256)),
    "utf16.yaml": "kind: APIServer".encode("utf-16"),
    "latin.yaml": "name: caf\u00e9".encode("latin-1"),
    "empty.yaml": b"",
    "empty.toml": b"",
    "list.yaml": b"- a\n- b\n",
    "scalar.yaml": b"42\n",
    "null.yaml": b"null\n",
    "two.yaml": b"kind: APIServer\n---\nkind: APIServer\n",
    "gigantic.yaml": b"kind: APIServer\netcd: {deleteCollectionWorkers: " + b"9" * 5000 + b"}\n",
    "gigantic.toml": b'kind = "APIServer"\nx = ' + b"9" * 5000 + b"\n",
    "deep.yaml": b"kind: APIServer\nx: " + b"[" * 5000 + b"]" * 5000,
    "deep.toml": b"x = " + b"[" * 5000 + b"]" * 5000,
    "bomb.yaml": b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 10)) for i in range(12)),
    "alias.yaml": b"a: &a [*a]\n",
    "control.yaml": b'apiVersion: kasc/v1\nkind: APIServer\ngeneric: {externalHostname: "a\\e[31mb\\nc"}\nx\x1b: 1\n',
    "types.yaml": b"apiVersion: kasc/v1\nkind: APIServer\netcd: 7\ngeneric: [1]\nmetadata: x\n"
    b"extends: {a: 1}\nextraFlags: 3\n",
    "nulls.yaml": b"apiVersion: kasc/v1\nkind: APIServer\netcd: ~\ngeneric: {featureGates: ~}\n"
    b"misc: {serviceClusterIPRange: ~}\n",
    "self.yaml": b"apiVersion: kasc/v1\nkind: APIServer\nextends: self.yaml\n",
    "extends.yaml": b"apiVersion: kasc/v1\nkind: APIServer\nextends: [missing.yaml]\n",
    "pod.yaml": b"apiVersion: v1\nkind: Pod\nspec: {containers: [{command: {a: 1}}, 3, {name: x}]}\n",
    "pod2.yaml": b"apiVersion: v1\nkind: Pod\nspec: 3\n",
    "deployment.yaml": b"apiVersion: apps/v1\nkind: Deployment\nspec: {template: [1]}\n",
    "source.yaml": b"apiVersion: kasc/v1\nkind: APIServer\netcd: {encryptionProviderConfig: {source: missing.yaml}}\n",
    "flags.txt": b"--etcd-servers='unclosed\n",
    "surrogate.json": b'{"apiVersion": "kasc/v1", "kind": "APIServer", "x": "\\ud800"}',
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.parametrize("read_as", ["", "document", "pod", "argv", "flags"])
def test_hostile_input_gives_an_error_and_no_traceback(
    name: str, read_as: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    arguments = ["--as", read_as] if read_as else []
    ran = kasc(capsys, "check", *arguments, path)
    assert "error KASC-" in ran.out
    assert "\x1b" not in ran.out
    report: dict[str, Any] = json.loads(kasc(capsys, "check", "--output", "json", *arguments, path).out)
    assert (report["files"][0]["outcome"], ran.code) in (("reject", 1), ("unread", 2))
    target = tmp_path / "out"
    assert kasc(capsys, "compile", *arguments, path, "-o", target).code == ran.code
    assert not target.exists()


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    ran = kasc(capsys, "check", large)
    assert ran.code == 2
    assert "KASC-DOC-002" in ran.out
    fifo = tmp_path / "fifo.yaml"
    os.mkfifo(fifo)
    assert kasc(capsys, "check", fifo).code == 2


def test_colour_is_for_terminals(
    wrong: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from compiler.cli.reporters import text
    from compiler.diagnostics import Report
    from compiler.review.examine import examine

    reports: list[Report] = [examine(str(wrong)).report]
    assert "\x1b[" in text.render(reports, colour=True)
    assert "\x1b[" not in text.render(reports)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert text.wants_colour(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not text.wants_colour(Terminal())
    assert not text.wants_colour(io.StringIO())


def test_secrets_are_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    secret = "c2VjcmV0IGlzIHNlY3VyZSwgcmVhbGx5IHNlY3VyZT8="
    path.write_text(
        WRONG.replace(
            "  storageBackend: etcd2\n",
            "  encryptionProviderConfig:\n    content:\n      apiVersion: apiserver.config.k8s.io/v1\n"
            "      kind: EncryptionConfiguration\n      resources:\n      - resources: [secrets]\n        providers:\n"
            f"        - aescbc: {{keys: [{{name: k1, secret: {secret}}}, {{name: k2, secrt: {secret}}}]}}\n",
        )
    )
    for form in ("text", "json"):
        ran = kasc(capsys, "check", "--output", form, path)
        assert ran.code == 1
        assert secret not in ran.out + ran.err
    assert "KASC-SEC-001" in ran.out
