"""Structured files as artifacts: they come back as they were, and key material never does."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.artifacts.files import structured_files
from compiler.review.examine import examine
from tests.artifacts.compiling import ENCRYPTION, ROOT, artifacts, document, refused, resolve
from tests.cli.running import kasc

KEY = "c2VjcmV0IGlzIHNlY3VyZSwgcmVhbGx5IHNlY3VyZT8="
PATH = "etcd.encryptionProviderConfig"


def encryption(secret: Any) -> dict[str, Any]:
    content = copy.deepcopy(ENCRYPTION)
    content["resources"][0]["providers"][1]["secretbox"]["keys"][0]["secret"] = secret
    return content


@pytest.mark.parametrize("secret", [{"env": "KEY_ONE"}, {"file": "/keys/one"}])
@pytest.mark.parametrize("form", ["content", "source"])
def test_references_stay_references_and_are_named_as_such(secret: dict[str, str], form: str, tmp_path: Path) -> None:
    (tmp_path / "enc.yaml").write_text(yaml.safe_dump(encryption(secret)))
    option = {"content": encryption(secret)} if form == "content" else {"source": "enc.yaml"}
    made = artifacts(resolve(document(etcd={"encryptionProviderConfig": option}), tmp_path))
    text = made["files/encryption-provider-config.yaml"]
    assert yaml.safe_load(text) == encryption(secret)
    comment = [line for line in text.splitlines() if line.startswith("#")]
    assert comment == text.splitlines()[: len(comment)]
    assert "references" in comment[0]
    assert "k8s:enc:secretbox:v1:key1:" in made["storage-factory.yaml"]


def test_a_file_without_references_has_no_comment(tmp_path: Path) -> None:
    content = copy.deepcopy(ENCRYPTION)
    del content["resources"][0]["providers"][1:3]
    made = artifacts(resolve(document(etcd={"encryptionProviderConfig": {"content": content}}), tmp_path))
    assert not made["files/encryption-provider-config.yaml"].startswith("#")


@pytest.mark.parametrize("form", ["content", "source"])
def test_a_key_in_the_document_or_beside_it_is_refused(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "enc.yaml").write_text(yaml.safe_dump(encryption(KEY)))
    option = {"content": encryption(KEY)} if form == "content" else {"source": "enc.yaml"}
    content = document(etcd={"encryptionProviderConfig": option})
    place = "resources[0].providers[1].secretbox.keys[0].secret"
    assert refused(content, tmp_path) == [("KASC-SEC-001", f"{PATH}.content.{place}" if form == "content" else place)]
    ran = kasc(capsys, "compile", tmp_path / "apiserver.json", "-o", tmp_path / "out", "--output", "json")
    assert ran.code == 1
    assert KEY not in ran.out + ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("secret", [{"env": ""}, {"env": "A", "file": "/b"}, {"vault": "a"}, {}, {"env": 1}])
def test_a_malformed_reference_is_refused(secret: dict[str, Any], tmp_path: Path) -> None:
    content = document(etcd={"encryptionProviderConfig": {"content": encryption(secret)}})
    assert {code for code, _ in refused(content, tmp_path)} <= {"KASC-SEC-002", "KASC-ENC-002"}
    assert refused(content, tmp_path)


@pytest.mark.parametrize("field", ["token", "password", "client-key-data"])
@pytest.mark.parametrize("form", ["content", "source"])
def test_credentials_of_a_webhook_are_refused(
    field: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "a", "cluster": {"server": "https://h"}}],
        "users": [{"name": "a", "user": {field: KEY}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "current-context": "a",
    }
    (tmp_path / "hook.yaml").write_text(yaml.safe_dump(kubeconfig))
    option = {"content": kubeconfig} if form == "content" else {"source": "hook.yaml"}
    (tmp_path / "a.json").write_text(
        json.dumps(document(authentication={"authenticationTokenWebhookConfigFile": option}))
    )
    ran = kasc(capsys, "compile", tmp_path / "a.json", "-o", tmp_path / "out", "--output", "json")
    codes = {found["code"] for found in json.loads(ran.out)["files"][0]["diagnostics"]}
    assert "KASC-SEC-001" in codes
    assert KEY not in ran.out + ran.err
    assert not (tmp_path / "out").exists()


def test_what_a_server_has_on_disk_is_no_part_of_an_artifact(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Pod names its files by path: keys in them are read to be checked, and never written."""
    (tmp_path / "root/etc").mkdir(parents=True)
    content = encryption(KEY)
    content["resources"][0]["providers"][2]["aescbc"]["keys"][0]["secret"] = KEY
    (tmp_path / "root/etc/enc.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "a.args").write_text(
        "--etcd-servers=http://a:2379\n--service-account-issuer=https://a\n--service-account-key-file=/none\n"
        "--service-account-signing-key-file=/none\n--service-cluster-ip-range=10.0.0.0/24\n--authorization-mode=RBAC\n"
        "--encryption-provider-config=/etc/enc.yaml\n"
    )
    mapping = f"/etc={tmp_path}/root/etc"
    command = ("compile", "--as", "argv", tmp_path / "a.args", "--file-map", mapping, "-o", tmp_path / "out")
    ran = kasc(capsys, *command, "--kubernetes-version", "1.36")
    written = {path: path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert ran.code == 0, ran.out
    assert written
    assert not any(KEY in text for text in written.values())
    assert KEY not in ran.out + ran.err


POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "None"}]}
TRACING = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "TracingConfiguration"}


TRACES = "tracing-config-file"


def named(folder: Path, audit: str, tracing: str) -> set[str]:
    sections: dict[str, dict[str, Any]] = {
        "auditing": {"auditPolicyFile": {"path": audit, "content": POLICY}},
        "traces": {"tracingConfigFile": {"path": tracing, "content": TRACING}},
    }
    return set(structured_files(resolve(document(**sections), folder)))


@pytest.mark.parametrize(
    ("audit", "tracing", "names"),
    [
        ("/a/policy.yaml", "/b/tracing.yaml", {"policy.yaml", "tracing.yaml"}),
        ("/a/x.yaml", "/b/x.yaml", {"audit-policy-file-x.yaml", "tracing-config-file-x.yaml"}),
        ("/a/tracing-config-file.yaml", "/b/..", {f"{TRACES}.yaml", f"{TRACES}-{TRACES}.yaml"}),
        ("/a/", "/b/.", {"audit-policy-file.yaml", "tracing-config-file.yaml"}),
    ],
)
def test_names(audit: str, tracing: str, names: set[str], tmp_path: Path) -> None:
    assert named(tmp_path, audit, tracing) == names


def test_the_program_of_the_manual_fills_references_in(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/secrets.md").read_text(), re.DOTALL)
    (tmp_path / "two").write_text(f"{KEY}\n")
    content = encryption({"env": "KEY_ONE"})
    content["resources"][0]["providers"][2]["aescbc"]["keys"][0]["secret"] = {"file": str(tmp_path / "two")}
    made = artifacts(resolve(document(etcd={"encryptionProviderConfig": {"content": content}}), tmp_path))
    ran = subprocess.run(
        [sys.executable, "-c", program],
        input=made["files/encryption-provider-config.yaml"],
        env={**os.environ, "KEY_ONE": KEY},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = encryption(KEY)
    expected["resources"][0]["providers"][2]["aescbc"]["keys"][0]["secret"] = KEY
    assert yaml.safe_load(ran.stdout) == expected
    (tmp_path / "filled.yaml").write_text(ran.stdout)
    assert [found.message for found in examine(str(tmp_path / "filled.yaml")).report.of("error")] == []
