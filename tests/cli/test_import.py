"""`kasc import`: the document, what is written where, what is refused, and what is reported."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.inputs import Host
from compiler.review.examine import Settings
from tests.artifacts.imported.importing import difference
from tests.cli.running import Ran, kasc

FLAGS = """\
--etcd-servers=https://10.0.0.11:2379
--service-account-issuer=https://kubernetes.default.svc
--service-account-key-file=/pki/sa.pub
--service-account-signing-key-file=/pki/sa.key
--service-cluster-ip-range=10.96.0.0/16
"""
KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER_KEY = base64.b64encode(b"f" * 32).decode()
ENCRYPTION = f"""\
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc: {{keys: [{{name: key1, secret: {KEY}}}]}}
  - secretbox: {{keys: [{{name: key-1, secret: {KEY}}}, {{name: "2", secret: {OTHER_KEY}}}]}}
  - identity: {{}}
"""


def arguments(directory: Path, *more: str) -> Path:
    path = directory / "kube-apiserver.args"
    path.write_text(FLAGS + "".join(f"{line}\n" for line in more))
    return path


def document(ran: Ran) -> Any:
    """Return the printed document as plain data."""
    return yaml.safe_load(ran.out)


def pod(directory: Path, *more: str, **spec: Any) -> Path:
    """Write a Pod; `container` has further fields of its container, `metadata` of itself."""
    container = {
        "name": "kube-apiserver",
        "image": "registry.k8s.io/kube-apiserver:v1.36.1",
        "command": ["kube-apiserver", *FLAGS.splitlines(), *more],
        **spec.pop("container", {}),
    }
    metadata = {"name": "kube-apiserver", "namespace": "kube-system", **spec.pop("metadata", {})}
    content = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"hostNetwork": True, "containers": [container], **spec},
    }
    path = directory / "pod.json"
    path.write_text(json.dumps(content))
    return path


def test_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = arguments(tmp_path, "--profiling=false", "--feature-gates=AllBeta=false", "--v=02")
    ran = kasc(capsys, "import", path, "--kubernetes-version", "1.36.2", "--ignore", "KASC-RISK")
    assert ran.code == 0
    assert ran.err == ""
    head, origin, rest = ran.out.split("\n", 2)
    assert head.startswith("# yaml-language-server: $schema=https://")
    assert head.endswith("/v1.36/editor.schema.json")
    assert origin == "# Imported by kasc from kube-apiserver.args (argv)"
    assert rest == (
        'apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: "1.36.2"\n'
        "\nmetadata:\n  name: kube-apiserver\n"
        "\ngeneric:\n  featureGates:\n    AllBeta: false\n"
        "\netcd:\n  etcdServers:\n  - https://10.0.0.11:2379\n"
        "\nfeatures:\n  profiling: false\n"
        "\nauthentication:\n  serviceAccountKeyFile:\n  - /pki/sa.pub\n"
        "  serviceAccountIssuer:\n  - https://kubernetes.default.svc\n"
        "\nmisc:\n  serviceAccountSigningKeyFile: /pki/sa.key\n  serviceClusterIPRange: 10.96.0.0/16\n"
        '\nextraFlags:\n  v: "02"\n'
    )


def test_a_version_that_the_input_lacks_is_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = arguments(tmp_path)
    assert (
        '\n# not in the input: the newest supported version\nkubernetesVersion: "1.' in kasc(capsys, "import", path).out
    )
    toml = kasc(capsys, "import", path, "--format", "toml").out
    assert '\n# not in the input: the newest supported version\nkubernetesVersion = "1.' in toml


def test_the_suffix_decides_the_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = arguments(tmp_path)
    for name, options, start in (
        ("a.toml", (), "#:schema "),
        ("a.yaml", (), "# yaml-language-server: "),
        ("a.conf", (), "# yaml-language-server: "),
        ("b.yaml", ("--format", "toml"), "#:schema "),
    ):
        ran = kasc(capsys, "import", path, "-o", tmp_path / name, *options)
        assert ran.code == 0
        assert ran.out == ""
        assert ran.err.endswith(f"{tmp_path / name} written; check it with: kasc check {tmp_path / name}\n")
        assert (tmp_path / name).read_text().startswith(start)


def test_nothing_is_overwritten_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = arguments(tmp_path), tmp_path / "a.yaml"
    out.write_text("mine\n")
    ran = kasc(capsys, "import", path, "-o", out)
    assert (ran.code, ran.err) == (2, f"kasc: {out} already exists; use --force to overwrite it\n")
    assert out.read_text() == "mine\n"
    assert kasc(capsys, "import", path, "-o", out, "--force").code == 0
    assert "kind: APIServer" in out.read_text()
    assert kasc(capsys, "import", path, "-o", tmp_path).code == 2
    ran = kasc(capsys, "import", path, "-o", path / "a.yaml")
    assert ran.code == 2
    assert "cannot write" in ran.err


def test_the_report_goes_to_standard_output_if_the_document_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = arguments(tmp_path)
    ran = kasc(capsys, "import", path, "--output", "json")
    assert json.loads(ran.err)["files"][0]["as"] == "argv"
    assert document(ran)["kind"] == "APIServer"
    ran = kasc(capsys, "import", path, "--output", "json", "-o", tmp_path / "a.yaml")
    assert json.loads(ran.out)["files"][0]["as"] == "argv"
    assert kasc(capsys, "import", path, "--strict", "--etcd").code == 2


def test_inputs_that_are_not_servers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("kind: Nothing\n")
    ran = kasc(capsys, "import", tmp_path / "a.yaml")
    assert (ran.code, ran.out) == (2, "")
    (tmp_path / "b.yaml").write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
    ran = kasc(capsys, "import", tmp_path / "b.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(f"kasc: {tmp_path / 'b.yaml'} is a structured file, not a server: nothing to import\n")
    assert kasc(capsys, "import", tmp_path / "missing").code == 2


def test_an_input_with_errors_is_imported_with_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are fixed in the document; everything is in `extraFlags` as it was written."""
    path = arguments(
        tmp_path, "--insecure-port=0", "--profiling=maybe", "--profiling=true", "--foo", "--bar=1", "--bar=2"
    )
    ran = kasc(capsys, "import", path)
    assert ran.code == 1
    assert document(ran)["extraFlags"] == {
        "profiling": ["maybe", "true"], "insecure-port": "0", "foo": "", "bar": ["1", "2"]
    }  # fmt: skip
    assert 'error KASC-PARSE-003 (PARSE-03): --profiling: "maybe" is not a boolean' in ran.err
    assert difference(capsys, path, Settings("argv")) == ""


@pytest.mark.parametrize("line", ["serve", "-x", "--=1", "--secure-port"])
def test_what_is_not_a_flag_is_refused(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "import", arguments(tmp_path, line), "--as", "argv", "-o", tmp_path / "a.yaml")
    assert ran.code == 1
    assert "error KASC-PARSE-" in ran.err
    assert not (tmp_path / "a.yaml").exists()


def test_errors_of_a_document_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("apiVersion: kasc/v1\nkind: APIServer\netcd: {etcdServer: [https://a:1]}\n")
    ran = kasc(capsys, "import", path)
    assert (ran.code, ran.out) == (1, "")
    assert "unknown key" in ran.err


@pytest.mark.parametrize("form", ["yaml", "toml"])
def test_layers_are_merged_with_their_places(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "base.yaml").write_text(
        "kubernetesVersion: '1.36'\nmetadata: {labels: {a: b}}\nfeatures:\n  profiling: false\n"
    )
    (tmp_path / "a.yaml").write_text(
        "apiVersion: kasc/v1\nkind: APIServer\nextends: base.yaml\nmetadata: {name: eu, labels: {c: d}}\n"
        "features: {contentionProfiling: true}\nextraFlags:\n"
        + "".join(f"  {flag[2:].replace('=', ': ', 1)}\n" for flag in FLAGS.splitlines())
    )
    ran = kasc(capsys, "import", tmp_path / "a.yaml", "--format", form, "-q")
    assert ran.code == 0
    equals = " = " if form == "toml" else ": "
    indent = "" if form == "toml" else "  "
    assert f"{indent}# from base.yaml:4\n{indent}profiling{equals}false\n" in ran.out
    assert f"{indent}# from a.yaml:5\n{indent}contentionProfiling{equals}true\n" in ran.out
    if form == "yaml":
        assert document(ran)["metadata"] == {"name": "eu", "labels": {"a": "b", "c": "d"}}


class TestStructuredFiles:
    def files(self, directory: Path, text: str) -> tuple[Any, ...]:
        (directory / "etc").mkdir()
        (directory / "etc/enc.yaml").write_text(text)
        return ("--file-map", f"/etc/k8s={directory / 'etc'}")

    def test_a_file_of_the_server_becomes_content(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages:\nrules: [{level: Metadata}]\n"
        options = self.files(tmp_path, policy)
        path = arguments(tmp_path, "--audit-policy-file=/etc/k8s/enc.yaml")
        assert document(kasc(capsys, "import", path))["auditing"] == {"auditPolicyFile": "/etc/k8s/enc.yaml"}
        content = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}
        ran = kasc(capsys, "import", path, *options)
        assert document(ran)["auditing"] == {"auditPolicyFile": {"path": "/etc/k8s/enc.yaml", "content": content}}
        settings = Settings("argv", host=Host(mappings=(("/etc/k8s", str(tmp_path / "etc")),)))
        assert difference(capsys, path, settings, "toml") == ""

    def test_the_default_path_is_left_out(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.files(tmp_path, "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
        path = arguments(tmp_path, "--audit-policy-file=/etc/kubernetes/kasc/audit-policy-file.yaml")
        (tmp_path / "etc/enc.yaml").rename(tmp_path / "etc/audit-policy-file.yaml")
        ran = kasc(capsys, "import", path, "--file-map", f"/etc/kubernetes/kasc={tmp_path / 'etc'}")
        assert list(document(ran)["auditing"]["auditPolicyFile"]) == ["content"]

    def test_keys_become_references(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        options = self.files(tmp_path, ENCRYPTION)
        path = arguments(tmp_path, "--encryption-provider-config=/etc/k8s/enc.yaml")
        ran = kasc(capsys, "import", path, *options)
        assert ran.code == 0
        providers = document(ran)["etcd"]["encryptionProviderConfig"]["content"]["resources"][0]["providers"]
        assert providers == [
            {"aescbc": {"keys": [{"name": "key1", "secret": {"env": "AESCBC_KEY1"}}]}},
            {"secretbox": {"keys": [
                {"name": "key-1", "secret": {"env": "AESCBC_KEY1"}}, {"name": "2", "secret": {"env": "SECRETBOX_2"}}
            ]}},
            {"identity": {}},
        ]  # fmt: skip
        assert KEY not in ran.out + ran.err
        assert OTHER_KEY not in ran.out + ran.err
        assert ran.err.endswith(
            "secret in --encryption-provider-config: set the environment variable AESCBC_KEY1 to the aescbc key key1 "
            "of secrets\n"
            "secret in --encryption-provider-config: set the environment variable SECRETBOX_2 to the secretbox key 2 "
            "of secrets\n"
        )

    def test_variables_have_unique_names(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        text = ENCRYPTION.replace("secretbox", "aescbc").replace("key-1", "KEY1").replace('"2"', "key-1")
        path = arguments(tmp_path, "--encryption-provider-config=/etc/k8s/enc.yaml")
        ran = kasc(capsys, "import", path, *self.files(tmp_path, text))
        assert ran.code == 0
        assert [line.split()[1] for line in ran.out.splitlines() if "env:" in line] == [
            "AESCBC_KEY1", "AESCBC_KEY1", "AESCBC_KEY_1"
        ]  # fmt: skip
        again = ENCRYPTION.replace("key-1", "x").replace("secretbox", "aescbc").replace('"2"', "KEY1")
        (tmp_path / "etc/enc.yaml").write_text(again)
        ran = kasc(capsys, "import", path, "--file-map", f"/etc/k8s={tmp_path / 'etc'}")
        assert [line.split()[1] for line in ran.out.splitlines() if "env:" in line] == [
            "AESCBC_KEY1", "AESCBC_KEY1", "AESCBC_KEY1_2"
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (
                "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://a'}}]\n"
                "users: [{name: a, user: {token: hunter2hunter2}}]\n"
                "contexts: [{name: a, context: {cluster: a, user: a}}]\ncurrent-context: a\n",
                "the file contains a secret (token) that has no reference",
            ),
            (
                "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://a', server: 'https://b'}}]\n",
                "the file has duplicate keys or is malformed",
            ),
        ],
    )
    def test_other_secrets_stay_in_their_file(
        self, text: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        options = self.files(tmp_path, text)
        path = arguments(tmp_path, "--audit-webhook-config-file=/etc/k8s/enc.yaml")
        ran = kasc(capsys, "import", path, *options)
        assert "auditWebhookConfigFile: /etc/k8s/enc.yaml\n" in ran.out
        assert f"--audit-webhook-config-file: /etc/k8s/enc.yaml is not in the document: {reason}\n" in ran.err
        assert "hunter2" not in ran.out + ran.err

    def test_a_file_of_two_flags_is_in_the_document_once(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = (
            "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://a'}}]\n"
            "users: [{name: a, user: {}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\ncurrent-context: a\n"
        )
        self.files(tmp_path, text)
        flags = (
            "--audit-webhook-config-file=/etc/k8s/enc.yaml",
            "--authentication-token-webhook-config-file=/etc/k8s/enc.yaml",
        )
        path = arguments(tmp_path, *flags)
        settings = Settings("argv", host=Host(mappings=(("/etc/k8s", str(tmp_path / "etc")),)))
        assert difference(capsys, path, settings) == ""
        text = (tmp_path / "imported.yaml").read_text()
        assert text.count("content:") == 1
        assert text.count("/etc/k8s/enc.yaml") == 2


def test_passwords_of_etcd_are_left_out_and_other_secrets_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = arguments(tmp_path, "--etcd-servers=https://root:hunter2@10.0.0.12:2379")
    ran = kasc(capsys, "import", path)
    assert ran.code == 0
    assert document(ran)["extraFlags"] == {"etcd-servers": ["https://10.0.0.11:2379", "https://10.0.0.12:2379"]}
    assert "hunter2" not in ran.out
    path = arguments(tmp_path, "--oidc-issuer-url=https://root:hunter2@example.com", "--oidc-client-id=a")
    ran = kasc(capsys, "import", path)
    assert (ran.code, ran.out) == (1, "")
    assert "error KASC-SEC-003" in ran.err


class TestUnknownValues:
    def test_of_a_pod(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        source = {"fieldRef": {"fieldPath": "status.podIP"}}
        path = pod(
            tmp_path,
            *("--advertise-address=$(POD_IP)", "--secure-port=$(PORT)", "--external-hostname=$(NAME)$$(X)", "$(MORE)"),
            container={
                "env": [
                    {"name": "POD_IP", "valueFrom": source},
                    {"name": "NAME", "value": "example.com"},
                    {"name": "SECRET_TOKEN", "value": "hunter2"},
                ],
                "envFrom": [{"configMapRef": {"name": "a"}}],
            },
        )
        ran = kasc(capsys, "import", path, "-q")
        assert ran.code == 0
        result = document(ran)
        assert result["generic"] == {"advertiseAddress": "$(POD_IP)", "externalHostname": "example.com$(X)"}
        assert result["extraFlags"] == {"secure-port": "$(PORT)", "$(MORE)": ""}
        assert result["deployment"] == {
            "env": [{"name": "POD_IP", "valueFrom": source}, {"name": "NAME", "value": "example.com"}],
            "placeholders": ["$(PORT)", "$(MORE)"],
        }
        assert "not imported: env SECRET_TOKEN, which contains a secret\n" in ran.err
        assert "not imported: the container's envFrom\n" in ran.err
        assert "hunter2" not in ran.out + ran.err
        assert difference(capsys, path, Settings()) == ""

    def test_the_pod_of_the_document_has_the_variables(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        source = {"fieldRef": {"fieldPath": "status.podIP"}}
        path = pod(
            tmp_path,
            *("--advertise-address=$(POD_IP)", "--external-hostname=$$(POD)"),
            container={"env": [{"name": "POD_IP", "valueFrom": source}]},
        )
        kasc(capsys, "import", path, "-o", tmp_path / "a.yaml")
        ran = kasc(capsys, "compile", tmp_path / "a.yaml", "--emit", "pod", "--stdout", "-q")
        container = document(ran)["spec"]["containers"][0]
        assert "--advertise-address=$(POD_IP)" in container["command"]
        assert "--external-hostname=$$(POD)" in container["command"]
        assert container["env"] == [{"name": "POD_IP", "valueFrom": source}]

    def test_of_a_shell(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "start.sh"
        lines = FLAGS.replace("\n", " \\\n  ")
        path.write_text(f"kube-apiserver {lines} --advertise-address=${{IP}} --etcd-prefix=/$A/$B $MORE\n")
        assert difference(capsys, path, Settings()) == ""
        ran = kasc(capsys, "import", path)
        assert document(ran)["deployment"] == {"placeholders": ["${IP}", "$A", "$MORE"]}
        assert document(ran)["extraFlags"] == {"$MORE": ""}
        assert document(ran)["generic"] == {"advertiseAddress": "${IP}"}
        assert difference(capsys, path, Settings(), "toml") == ""

    def test_of_the_node(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = arguments(tmp_path, "--advertise-address=$(HOST_IP)")
        ran = kasc(capsys, "import", path, "-q", "--as", "argv")
        env = [{"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}]
        assert document(ran)["deployment"] == {"env": env}
        assert difference(capsys, path, Settings("argv")) == ""


class TestPods:
    def test_the_section_deployment(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = pod(
            tmp_path,
            "--client-ca-file=/certs/ca.crt",
            container={
                "image": "example.com/kube-apiserver:v1.36.1",
                "resources": {"requests": {"cpu": "250m"}},
                "imagePullPolicy": "Always",
                "volumeMounts": [
                    {"name": "certs", "mountPath": "/certs", "readOnly": True},
                    {"name": "certs", "mountPath": "/logs", "subPath": "logs"},
                    {"name": "scratch", "mountPath": "/tmp"},
                    {"name": "pki", "mountPath": "/pki"},
                ],
                "livenessProbe": {"httpGet": {"path": "/livez", "port": 6443, "scheme": "HTTPS"}},
                "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
            },
            metadata={
                "labels": {"component": "kube-apiserver", "team": "a"},
                "annotations": {"kubernetes.io/config.hash": "1", "b": "c"},
            },
            volumes=[
                {"name": "certs", "hostPath": {"path": "/etc/certs", "type": "DirectoryOrCreate"}},
                {"name": "scratch", "emptyDir": {}},
                {"name": "pki", "hostPath": {"path": "/etc/kubernetes/pki"}},
            ],
            terminationGracePeriodSeconds=60,
            priorityClassName="system-node-critical",
            hostNetwork=False,
            tolerations=[{"operator": "Exists"}],
            securityContext={"runAsUser": 1000},
        )
        ran = kasc(capsys, "import", path, "-q")
        assert ran.code == 0
        assert document(ran)["kubernetesVersion"] == "1.36.1"
        assert document(ran)["deployment"] == {
            "image": "example.com/kube-apiserver:v1.36.1",
            "imagePullPolicy": "Always",
            "resources": {"requests": {"cpu": "250m"}},
            "labels": {"team": "a"},
            "annotations": {"b": "c"},
            "hostNetwork": False,
            "terminationGracePeriodSeconds": 60,
            "securityContext": {"runAsUser": 1000},
            "extraVolumes": [
                {
                    "name": "certs",
                    "hostPath": "/etc/certs",
                    "mountPath": "/certs",
                    "readOnly": True,
                    "pathType": "DirectoryOrCreate",
                },
                {"name": "certs-2", "hostPath": "/etc/certs/logs", "mountPath": "/logs"},
                {"name": "pki", "hostPath": "/etc/kubernetes/pki", "mountPath": "/pki"},
            ],
        }
        assert ran.err.endswith(
            "not imported: spec.tolerations, the container's lifecycle, volume scratch (emptyDir)\n"
        )
        assert difference(capsys, path, Settings()) == ""

    def test_what_a_document_cannot_contain(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = pod(
            tmp_path,
            container={"volumeMounts": [{"name": "root", "mountPath": "/host"}, {"name": "pki", "mountPath": "/pki"}]},
            volumes=[
                {"name": "root", "hostPath": {"path": "/"}},
                {"name": "pki", "hostPath": {"path": "/pki"}},
            ],
            securityContext={"windowsOptions": {"hostProcess": False}},
        )
        ran = kasc(capsys, "import", path, "-q")
        assert ran.code == 0
        assert document(ran)["deployment"] == {
            "extraVolumes": [{"name": "pki", "hostPath": "/pki", "mountPath": "/pki"}]
        }
        assert 'hostPath: "/" is the root of the file system\n' in ran.err
        assert "not imported: securityContext, which has no key in a document\n" in ran.err

    def test_nothing_is_written_for_what_kasc_writes_anyway(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "deployment" not in document(kasc(capsys, "import", pod(tmp_path)))

    def test_a_name_that_is_not_valid(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = pod(tmp_path, metadata={"name": "kube-apiserver-node.1", "namespace": "a"})
        result = document(kasc(capsys, "import", path))
        assert result["metadata"] == {"name": "kube-apiserver-node.1"}
        assert result["deployment"] == {"name": "kube-apiserver-node.1", "namespace": "a"}

    def test_an_image_of_another_version(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        result = document(kasc(capsys, "import", pod(tmp_path), "--kubernetes-version", "1.35"))
        assert result["kubernetesVersion"] == "1.35"
        assert result["deployment"] == {"image": "registry.k8s.io/kube-apiserver:v1.36.1"}


def test_null_in_a_list_has_no_toml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.yaml").write_text(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata, users: [null]}]\n"
    )
    path = arguments(tmp_path, "--audit-policy-file=/p/policy.yaml")
    options = ("--file-map", f"/p={tmp_path}")
    assert kasc(capsys, "import", path, *options).code == 0
    ran = kasc(capsys, "import", path, *options, "--format", "toml")
    assert ran.code == 2
    assert ran.err.endswith("contains null, for which TOML has no syntax: use --format yaml\n")
