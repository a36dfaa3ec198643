"""Where a flag of a distribution's file comes from: in explain, resolved.yaml, the report and imported documents."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from compiler.artifacts.report import render
from compiler.artifacts.resolved import resolved_config
from compiler.inputs import Host
from compiler.review.examine import Settings, examine
from tests.cli.running import kasc

K3S = """\
service-cidr: 10.100.0.0/16
kube-apiserver-arg:
- profiling=true
- feature-gates=AllBeta=false
"""
OPTIONS = ("--as", "k3s@1.34.1", "--host-address", "192.0.2.1")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(K3S)
    return tmp_path / "config.yaml"


def test_explain_a_flag_of_the_distribution(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = kasc(capsys, "explain", config, "service-cluster-ip-range", *OPTIONS).out
    assert f"\n  set: 10.100.0.0/16 by k3s (service-cidr, {config}:1:15)\n" in out
    assert "\n  in k3s, service-cidr decides --service-cluster-ip-range\n" in out
    out = kasc(capsys, "explain", config, "storage-backend", *OPTIONS).out
    assert "\n  set: etcd3 by k3s\n" in out
    assert "\n  k3s sets --storage-backend: override it in kube-apiserver-arg\n" in out


def test_explain_a_flag_of_the_user(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = kasc(capsys, "explain", config, "profiling", *OPTIONS).out
    assert f'\n  set: "true" at {config}:3:13\n' in out
    out = kasc(capsys, "explain", config, "v", *OPTIONS).out
    assert "\n  in k3s, flags are set in kube-apiserver-arg\n" in out


def test_explain_groups_and_everything(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = kasc(capsys, "explain", config, "misc", *OPTIONS).out
    assert f"\n    serviceClusterIPRange: 10.100.0.0/16 by k3s (service-cidr, {config}:1:15)\n" in out
    lines = kasc(capsys, "explain", config, *OPTIONS).out.splitlines()
    assert f"--service-cluster-ip-range=10.100.0.0/16  # set by k3s (service-cidr, {config}:1:15)" in lines
    assert "--storage-backend=etcd3  # set by k3s" in lines
    assert f"--profiling=true  # {config}:3:13" in lines


def test_provenance(config: Path) -> None:
    resolved = examine(str(config), Settings("k3s", release="1.34.1", host=Host("192.0.2.1"))).resolved
    assert resolved is not None
    provenance = resolved_config(resolved)["provenance"]
    assert provenance["services.ipRanges"]["from"] == {
        "service-cluster-ip-range": "set by k3s (service-cidr, config.yaml:1:15)"
    }
    assert provenance["features.profiling"]["from"]["profiling"] == "config.yaml:3:13"
    page = render(resolved)
    assert '<span class="quiet">set by k3s (service-cidr, config.yaml:1)</span>' in page
    assert "<code>config.yaml:3</code>" in page


def test_imported(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "import", config, *OPTIONS, "-q")
    assert ran.code == 0
    assert ran.out.splitlines()[1] == "# Imported by kasc from config.yaml (k3s configuration)"
    assert "\n  # set by k3s (service-cidr)\n  serviceClusterIPRange: 10.100.0.0/16\n" in ran.out
    assert "\n  # from kube-apiserver-arg\n  profiling: true\n" in ran.out
    assert "\nauthorization:\n  # set by k3s\n  authorizationMode:\n" in ran.out
    assert yaml.safe_load(ran.out)["kubernetesVersion"] == "1.34.1"


def test_imported_from_several_files(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "config.yaml.d").mkdir()
    (config.parent / "config.yaml.d/10-log.yaml").write_text("kube-apiserver-arg+:\n- v=4\n")
    ran = kasc(capsys, "import", config, *OPTIONS, "-q", "--format", "toml")
    assert ran.code == 0
    assert "\n[logs]\n# from config.yaml.d/10-log.yaml:2\nv = 4\n" in ran.out
    assert "\n[features]\n# from config.yaml:3\nprofiling = true\n" in ran.out
    assert '\n# set by k3s (service-cidr)\nserviceClusterIPRange = "10.100.0.0/16"\n' in ran.out


KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
imageRepository: registry.example.com/k8s
apiServer:
  extraArgs: [{name: audit-log-path, value: /var/log/audit/a.log}]
  extraEnvs: [{name: GODEBUG, value: x509sha1=1}]
  extraVolumes: [{name: log, hostPath: /var/log/audit, mountPath: /var/log/audit, pathType: DirectoryOrCreate}]
"""


def test_the_pod_of_kubeadm_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kubeadm.yaml").write_text(KUBEADM)
    ran = kasc(capsys, "import", tmp_path / "kubeadm.yaml", "-q")
    assert ran.code == 0
    assert "not imported" not in ran.err
    assert "\n  # from apiServer.extraArgs\n  auditLogPath: /var/log/audit/a.log\n" in ran.out
    assert '\n  # set by kubeadm (localAPIEndpoint.advertiseAddress)\n  advertiseAddress: "$(HOST_IP)"\n' in ran.out
    deployment = yaml.safe_load(ran.out)["deployment"]
    assert deployment["image"] == "registry.example.com/k8s/kube-apiserver:v1.36.1"
    assert deployment["env"] == [
        {"name": "GODEBUG", "value": "x509sha1=1"},
        {"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
    ]
    volumes = {volume["name"]: volume for volume in deployment["extraVolumes"]}
    assert volumes["log"] == {
        "name": "log", "hostPath": "/var/log/audit", "mountPath": "/var/log/audit", "pathType": "DirectoryOrCreate"
    }  # fmt: skip
    assert "k8s-certs" in volumes
