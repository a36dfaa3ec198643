"""config.yaml of RKE2: what differs from k3s."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import KascError
from compiler.review.examine import Settings, examine
from tests.inputs.dialects import pairs, predicted_and_real, result
from tests.inputs.dialects.reading import Reading, at, examined, mutated, read

SAMPLE = Path("samples/dialects/rke2/config.yaml")
SERVER = "/var/lib/rancher/rke2/server"
PLUGINS = "enable-admission-plugins"


def rke2(text: str, release: str = "1.36.3+rke2r1") -> Reading:
    return read(text, "rke2", release)


@pytest.mark.parametrize("pair", pairs("k3s-rke2-k0s", prefix="rke2-"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, object], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


@pytest.mark.parametrize("pair", pairs("k3s-rke2-k0s", prefix="rke2-"), ids=lambda pair: pair["id"])
def test_the_order_is_that_of_the_static_pod(pair: dict[str, object]) -> None:
    if pair.get("extraFiles"):
        return
    reading = read(str(pair["config"]), "rke2", str(pair["kubernetesVersion"]))
    assert reading.words == pair["flags"]


def test_the_sample() -> None:
    examination = examine(str(SAMPLE), Settings(version="1.36"))
    assert [each for each in examination.report.diagnostics if each.severity != "note"] == []
    assert examination.report.read_as == "rke2"
    assert "--audit-log-maxage=90" in result(examination).flags


def test_origins() -> None:
    text = "profile: cis\npod-security-admission-config-file: /psa.yaml\nservice-cidr: 10.45.0.0/16\n"
    reading = rke2(text)
    policy, psa = reading.argument("audit-policy-file"), reading.argument("admission-control-config-file")
    assert (policy.text, policy.origin, policy.location) == (
        "/etc/rancher/rke2/audit-policy.yaml",
        "RKE2",
        at(text, "cis"),
    )
    assert (psa.text, psa.origin, psa.location) == ("/psa.yaml", "RKE2", at(text, "/psa.yaml"))
    assert reading.server.settings["admission-control-config-file"] == "pod-security-admission-config-file"
    assert "encryption-provider-config" not in reading.server.settings


@pytest.mark.parametrize(
    ("release", "last"),
    [
        *[("1.31.7", False), ("1.31.8", True), ("1.31.10", True), ("1.31.11", False), ("1.32.3", False)],
        *[("1.32.6", True), ("1.32.7", False), ("1.33.2", True), ("1.33.3", False), ("1.34.1", False)],
    ],
)
def test_order_of_admission_plugins(release: str, last: bool) -> None:
    values = rke2(f"kube-apiserver-arg: [{PLUGINS}=AlwaysPullImages]\n", release).values(PLUGINS)
    assert values == (["AlwaysPullImages", "NodeRestriction"] if last else ["NodeRestriction", "AlwaysPullImages"])


class TestAudit:
    def test_with_a_policy(self) -> None:
        reading = rke2("audit-policy-file: /p\nkube-apiserver-arg: [audit-log-path=/l, audit-log-maxage=1]\n")
        assert reading.words[:5] == [
            "--admission-control-config-file=/etc/rancher/rke2/rke2-pss.yaml",
            "--audit-policy-file=/p",
            "--audit-log-maxage=30",
            "--audit-log-maxbackup=10",
            "--audit-log-maxsize=100",
        ]
        assert reading.values("audit-log-maxage") == ["30", "1"]
        assert reading.values("audit-log-path") == ["/l"]

    def test_by_arguments_only(self) -> None:
        assert rke2("kube-apiserver-arg: [audit-policy-file=/p]\n").values("audit-log-maxage") == []

    @pytest.mark.parametrize(
        ("release", "short"), [("1.31.13", False), ("1.31.14", True), ("1.34.1", False), ("1.34.2", True)]
    )
    def test_short_tokens(self, release: str, short: bool) -> None:
        reading = rke2("profile: cis\n", release)
        assert bool(reading.values("service-account-extend-token-expiration")) is short
        assert reading.values("audit-log-path") == [f"{SERVER}/logs/audit.log"]


class TestCloud:
    @pytest.mark.parametrize(
        ("name", "release", "provider"),
        [
            ("vsphere", "1.32.0", ["vsphere"]),
            ("rancher-vsphere", "1.32.0", ["external"]),
            ("aws", "1.31.2", ["aws"]),
            ("aws", "1.31.3", []),
            ("aws", "1.32.0", []),
            ("vsphere", "1.33.0", []),
        ],
    )
    def test_flags(self, name: str, release: str, provider: list[str]) -> None:
        reading = rke2(f"cloud-provider-name: {name}\n", release)
        assert reading.values("cloud-provider") == provider
        assert reading.values("cloud-config") == ([""] if provider else [])


class TestStorage:
    def test_kine(self) -> None:
        reading = rke2("datastore-endpoint: mysql://a\ndatastore-cafile: /ca\n")
        assert reading.words[1] == f"--etcd-servers=unixs://{SERVER}/kine.sock"
        assert reading.values("etcd-cafile") == [f"{SERVER}/tls/etcd/server-ca.crt"]
        assert reading.values("etcd-certfile") == []
        assert reading.server.fixed_flags == {"etcd-servers"}

    def test_etcd_of_others(self) -> None:
        reading = rke2("disable-etcd: true\nserver: https://a:9345\ntoken: x\n")
        assert reading.values("etcd-servers") == ["https://127.0.0.1:2379"]

    def test_an_own_cluster(self) -> None:
        reading = rke2("datastore-endpoint: https://a:2379\ndatastore-cafile: /ca\n")
        assert reading.values("etcd-servers") + reading.values("etcd-cafile") == ["https://a:2379", "/ca"]

    def test_servers_of_the_user(self) -> None:
        """RKE2 replaces one argument, but its loop skips the argument after it."""
        reading = rke2("disable-etcd: true\nkube-apiserver-arg: [etcd-servers=https://a]\n")
        assert reading.values("etcd-servers") == [f"unixs://{SERVER}/kine.sock"]
        assert reading.messages("2") == ["RKE2 replaces --etcd-servers: it connects kube-apiserver to its own kine"]
        two = rke2("disable-etcd: true\nkube-apiserver-arg: [etcd-servers=https://a, etcd-servers=https://b]\n")
        assert two.values("etcd-servers") == [f"unixs://{SERVER}/kine.sock", "https://b"]

    def test_many_servers_of_the_user(self) -> None:
        """As RKE2's own loop, compiled and run: its slice moves while it ranges over it."""
        kine = f"unixs://{SERVER}/kine.sock"
        items = ", ".join(f"etcd-servers=https://{each}" for each in "12345")
        values = rke2(f"disable-etcd: true\nkube-apiserver-arg: [{items}]\n").values("etcd-servers")
        assert values == [kine, kine, kine, kine, "https://5"]
        items = ", ".join(f"{flag}={each}" for flag in ("advertise-port", "etcd-servers") for each in "123")
        reading = rke2(f"disable-etcd: true\nkube-apiserver-arg: [{items}]\n")
        assert reading.values("advertise-port") == ["2"]
        assert reading.values("etcd-servers")[0] == kine

    def test_advertise_port(self) -> None:
        reading = rke2("kube-apiserver-arg: [advertise-port=1]\n")
        assert reading.values("advertise-port") == []
        assert reading.messages("2") == ["RKE2 removes --advertise-port, which kube-apiserver does not have"]
        assert rke2("kube-apiserver-arg: [advertise-port=1, advertise-port=2]\n").values("advertise-port") == ["2"]


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("profile: cis-1.6\n", '"cis-1.6" is not a valid profile'),
            ("profile: cis\nprotect-kernel-defaults: false\n", "the profile cis needs protect-kernel-defaults"),
            ("cloud-provider-config: /c\n", "cloud-provider-config needs cloud-provider-name"),
            ("cloud-provider-name: a\nnode-external-ip: 192.0.2.1\n", "node-external-ip cannot be set together with a "
                "cloud provider"),
            ("cni: weave\n", '"weave" is not a valid cni'),
            ("cni: multus\n", "multus needs another CNI plugin"),
            ("cni: [canal, cilium]\n", "cni takes one plugin, or multus and one plugin"),
            ("cni: multus,flanel\n", '"flanel" is not a valid cni'),
            ("ingress-controller: nginx\n", '"nginx" is not a valid ingress-controller'),
            ("control-plane-resource-limits: kube-apiserver-cpu\n", 'control-plane-resource-limits: '
                '"kube-apiserver-cpu" is not valid'),
            ("control-plane-probe-configuration: kube-apiserver-liveness-timeout-seconds=1s\n",
                'control-plane-probe-configuration: "kube-apiserver-liveness-timeout-seconds=1s" is not valid'),
        ],
    )  # fmt: skip
    def test_values(self, text: str, message: str) -> None:
        assert rke2(text).messages() == [f"RKE2 does not start: {message}"]

    def test_profiles_by_release(self) -> None:
        assert rke2("profile: cis-1.23\n", "1.33.1").messages() == []
        assert rke2("profile: cis-1.23\n", "1.33.2").messages() != []
        assert rke2("profile: etcd\n", "1.33.1").messages() != []
        assert rke2("profile: etcd\n", "1.33.2").messages() == []
        assert rke2("profile: etcd\n").values("audit-policy-file") == []

    def test_no_kube_apiserver(self) -> None:
        assert examined("disable-apiserver: true\n", "rke2").outcome == "reject"

    @pytest.mark.parametrize("cni", ["canal", "none", "multus,canal", "[multus, cilium]"])
    def test_valid_plugins(self, cni: str) -> None:
        assert rke2(f"cni: {cni}\ndisable-etcd: true\n").messages() == []


class TestIgnored:
    def test_keys_of_k3s(self) -> None:
        reading = rke2("https-listen-port: 7443\ncluster-init: false\nsecrets-encryption: false\n")
        assert reading.messages("2") == [
            "RKE2 does not have the key https-listen-port of k3s, and ignores it",
            "RKE2 does not have the key cluster-init of k3s, and ignores it",
            "RKE2 always encrypts secrets, and ignores this value",
        ]
        assert reading.values("secure-port") == ["6443"]
        assert reading.values("encryption-provider-config") == [f"{SERVER}/cred/encryption-config.json"]

    def test_settings_of_the_pod(self) -> None:
        reading = rke2("kube-apiserver-extra-mount: [/a, '/a:/b', '/a:/b:rx']\nkube-apiserver-extra-env: [A, B=1]\n")
        assert reading.messages("2") == [
            'RKE2 ignores the invalid mount "/a"',
            'RKE2 ignores the invalid mount "/a:/b:rx"',
            "RKE2 ignores the variable without a value",
        ]

    def test_the_file_of_an_agent(self) -> None:
        agent = "server: https://10.0.0.1:9345\ntoken: x\nprofile: cis\n"
        assert len(rke2(agent).messages("4")) == 1
        assert rke2(agent + "cni: canal\n").messages("4") == []

    def test_a_token_of_the_environment(self) -> None:
        assert rke2("server: https://a\ntls-san: b\n").messages("4") == [
            "RKE2 joins the server only with a token from the environment (RKE2_TOKEN), and does not start without it"
        ]


def test_repeated_flags_are_not_reported() -> None:
    """RKE2 repeats flags for the user's to win; a flag that the user repeats is reported."""
    text = "profile: cis\nkube-apiserver-arg: [audit-log-maxage=3]\n"
    codes = [each.code for each in examine_text(text)]
    assert "KASC-RISK-112" not in codes
    twice = text.replace("maxage=3", "maxage=3, audit-log-maxage=4")
    assert "KASC-RISK-112" in [each.code for each in examine_text(twice)]


def examine_text(text: str):  # type: ignore[no-untyped-def]
    from compiler import resolve

    settings = Settings(read_as="rke2", release="1.36.3")
    return resolve("input.yaml", settings, texts={"input.yaml": text}).report.diagnostics


def test_the_version_of_the_image() -> None:
    text = "kube-apiserver-image: index.docker.io/rancher/hardened-kubernetes:v1.32.4-rke2r1-build20250423\n"
    reading = read(text, "rke2")
    assert reading.server.version == "1.32.4"
    assert reading.server.version_location is not None
    assert read(text + f"kube-apiserver-arg: [{PLUGINS}=A]\n", "rke2").values(PLUGINS) == ["A", "NodeRestriction"]


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    with contextlib.suppress(KascError):
        rke2(text)


@given(st.integers(0, 2**32))
def test_any_mutation(seed: int) -> None:
    with contextlib.suppress(KascError):
        read(mutated(SAMPLE.read_text(), seed), "rke2", "1.32")
