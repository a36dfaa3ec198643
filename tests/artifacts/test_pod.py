"""The static Pod: what Kubernetes' own schemas say of it, its mounts and its probes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from compiler.artifacts.pod import static_pod
from compiler.diagnostics import KascError
from compiler.inputs.source import Files, file_key
from compiler.review.examine import Settings, examine
from tests.artifacts.compiling import ENCRYPTION, ROOT, SAMPLES, document, resolve, resolve_file
from tests.versions import VERSIONS

LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "a", "cluster": {"server": "https://h", "certificate-authority": "/hook-ca/ca.crt"}}],
    "users": [{"name": "a", "user": {"client-certificate": "pair/a.crt", "client-key": "/hook-key/a.key"}}],
    "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    "current-context": "a",
}


def pod(folder: Path, version: str = "1.36", **sections: dict[str, Any]) -> dict[str, Any]:
    """The Pod of a document, after everything that has to hold of any."""
    made = static_pod(resolve(document(version, **sections), folder))
    check(made, version)
    return made


def check(made: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(made, version, strict=True)
    texts = Files({file_key("pod.json"): json.dumps(made)})
    read_back = examine("pod.json", Settings("pod", version), texts).report.diagnostics
    # A log whose directory cannot be mounted is mounted as a file.
    kinds = ("KASC-POD-", "KASC-INPUT-", "KASC-RISK-10")
    assert [each for each in read_back if each.code.startswith(kinds) and each.code != "KASC-RISK-103"] == []
    (container,) = made["spec"]["containers"]
    mounts, volumes = container["volumeMounts"], made["spec"]["volumes"]
    names = [volume["name"] for volume in volumes]
    assert [mount["name"] for mount in mounts] == names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(LABEL, name) for name in names)
    places = [mount["mountPath"] for mount in mounts]
    assert len(set(places)) == len(places)
    assert all(place.startswith("/") and place != "/" and ":" not in place for place in places)
    for volume in volumes:
        path = volume["hostPath"]["path"]
        assert path.startswith("/")
        assert ".." not in path.split("/")


@pytest.mark.parametrize("period", [1, 20, 29, 31, 600])
def test_the_grace_period_is_the_one_that_was_declared(period: int, tmp_path: Path) -> None:
    made = pod(tmp_path, deployment={"terminationGracePeriodSeconds": period})
    assert made["spec"]["terminationGracePeriodSeconds"] == period


def mounted(made: dict[str, Any]) -> dict[str, str]:
    """Path -> `ro` or `rw` and the type of the host path."""
    (container,) = made["spec"]["containers"]
    types = {volume["name"]: volume["hostPath"].get("type", "") for volume in made["spec"]["volumes"]}
    return {
        mount["mountPath"]: f"{'ro' if mount.get('readOnly') else 'rw'} {types[mount['name']]}".strip()
        for mount in container["volumeMounts"]
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version(version: str, tmp_path: Path) -> None:
    assert mounted(pod(tmp_path, version)) == {"/pki": "ro Directory", "/var/run/kubernetes": "rw DirectoryOrCreate"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_samples(sample: Path) -> None:
    resolved = resolve_file(sample)
    check(static_pod(resolved, explicit=False), resolved.context.catalog.version)
    check(static_pod(resolved, explicit=True), resolved.context.catalog.version)


PATHS: dict[str, tuple[dict[str, dict[str, Any]], dict[str, str]]] = {
    "a pair leaves cert-dir alone": (
        {"secureServing": {"tlsCertFile": "/tls/a.crt", "tlsPrivateKeyFile": "/tls-key/a.key"}},
        {"/tls": "ro Directory", "/tls-key": "ro Directory", "/var/run/kubernetes": ""},
    ),
    "cert-dir": ({"secureServing": {"certDir": "/certs/"}}, {"/certs": "rw DirectoryOrCreate"}),
    "a certificate in memory": ({"secureServing": {"certDir": ""}}, {"/var/run/kubernetes": ""}),
    "SNI pairs": (
        {"secureServing": {"tlsSNICertKey": [{"certFile": "/sni/a/x.crt", "keyFile": "/sni/b/x.key"}]}},
        {"/sni/a": "ro Directory", "/sni/b": "ro Directory"},
    ),
    "audit log": ({"auditing": {"auditLogPath": "/var/log/k8s/a.log"}}, {"/var/log/k8s": "rw DirectoryOrCreate"}),
    "audit log on standard output": ({"auditing": {"auditLogPath": "-"}}, {}),
    "audit log of the container": ({"auditing": {"auditLogPath": "/dev/stdout"}}, {"/dev": "", "/dev/stdout": ""}),
    "audit log in the root": ({"auditing": {"auditLogPath": "/a.log"}}, {"/a.log": "rw FileOrCreate", "/": ""}),
    "KMS socket": (
        {"etcd": {"encryptionProviderConfig": {"content": ENCRYPTION}}},
        {"/run/kms": "ro DirectoryOrCreate", "/etc/kubernetes/kasc": "ro Directory"},
    ),
    "signer's socket": (
        {
            "authentication": {"serviceAccountKeyFile": None},
            "misc": {"serviceAccountSigningKeyFile": None, "serviceAccountSigningEndpoint": "/run/signer.sock"},
        },
        {"/run/signer.sock": "ro Socket", "/run": "", "/pki": ""},
    ),
    "debug socket": ({"features": {"debugSocketPath": "/debug/a.sock"}}, {"/debug": "rw DirectoryOrCreate"}),
    "debug socket in a system folder": ({"features": {"debugSocketPath": "/run/a.sock"}}, {"/run": ""}),
    "webhook kubeconfig on the server": (
        {"authentication": {"authenticationTokenWebhookConfigFile": "/hooks/authn.conf"}},
        {"/hooks": "ro Directory"},
    ),
    "webhook kubeconfig in the document, with what it names": (
        {
            "authentication": {
                "authenticationTokenWebhookConfigFile": {"path": "/hooks/authn.conf", "content": KUBECONFIG}
            }
        },
        {"/hooks": "ro Directory", "/hook-ca": "ro Directory", "/hook-key": "ro Directory", "/hooks/pair": ""},
    ),
    "files in system folders come one by one": (
        {"authentication": {"clientCAFile": "/etc/ca.crt"}, "etcd": {"etcdCAFile": "/usr/local/bin/ca.crt"}},
        {"/etc/ca.crt": "ro File", "/usr/local/bin/ca.crt": "ro File", "/etc": "", "/usr/local/bin": ""},
    ),
    "paths are cleaned": (
        {"authentication": {"clientCAFile": "//x/../y//./ca.crt"}},
        {"/y": "ro Directory", "/x": ""},
    ),
    "relative paths and abstract sockets are left alone": (
        {
            "authentication": {"clientCAFile": "ca.crt", "serviceAccountKeyFile": None},
            "misc": {"serviceAccountSigningKeyFile": None, "serviceAccountSigningEndpoint": "@signer"},
        },
        {"": "", "/@signer": "", "/": ""},
    ),
    "a folder inside another is covered by it": (
        {"authentication": {"clientCAFile": "/pki/sub/ca.crt"}, "auditing": {"auditLogPath": "/pki/log/a.log"}},
        {"/pki": "ro Directory", "/pki/sub": "", "/pki/log": "rw DirectoryOrCreate"},
    ),
}


@pytest.mark.parametrize(("sections", "expected"), PATHS.values(), ids=PATHS)
def test_mounts(sections: dict[str, dict[str, Any]], expected: dict[str, str], tmp_path: Path) -> None:
    """An empty text stands for a path that is not mounted."""
    found = mounted(pod(tmp_path, **sections))
    assert {path: found.get(path, "") for path in expected} == expected


def test_every_flag_that_names_a_file_is_mounted(tmp_path: Path) -> None:
    """A path whose flag no list knows would be missing in the container."""
    resolved = resolve(document(), tmp_path)
    described = yaml.safe_load((ROOT / "compiler/upstream/catalog/data/descriptions.yaml").read_text())["options"]
    names = {
        name
        for name, spec in resolved.context.catalog.flags.items()
        if spec.type in ("string", "stringArray", "namedCertKey")
        and re.search(r"(-file|-config|-path|-dir|cert|key|keyfile|authority|manifest|endpoint)$", name)
    }
    from compiler.upstream.catalog.facts import READ_FILES, WRITTEN_DIRECTORIES, WRITTEN_FILES

    sockets = ("debug-socket-path", "service-account-signing-endpoint")
    known = {*READ_FILES, *sockets, *WRITTEN_FILES, *WRITTEN_DIRECTORIES}
    assert names - known == set(), {name: described[name]["does"] for name in names - known}


def test_names_that_would_collide(tmp_path: Path) -> None:
    files = ["/a-b/x", "/a/b/x", "/a.b/x", "/A/B/x", "/é/x", "/-/x", f"/{'long' * 30}/x", f"/{'long' * 30}./x"]
    made = pod(tmp_path, authentication={"serviceAccountKeyFile": files})
    assert set(mounted(made)) == {*(path.rpartition("/")[0] for path in files), "/pki", "/var/run/kubernetes"}


def test_a_colon_cannot_be_mounted(tmp_path: Path) -> None:
    resolved = resolve(document(authentication={"clientCAFile": "/a:b/ca.crt"}), tmp_path)
    with pytest.raises(KascError) as caught:
        static_pod(resolved)
    assert caught.value.diagnostic.code == "KASC-EMIT-002"


def test_volumes_of_the_document_win(tmp_path: Path) -> None:
    extra = [
        {"name": "pki", "hostPath": "/opt/k8s", "mountPath": "/pki", "readOnly": True},
        {"name": "etc-ssl", "hostPath": "/ssl", "mountPath": "/deep"},
    ]
    files = ["/pki/inside/sa.pub", "/etc/ssl/sa.pub", "/deep/er/sa.pub"]
    made = pod(tmp_path, deployment={"extraVolumes": extra}, authentication={"serviceAccountKeyFile": files})
    assert mounted(made) == {
        "/etc/ssl": "ro Directory",
        "/var/run/kubernetes": "rw DirectoryOrCreate",
        "/pki": "ro",
        "/deep": "rw",
    }
    assert made["spec"]["volumes"][-2:] == [
        {"name": "pki", "hostPath": {"path": "/opt/k8s"}},
        {"name": "etc-ssl", "hostPath": {"path": "/ssl"}},
    ]


def test_image(tmp_path: Path) -> None:
    def image(**sections: dict[str, Any]) -> str:
        return str(pod(tmp_path, **sections)["spec"]["containers"][0]["image"])

    assert image() == "registry.k8s.io/kube-apiserver:v1.36.0"
    assert image(deployment={"image": "a/b:c"}) == "a/b:c"
    content = document() | {"kubernetesVersion": "v1.35.7"}
    made = static_pod(resolve(content, tmp_path))
    assert made["spec"]["containers"][0]["image"] == "registry.k8s.io/kube-apiserver:v1.35.7"
