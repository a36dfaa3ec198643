"""Where inputs take flags: wrappers of Pods, distributions with nothing of the user, TOML; and why not elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.changes.editing.edit import FlagEdit
from compiler.review.examine import Settings
from tests.changes.editing import change, edited, flags_of

IMAGE = "registry.k8s.io/kube-apiserver:v1.36.1"
CONTAINER = f"{{name: a, image: '{IMAGE}', args: [kube-apiserver, --etcd-servers=https://1, --v=2]}}"
NODES = "nodes:\n- {role: control-plane, image: 'kindest/node:v1.36.1'}\n"
KIND = f"kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n{NODES}"
PATCH = """\
kubeadmConfigPatches:
- |
  kind: ClusterConfiguration
  apiServer:
    extraArgs:
    - name: event-ttl
      value: 2h
"""
V1BETA3 = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.32.0\napiServer: {}\n"
WRAPPERS = {
    "Deployment": "spec: {template: {spec: {containers: [%s]}}}",
    "ReplicationController": "spec: {template: {spec: {containers: [%s]}}}",
    "CronJob": "spec: {jobTemplate: {spec: {template: {spec: {containers: [%s]}}}}}",
    "PodTemplate": "template: {spec: {containers: [%s]}}",
}


@pytest.mark.parametrize("kind", WRAPPERS)
def test_wrappers_of_pods(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"kind: {kind}\nmetadata: {{name: a}}\n{WRAPPERS[kind] % CONTAINER}\n")
    (file,) = edited(str(path), change("v remove"), change("event-ttl set 2h"), change(" set-version 1.37")).files
    assert file.after == path.read_text().replace("--v=2", "--event-ttl=2h").replace("v1.36.1", "v1.37.0")


@pytest.mark.parametrize(
    ("read_as", "before", "after"),
    [
        ("k3s", "# ours\n", "# ours\nkube-apiserver-arg:\n- event-ttl=2h\n"),
        ("rke2", "", "kube-apiserver-arg:\n- event-ttl=2h\n"),
        ("k3s", "kube-apiserver-arg: v=2 # one\n", "kube-apiserver-arg: # one\n- v=2\n- event-ttl=2h\n"),
        (
            "kubeadm",
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.0\n",
            "apiServer:\n  extraArgs:\n  - name: event-ttl\n    value: 2h\n",
        ),
        (
            "kubeadm",
            V1BETA3,
            "apiServer:\n  extraArgs:\n    event-ttl: 2h\n",
        ),
        ("kubeadm", KIND, PATCH),
        (
            "talos",
            "machine: {type: controlplane}\ncluster: {}\n",
            "cluster:\n  apiServer:\n    extraArgs:\n      event-ttl: 2h\n",
        ),
        (
            "talos",
            "apiVersion: v1alpha1\nkind: KubeAPIServerConfig\nimage: registry.k8s.io/kube-apiserver:v1.36.0\n",
            "extraArgs:\n  event-ttl: 2h\n",
        ),
        ("systemd", "[Service]\nExecStart=/bin/kube-apiserver\n", "ExecStart=/bin/kube-apiserver --event-ttl=2h\n"),
        ("flags", "--etcd-servers=https://1 \\\n  --v=2\n", "  --v=2 \\\n  --event-ttl=2h\n"),
    ],
)
def test_a_flag_is_added_to_an_input_that_has_none(tmp_path: Path, read_as: str, before: str, after: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(before)
    settings = Settings(read_as=read_as)
    (file,) = edited(str(path), FlagEdit("event-ttl", "set", "2h"), settings=settings).files
    assert file.after.endswith(after)
    assert flags_of(str(path), {str(path): file.after}, settings)["event-ttl"] == ("2h",)


def test_toml() -> None:
    path = Path("samples/apiserver.toml")
    text = path.read_text()
    lines = ("audit-log-maxage set 7", "enable-admission-plugins set-item A", "bind-address set 10.0.0.1", "v set 4")
    (file,) = edited(str(path), *map(change, lines), change("authorization-mode remove-item Node")).files
    assert (
        file.after
        == text.replace(
            'auditLogPath = "/var/log/kubernetes/audit.log"\n',
            'auditLogPath = "/var/log/kubernetes/audit.log"\nauditLogMaxage = 7\n',
        )
        .replace('["NodeRestriction"]', '["NodeRestriction", "A"]')
        .replace('["Node", "RBAC"]', '["RBAC"]')
        .replace('apiserver.key"\n\n[auditing]', 'apiserver.key"\nbindAddress = "10.0.0.1"\n\n[auditing]')
        + "\n[logs]\nv = 4\n"
    )
    (removed,) = edited(str(path), change("etcd-servers remove"), change("authorization-mode remove")).files
    assert "etcdServers " not in removed.after
    assert "[authorization]" not in removed.after
    assert removed.after.count("#") == text.count("#")


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        ("k3s/config.yaml", "profiling remove", 'k3s sets --profiling to "false" if the file does not set it'),
        ("k3s/config.yaml", "authorization-config remove", "the edit would change --authorization-mode as well"),
        ("gardener.yaml", "audit-log-maxage set 7", "Gardener offers no way to set --audit-log-maxage"),
        ("kops.yaml", "authorization-mode set Webhook", "kasc found no edit that changes only --authorization-mode"),
    ],
)
def test_reasons(path: str, line: str, reason: str) -> None:
    result = edited(f"samples/dialects/{path}", change(line))
    assert [each.reason for each in result.refused] == [reason]
    assert not result.files


def test_an_image_with_a_digest_is_not_edited(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    pod = CONTAINER.replace("v1.36.1", f"v1.36.1@sha256:{'0' * 64}")
    path.write_text(f"kind: Pod\napiVersion: v1\nmetadata: {{name: a}}\nspec: {{containers: [{pod}]}}\n")
    (refused,) = edited(str(path), change(" set-version 1.37")).refused
    assert refused.reason == "the image has a digest, which decides the version: write the image of the new version"


def test_an_input_of_an_uncertain_kind_is_not_edited(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("etcd:\n  etcdServers: [https://1]\nfeatures: {profiling: false}\n")
    (refused,) = edited(str(path), change("profiling remove")).refused
    assert refused.hint == "set its kind with --as"


def test_the_content_of_a_structured_file_stays() -> None:
    path = "samples/apiserver.yaml"
    (file,) = edited(path, change("audit-policy-file set /etc/other.yaml")).files
    assert "    path: /etc/other.yaml\n" in file.after
    assert "kind: Policy" in file.after


def test_a_hostile_input_takes_bounded_time(tmp_path: Path) -> None:
    path = tmp_path / "a.sh"
    path.write_text("kube-apiserver --etcd-servers=https://1 " + " ".join(f"--v={number}" for number in range(3000)))
    result = edited(str(path), change("v remove"), change("event-ttl set 2h"))
    assert [each.wanted.flag for each in result.refused] == ["v"]
    plugins = "enable-admission-plugins"
    path.write_text("kube-apiserver --etcd-servers=https://1" + f" --{plugins}=A" * 3000)
    result = edited(str(path), change(f"{plugins} remove-item A"), change(f"{plugins} set B"))
    assert [each.wanted.flag for each in result.refused] == [plugins, plugins]


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("remove-item A0", [*range(1, 3000)]),
        ("remove-item A2999", [*range(2999)]),
        ("set-item A3000", [*range(3001)]),
        ("set A1,A2", [1, 2]),
    ],
)
def test_a_long_array_in_toml(line: str, items: list[int], tmp_path: Path) -> None:
    array = ", ".join(f'"A{number}"' for number in range(3000))
    path = tmp_path / "a.toml"
    path.write_text(
        'apiVersion = "kasc/v1"\nkind = "APIServer"\nkubernetesVersion = "1.36"\n'
        f"[admission]\nenableAdmissionPlugins = [{array}]\n"
    )
    (file,) = edited(str(path), change(f"enable-admission-plugins {line}")).files
    assert file.after == path.read_text().replace(array, ", ".join(f'"A{number}"' for number in items))


ISSUERS = "https://new\nhttps://kubernetes.default.svc.cluster.local"


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("apiserver.yaml", "[https://new, https://kubernetes.default.svc.cluster.local]\n"),
        ("apiserver.toml", '["https://new", "https://kubernetes.default.svc.cluster.local"]\n'),
        ("dialects/kubeadm.yaml", "    value: https://new\n  - name: service-account-issuer\n"),
        ("dialects/openshift.yaml", "[https://new, https://kubernetes.default.svc.cluster.local]\n"),
        (
            "dialects/kube-apiserver.service",
            "--service-account-issuer=https://new \\\n  --service-account-issuer=https://k",
        ),
        ("dialects/microk8s.args", "--service-account-issuer='https://new'\n--service-account-issuer=https://k"),
        (
            "dialects/kamaji.yaml",
            "- --service-account-issuer=https://new\n          - --service-account-issuer=https://k",
        ),
    ],
)
def test_a_flag_that_is_repeated_has_its_uses_in_order(path: str, lines: str) -> None:
    sample = f"samples/{path}"
    result = edited(sample, FlagEdit("service-account-issuer", "set", ISSUERS))
    assert not result.refused
    (file,) = result.files
    assert lines in file.after
    assert flags_of(sample, result.texts)["service-account-issuer"] == tuple(ISSUERS.split("\n"))
    first = FlagEdit("service-account-issuer", "set", "https://one")
    again = edited(sample, first, texts=result.texts)
    assert flags_of(sample, result.texts | again.texts)["service-account-issuer"] == ("https://one",)
