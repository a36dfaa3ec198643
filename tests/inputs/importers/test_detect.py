"""Which kind of input a file is, and what is said of those that are none."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.dialects.detection import _GROUPS
from compiler.inputs.importers.detect import _DISTRIBUTION_GROUPS, detect
from compiler.inputs.importers.search import _plain_extends
from compiler.inputs.source import Files, parse_document
from compiler.inputs.source.node import Source
from tests.inputs.importers.reading import input_of, read

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
        server = input_of(Files().read("-"), "-", None, None, problems)
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
        ("[Unit]\nA=b\n[Service]\nExecStart=/usr/bin/kubelet --v=2\n", "a systemd unit", "--as flags"),
        ("kind: ClusterConfiguration\n", "a kubeadm configuration", "kubectl"),
        ("apiVersion: kasc/v1\nkind: StorageFactoryManifest\nresources: []\n", "artifact of kasc", "compiled from"),
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


UNIT = """[Unit]
Description=API server

[Service]
ExecStart=/usr/local/bin/kube-apiserver \\
  --advertise-address=${INTERNAL_IP} \\
  --etcd-servers=https://192.0.2.1:2379
Restart=on-failure
"""
KIND = """kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
  kubeadmConfigPatches:
  - |
    kind: ClusterConfiguration
    apiServer:
      extraArgs:
        audit-log-path: /var/log/kubernetes/audit.log
"""
KUBEADM = """apiVersion: kubeadm.k8s.io/%s
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 192.0.2.1}
---
apiVersion: kubeadm.k8s.io/%s
kind: ClusterConfiguration
apiServer:
  extraArgs: %s
"""
K3S = """write-kubeconfig-mode: 640
tls-san: [api.example.test]
kube-apiserver-arg:
- 'audit-log-maxage=30'
kubelet-arg:
- 'streaming-connection-idle-timeout=5m'
"""
SNAP = """cluster-config:
  network: {enabled: true}
extra-node-kube-apiserver-args:
  --audit-log-path: /var/log/kubernetes/audit.log
extra-node-kubelet-args:
  --protect-kernel-defaults: true
"""
KOPS = """apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata: {name: small.example.test}
spec:
  kubeAPIServer: {auditLogMaxAge: 30}
"""
KUBESPRAY = """---
kube_proxy_mode: iptables
authorization_modes: ["Node", "RBAC"]
kube_apiserver_enable_admission_plugins: [EventRateLimit, NodeRestriction]
"""
OPENSHIFT = """apiVersion: kubecontrolplane.config.openshift.io/v1
kind: KubeAPIServerConfig
apiServerArguments:
  api-audiences: ["https://kubernetes.default.svc"]
"""
TALOS = """machine:
  type: controlplane
  kubelet:
    extraArgs: {feature-gates: GracefulNodeShutdown=true}
cluster:
  apiServer:
    extraArgs: {oidc-issuer-url: "https://issuer.example.test"}
"""


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        (
            "two.yaml",
            f"kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n---\n{KIND}",
            "kubeadm",
        ),
        ("kcp.yaml", "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlane\n", "kubeadm"),
        ("whole.yaml", "version: v1alpha1\ncluster:\n  apiServer: {}\n", "talos"),
        ("machine.yaml", "machine: {type: controlplane}\n", "talos"),
        ("vars.yml", "kube_apiserver_request_timeout: 2m\n", "kubespray"),
        ("shoot.yaml", "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\n", "gardener"),
        ("tcp.yaml", "apiVersion: kamaji.clastix.io/v1alpha1\nkind: TenantControlPlane\n", "kamaji"),
        ("k0s.yaml", "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\n", "k0s"),
        ("etc/rancher/rke2/config.yaml", "write-kubeconfig-mode: 640\n", "rke2"),
        ("rke2.yaml", "kube-apiserver-arg: [v=2]\nprofile: cis\n", "rke2"),
        ("flagz", "\nkube-apiserver flagz\nWarning: a\n\nv=2\n", "flagz"),
        ("args", '--etcd-servers="unix://${SNAP_DATA}/a"\n', "microk8s"),
        ("kube-apiserver.service", UNIT, "systemd"),
        ("quoted.service", UNIT.replace("\\\\", "\\"), "systemd"),
        ("kind.yaml", KIND, "kubeadm"),
        ("kind-that-is-yaml.json", KIND, "kubeadm"),
        ("init.conf", KUBEADM % ("v1beta1", "v1beta1", "{oidc-client-id: oidc}"), "kubeadm"),
        ("init.yaml", KUBEADM % ("v1beta3", "v1beta3", "{oidc-client-id: oidc}"), "kubeadm"),
        ("new.yaml", KUBEADM % ("v1beta4", "v1beta4", "[{name: v, value: '4'}]"), "kubeadm"),
        ("config.yaml", K3S, "k3s"),
        ("bootstrap.yaml", SNAP, "k8s-snap"),
        ("cluster.yaml", KOPS, "kops"),
        ("hardening.yaml", KUBESPRAY, "kubespray"),
        ("overrides.yaml", OPENSHIFT, "openshift"),
        ("patch.yaml", TALOS, "talos"),
    ],
)
def test_files_of_distributions(name: str, text: str, kind: str) -> None:
    assert detect(Source(name, text), None, None, [])[::2] == (kind, True)


STATIC_POD = """apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - command:
%s
    image: %s
    livenessProbe:
      httpGet: {host: 192.0.2.1, path: /livez, port: 6443, scheme: HTTPS}
    name: kube-apiserver
  hostNetwork: true
"""
KUBEADM_COMMAND = """    - kube-apiserver
    - --advertise-address=192.0.2.1
    - --authorization-mode=Node,RBAC #####
    - --anonymous-auth=false
    - --etcd-servers=https://127.0.0.1:2379
    - '--requestheader-extra-headers-prefix=X-Remote-Extra-'
    - --requestheader-allowed-names=
    - --profiling"""
TALOS_COMMAND = """    - /usr/local/bin/kube-apiserver
    - --etcd-servers=https://127.0.0.1:2379
    - --secure-port=6443
    env:
    - name: POD_IP
      valueFrom: {fieldRef: {fieldPath: status.podIP}}"""
KOPS_COMMAND = """    - /go-runner
    args:
    - --log-file=/var/log/kube-apiserver.log
    - --also-stdout
    - /usr/local/bin/kube-apiserver
    - --allow-privileged=true
    - --anonymous-auth=false
    - --etcd-servers=https://127.0.0.1:4001
    - --v=2"""


@pytest.mark.parametrize(
    ("command", "image", "version", "others"),
    [
        (KUBEADM_COMMAND, "k8s.gcr.io/kube-apiserver:v1.19.1", "1.19.1", 0),
        (KUBEADM_COMMAND, "registry.k8s.io/kube-apiserver:v1.32.0", "1.32.0", 0),
        (TALOS_COMMAND, "registry.k8s.io/kube-apiserver:v1.36.0", "1.36.0", 0),
        (KOPS_COMMAND, "registry.k8s.io/kube-apiserver:v1.33.0@sha256:" + "0" * 64, "1.33.0", 2),
    ],
    ids=["old kubeadm", "kubeadm", "Talos", "kOps"],
)
def test_pods_as_distributions_write_them(command: str, image: str, version: str, others: int) -> None:
    """All lines of the command and args that begin with dashes are flags of the server, but for `others`."""
    got = read(STATIC_POD % (command, image), name="kube-apiserver.yaml")
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
    plain = _plain_extends(text)
    try:
        root = parse_document(Source("a.yaml", text), [])
    except KascError:
        return
    extends = root.get("extends")
    listed = (extends.value if isinstance(extends.value, list) else [extends]) if extends is not None else []
    assert plain is None or plain == [item.value for item in listed]


def test_every_group_of_a_distribution_is_noticed() -> None:
    """Without one of the words, the detection of dialects is not asked."""
    for group in _GROUPS:
        assert any(word in group for word in _DISTRIBUTION_GROUPS), group
