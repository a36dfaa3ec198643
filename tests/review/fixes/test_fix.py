"""`kasc check --fix`: what it writes, to the letter."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from compiler.artifacts.staging import Staging
from tests.cli.running import Ran, kasc

YAML = """\
# A comment.
apiVersion: kasc/v1
kind: APIserver     # behind a value

kubernetesVersion: 1.36
metadata: {name: 12}
etc:
  etcd-servers: [http://127.0.0.1:2379]   # behind a list
  storageMediaType: "application/jsn"
authentication: {serviceAccountIssuer: https://kubernetes.default.svc, serviceAccountKeyFile: ['/pki/sa.pub']}
authorization: {authorizationMode: [Node, "RBCA"]}
admission:
  enableAdmissionPlugins:
  - NodeRestricton
  disableAdmissionPlugins: [GenericAdmissionWebhook]
generic:
  featureGates:
    ? CoordinatedLeaderElecton
    : "true"
  'goawayChanc': "0"
auditing:
  auditPolicyFile:
    content:
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStage: [RequestRecieved]
      rules: [{level: metadata}]
misc:
  service_account_signing_key_file: /pki/sa.key
  portalNet: 10.0.0.0/24
  allowPrivileged: yes
  enableLogsHandler: 'False'
extraFlags:
  audit-log-maxsze: 5
"""
FIXED_YAML = """\
# A comment.
apiVersion: kasc/v1
kind: APIServer     # behind a value

kubernetesVersion: 1.36
metadata: {name: "12"}
etcd:
  etcdServers: [http://127.0.0.1:2379]   # behind a list
  storageMediaType: "application/json"
authentication: {serviceAccountIssuer: [https://kubernetes.default.svc], serviceAccountKeyFile: ['/pki/sa.pub']}
authorization: {authorizationMode: [Node, "RBAC"]}
admission:
  enableAdmissionPlugins:
  - NodeRestriction
  disableAdmissionPlugins: [ValidatingAdmissionWebhook]
generic:
  featureGates:
    ? CoordinatedLeaderElection
    : true
  'goawayChance': 0
auditing:
  auditPolicyFile:
    content:
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules: [{level: Metadata}]
misc:
  serviceAccountSigningKeyFile: /pki/sa.key
  serviceClusterIPRange: 10.0.0.0/24
  allowPrivileged: true
  enableLogsHandler: false
extraFlags:
  audit-log-maxsize: 5
"""
TOML = """\
# A comment.
apiVersion = "kasc/v1"
kind = 'APIserver'
kubernetesVersion = "1.36"
etc.etcdServers = [ "http://127.0.0.1:2379" ]  # behind a list
[etc.encryptionProviderConfg.content]
apiVersion = "apiserver.config.k8s.io/v1"
kind = "EncryptionConfiguration"
resources = [{ resources = ["secrets"], providers = [{ identity = {} }] }]
[[etc.etcdServersOverrides]]
resorce = "/events"
servers = ["https://10.0.0.21:2379"]
[[etc.etcdServersOverrides]]
"resource" = "/pods"
servers = "https://10.0.0.22:2379"
[generic.featureGates]
"coordinated-leader-election" = "true"
[authentication]
serviceAccountIssuer = ["https://kubernetes.default.svc"]
serviceAccountKeyFile = ["/pki/sa.pub"]
[authorization]
authorizationMode = ["Node", \"""RBCA\"""]
[misc]
serviceAccountSigningKeyFile = "/pki/sa.key"
apiserverCount = "3"
kubernetes-service-node-port = 0
portal-net = "10.0.0.0/24"
"""
FIXED_TOML = """\
# A comment.
apiVersion = "kasc/v1"
kind = 'APIServer'
kubernetesVersion = "1.36"
etcd.etcdServers = [ "http://127.0.0.1:2379" ]  # behind a list
[etcd.encryptionProviderConfig.content]
apiVersion = "apiserver.config.k8s.io/v1"
kind = "EncryptionConfiguration"
resources = [{ resources = ["secrets"], providers = [{ identity = {} }] }]
[[etcd.etcdServersOverrides]]
resource = "/events"
servers = ["https://10.0.0.21:2379"]
[[etcd.etcdServersOverrides]]
"resource" = "/pods"
servers = ["https://10.0.0.22:2379"]
[generic.featureGates]
"CoordinatedLeaderElection" = true
[authentication]
serviceAccountIssuer = ["https://kubernetes.default.svc"]
serviceAccountKeyFile = ["/pki/sa.pub"]
[authorization]
authorizationMode = ["Node", \"""RBAC\"""]
[misc]
serviceAccountSigningKeyFile = "/pki/sa.key"
apiserverCount = 3
kubernetesServiceNodePort = 0
serviceClusterIPRange = "10.0.0.0/24"
"""
FLAGS = """\
# For a shell.
ARGS="--etcd_server=http://127.0.0.1:2379 -authorization-mode='Node,RBCA' \\
  --servce-account-issuer https://x"
--experimental_encryption-provider-config=/x --feature-gates=CoordinatedLeaderElecton=true
--service-account-key-file=/k --service-account-signing-key-file=/k --portal-net=10.0.0.0/24
"""
FIXED_FLAGS = """\
# For a shell.
ARGS="--etcd-servers=http://127.0.0.1:2379 --authorization-mode='Node,RBAC' \\
  --service-account-issuer https://x"
--encryption-provider-config=/x --feature-gates=CoordinatedLeaderElection=true
--service-account-key-file=/k --service-account-signing-key-file=/k --service-cluster-ip-range=10.0.0.0/24
"""
POD = """\
kind: Pod
spec:
  containers:
  - image: registry.k8s.io/kube-apiserver:v1.36.0
    command:
    - kube-apiserver
    - --etcd-servrs
    - http://127.0.0.1:2379   # the one
    - "--authorization-mode=Node,\\x52BAC,Nodee"
    args: ['--service-account-isuer=https://x', --service-account-key-file=/k, "--service-account-signing-key-file=/k"]
"""
FIXED_POD = """\
kind: Pod
spec:
  containers:
  - image: registry.k8s.io/kube-apiserver:v1.36.0
    command:
    - kube-apiserver
    - --etcd-servers
    - http://127.0.0.1:2379   # the one
    - "--authorization-mode=Node,\\x52BAC,Nodee"
    args: ['--service-account-issuer=https://x', --service-account-key-file=/k, "--service-account-signing-key-file=/k"]
"""
ENCRYPTION = """\
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resorces:
- resources: [secrets]
  providers: [{identiy: {}}]
"""
FIXED_ENCRYPTION = ENCRYPTION.replace("resorces", "resources").replace("identiy", "identity")


def fix(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    return kasc(capsys, "check", "--fix", "--host-address", "10.0.0.1", *arguments)


@pytest.mark.parametrize(
    ("name", "before", "after", "code"),
    [
        ("a.yaml", YAML, FIXED_YAML, 0),
        ("a.toml", TOML, FIXED_TOML, 0),
        ("a.args", FLAGS, FIXED_FLAGS, 0),
        ("pod.yaml", POD, FIXED_POD, 1),
        ("encryption.yaml", ENCRYPTION, FIXED_ENCRYPTION, 0),
    ],
)
def test_what_is_written(
    name: str, before: str, after: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    arguments = ["--as", "flags"] if name == "a.args" else []
    for end in ("\n", "\r\n"):
        for mark in (b"", b"\xef\xbb\xbf"):
            path.write_bytes(mark + before.replace("\n", end).encode())
            ran = fix(capsys, *arguments, path)
            assert path.read_bytes().decode("utf-8-sig") == after.replace("\n", end)
            assert path.read_bytes().startswith(mark)
            assert ran.code == code
            assert ran.err.startswith(f"{path}: ")
    assert fix(capsys, *arguments, path).err == ""


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("etcd: {storageBackend: etcd2}", "a digit is no slip"),
        ("etcd: {etcdServer: [], etcdServers: [http://x]}", "the key is there already"),
        ("etcd: {etcdServer: [http://x], etcd-servers: [http://y]}", "two keys for one"),
        ("authorization: {authorizationMode: [BAC]}", "two words are as near"),
        ("authorization: {authorizationMode: [Node, Nodee]}", "the list would hold it twice"),
        ("etcd: {etcdPrefix: !!int 5}", "quotes do not change a tag"),
        ("generic: {featureGates: {NodeLogQuerry: false, NodeLogQuery: true}}", "the gate is set already"),
        ("misc: {serviceClusterIPRange: 5}", "in quotes it is no range either"),
        ("authorization: {authorizationMode: 'Node,RBAC'}", "a text with a comma may be two"),
        ('auditing: {auditLogFormat: "jsn\\u0020"}', "escapes are not what they stand for"),
        ("misc: {inSecurePort: 0}", "it had no effect for long"),
    ],
)
def test_what_is_left_alone(before: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    text = f"apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: '1.36'\n{before}\n"
    path.write_text(text)
    fix(capsys, path)
    fixed = path.read_text()
    if why == "two keys for one":
        assert fixed.count("etcdServers") == 1
    else:
        assert fixed == text


def test_two_uses_of_a_flag_are_not_made_of_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.argv"
    text = "--portal-net=10.0.0.0/24\n--service-cluster-ip-range=10.1.0.0/24\n--v=1\n"
    path.write_text(text)
    fix(capsys, path)
    assert path.read_text() == text


def test_parents_and_files_beside_are_mended_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    child, base, beside = tmp_path / "child.yaml", tmp_path / "base.toml", tmp_path / "encryption.yaml"
    base.write_text('[authorization]\nauthorizationMode = ["Node", "RBCA"]\n')
    beside.write_text(ENCRYPTION)
    child.write_text(
        "apiVersion: kasc/v1\nkind: APIServer\nextends: [base.toml]\n"
        "etcd: {encryptionProviderConfg: {source: encryption.yaml}}\n"
    )
    ran = fix(capsys, child)
    assert "encryptionProviderConfig" in child.read_text()
    assert '"RBAC"' in base.read_text()
    assert beside.read_text() == FIXED_ENCRYPTION
    assert sorted(line.split(": ")[1] for line in ran.err.splitlines()) == ["1 fix", "1 fix", "2 fixes"]


def test_files_of_the_server_are_never_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "enc.yaml").write_text(ENCRYPTION)
    path = tmp_path / "a.argv"
    path.write_text("--encryption-provider-config=/etc/enc.yaml\n--v=1\n")
    ran = fix(capsys, "--files-root", tmp_path, "--output", "json", path)
    assert (tmp_path / "etc" / "enc.yaml").read_text() == ENCRYPTION
    assert any("fix" in found for found in json.loads(ran.out)["files"][0]["diagnostics"])


def test_one_base_of_several_inputs_is_mended_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "base.yaml").write_text("authorization: {authorizationMode: [Node, RBCA]}\n")
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("apiVersion: kasc/v1\nkind: APIServer\nextends: base.yaml\n")
    ran = fix(capsys, tmp_path / "one.yaml", tmp_path / "two.yaml")
    assert ran.err == f"{tmp_path / 'base.yaml'}: 1 fix\n"
    assert (tmp_path / "base.yaml").read_text() == "authorization: {authorizationMode: [Node, RBAC]}\n"


def test_only_what_is_selected_is_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(YAML)
    fix(capsys, "--select", "KASC-AZ", path)
    assert path.read_text() == YAML.replace("RBCA", "RBAC")
    fix(capsys, "--ignore", "KASC-SCHEMA-002", path)
    fixed = path.read_text()
    assert "etcdServers" in fixed
    assert "allowPrivileged: yes" in fixed


def test_links_and_rights_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, link = tmp_path / "a.yaml", tmp_path / "link.yaml"
    path.write_text(YAML)
    path.chmod(0o640)
    link.symlink_to(path)
    assert fix(capsys, link).code == 0
    assert link.is_symlink()
    assert path.read_text() == FIXED_YAML
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_all_files_or_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    for path in (one, two):
        path.write_text(YAML)
    move = Staging.move

    def failing(staging: Staging, own: str, directory: int, name: str) -> None:
        if name == two.name:
            raise OSError(28, "No space left on device", name)
        move(staging, own, directory, name)

    monkeypatch.setattr(Staging, "move", failing)
    ran = fix(capsys, one, two)
    assert ran.code == 2
    assert "no space left" in ran.err
    assert (one.read_text(), two.read_text()) == (YAML, YAML)
    assert sorted(os.listdir(tmp_path)) == ["one.yaml", "two.yaml"]


def test_a_diff_says_the_same_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, before in (("a.yaml", YAML), ("b.toml", TOML)):
        Path(name).write_text(before)
    ran = kasc(capsys, "check", "--diff", "a.yaml", "b.toml")
    assert ran.code == 1
    assert "KASC-" in ran.err
    assert (Path("a.yaml").read_text(), Path("b.toml").read_text()) == (YAML, TOML)
    subprocess.run(["git", "apply", "-p0", "-"], input=ran.out.encode(), check=True)
    assert (Path("a.yaml").read_text(), Path("b.toml").read_text()) == (FIXED_YAML, FIXED_TOML)
    assert kasc(capsys, "check", "--diff", "a.yaml", "b.toml").out == ""
    Path("a.yaml").write_text(YAML)
    report = kasc(capsys, "check", "--diff", "--output", "json", "a.yaml")
    assert json.loads(report.out)["summary"]["errors"]
    assert report.err == ran.out[: ran.out.index("--- b.toml")]


def test_a_diff_shows_no_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "c2VjcmV0IGlzIHNlY3VyZSwgcmVhbGx5IHNlY3VyZT8="
    path = tmp_path / "a.yaml"
    keys = f"[{{name: 1, secret: {secret}}}, {{naem: b, secret: {secret}}}]"
    path.write_text(ENCRYPTION.replace("{identiy: {}}", f"{{aescbc: {{keys: {keys}}}}}"))
    for arguments in (["--diff"], ["--diff", "--output", "json"], ["--diff", "--output", "sarif"], ["--fix"]):
        ran = kasc(capsys, "check", *arguments, path)
        assert secret not in ran.out + ran.err


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    class Input:
        buffer = io.BytesIO(YAML.encode())

    monkeypatch.setattr(sys, "stdin", Input())
    ran = kasc(capsys, "check", "--fix", "-")
    assert ran.code == 2
    assert "--diff" in ran.err
    ran = kasc(capsys, "check", "--diff", "-")
    assert ran.code == 1
    assert ran.out.startswith("--- <stdin>\n+++ <stdin>\n")
    assert "+kind: APIServer " in ran.out
    assert "<stdin>:3:7: error" in ran.err
