"""Paths of a container, followed through mounts as the kubelet mounts them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.inputs import Host, NotInContainerError
from compiler.inputs.pods.filesystem import ContainerFileSystem
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.yaml import parse_yaml
from tests.inputs.pods.writing import findings, pod, report_of

POLICY = "--audit-policy-file=/etc/audit/policy.yaml"


def files(text: str) -> ContainerFileSystem:
    """The file system of the first container of a Pod's spec."""
    spec = parse_yaml(Source("pod", text), [])
    containers = spec.at(("containers",)).value
    assert isinstance(containers, list)
    return ContainerFileSystem(spec, containers[0])


SPEC = """\
containers:
- image: registry.k8s.io/kube-apiserver:v1.36.0
  command: [kube-apiserver]
  env: [{name: DIR, value: two}, {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
  volumeMounts:
  - {name: host, mountPath: /etc/kubernetes}
  - {name: other, mountPath: /etc/kubernetes/pki/}
  - {name: host, mountPath: /sub, subPath: one}
  - {name: host, mountPath: /expr, subPathExpr: $(DIR)/three}
  - {name: host, mountPath: /unknown, subPathExpr: $(POD_IP)}
  - {name: file, mountPath: /one.yaml}
  - {name: map, mountPath: /map}
  - {name: keys, mountPath: /keys}
  - {name: keys, mountPath: /single.yaml, subPath: a/b.yaml}
  - {name: both, mountPath: /both}
  - {name: scratch, mountPath: /scratch}
  - {name: shared, mountPath: /shared}
  - {name: nothing, mountPath: /nothing}
  - {name: run, mountPath: /run/kms}
initContainers:
- volumeMounts: [{name: shared, mountPath: /x}]
volumes:
- {name: host, hostPath: {path: /srv/k8s/}}
- {name: other, hostPath: {path: /srv/pki, type: Directory}}
- {name: file, hostPath: {path: /srv/one.yaml, type: File}}
- {name: map, configMap: {name: a}}
- {name: keys, secret: {secretName: a, items: [{key: b, path: a/b.yaml}]}}
- name: both
  projected: {sources: [{configMap: {items: [{key: b, path: b.yaml}]}}, {serviceAccountToken: {path: token}}]}
- {name: scratch, emptyDir: {}}
- {name: shared}
- {name: run, hostPath: {path: /run/kms}}
"""


@pytest.mark.parametrize(
    ("path", "on_host"),
    [
        ("/etc/kubernetes/a/b.yaml", "/srv/k8s/a/b.yaml"),
        ("/etc/kubernetes/../kubernetes//a", "/srv/k8s/a"),
        ("/etc/kubernetes/pki/ca.crt", "/srv/pki/ca.crt"),
        ("/etc/kubernetes/pkis/ca.crt", "/srv/k8s/pkis/ca.crt"),
        ("/sub/a", "/srv/k8s/one/a"),
        ("/expr/a", "/srv/k8s/two/three/a"),
        ("/one.yaml", "/srv/one.yaml"),
        ("/run/kms/a.sock", "/run/kms/a.sock"),
        ("/var/run/kms/a.sock", "/run/kms/a.sock"),
        ("/dev/null", "/dev/null"),
    ],
)
def test_a_path_on_the_node(path: str, on_host: str) -> None:
    assert files(SPEC).host_path(path) == on_host


@pytest.mark.parametrize(
    "path",
    [
        *("/unknown/a", "/map/any", "/keys/a/b.yaml", "/single.yaml", "/both/b.yaml", "/both/token", "/shared/a"),
        *("/nothing/a", "/etc/ssl/certs/ca-certificates.crt", "/proc/1/status", "relative/path"),
    ],
)
def test_a_path_that_may_be_there(path: str) -> None:
    assert files(SPEC).host_path(path) is None


@pytest.mark.parametrize(
    ("path", "reason", "hint"),
    [
        ("/etc/audit/a.yaml", "no volume is mounted there", "mount it at /etc/audit"),
        ("/srv/k8s/a.yaml", "no volume is mounted there", "write /etc/kubernetes/a.yaml"),
        ("/etc/ssl/certs/own.crt", "no volume is mounted there", "/etc/ssl/certs"),
        ("/one.yaml/a", "is a single file", "mount the directory"),
        ("/etc/kubernetes/pki", "a directory, is mounted there", "name a file below"),
        ("/keys/b.yaml", 'the volume "keys" has no file "b.yaml"', "a/b.yaml"),
        ("/keys/a", "a directory of the volume", "name a file"),
        ("/both/c.yaml", 'the volume "both" has no file "c.yaml"', "b.yaml"),
        ("/scratch/a", "an emptyDir that no other container writes to", "with the file"),
    ],
)
def test_a_path_that_is_not_there(path: str, reason: str, hint: str) -> None:
    with pytest.raises(NotInContainerError) as found:
        files(SPEC).host_path(path)
    assert reason in str(found.value)
    assert hint in found.value.hint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("registry.k8s.io/kube-apiserver:v1.36.0", "example.com/own-image:v1.36.0"),
        ("[kube-apiserver]", "[sh, -c, 'echo a > /etc/audit/a.yaml; kube-apiserver']"),
    ],
)
def test_another_image_or_a_script_may_bring_files(old: str, new: str) -> None:
    assert files(SPEC.replace(old, new)).host_path("/etc/audit/a.yaml") is None


def test_a_script_of_one_command_brings_no_files() -> None:
    script = "[sh, -c, 'exec kube-apiserver --v=2 >> /var/log/a.log 2>&1']"
    with pytest.raises(NotInContainerError):
        files(SPEC.replace("[kube-apiserver]", script)).host_path("/etc/audit/a.yaml")


@pytest.mark.parametrize("node", [Node(None, Source("", ""), (1, 1, 1, 1)), Node([], Source("", ""), (1, 1, 1, 1))])
def test_what_is_no_container_has_no_files(node: Node) -> None:
    assert ContainerFileSystem(node, node).host_path("/a") == "/a"


def test_a_file_below_no_mount_is_an_error_whatever_the_node_has(tmp_path: Path) -> None:
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/policy.yaml").write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]")
    host = Host(mappings=(("/etc/audit", str(tmp_path / "etc/audit")),))
    report = report_of(tmp_path, pod(POLICY), host=host)
    (error,) = report.of("error")
    assert (error.code, error.flag, error.path) == (
        "KASC-POD-001",
        "audit-policy-file",
        "spec.containers[0].command[8]",
    )
    assert error.location is not None
    assert error.location[1:3] == (23, 27)


def test_the_mount_leads_to_the_file_that_is_checked(tmp_path: Path) -> None:
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv/policy.yaml").write_text("kind: Nonsense")
    mounted = pod(
        POLICY,
        mounts=({"name": "audit", "mountPath": "/etc/audit"},),
        volumes=({"name": "audit", "hostPath": {"path": "/srv/audit"}},),
    )
    there = Host(mappings=(("/srv/audit", str(tmp_path / "srv")),))
    (error,) = report_of(tmp_path, mounted, host=there).of("error")
    assert error.location is not None
    assert error.location.file == str(tmp_path / "srv/policy.yaml")
    # The same directory under the path of the container is not what is read.
    elsewhere = Host(mappings=(("/etc/audit", str(tmp_path / "srv")),))
    assert list(report_of(tmp_path, mounted, host=elsewhere).of("error")) == []


LOCKED = {"securityContext": {"readOnlyRootFilesystem": True}}
LOG = "--audit-log-path=/var/log/audit/audit.log"


def mounted(read_only: bool = False, **source: Any) -> dict[str, Any]:
    mount = {"name": "log", "mountPath": "/var/log/audit", "readOnly": read_only}
    return {"mounts": (mount,), "volumes": ({"name": "log", **source},)}


def test_an_audit_log_outside_every_mount_is_a_warning(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, pod(LOG), "POD", "RISK-1")
    assert found.startswith("RISK-100 --audit-log-path:")
    assert findings(tmp_path, pod(LOG, **mounted(hostPath={"path": "/l"})), "POD", "RISK-1") == []
    assert findings(tmp_path, pod("--audit-log-path=-"), "POD", "RISK-1") == []


@pytest.mark.parametrize(
    "unwritable",
    [
        pod(LOG, **mounted(True, hostPath={"path": "/l"})),
        pod(LOG, **mounted(configMap={"name": "l"})),
        pod(
            LOG,
            "--tls-cert-file=/pki/a",
            "--tls-private-key-file=/pki/b",
            securityContext={"readOnlyRootFilesystem": True},
        ),
        pod(securityContext={"readOnlyRootFilesystem": True}),
    ],
)
def test_what_the_container_cannot_write_is_an_error(unwritable: dict[str, Any], tmp_path: Path) -> None:
    (found,) = findings(tmp_path, unwritable, "POD", "RISK-1")
    assert found.startswith("POD-002 ")


def test_an_audit_log_that_is_mounted_as_a_file_cannot_be_rotated(tmp_path: Path) -> None:
    mount = {"name": "log", "mountPath": "/var/log/audit/audit.log"}
    volume = {"name": "log", "hostPath": {"path": "/l", "type": "FileOrCreate"}}
    policy = "--audit-policy-file=/pki/policy.yaml"
    (found,) = findings(tmp_path, pod(LOG, policy, mounts=(mount,), volumes=(volume,)), "POD", "RISK-1")
    assert found.startswith("RISK-103 ")


def test_sockets_outside_every_mount_are_warnings(tmp_path: Path) -> None:
    (tmp_path / "enc.yaml").write_text(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n"
        "  providers:\n  - kms: {apiVersion: v2, name: a, endpoint: 'unix:///run/kms/a.sock'}\n"
        "  - kms: {apiVersion: v2, name: b, endpoint: 'unix:///@abstract'}\n  - identity: {}\n"
    )
    (tmp_path / "egress.yaml").write_text(
        "apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n- name: cluster\n"
        "  connection: {proxyProtocol: GRPC, transport: {uds: {udsName: /etc/k/k.sock}}}\n"
    )
    host = Host(
        mappings=(("/pki/enc.yaml", str(tmp_path / "enc.yaml")), ("/pki/e.yaml", str(tmp_path / "egress.yaml")))
    )
    flags = ("--encryption-provider-config=/pki/enc.yaml", "--egress-selector-config-file=/pki/e.yaml")
    found = [each for each in report_of(tmp_path, pod(*flags), host=host).diagnostics if each.code == "KASC-RISK-101"]
    places = {(each.location.file.rpartition("/")[2], each.location.line) for each in found if each.location}
    assert places == {("enc.yaml", 6), ("egress.yaml", 5)}
    mount = ({"name": "run", "mountPath": "/run/kms"}, {"name": "k", "mountPath": "/etc/k"})
    volumes = ({"name": "run", "hostPath": {"path": "/run/kms"}}, {"name": "k", "emptyDir": {}})
    other = {"initContainers": [{"name": "a", "image": "a", "volumeMounts": [{"name": "k", "mountPath": "/k"}]}]}
    shared = pod(*flags, mounts=mount, volumes=volumes, spec=other)
    assert "KASC-RISK-101" not in {each.code for each in report_of(tmp_path, shared, host=host).diagnostics}


def test_a_pod_without_any_volume_is_an_excerpt(tmp_path: Path) -> None:
    excerpt = pod()
    del excerpt["spec"]["volumes"], excerpt["spec"]["containers"][0]["volumeMounts"]
    (found,) = findings(tmp_path, excerpt, "POD", "RISK-1")
    assert found.startswith("RISK-102 the Pod mounts no volume, and --service-account-key-file and 1 other")
