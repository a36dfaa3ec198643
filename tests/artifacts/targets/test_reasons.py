"""What a target cannot express: an error at the flag's place that says why, and no file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler import Settings, compile_document
from compiler.review.examine import examine
from tests.artifacts.compiling import ROOT, document, resolve, resolve_file
from tests.artifacts.targets import attempt, emitted, read_back
from tests.cli.running import SAMPLES, kasc

CIPHERS = {"tlsCipherSuites": ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]}
HEADERS = {
    "requestheaderUsernameHeaders": ["X-Remote-User"],
    "requestheaderGroupHeaders": ["X-Remote-Group"],
    "requestheaderExtraHeadersPrefix": ["X-Remote-Extra-"],
}
ISSUERS = {"serviceAccountIssuer": ["https://b", "https://a"]}


def refused(name: str, folder: Path, version: str = "1.36", **sections: dict[str, Any]) -> dict[str, str]:
    """The messages of a target about a document, by flag."""
    return attempt(resolve(document(version, **sections), folder), name)[1]


def test_k3s_always_sets_cipher_suites(tmp_path: Path) -> None:
    message = "k3s sets --tls-cipher-suites to a list of its own, and the input does not set it"
    assert refused("k3s", tmp_path) == {"tls-cipher-suites": message}
    assert refused("k3s", tmp_path, secureServing=CIPHERS) == {}


def test_k3s_trims_arguments(tmp_path: Path) -> None:
    sections = {"secureServing": CIPHERS, "etcd": {"etcdPrefix": "/a "}}
    assert refused("k3s", tmp_path, **sections) == {"etcd-prefix": 'k3s sets --etcd-prefix to "/a", not to "/a "'}


def test_rke2_always_enables_node_restriction(tmp_path: Path) -> None:
    message = "RKE2 always enables the admission plugin NodeRestriction, and the input does not"
    assert refused("rke2", tmp_path, secureServing=CIPHERS) == {"enable-admission-plugins": message}
    plugins = {"enableAdmissionPlugins": ["AlwaysPullImages", "NodeRestriction"]}
    assert refused("rke2", tmp_path, secureServing=CIPHERS, admission=plugins) == {}


def test_talos_refuses_flags_and_completes_lists(tmp_path: Path) -> None:
    found = refused("talos", tmp_path, authorization={"authorizationMode": ["RBAC", "Node"]})
    assert found["etcd-servers"] == (
        'Talos sets --etcd-servers to "https://127.0.0.1:2379" and refuses it in extraArgs'
    )
    assert found["enable-admission-plugins"] == (
        'Talos would set --enable-admission-plugins to "NodeRestriction": it only adds to its own values'
    )
    assert found["authorization-mode"] == (
        'Talos would set --authorization-mode to "Node,RBAC": it only adds to its own values'
    )
    assert "service-account-issuer" not in found


def test_kops_has_no_field_or_sets_a_file_itself(tmp_path: Path) -> None:
    found = refused("kops", tmp_path, generic={"shutdownDelayDuration": "30s"})
    assert found["shutdown-delay-duration"] == "kOps has no field for --shutdown-delay-duration"
    assert found["etcd-cafile"] == (
        "kOps sets --etcd-cafile to /srv/kubernetes/kube-apiserver/etcd-ca.crt on the node, whatever etcdCaFile is"
    )
    assert found["v"] == 'kOps always sets --v to "2", and the input does not set it'


def test_k0s_repeats_no_flag_before_raw_arguments(tmp_path: Path) -> None:
    sections = {"authentication": ISSUERS, "secureServing": CIPHERS}
    found = refused("k0s", tmp_path, "1.33", **sections)
    assert found["service-account-issuer"] == (
        "k0s 1.33 cannot repeat --service-account-issuer, which the input sets 2 times: spec.api.extraArgs is a map"
    )
    assert "service-account-issuer" not in refused("k0s", tmp_path, "1.34", **sections)
    sections["authentication"] = ISSUERS | HEADERS
    config = yaml.safe_load(emitted(resolve(document("1.36", **sections), tmp_path), "k0s"))
    arguments = config["spec"]["api"]
    assert arguments["extraArgs"]["service-account-issuer"] == "https://b"
    assert arguments["rawArgs"] == ["--service-account-issuer=https://a"]


def test_k0s_always_sets_authorization_modes(tmp_path: Path) -> None:
    found = attempt(resolve_file(SAMPLES / "hardened/apiserver.yaml"), "k0s")[1]
    assert found["authorization-mode"] == (
        "k0s always sets --authorization-mode, which kube-apiserver refuses together with --authorization-config"
    )


@pytest.mark.parametrize(
    ("issuers", "expressed"), [(["https://a", "https://b"], True), (["https://b", "https://a"], False)]
)
def test_kubeadm_sorts_repeated_flags_up_to_1_31(issuers: list[str], expressed: bool, tmp_path: Path) -> None:
    found = refused("kubeadm", tmp_path, "1.31", authentication={"serviceAccountIssuer": issuers})
    message = "kubeadm sorts the values of --service-account-issuer, whose order matters: https://a would be the first"
    assert found == ({} if expressed else {"service-account-issuer": message})
    assert refused("kubeadm", tmp_path, "1.36", authentication={"serviceAccountIssuer": issuers}) == {}


def test_names_are_unique_in_a_kubeadm_control_plane(tmp_path: Path) -> None:
    message = (
        "a KubeadmControlPlane cannot repeat --service-account-issuer, which the input sets 2 times: "
        "names in extraArgs are unique"
    )
    assert refused("kubeadm-kcp", tmp_path, authentication=ISSUERS) == {"service-account-issuer": message}
    gates = {"featureGates": {"WatchList": True, "APIServingWithRoutine": True}}
    assert refused("kubeadm-kcp", tmp_path, generic=gates) == {}


def test_values_of_a_kubeadm_control_plane_are_bounded(tmp_path: Path) -> None:
    found = refused("kubeadm-kcp", tmp_path, etcd={"etcdPrefix": f"/{'a' * 1024}"})
    message = "the value of --etcd-prefix has more than 1024 characters, the most in extraArgs"
    assert found == {"etcd-prefix": message}
    assert refused("kubeadm", tmp_path, etcd={"etcdPrefix": f"/{'a' * 1024}"}) == {}


NODE = """\
--etcd-servers=http://a:1 --external-hostname=$NAME --service-account-issuer=https://b --authorization-mode=RBAC
--service-account-key-file=/sa.pub --service-account-signing-key-file=/sa.key --service-cluster-ip-range=10.0.0.0/24
"""


def test_a_value_that_only_the_node_knows(tmp_path: Path) -> None:
    path = tmp_path / "args.sh"
    path.write_text(NODE)
    made = compile_document(path, Settings("flags", "1.36"), emit=["systemd"])
    errors = [(each.flag, each.message) for each in made.report.of("error")]
    assert errors == [("external-hostname", "the value of --external-hostname is only known on the node")]
    assert not made.files
    path.write_text(NODE.replace("$NAME", "a $MORE"))
    made = compile_document(path, Settings("flags", "1.36"), emit=["systemd"])
    errors = [(each.flag, each.message) for each in made.report.of("error")]
    assert errors == [("", "the input has arguments that are only known on the node")]


def test_the_error_is_at_the_flag_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "apiserver.yaml"
    path.write_text((SAMPLES / "minimal.yaml").read_text() + "secureServing: {tlsMinVersion: VersionTLS12}\n")
    ran = kasc(capsys, "compile", str(path), "-o", str(tmp_path / "out"), "--emit", "flags,k3s")
    assert ran.code == 1
    assert f"{path}:17:1: error KASC-EMIT-003: k3s sets --tls-cipher-suites" in ran.err
    assert "hint: set the cipher suites, or omit k3s in --emit" in ran.err
    assert not (tmp_path / "out").exists()


def test_json_and_explicit_flags_make_no_difference_to_the_format(tmp_path: Path) -> None:
    texts = {
        form: compile_document(ROOT / "samples/minimal.yaml", emit=["kubeadm"], form=form) for form in ("yaml", "json")
    }
    assert texts["yaml"].files == texts["json"].files
    explicit = compile_document(ROOT / "samples/minimal.yaml", emit=["kubeadm"], explicit=True).files["kubeadm.yaml"]
    names = {each["name"] for each in next(yaml.safe_load_all(explicit))["apiServer"]["extraArgs"]}
    assert {"request-timeout", "max-requests-inflight"} <= names


def test_files_are_written_next_to_a_target() -> None:
    made = compile_document(SAMPLES / "hardened/apiserver.yaml", emit=["kubeadm"])
    assert set(made.files) > {"kubeadm.yaml", "files/audit-policy-file.yaml"}
    (first, *_) = yaml.safe_load_all(made.files["kubeadm.yaml"])
    mounted = {each["mountPath"] for each in first["apiServer"]["extraVolumes"]}
    assert "/etc/kubernetes/kasc" in mounted
    assert "/etc/kubernetes/pki" not in mounted


def test_two_targets_with_the_same_file_name(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "compile", str(SAMPLES / "minimal.yaml"), "--emit", "k3s,rke2")
    assert ran.code == 2
    assert "k3s and rke2 both write config.yaml: compile them to different directories" in ran.err
    with pytest.raises(ValueError, match="k3s and rke2 both write"):
        compile_document(SAMPLES / "minimal.yaml", emit=["k3s", "rke2"])


def test_standard_output_is_the_target_alone(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "compile", str(SAMPLES / "hardened/apiserver.yaml"), "--emit", "kubeadm", "--stdout")
    assert ran.code == 0
    assert [each["kind"] for each in yaml.safe_load_all(ran.out)] == ["ClusterConfiguration", "InitConfiguration"]


def test_a_literal_secret_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.args"
    path.write_text("--etcd-servers=http://a\n--service-account-issuer=https://b\n--api-audiences=https://u:HUSH@a\n")
    made = compile_document(path, Settings("argv", "1.36"), emit=["systemd"])
    assert made.files == {}
    assert examine(str(path), Settings("argv", "1.36")).resolved is not None


@pytest.mark.parametrize("name", ["talos", "kops", "rke2"])
def test_what_the_kubelet_expands(name: str, tmp_path: Path) -> None:
    found = refused(name, tmp_path, auditing={"auditLogPath": "/a$$b"})
    assert found["audit-log-path"].endswith(
        "runs kube-apiserver in a Pod, and the kubelet expands $( and $$ in --audit-log-path"
    )


@pytest.mark.parametrize("name", ["kubeadm", "kubeadm-kcp", "systemd", "k3s"])
def test_what_the_kubelet_expands_is_escaped(name: str, tmp_path: Path) -> None:
    resolved = resolve(document(auditing={"auditLogPath": "/a$$b$(HOME)"}, secureServing=CIPHERS), tmp_path)
    again = read_back(emitted(resolved, name), name, "1.36", tmp_path)
    assert again.context.flags.text("audit-log-path") == "/a$$b$(HOME)"


def test_check_shows_the_difference_of_a_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(SAMPLES / "hardened", tmp_path / "hardened")
    path = tmp_path / "hardened/apiserver.yaml"
    words = ["compile", str(path), "-o", str(tmp_path / "out"), "--emit", "k3s"]
    assert kasc(capsys, *words).code == 0
    path.write_text(path.read_text().replace("https://10.0.0.11:2379, ", ""))
    ran = kasc(capsys, *words, "--check")
    assert ran.code == 3
    assert "-datastore-endpoint: https://10.0.0.11:2379" in ran.out
