"""Which kind of input a file is, and what is said of those that are none."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.importers import read_input
from compiler.inputs.importers.search import _plainly_extended
from compiler.inputs.source import parse_document
from compiler.inputs.source.node import Source
from tests.inputs.importers.reading import read
from tests.shared import shared

DOCUMENT = "apiVersion: kasc/v1\nkind: APIServer\netcd: {etcdServers: [http://a]}\n"
TOML = 'apiVersion = "kasc/v1"\nkind = "APIServer"\n[etcd]\netcdServers = ["http://a"]\n'
POD = "kind: Pod\nspec: {containers: [{command: [kube-apiserver, --etcd-servers=http://a]}]}\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (DOCUMENT, "document"),
        (f"# a comment\n---\n{DOCUMENT}", "document"),
        ('kubernetesVersion: "1.36"\netcd: {etcdServers: [http://a]}', "document"),
        ("etcd: {etcdServers: [http://a]}\nauthentication: {clientCAFil: /a}", "document"),
        ("kubernetesVersion: v1.35\nmetadata: {name: a}\netcd: {etcdServers: [http://a]}\ndeploymnt: {}", "document"),
        ('{"kind": "APIServer", "etcd": {"etcdServers": ["http://a"]}}', "document"),
        (TOML, "document"),
        (f"# a comment\n\n{TOML}", "document"),
        (POD, "pod"),
        (f"---\nkind: Service\n---\n{POD}", "pod"),
        ("--etcd-servers=http://a\n", "argv"),
        ("# a comment\n--etcd-servers=http://a\n-v=2\n", "argv"),
        ("kube-apiserver\n--etcd-servers\nhttp://a\n", "argv"),
        ("/usr/bin/kube-apiserver\n--etcd-servers=http://a\n", "argv"),
        ("--etcd-servers=http://a\n--cors-allowed-origins=//a\\.b(:|$)\n", "argv"),
        ("--etcd-servers=http://a\n--etcd-prefix=/a b\n", "argv"),
        ("--etcd-servers=http://a --v=2\n", "flags"),
        ("--etcd-servers http://a\n", "flags"),
        ("--etcd-servers='http://a'\n", "flags"),
        ("--etcd-servers=http://a # here\n", "flags"),
        ("--etcd-servers=http://a\n--cert-dir=$HOME\n", "flags"),
        ("  --etcd-servers=http://a\n", "flags"),
        ("kube-apiserver --etcd-servers=http://a", "flags"),
        ("exec kube-apiserver \\\n--etcd-servers=http://a", "flags"),
        ('KUBE_APISERVER_ARGS="--etcd-servers=http://a"', "flags"),
    ],
)
def test_the_content_tells(text: str, kind: str) -> None:
    got = read(text)
    assert got.server.read_as == kind
    assert dict(got.flags)["etcd-servers"] == "http://a"


def test_what_is_asked_for_wins() -> None:
    assert read("--etcd-servers='http://a'", "argv").flags == [("etcd-servers", "'http://a'")]
    assert read("--etcd-servers=http://a", "flags").server.read_as == "flags"
    assert read("spec: {containers: [{command: [kube-apiserver, --v=2]}]}", "pod").flags == [("v", "2")]
    assert read(POD, "document").server.read_as == "document"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, kind in ((DOCUMENT, "document"), (TOML, "document"), (POD, "pod"), ("--v=2", "argv"), ("--v 2", "flags")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        problems: list[Diagnostic] = []
        server = read_input("-", None, None, problems)
        assert (server.read_as, server.name) == (kind, "kube-apiserver")
        assert server.arguments[0].location is not None
        assert server.arguments[0].location.file == "<stdin>"


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("", "empty", "kasc/v1"),
        ("# nothing\n", "empty", "kasc/v1"),
        ("some words", "unrecognized input", "kasc/v1"),
        ("- a\n- b\n", "unrecognized input", "kasc/v1"),
        ("a: 1\n", "unrecognized input", "kasc/v1"),
        ("kind: Service\n", '"Service"', "kasc/v1"),
        ("kind: [Pod]\n", "unrecognized input", "kasc/v1"),
        ("[Unit]\nA=b\n[Service]\nExecStart=/usr/bin/kube-apiserver --v=2\n", "a systemd unit", "--as flags"),
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n", "a kubeadm configuration", "kubectl"),
        ("kind: ClusterConfiguration\n", "a kubeadm configuration", "kubectl"),
        ("apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlane\n", "Cluster API", "kubectl"),
        ("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n", "a kind cluster", "kubectl"),
        ("apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\n", "a kOps cluster", "kubectl"),
        ("kube-apiserver-arg: [v=2]\n", "k3s or RKE2", "/proc/PID/cmdline"),
        ("apiVersion: kasc/v1\nkind: StorageFactoryManifest\nresources: []\n", "made of a document", "that document"),
        ("version: v1alpha1\ncluster:\n  apiServer: {}\n", "a Talos machine configuration", "kubectl"),
        ("machine: {type: controlplane}\n", "a Talos machine configuration", "kubectl"),
        ("kube_apiserver_request_timeout: 2m\n", "Kubespray", "kubectl"),
        (
            "kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n---\n"
            "kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta4\n",
            "a kubeadm configuration",
            "kubectl",
        ),
        ("kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n", "kubelet", "kube-apiserver"),
        (
            "clusterName: a\ntalosVersion: v1.10.0\nkubernetesVersion: v1.33.0\nendpoint: https://a:6443\nnodes: []\n",
            "talhelper",
            "kubectl",
        ),
        (
            "clusterName: a\nkubernetesVersion: v1.33.0\nnodes: []\ncontrolPlane: {patches: []}\n",
            "talhelper",
            "kubectl",
        ),
        (
            "nodes: []\nservices: {kube-api: {service_cluster_ip_range: 10.43.0.0/16}}\n"
            "authentication: {strategy: x509}\nauthorization: {mode: rbac}\n",
            "an RKE cluster",
            "/proc/PID/cmdline",
        ),
        (
            "replicaCount: 1\nimage: {tag: a}\netcd: {enabled: true}\nmetrics: {enabled: true}\nglobal: {}\n",
            "Helm",
            "helm template",
        ),
        ("services:\n  api: {image: kube-apiserver}\n", "Compose", "kube-apiserver"),
        ("resources: [a.yaml]\nmetadata: {name: a}\n", "kustomization", "kustomize build"),
        # Groups of kasc's names with nothing of kasc in them
        ("logs: {enabled: true}\nmetrics: {enabled: true}\ntraces: {enabled: true}\n", "unrecognized", "kasc/v1"),
        ("global: {imageRegistry: a}\netcd: {enabled: true}\n", "unrecognized", "kasc/v1"),
        ("authentication: {strategy: x509}\nauthorization: {mode: rbac}\n", "unrecognized", "kasc/v1"),
        ("kubernetesVersion: v1.33.0\netcd: {etcdServers: [http://a]}\nregion: a\n", "unrecognized", "kasc/v1"),
        ("etcd: {etcdServers: [http://a]}\n", "unrecognized", "kasc/v1"),
        ('kubernetesVersion: "1.33"\n', "unrecognized", "kasc/v1"),
        ("kind: APIServer\napiVersion: config.openshift.io/v1\nspec: {}\n", "OpenShift", "/proc/PID/cmdline"),
        ('KUBELET_ARGS="--node-ip=a --container-runtime-endpoint=b"\n', "unrecognized", "kasc/v1"),
    ],
)
def test_what_is_no_input(text: str, says: str, hint: str) -> None:
    got = read(text)
    assert got.given is None
    assert got.rules == ["KASC-INPUT-001"]
    assert says in got.problems[0].message
    assert hint in got.problems[0].hint


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("flags/kthw-kube-apiserver.service", "a systemd unit"),
        ("flags/kubeasz-kube-apiserver.service", "a systemd unit"),
        ("flags/hard-way-systemd-backslashes.service", "a systemd unit"),
        ("kubeadm/kind-cedar-authz.yaml", "a kind cluster"),
        ("kubeadm/kind-named-json-but-yaml.json", "a kind cluster"),
        ("kubeadm/minikube-1.30-v1beta3-options.yaml", "a kubeadm configuration"),
        ("kubeadm/minikube-1.36-v1beta4-crio-options-gates.yaml", "a kubeadm configuration"),
        ("kubeadm/skuba-init-1.15-v1beta1.conf", "a kubeadm configuration"),
        ("distros/k3s-config.yaml", "k3s or RKE2"),
        ("distros/k8s-snap-disa-stig.yaml", "Canonical Kubernetes"),
        ("distros/kops-completed-spec-1.32.yaml", "a kOps cluster"),
        ("distros/kubespray-hardening.yaml", "Kubespray"),
        ("distros/openshift-config-overrides.yaml", "OpenShift"),
        ("distros/talos-patch-oidc.yaml", "a Talos machine configuration"),
    ],
)
def test_real_files_that_are_no_input(file: str, says: str) -> None:
    path = shared("corpus", file)
    got = read(path.read_text(), name=path.name)
    assert got.rules == ["KASC-INPUT-001"]
    assert says in got.problems[0].message


@pytest.mark.parametrize(
    ("file", "version", "others"),
    [
        ("kind-hardened-mistakes-1.19.yaml", "1.19.1", 0),
        ("kops-golden-minimal-1.33.yaml", "1.33.0", 2),
        ("kops-golden-oidc-1.35.yaml", "1.35.0", 2),
        ("kubeadm-1.32.yaml", "1.32.0", 0),
        ("kubeadm-encryption-1.26.yaml", "1.26.3", 0),
        ("kubeadm-oidc-1.19.yaml", "1.19.1", 0),
        ("kubeadm-tracing-1.25.yaml", "1.25.3", 0),
        ("talos-minimal-1.36.yaml", "1.36.0", 0),
    ],
)
def test_real_pods(file: str, version: str | None, others: int) -> None:
    """All lines of the command and args that begin with dashes are flags of the server, but for `others`."""
    path = shared("corpus/static-pods", file)
    got = read(path.read_text(), name=path.name)
    assert got.server.read_as == "pod"
    assert got.server.version == version
    assert got.problems == []
    given = [line for line in got.text.split("\n") if line.strip().replace("'", "").startswith("- --")]
    assert len(got.flags) == len(given) - others
    for (flag, text), (name, value) in zip(got.flags, got.written, strict=True):
        assert name == f"--{flag}"
        assert value in (text, f"--{flag}")


NAMES = st.lists(
    st.sampled_from(
        ["../base.yaml", "a.yaml", "./b", "1.yaml", "0x1", "null", "~", "1e5", "a b", "-", "--", ".", "yes", "a.1"]
    ),
    max_size=3,
)


@given(
    NAMES.map(lambda names: f"extends: [{', '.join(names)}]"),
    st.sampled_from(
        ["", " ", " # why", "\n# extends", "\n  a: b", "\nextends: [c.yaml]", "\nx: |\n  extends: [z.yaml]"]
    ),
    st.sampled_from(["", "a: b\n", "x: |\n  ", "x: [\n", "- ", "'", "x: 'y\n"]),
)
@example("extends: [null]", "", "")
@example("extends: [../base.yaml, .inf]", "", "")
def test_parents_are_those_of_the_parsed_document(line: str, after: str, before: str) -> None:
    """Whichever way they are found: the plain way may only give up."""
    text = f"{before}{line}{after}\n"
    plain = _plainly_extended(text)
    try:
        root = parse_document(Source("a.yaml", text), [])
    except KascError:
        return
    extends = root.get("extends")
    listed = (extends.value if isinstance(extends.value, list) else [extends]) if extends is not None else []
    assert plain is None or plain == [item.value for item in listed]
