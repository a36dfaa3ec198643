"""`kasc explain` of flags, keys, gates, plugins, resources and values; tests/cli/explain has that of rules."""

from __future__ import annotations

import pytest

from compiler.upstream.catalog import catalog
from tests.cli.running import SAMPLES, kasc
from tests.recordings import facts
from tests.versions import VERSIONS


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (
            "etcd-servers",
            ["--etcd-servers  (etcd.etcdServers)", "type: stringSlice", f"versions: {VERSIONS[0]} to {VERSIONS[-1]}"],
        ),
        ("--etcd-servers", ["--etcd-servers  (etcd.etcdServers)"]),
        ("etcdServers", ["--etcd-servers  (etcd.etcdServers)"]),
        ("etcd.etcdServers", ["--etcd-servers  (etcd.etcdServers)"]),
        ("etcd", ["etcdServersOverrides"]),
        ("CoordinatedLeaderElection", ["feature gate", "from 1.31: alpha, disabled", "from 1.33: beta, disabled"]),
        ("NodeRestriction", ["admission plugin", "disabled by default"]),
        ("PersistentVolumeLabel", [f"not in {VERSIONS[0]} to {VERSIONS[-1]}", "removed in 1.31"]),
        ("enable-swagger-ui", ["removed in 1.24"]),
        ("apps/v1beta1", ["removed in 1.16", "use apps/v1"]),
        ("pods", [f"resource of {VERSIONS[-1]}", "stored in etcd"]),
        ("deployments.apps", ["served as apps/v1"]),
        ("clustertrustbundles", ["served only with the feature gate ClusterTrustBundle"]),
        ("certificates.k8s.io/v1beta1", ["served only with the feature gate PodCertificateRequest"]),
        ("storage.resources", ["type: array"]),
        ("KASC-ETCD-002", ["rule ETCD-02 of kube-apiserver", "storageBackend: etcd3"]),
        ("ETCD-02", ["KASC-ETCD-002"]),
        ("kasc-diff-issuer", ["KASC-DIFF-ISSUER: change: issuer", "data-loss and breaking are errors"]),
        ("KASC-DIFF-DELETED", ["KASC-DIFF-DELETED: deleted declaration of a cluster"]),
    ],
)
def test_words(what: str, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "explain", what)
    assert ran.code == 0
    assert [text for text in told if text not in ran.out] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_types_are_those_of_the_recorded_server(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = {flag["name"]: flag for group in facts(version)["flagSets"] for flag in group["flags"]}
    assert len(flags) > 150
    # These two are told by their grammar, for the name of their type says nothing of it.
    for name in sorted(set(flags) & set(catalog(version).flags) - {"runtime-config", "vmodule"})[::7]:
        ran = kasc(capsys, "explain", "--kubernetes-version", version, name)
        assert ran.out.startswith(f"--{name}")
        assert f"type: {flags[name]['type']}" in ran.out


@pytest.mark.parametrize(
    ("what", "hint"),
    [("etcd-srvers", "etcd-servers"), ("NodeRestricton", "NodeRestriction"), ("KASC-ETCD-02", "KASC-ETCD-002")],
)
def test_what_is_nothing(what: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "explain", what)
    assert ran.code == 2
    assert f"did you mean {hint}?" in ran.err


def test_a_value_of_an_input_names_its_place_and_what_it_led_to(capsys: pytest.CaptureFixture[str]) -> None:
    sample = SAMPLES / "clusters/staging/apiserver.yaml"
    ran = kasc(capsys, "explain", sample, "service-cluster-ip-range")
    line = sample.read_text().splitlines().index("  serviceClusterIPRange: 10.98.0.0/20") + 1
    assert f"set: 10.98.0.0/20 at {sample}:{line}:26" in ran.out
    assert 'set services.apiServerServiceIP: "10.98.0.1"' in ran.out


def test_a_value_of_a_parent_names_the_parent(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "explain", SAMPLES / "clusters/staging/apiserver.yaml", "etcd-cafile")
    assert "clusters/base/apiserver.yaml:9:15" in ran.out


def test_a_default_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "explain", SAMPLES / "minimal.yaml", "secure-port")
    assert "not set: the default is 6443" in ran.out
