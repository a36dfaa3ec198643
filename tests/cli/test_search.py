"""`kasc check DIR`: every kind of input is found by its content, and nothing else."""

from __future__ import annotations

import base64
import json
import textwrap
from pathlib import Path

import pytest

from tests.cli.running import SAMPLES, Ran, kasc

DOCUMENT = (SAMPLES / "minimal.yaml").read_text()
FLAGS = (
    "--etcd-servers=http://127.0.0.1:2379\n--service-account-issuer=https://a.example\n"
    "--service-account-key-file=/sa.pub\n--service-account-signing-key-file=/sa.key\n--authorization-mode=RBAC\n"
)
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver, namespace: kube-system}\nspec:\n  containers:\n"
    "  - name: kube-apiserver\n    image: registry.k8s.io/kube-apiserver:v1.35.0\n    command:\n    - kube-apiserver\n"
    + "".join(f"    - {line}\n" for line in FLAGS.splitlines())
)
ENCRYPTION = (
    "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n"
    "  providers:\n  - aescbc: {keys: [{name: CANARY1, secret: CANARY!}, {name: CANARY1, secret: CANARYCANARY}]}\n"
)
POLICY = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metdata\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  other: some words\n  policy.yaml: |\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FILES = {
    "document.yaml": (DOCUMENT, "document"),
    "document.toml": ((SAMPLES / "apiserver.toml").read_text(), "document"),
    "pod.json": (json.dumps({"kind": "Pod", "spec": {"containers": [{"command": ["kube-apiserver"]}]}}), "pod"),
    "list.yaml": ("kind: List\nitems:\n- " + POD.replace("\n", "\n  "), "pod"),
    "kube-apiserver": (FLAGS, "argv"),
    "kube-apiserver.env": (f'KUBE_APISERVER_ARGS="{" ".join(FLAGS.split())}"\n', "flags"),
    "start.sh": (f"exec kube-apiserver {' '.join(FLAGS.split())}\n", "flags"),
    "enc.yaml": (ENCRYPTION, "config-file"),
    "policy.conf": (POLICY, "config-file"),
    "map.yaml": (CONFIG_MAP + textwrap.indent(POLICY, "    "), "config-file"),
    "secret.yaml": (f"apiVersion: v1\nkind: Secret\ndata:\n  enc.yaml: {encoded(ENCRYPTION)}\n", "config-file"),
    "flags-map.yaml": (f"kind: ConfigMap\napiVersion: v1\ndata:\n  args: |\n{textwrap.indent(FLAGS, '    ')}", "argv"),
    "document-map.yaml": (
        f"kind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n{textwrap.indent(DOCUMENT, '    ')}",
        "document",
    ),
}
OTHERS = {
    "TUTORIAL": f"# A tutorial: kube-apiserver\n\nWrite this file:\n```\n{DOCUMENT}```\n",
    "README.md": f"# kube-apiserver\n\n```\n{FLAGS}```\n",
    "values.yaml": "image: {repository: kube-apiserver}\nreplicaCount: 1\netcd: {enabled: true}\n"
    "metrics: {enabled: true}\n",
    "talconfig.yaml": "clusterName: a\ntalosVersion: v1.9.0\nkubernetesVersion: v1.32.0\nnodes: []\n"
    "controlPlane: {patches: ['cluster: {apiServer: {}}']}  # kube-apiserver\n",
    "cluster.yml": "nodes: []\nservices: {kube-api: {}}\n"
    "authentication: {strategy: x509}\nauthorization: {mode: rbac}\n"
    "# kube-apiserver\n",
    "kubeadm.yaml": "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration  # kube-apiserver\n",
    "etcd.yaml": POD.replace("kube-apiserver", "etcd"),
    "kubeconfig": "apiVersion: v1\nkind: Config\nclusters: []  # kube-apiserver\n",
    "template.yaml": POD.replace("http://127.0.0.1:2379", "{{ .Values.etcd }}").replace(
        "    - --e", "    {{- if }}\n    - --e"
    ),
    "map.yml": "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n",
    "binary.yaml": "kube-apiserver --etcd-servers=a\0b",
    ".hidden.yaml": DOCUMENT,
    ".git/a.yaml": DOCUMENT,
    "node_modules/a.yaml": DOCUMENT,
}


def make(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def found(ran: Ran, folder: Path) -> dict[str, str]:
    return {str(Path(file["path"]).relative_to(folder)): file["as"] for file in json.loads(ran.out)["files"]}


def test_every_kind_of_input_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, {name: text for name, (text, _) in FILES.items()})
    make(tmp_path, OTHERS)
    ran = kasc(capsys, "check", "--output", "json", tmp_path)
    assert found(ran, tmp_path) == {name: kind for name, (_, kind) in FILES.items()}
    said = kasc(capsys, "check", "-v", tmp_path).err
    skipped = dict(line.removeprefix(f"skipped {tmp_path}/").split(": ", 1) for line in said.splitlines())
    assert set(skipped) == {name.partition("/")[0] if "/" in name else name for name in OTHERS}
    assert "talhelper" in skipped["talconfig.yaml"]
    assert "RKE" in skipped["cluster.yml"]
    assert "Helm" in skipped["values.yaml"]
    assert "template" in skipped["template.yaml"]
    assert kasc(capsys, "check", tmp_path).err == ""


def test_files_of_distributions_are_found_with_their_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(
        tmp_path,
        {
            "k3s/config.yaml": "kube-apiserver-arg: [v=2]\n",
            "k3s/config.yaml.d/10-a.yaml": "kube-apiserver-arg+: [v=3]\n",
            "kube-apiserver.service": "[Service]\nExecStart=/usr/bin/kube-apiserver --v=2\n",
            "kube-apiserver.service.d/a.conf": "[Service]\nEnvironment=A=kube-apiserver\n",
            "kubelet.service": "[Unit]\nAfter=kube-apiserver.service\n[Service]\nExecStart=/usr/bin/kubelet --v=2\n",
            "alone.service.d/a.conf": "[Service]\nExecStart=/usr/bin/kube-apiserver --v=2\n",
            "worker.yaml": "version: v1alpha1\nmachine: {type: worker}\ncluster: {apiServer: {}}\n",
            "talos.yaml": "version: v1alpha1\nmachine: {type: controlplane}\ncluster: {apiServer: {}}\n",
        },
    )
    ran = kasc(capsys, "check", "--output", "json", tmp_path)
    assert found(ran, tmp_path) == {
        "alone.service.d/a.conf": "systemd",
        "k3s/config.yaml": "k3s",
        "kube-apiserver.service": "systemd",
        "talos.yaml": "talos",
    }
    said = kasc(capsys, "check", "-v", tmp_path).err
    assert "k3s/config.yaml.d/10-a.yaml: it is read with the input next to its directory" in said
    assert "worker.yaml: it configures a node without kube-apiserver" in said


def test_findings_point_into_the_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, {"map.yaml": CONFIG_MAP + textwrap.indent(POLICY, "    ")})
    for words in ((tmp_path,), ("--as", "config-file", tmp_path / "map.yaml")):
        ran = kasc(capsys, "check", "--output", "json", *words)
        (file,) = json.loads(ran.out)["files"]
        (error,) = [each for each in file["diagnostics"] if each["severity"] == "error"]
        assert (error["file"], error["line"], error["column"], error["endColumn"]) == (
            str(tmp_path / "map.yaml"), 10, 14, 21,
        )  # fmt: skip
        assert error["path"] == "data[policy.yaml].rules[0].level"
    assert "level: Metdata\n" in kasc(capsys, "check", tmp_path).out


def test_fixes_are_made_in_the_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, {"map.yaml": CONFIG_MAP + textwrap.indent(POLICY, "    ")})
    assert kasc(capsys, "check", "--fix", tmp_path).code == 0
    fixed = (tmp_path / "map.yaml").read_text()
    assert fixed == CONFIG_MAP + textwrap.indent(POLICY.replace("Metdata", "Metadata"), "    ")


@pytest.mark.parametrize("field", ["data", "stringData"])
@pytest.mark.parametrize("form", ["text", "json", "junit", "github", "sarif"])
def test_nothing_of_a_secret_is_shown(
    form: str, field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = encoded(ENCRYPTION) if field == "data" else json.dumps(ENCRYPTION)
    make(tmp_path, {"secret.yaml": f"apiVersion: v1\nkind: Secret\n{field}:\n  enc.yaml: {value}\n"})
    for more in ((), ("--diff",), ("--fix",)):
        ran = kasc(capsys, "check", "--output", form, *more, tmp_path)
        assert ran.code == 1
        assert "KASC-ENC-0" in ran.out + ran.err
        assert "CANARY" not in ran.out + ran.err
        assert value[:20] not in ran.out + ran.err


def test_two_files_declare_the_same_static_pod(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("kube-apiserver.yaml", "kube-apiserver.yaml.bak", "other/kube-apiserver.yaml", ".kube-apiserver.yaml.swp")
    make(tmp_path, dict.fromkeys(names, POD))
    make(tmp_path, {"named.yaml": POD.replace("{name: kube-apiserver,", "{name: another,")})
    ran = kasc(capsys, "check", "--output", "json", tmp_path)
    warned = {
        Path(file["path"]).name: each["message"]
        for file in json.loads(ran.out)["files"]
        for each in file["diagnostics"]
        if each["code"] == "KASC-INPUT-021"
    }
    assert list(warned) == ["kube-apiserver.yaml.bak"]
    assert "kube-apiserver.yaml in the same directory" in warned["kube-apiserver.yaml.bak"]
    assert "kube-system/kube-apiserver" in warned["kube-apiserver.yaml.bak"]
    assert "KASC-INPUT-021" in kasc(capsys, "check", *(tmp_path / name for name in names[:2])).out
    assert "KASC-INPUT-021" in kasc(capsys, "check", "--fix", tmp_path).out


def test_links_are_followed_inside_the_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, {"outside.yaml": DOCUMENT, "in/a.yaml": DOCUMENT, "in/deep/b.yaml": DOCUMENT})
    (tmp_path / "in/out.yaml").symlink_to("../outside.yaml")
    (tmp_path / "in/c.yaml").symlink_to("a.yaml")
    (tmp_path / "in/circle").symlink_to(".")
    (tmp_path / "in/device.yaml").symlink_to("/dev/zero")
    ran = kasc(capsys, "check", "--output", "json", "-v", tmp_path / "in")
    assert list(found(ran, tmp_path / "in")) == ["a.yaml", "c.yaml", "deep/b.yaml"]
    for name in ("out.yaml", "circle", "device.yaml"):
        assert f"skipped {tmp_path}/in/{name}: " in ran.err


def test_what_a_document_names_is_checked_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, {"enc.yaml": ENCRYPTION})
    assert list(found(kasc(capsys, "check", "--output", "json", tmp_path), tmp_path)) == ["enc.yaml"]
    make(tmp_path, {"a.yaml": f"{DOCUMENT}auditing: {{auditPolicyFile: {{source: enc.yaml}}}}\n"})
    assert list(found(kasc(capsys, "check", "--output", "json", tmp_path), tmp_path)) == ["a.yaml"]


def test_compile_takes_documents_and_pods_from_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, {"in/enc.yaml": ENCRYPTION, "in/a.flags": FLAGS, "in/a.yaml": DOCUMENT})
    ran = kasc(capsys, "compile", tmp_path / "in", "-o", tmp_path / "out", "--check", "-v")
    assert ran.code == 3
    assert f"skipped {tmp_path}/in/enc.yaml: " in ran.err
    assert "a.flags" in ran.err


def test_a_manifest_carries_a_bounded_number_of_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = "".join(f"  a{number}: 'kube-apiserver --v=1'\n" for number in range(101))
    make(tmp_path, {"map.yaml": f"apiVersion: v1\nkind: ConfigMap\ndata:\n{values}"})
    ran = kasc(capsys, "check", tmp_path / "map.yaml")
    assert ran.code == 2
    assert "KASC-DOC-002" in ran.out
    assert "more than 100 files" in ran.out


def test_flags_of_kasc_in_a_manifest_are_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = textwrap.indent(f"{FLAGS}--cert-dir='a\n", "    ")
    make(tmp_path, {"map.yaml": f"kind: ConfigMap\ndata:\n  kube-apiserver.flags: |\n{flags}"})
    ran = kasc(capsys, "check", "--output", "json", tmp_path)
    assert found(ran, tmp_path) == {"map.yaml": "argv"}
    assert ran.code == 0
