"""Literal secrets: refused wherever a document carries them, and in no artifact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler import check, compile_document
from compiler.upstream.etcd import without_user
from tests.cli.running import kasc

KUBECONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://a"}}],
    "users": [{"name": "u", "user": {}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}
EVERY = ("flags", "storage", "health", "files", "pod", "resolved", "report", "monitoring")


def written(tmp_path: Path, **sections: Any) -> Path:
    document: dict[str, Any] = {
        "apiVersion": "kasc/v1",
        "kind": "APIServer",
        "kubernetesVersion": "1.36",
        "metadata": {"name": "secrets"},
        "generic": {"advertiseAddress": "192.0.2.1"},
        "etcd": {"etcdServers": ["https://10.0.0.1:2379"]},
        "authentication": {
            "serviceAccountIssuer": ["https://kubernetes.default.svc"],
            "serviceAccountKeyFile": ["/etc/kubernetes/pki/sa.pub"],
        },
        "misc": {
            "serviceAccountSigningKeyFile": "/etc/kubernetes/pki/sa.key",
            "serviceClusterIPRange": "10.96.0.0/16",
        },
    }
    for section, values in sections.items():
        document[section] = document.get(section, {}) | values
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def errors(path: Path) -> list[tuple[str, str]]:
    return [(found.code, found.path) for found in check(path).of("error")]


def audit_webhook(tmp_path: Path, user: dict[str, Any], **more: Any) -> Path:
    """A kubeconfig that the server does not read, for there is no audit policy."""
    content = {**KUBECONFIG, "users": [{"name": "u", "user": user}], **more}
    return written(tmp_path, auditing={"auditWebhookConfigFile": {"content": content}})


USER = "auditing.auditWebhookConfigFile.content.users[0].user"


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ({"token": "HUSH"}, "token"),
        ({"username": "me", "password": "HUSH"}, "password"),
        ({"client-key-data": "SFVTSA=="}, "client-key-data"),
        (
            {"auth-provider": {"name": "oidc", "config": {"client-secret": "HUSH"}}},
            "auth-provider.config.client-secret",
        ),
        ({"auth-provider": {"name": "x", "config": {"access-token": "HUSH"}}}, "auth-provider.config.access-token"),
        ({"exec": {"command": "c", "env": [{"name": "ANY", "value": "HUSH"}]}}, "exec.env[0].value"),
        ({"exec": {"command": "c", "args": ["--token=HUSH"]}}, "exec.args[0]"),
        ({"exec": {"command": "c", "args": ["--password", "HUSH"]}}, "exec.args[1]"),
        ({"exec": {"command": "c", "args": ["HUSH-7"]}}, "exec.args[0]"),
        ({"extensions": [{"name": "n", "extension": {"a": {"apiKey": "HUSH"}}}]}, "extensions[0].extension.a.apiKey"),
        ({"extra": {"token": "HUSH"}}, "extra.token"),
        ({"tokn": "HUSH"}, "tokn"),
        ({"client-key": "-----BEGIN PRIVATE KEY-----\nHUSH"}, "client-key"),
    ],
)
def test_what_is_refused_although_no_server_reads_it(user: dict[str, Any], path: str, tmp_path: Path) -> None:
    assert errors(audit_webhook(tmp_path, user)) == [("KASC-SEC-001", f"{USER}.{path}")]


@pytest.mark.parametrize(
    "user",
    [
        {"tokenFile": "/etc/token", "client-key": "/etc/a.key", "client-certificate": "/etc/a.crt"},
        {"exec": {"command": "aws", "args": ["eks", "get-token", "--cluster-name", "Prod1", "--region=eu-1", "-v"]}},
        {"exec": {"command": "gke", "env": [{"name": "AWS_PROFILE", "value": "Prod"}, {"name": "A", "value": "/x/y"}]}},
        {"auth-provider": {"name": "oidc", "config": {"client-id": "a1B2", "idp-issuer-url": "https://i"}}},
        {"extensions": [{"name": "n", "extension": {"secretName": "a", "tokenFile": "/x", "passwordFile": "/y"}}]},
        {"extensions": [{"name": "n", "extension": {"password": {"secretKeyRef": {"name": "a", "key": "b"}}}}]},
    ],
)
def test_what_refers_to_secrets_passes(user: dict[str, Any], tmp_path: Path) -> None:
    assert errors(audit_webhook(tmp_path, user)) == []


def test_a_password_in_the_url_of_a_webhook_or_proxy_is_refused(tmp_path: Path) -> None:
    cluster = {"server": "https://u:HUSH@a", "proxy-url": "http://u:HUSH@b"}
    path = audit_webhook(tmp_path, {}, clusters=[{"name": "c", "cluster": cluster}])
    place = "auditing.auditWebhookConfigFile.content.clusters[0].cluster"
    assert errors(path) == [("KASC-SEC-001", f"{place}.proxy-url"), ("KASC-SEC-001", f"{place}.server")]
    assert all("HUSH" not in found.message + found.hint for found in check(path).all())


@pytest.mark.parametrize(
    ("configuration", "path"),
    [
        ({"imagePolicy": {"kubeConfigFile": "/x", "token": "HUSH"}}, "imagePolicy.token"),
        ({"a": [{"b": {"Passphrase": "HUSH"}}]}, "a[0].b.Passphrase"),
        ({"a": {"name": "API_TOKEN", "value": "HUSH"}}, "a.value"),
        ({"kubeconfig": "users:\n- user: {token: HUSH}\n"}, "kubeconfig"),
        ({"kind": "EncryptionConfiguration", "apiVersion": "v1", "keys": [{"secret": "HUSH"}]}, "keys[0].secret"),
    ],
)
def test_configuration_of_plugins(configuration: dict[str, Any], path: str, tmp_path: Path) -> None:
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [{"name": "Unknown", "configuration": configuration}],
    }
    found = errors(written(tmp_path, admission={"admissionControlConfigFile": {"content": content}}))
    place = "admission.admissionControlConfigFile.content.plugins[0].configuration"
    assert found == [("KASC-SEC-001", f"{place}.{path}")]


def test_the_environment_of_the_pod(tmp_path: Path) -> None:
    env = [{"name": "GODEBUG", "value": "x509sha1=1"}, {"name": "DB_PASSWORD", "value": "HUSH"}]
    assert errors(written(tmp_path, deployment={"env": env})) == [("KASC-SEC-001", "deployment.env[1].value")]


def test_unknown_fields_of_a_kubeconfig_are_not_written(tmp_path: Path) -> None:
    made = compile_document(audit_webhook(tmp_path, {"tokenFile": "/x", "unknown": "HUSH"}), emit=("files",))
    (text,) = made.files.values()
    assert yaml.safe_load(text)["users"] == [{"name": "u", "user": {"tokenFile": "/x"}}]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_etcd_urls_are_written_without_user_and_password(form: str, tmp_path: Path) -> None:
    servers = ["https://meow:HUSH@10.0.0.1:2379", "https://10.0.0.2:2379"]
    overrides = [{"resource": "/events", "servers": ["https://meow:HU,SH@10.0.0.3:2379"]}]
    path = written(tmp_path, etcd={"etcdServers": servers, "etcdServersOverrides": overrides})
    made = compile_document(path, emit=EVERY, form=form, explicit=True)
    for target in ("kubeadm", "systemd", "kustomize"):
        made.files.update(compile_document(path, emit=[target]).files)
    assert made.report.outcome == "accept"
    assert [found.code for found in made.report.of("warning")].count("KASC-RISK-091") == 2
    assert made.files
    assert not [name for name, text in made.files.items() if "HUSH" in text or "HU,SH" in text or "meow" in text]
    flags = made.files["kube-apiserver.flags"].splitlines()
    assert "--etcd-servers=https://10.0.0.1:2379,https://10.0.0.2:2379" in flags
    assert "--etcd-servers-overrides=/events#https://10.0.0.3:2379" in flags


@pytest.mark.parametrize(
    "issuer", ["https://u:HUSH@issuer", "https://u:HUSH@i,https://b", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.HUSH"]
)
def test_other_secrets_in_flags_keep_artifacts_from_being_written(issuer: str, tmp_path: Path) -> None:
    path = written(tmp_path, authentication={"apiAudiences": [issuer]})
    assert check(path).outcome == "accept"
    made = compile_document(path, emit=("storage",))
    assert made.files == {}
    assert [(found.code, found.flag) for found in made.report.of("error")] == [("KASC-SEC-003", "api-audiences")]
    assert all("HUSH" not in found.message for found in made.report.all())


@pytest.mark.parametrize(
    ("endpoint", "dialled"),
    [
        ("https://u:p@h:1", "https://h:1"),
        ("http://u@[::1]:1/x@y", "http://[::1]:1/x@y"),
        ("https://h:1/x@y", "https://h:1/x@y"),
        ("unix://u:p@h", "unix://u:p@h"),
        ("h:1", "h:1"),
    ],
)
def test_endpoints(endpoint: str, dialled: str) -> None:
    assert without_user(endpoint) == dialled


def test_a_key_that_somebody_put_into_an_artifact_is_in_no_diff(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {
                "resources": ["secrets"],
                "providers": [{"aescbc": {"keys": [{"name": "a", "secret": {"env": "KEY"}}]}}, {"identity": {}}],
            }
        ],
    }
    path = written(tmp_path, etcd={"encryptionProviderConfig": {"content": content}})
    out = tmp_path / "out"
    assert kasc(capsys, "compile", path, "-o", out).code == 0
    artifact = out / "files/encryption-provider-config.yaml"
    for secret in ("secret: HUSH", "secret: |\n            HUSH", "secrt: HUSH"):
        artifact.write_text(artifact.read_text().replace("secret:\n            env: KEY", secret))
        (out / "kube-apiserver.flags").write_text("--etcd-servers=https://u:HUSH@h\n")
        ran = kasc(capsys, "compile", path, "-o", out, "--check")
        assert ran.code == 3
        assert "***" in ran.out
        assert "HUSH" not in ran.out + ran.err
        assert kasc(capsys, "compile", path, "-o", out).code == 0
