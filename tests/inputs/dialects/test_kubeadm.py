"""kubeadm: the command line for every recorded configuration, what kubeadm refuses and ignores, positions, the Pod."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import resolve
from compiler.diagnostics import KascError
from compiler.inputs import Host
from compiler.inputs.dialects.kubeadm.config import canonical_address
from compiler.inputs.dialects.kubeadm.validation import is_host_and_port, is_repository
from compiler.inputs.dialects.kubeadm.versions import GATES, Named, kubernetes_version, minor_of_release
from compiler.review.examine import Settings
from tests.inputs.dialects import pairs, predicted_and_real
from tests.inputs.dialects.reading import NAME, at, examined, mutated, read

SAMPLE = Path("samples/dialects/kubeadm.yaml").read_text()
OTHER_NODE = "join-empty-control-plane"
"""The address of the node that joins is only known there."""
LINE_BREAK = "list-multiline-value"
"""An argument list cannot have a value with a line break, so the comparison is about another server."""
HEADER = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.3\n"
OLD = HEADER.replace("v1beta4", "v1beta3")
INIT = "---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
JOIN = """---
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
controlPlane: {}
discovery:
  bootstrapToken: {apiServerEndpoint: "a:6443", token: abcdef.0123456789abcdef, unsafeSkipCAVerification: true}
"""
OWN = 27
"""Flags that kubeadm sets with a local etcd."""


def cluster(text: str, old: bool = False) -> str:
    return (OLD if old else HEADER) + text


def arguments(*extra: tuple[str, str]) -> str:
    lines = "".join(f'  - name: {name}\n    value: "{value}"\n' for name, value in extra)
    return cluster(f"apiServer:\n  extraArgs:\n{lines}")


@pytest.mark.parametrize("pair", pairs("kubeadm-1.31", "kubeadm-1.33", "kubeadm-1.36"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, Any], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    if pair["id"] == OTHER_NODE:
        assert {flag for flag in predicted.flags if flag not in real.flags} == {"--advertise-address=10.30.0.1"}
    elif pair["id"] == LINE_BREAK:
        assert predicted.outcome == real.outcome == "reject"
    else:
        assert predicted == real


@pytest.mark.parametrize("pair", pairs("kubeadm-1.31", "kubeadm-1.33", "kubeadm-1.36"), ids=lambda pair: pair["id"])
def test_order(pair: dict[str, Any]) -> None:
    """The words come in the order of the manifest, which decides between repeated flags."""
    if pair["result"] != "ok" or pair["id"] == OTHER_NODE:
        return
    text = pair["config"] + ("\n---\n" + pair["joinConfig"] if pair.get("joinConfig") else "")
    with contextlib.suppress(KascError):
        reading = read(text, "kubeadm", pair["kubeadm"], address=pair["node"]["advertiseAddress"])
        expected = [word[2:].replace("_", "-").partition("=")[0] for word in pair["command"][1:]]
        assert [each.flag for each in reading.server.arguments] == [name for name in expected if name.strip("-")]


def test_the_sample_is_accepted_without_findings() -> None:
    reading = read(SAMPLE, "kubeadm")
    assert reading.problems == []
    assert reading.server.version == "1.36.2"
    assert reading.server.name == "prod-eu-1"
    assert resolve("samples/dialects/kubeadm.yaml").report.outcome == "accept"


def test_flags_that_kubeadm_sets_have_its_origin() -> None:
    reading = read(arguments(("profiling", "false")), "kubeadm")
    own = [each for each in reading.server.arguments if each.origin]
    assert {each.origin for each in own} == {"kubeadm"}
    assert len(own) == OWN
    assert reading.argument("profiling").origin == ""
    assert reading.argument("allow-privileged").location == at(HEADER, "ClusterConfiguration")


def test_positions_of_what_fields_decide() -> None:
    text = cluster("networking:\n  serviceSubnet: 10.1.0.0/16\n  dnsDomain: eu.internal\ncertificatesDir: /srv/pki\n")
    reading = read(text, "kubeadm")
    assert reading.argument("service-cluster-ip-range").location == at(text, "10.1.0.0/16")
    assert reading.argument("service-cluster-ip-range").path == "networking.serviceSubnet"
    issuer = reading.argument("service-account-issuer")
    assert issuer.part(31, 42) == at(text, "eu.internal")
    assert reading.argument("tls-cert-file").path == "certificatesDir"
    assert reading.argument("tls-cert-file").text == "/srv/pki/apiserver.crt"


def test_positions_of_extra_arguments() -> None:
    text = arguments(("audit-log-maxage", "30"))
    argument = read(text, "kubeadm").argument("audit-log-maxage")
    assert argument.location == at(text, '"30"')._replace(
        column=at(text, '"30"').column + 1, end_column=at(text, '"30"').end_column - 1
    )
    assert argument.name_location == at(text, "audit-log-maxage")
    assert argument.path == "apiServer.extraArgs[0]"
    old = cluster("apiServer: {extraArgs: {audit-log-maxage: '30'}}\n", old=True)
    argument = read(old, "kubeadm").argument("audit-log-maxage")
    assert argument.name_location == at(old, "audit-log-maxage")
    assert argument.path == "apiServer.extraArgs.audit-log-maxage"


def test_endpoints_of_an_external_etcd_have_their_places() -> None:
    text = cluster(
        "etcd:\n  external:\n    endpoints: [https://a:2379, https://b:2379]\n"
        "    caFile: /p/ca.crt\n    certFile: /p/c.crt\n    keyFile: /p/c.key\n"
    )
    reading = read(text, "kubeadm")
    servers = reading.argument("etcd-servers")
    assert servers.text == "https://a:2379,https://b:2379"
    assert servers.element(1, ((0, 14), (15, 29))) == at(text, "https://b:2379")
    assert reading.argument("etcd-cafile").origin == ""
    assert reading.argument("etcd-cafile").location == at(text, "/p/ca.crt")


def test_extra_arguments_replace_flags_by_their_exact_name() -> None:
    reading = read(arguments(("allow-privileged", "false"), ("secure_port", "7443")), "kubeadm")
    assert reading.values("allow-privileged") == ["false"]
    assert reading.values("secure-port") == ["6443", "7443"]


def test_order_by_version_of_kubeadm() -> None:
    text = arguments(("service-account-issuer", "https://z"), ("service-account-issuer", "https://a"), ("v", "4"))
    issuers = {release: read(text, "kubeadm", release).values("service-account-issuer") for release in ("1.31", "1.32")}
    assert issuers == {"1.31": ["https://a", "https://z"], "1.32": ["https://z", "https://a"]}
    assert read(text, "kubeadm", "1.32").words[-1] == "--v=4"
    assert read(text, "kubeadm", version="1.31").values("service-account-issuer") == ["https://a", "https://z"]


def test_authorization_config_leaves_out_the_mode_even_if_it_is_empty() -> None:
    assert read(arguments(("authorization-config", "")), "kubeadm").values("authorization-mode") == []
    assert read(arguments(("authorization_config", "/a")), "kubeadm").values("authorization-mode") == ["Node,RBAC"]


@pytest.mark.parametrize(
    ("address", "expected", "etcd"),
    [
        ("", "$(HOST_IP)", "https://127.0.0.1:2379"),
        ("010.0.0.7", "10.0.0.7", "https://127.0.0.1:2379"),
        ("FD00:0::1", "fd00::1", "https://[::1]:2379"),
        ("::ffff:10.1.2.3", "10.1.2.3", "https://127.0.0.1:2379"),
    ],
)
def test_the_advertise_address_is_canonical(address: str, expected: str, etcd: str) -> None:
    init = INIT + (f"localAPIEndpoint: {{advertiseAddress: '{address}'}}\n" if address else "")
    reading = read(cluster("") + init, "kubeadm")
    assert reading.values("advertise-address") == [expected]
    assert reading.values("etcd-servers") == [etcd]


def test_the_host_address_counts_where_the_file_has_none() -> None:
    for given_address in ("", "0.0.0.0", "::"):
        init = INIT + f"localAPIEndpoint: {{advertiseAddress: '{given_address}'}}\n"
        assert read(cluster("") + init, "kubeadm", address="10.9.9.9").values("advertise-address") == ["10.9.9.9"]


def test_a_node_that_joins() -> None:
    join = JOIN.replace("{}", "{localAPIEndpoint: {advertiseAddress: 10.3.0.2, bindPort: 6444}}", 1)
    init = INIT + "localAPIEndpoint: {advertiseAddress: 10.3.0.1}\n"
    reading = read(cluster("") + init + join, "kubeadm")
    assert reading.values("advertise-address") == ["10.3.0.2"]
    assert reading.values("secure-port") == ["6444"]
    assert reading.messages("4") == [
        "this file is checked as that of the node that joins with controlPlane.localAPIEndpoint"
    ]
    first = read(cluster("") + init + JOIN, "kubeadm")
    assert first.values("advertise-address") == ["10.3.0.1"]
    assert first.messages("2") == [
        "kubeadm init ignores JoinConfiguration: this file is checked as that of the first node"
    ]


def test_documents_after_a_join_configuration_are_those_of_another_node() -> None:
    join = JOIN.replace("{}", "{localAPIEndpoint: {bindPort: 6444}}", 1)
    reading = read(cluster("") + join + "---\n" + arguments(("v", "9")), "kubeadm")
    assert reading.values("v") == []
    assert reading.messages("2") == ["kubeadm join ignores ClusterConfiguration: it takes that of the cluster"]
    repeated = read(cluster("") + "---\n" + cluster("") + join, "kubeadm")
    assert repeated.messages() == ['kubeadm refuses a second "ClusterConfiguration" in one file']


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# only a comment\n---\n" + HEADER, "kubeadm refuses a part of the file without apiVersion and kind"),
        (HEADER + "---\n# the end\n", "kubeadm refuses a part of the file without apiVersion and kind"),
        (HEADER + "---\n\n", "kubeadm refuses a part of the file without apiVersion and kind"),
        ("---\n---\n" + HEADER, "kubeadm refuses a part of the file without apiVersion and kind"),
        (HEADER + "--- {apiVersion: a/b, kind: c}\n", "kubeadm refuses text after the separator ---"),
        (HEADER + "---\napiVersion: v1\nkind: Secret\n", "kubeadm refuses a document without a group and version"),
        (HEADER + "---\nkind: Secret\n", "kubeadm refuses a document without apiVersion"),
        (HEADER + "---\napiVersion: a/b\n", "kubeadm refuses a document without kind"),
        (HEADER + "---\n- a\n", "kubeadm refuses a document that is not a mapping"),
        (HEADER + "---\napiVersion: kubeadm.k8s.io/v1beta2\nkind: X\n", 'kubeadm refuses "kubeadm.k8s.io/v1beta2"'),
        (
            HEADER + "---\napiVersion: a.b/v1\nkind: InitConfiguration\n",
            'kubeadm refuses InitConfiguration of "a.b/v1"',
        ),
        (HEADER + "---\napiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration\n", "kubeadm refuses"),
        (
            HEADER + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: many\n",
            "maxPods is a string, not an integer: kubeadm cannot read the file",
        ),
    ],
)
def test_refused_documents(text: str, message: str) -> None:
    assert [each for each in read(text, "kubeadm").messages() if not each.startswith(message)] == []
    assert examined(text, "kubeadm").outcome == "reject"


@pytest.mark.parametrize("text", ["---\n" + HEADER, HEADER + "---\n", "--- # text\n" + HEADER, "\n\n" + HEADER])
def test_separators_that_kubeadm_accepts(text: str) -> None:
    assert read(text, "kubeadm").messages() == []


def test_a_file_needs_a_cluster_or_init_configuration() -> None:
    with pytest.raises(KascError) as error:
        read(JOIN.removeprefix("---\n"), "kubeadm")
    assert error.value.diagnostic.code == "KASC-DIST-001"
    assert "ConfigMap kubeadm-config" in error.value.diagnostic.hint
    assert examined(JOIN, "kubeadm").outcome == "reject"
    assert read(INIT, "kubeadm").values("service-cluster-ip-range") == ["10.96.0.0/12"]


def test_a_version_of_kubeadm_is_about_files_of_kubeadm() -> None:
    text = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"
    assert read(text, "kubeadm").values("runtime-config") == [""]
    with pytest.raises(KascError) as error:
        read(text, "kubeadm", "1.36.3")
    assert "leave out the version" in error.value.diagnostic.hint


@pytest.mark.parametrize(
    ("text", "old", "message", "hint"),
    [
        (
            "apiServer: {extraEnvs: []}\n",
            True,
            "kubeadm ignores apiServer.extraEnvs: ClusterConfiguration of kubeadm.k8s.io/v1beta3 has no such field",
            "write apiVersion: kubeadm.k8s.io/v1beta4",
        ),
        (
            "apiServer: {timeoutForControlPlane: 4m0s}\n",
            False,
            "kubeadm ignores apiServer.timeoutForControlPlane: ClusterConfiguration of kubeadm.k8s.io/v1beta4 has no",
            "set timeouts.controlPlaneComponentHealthCheck in InitConfiguration",
        ),
        ("apiserver: {}\n", False, 'kubeadm ignores the unknown field "apiserver"', "write apiServer"),
        ("localAPIEndpoint: {}\n", False, 'kubeadm ignores the unknown field "localAPIEndpoint"', "move it to Init"),
        (
            "clusterName: a\nclusterName: b\n",
            False,
            "duplicate key 'clusterName', first set on line 4: kubeadm uses",
            "",
        ),
    ],
)
def test_ignored_fields(text: str, old: bool, message: str, hint: str) -> None:
    reading = read(cluster(text, old), "kubeadm")
    (found,) = [each for each in reading.problems if each.code == "KASC-DIST-002"]
    assert found.message.startswith(message)
    assert found.hint.startswith(hint)
    assert found.severity == "warning"
    assert reading.messages() == []


def test_a_field_of_a_later_version() -> None:
    text = cluster("etcd: {external: {endpoints: ['https://a'], httpEndpoints: ['https://b']}}\n")
    assert read(text, "kubeadm", "1.34").messages("2") == [
        "kubeadm 1.34 ignores etcd.external.httpEndpoints, a field since 1.35"
    ]
    assert read(text, "kubeadm", "1.35").messages("2") == []


def test_the_last_duplicate_counts() -> None:
    text = cluster("apiServer: {extraArgs: {v: '2', v: '3'}}\n", old=True)
    assert read(text, "kubeadm").values("v") == ["3"]
    assert examined(text, "kubeadm").outcome == "accept"


REFUSED = (
    ("kubernetesVersion: '1.36'", 'kubeadm refuses the version "1.36": it is neither a version such as v1.36.3'),
    ("networking: {serviceSubnet: 10.0.0.0/8}", "kubeadm refuses 10.0.0.0/8 as serviceSubnet: it is wider than /12"),
    (
        "networking: {serviceSubnet: 10.0.0.0/30}",
        "kubeadm refuses 10.0.0.0/30 as serviceSubnet: it has only 4 addresses",
    ),
    ("networking: {serviceSubnet: '10.0.0.0/16, fd00::/112'}", 'kubeadm refuses "10.0.0.0/16, fd00::/112" as service'),
    ("networking: {serviceSubnet: '10.0.0.0/16,10.1.0.0/16'}", "kubeadm refuses the ranges"),
    ("networking: {podSubnet: 10.0.0.0/25}", "kubeadm refuses 10.0.0.0/25 as podSubnet: it is smaller than the /24"),
    ("networking: {podSubnet: fd00::/32}", "kubeadm refuses fd00::/32 as podSubnet: it has more than 2^16 ranges"),
    ("networking: {dnsDomain: A.b}", 'kubeadm refuses the DNS domain "A.b"'),
    ("certificatesDir: pki", 'kubeadm refuses the path "pki": it is not absolute'),
    ("controlPlaneEndpoint: https://a", 'kubeadm refuses "https://a": it is not HOST or HOST:PORT'),
    ("imageRepository: a/", 'kubeadm refuses the image repository "a/"'),
    ("encryptionAlgorithm: RSA-1024", 'kubeadm refuses the encryption algorithm "RSA-1024"'),
    ("featureGates: {EtcdLearnerMode: true}", 'kubeadm 1.36 refuses "EtcdLearnerMode"'),
    ("apiServer: {certSANs: [a_b]}", 'kubeadm refuses "a_b" in certSANs'),
    ("apiServer: {extraArgs: [{value: a}]}", "kubeadm refuses an argument without a name in apiServer.extraArgs"),
    ("scheduler: {extraArgs: [null]}", "kubeadm refuses an argument without a name in scheduler.extraArgs"),
    ("etcd: {local: {}, external: {}}", "kubeadm refuses a local and an external etcd together"),
    ("etcd: {external: {}}", "kubeadm refuses an external etcd without endpoints"),
    (
        "etcd: {external: {endpoints: ['https://a'], certFile: /a}}",
        "kubeadm refuses certFile and keyFile of an external",
    ),
    ("etcd: {external: {endpoints: ['http://a'], caFile: /a}}", 'kubeadm refuses the endpoint "http://a" of etcd'),
    ("etcd: {external: {endpoints: ['https://a'], caFile: a}}", 'kubeadm refuses the path "a": it is not absolute'),
    ("apiServer: {extraArgs: {v: '4'}}", "extraArgs is a mapping, not a list: kubeadm cannot read the file"),
    ("apiServer: {extraArgs: [{name: v, value: 4}]}", "value is a number, not a string: kubeadm cannot read the file"),
)


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_refused_cluster_configurations(text: str, message: str) -> None:
    header = HEADER.replace("kubernetesVersion: v1.36.3\n", "") if text.startswith("kubernetesVersion") else HEADER
    found = read(f"{header}{text}\n", "kubeadm", "1.36.3").messages()
    assert len(found) == 1
    assert found[0].startswith(message)
    assert examined(f"{header}{text}\n", "kubeadm", "1.36.3").outcome == "reject"


REFUSED_NODES = (
    ("localAPIEndpoint: {advertiseAddress: host}", 'kubeadm refuses "host" as advertise address: it is not an IP'),
    ("localAPIEndpoint: {advertiseAddress: 127.0.0.1}", 'kubeadm refuses "127.0.0.1" as advertise address'),
    ("localAPIEndpoint: {advertiseAddress: 'fe80::1'}", 'kubeadm refuses "fe80::1" as advertise address'),
    ("localAPIEndpoint: {bindPort: 70000}", "kubeadm refuses port 70000"),
    ("localAPIEndpoint: {bindPort: '6443'}", "bindPort is a string, not an integer: kubeadm cannot read the file"),
    ("nodeRegistration: {name: a_b}", 'kubeadm refuses the node name "a_b"'),
    ("nodeRegistration: {criSocket: 'tcp://a'}", None),
    ("nodeRegistration: {criSocket: 'unixfoo'}", 'kubeadm refuses the socket "unixfoo"'),
    ("nodeRegistration: {imagePullPolicy: never}", 'kubeadm refuses the image pull policy "never"'),
    ("nodeRegistration: {ignorePreflightErrors: [ALL, Swap]}", 'kubeadm refuses "all" together with other'),
    ("certificateKey: abc", "kubeadm refuses a certificate key that is not 32 bytes in hexadecimal"),
    ("bootstrapTokens: [{token: abc}]", "kubeadm refuses a bootstrap token of another form"),
    ("bootstrapTokens: [{expires: '2030-01-01T00:00:00Z'}]", "kubeadm refuses expires of a bootstrap token"),
    ("bootstrapTokens: [{usages: [signing]}]", "kubeadm refuses a bootstrap token with groups but without the usage"),
    ("bootstrapTokens: [{groups: [admins]}]", 'kubeadm refuses the group "admins" of a bootstrap token'),
    (
        "timeouts: {controlPlaneComponentHealthCheck: 5 minutes}",
        "controlPlaneComponentHealthCheck is not a valid duration",
    ),
)


@pytest.mark.parametrize(("text", "message"), REFUSED_NODES, ids=[text for text, _ in REFUSED_NODES])
def test_refused_init_configurations(text: str, message: str | None) -> None:
    found = read(f"{HEADER}{INIT}{text}\n", "kubeadm").messages()
    assert len(found) == (0 if message is None else 1)
    assert message is None or found[0].startswith(message)


def test_refused_join_configurations() -> None:
    join = JOIN.replace("{}", "{localAPIEndpoint: {advertiseAddress: 10.0.0.2}, certificateKey: x}", 1)
    bad = join.replace("unsafeSkipCAVerification: true", "caCertHashes: []").replace("a:6443", "a")
    assert read(HEADER + bad + "caCertPath: ca.pem\n", "kubeadm").messages() == [
        "kubeadm refuses a certificate key that is not 32 bytes in hexadecimal",
        "kubeadm refuses a bootstrap token without the hash of the CA",
        'kubeadm refuses the endpoint "a": it has no port',
        'kubeadm refuses the path "ca.pem" of the CA certificate',
    ]
    both = join.replace("certificateKey: x", "certificateKey: ''") + "  file: {kubeConfigPath: ''}\n"
    assert read(HEADER + both, "kubeadm").messages() == [
        "kubeadm refuses discovery with both bootstrapToken and file",
        'kubeadm refuses the kubeconfig ""',
    ]


def test_secrets_are_not_repeated() -> None:
    secret = "0123456789abcdef0123456789"
    text = f"{HEADER}{INIT}certificateKey: {secret}\nbootstrapTokens: [{{token: {secret}}}]\n"
    reading = read(text, "kubeadm")
    assert len(reading.messages()) == 2
    assert all(secret not in f"{each.message} {each.hint}" for each in reading.problems)


def test_one_fault_has_one_finding() -> None:
    """What kubeadm refuses is not reported again as a fault of the server."""
    for text in ("localAPIEndpoint: {bindPort: 70000}", "localAPIEndpoint: {advertiseAddress: host}"):
        outcome = examined(f"{HEADER}{INIT}{text}\n", "kubeadm")
        assert outcome.flags == ("None ",)
    for text in ("etcd: {external: {}}", "networking: {serviceSubnet: 10.0.0.0/8}", "networking: {dnsDomain: A}"):
        assert examined(f"{HEADER}{text}\n", "kubeadm").flags == ("None ",), text


@pytest.mark.parametrize(
    ("release", "version", "refused"),
    [
        ("1.36.3", "v1.34.9", True),
        ("1.36.3", "v1.35.0-rc.1", True),
        ("1.36.3", "v1.35.0", False),
        ("1.36.3", "v1.37.0", False),
        ("1.31.2", "v1.29.1", True),
        ("", "v1.29.1", False),
    ],
)
def test_oldest_version(release: str, version: str, refused: bool) -> None:
    text = HEADER.replace("v1.36.3", version)
    assert bool(read(text, "kubeadm", release).messages()) is refused


@pytest.mark.parametrize("gate", sorted(GATES))
def test_feature_gates_come_and_go(gate: str) -> None:
    first, last = GATES[gate]
    text = cluster(f"featureGates: {{{gate}: true}}\n")
    for minor in range(31, 38):
        known = first <= minor and (not last or minor <= last)
        assert bool(read(text, "kubeadm", f"1.{minor}.0").messages()) is not known


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1.36.3", Named("1.36.3")),
        ("1.36.3+build", Named("1.36.3")),
        ("v1.36.0-rc.1", Named("1.36.0", pre_release=True)),
        ("release/v1.36.0", Named("1.36.0")),
        ("stable", Named()),
        ("stable-1", Named()),
        ("latest-1.36", Named("1.36")),
    ],
)
def test_versions(text: str, expected: Named) -> None:
    assert kubernetes_version(text) == expected


@pytest.mark.parametrize(
    "text", ["1.36", "v01.36.3", "v1.36.3_1", "v1.36.3-", "v1.36.3-01", "newest", "stable-1.036", "a b"]
)
def test_refused_versions(text: str) -> None:
    assert kubernetes_version(text).problem


def test_versions_of_kubeadm() -> None:
    assert [minor_of_release(text) for text in ("1.36.3", "1.34", "1.29.0", "1.99", None, "2.0")] == [
        *(36, 34, 31, 99),
        *([minor_of_release(None)] * 2),
    ]


def test_addresses_endpoints_and_repositories() -> None:
    assert [canonical_address(text) for text in ("1.2.3", "fe80::1%eth0", "1.2.3.256", "10.0.0.1")] == [
        "",
        "",
        "",
        "10.0.0.1",
    ]
    endpoints = ("a", "a.b:1", "[fd00::1]:6443", "fd00::1", "a:", "a:0", "a:70000", "A", "[fd00::1]", ":1", "a:x")
    assert [text for text in endpoints if is_host_and_port(text)] == list(endpoints[:5])
    repositories = ("registry.k8s.io", "a:5000/b", "[::1]:5000/b", "a/b_c/d__e", "a/", "https://a", "A", "a/B", "")
    assert [text for text in repositories if is_repository(text)] == ["registry.k8s.io", *repositories[1:4], "A"]


MOUNTED = """apiServer:
  extraArgs:
  - {name: audit-policy-file, value: /etc/audit/policy.yaml}
  extraVolumes:
  - {name: audit, hostPath: /srv/audit, mountPath: /etc/audit, readOnly: true}
"""


def test_files_below_no_mount_are_warnings() -> None:
    text = cluster(MOUNTED)
    assert [each.code for each in read(text, "kubeadm").problems] == ["KASC-INPUT-005"]
    unmounted = text.replace("mountPath: /etc/audit", "mountPath: /etc/other")
    (found,) = [each for each in read(unmounted, "kubeadm").problems if each.code == "KASC-POD-001"]
    assert found.message == (
        '--audit-policy-file: "/etc/audit/policy.yaml" is not in the container: no volume is mounted there'
    )
    assert found.hint == (
        "add {name: NAME, hostPath: /etc/audit, mountPath: /etc/audit, readOnly: true} to apiServer.extraVolumes"
    )
    assert found.severity == "warning"
    assert found.location == at(unmounted, "/etc/audit/policy.yaml")
    assert examined(unmounted, "kubeadm").outcome == "accept"


def test_with_the_files_of_the_node_they_are_errors(tmp_path: Path) -> None:
    """With --files-root, mounts lead to the files of the node."""
    (tmp_path / "srv/audit").mkdir(parents=True)
    (tmp_path / "srv/audit/policy.yaml").write_text(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Nix}]\n"
    )
    settings = Settings(read_as="kubeadm", host=Host("10.0.0.1", str(tmp_path)))
    report = resolve(NAME, settings, texts={NAME: cluster(MOUNTED)}).report
    assert {each.code for each in report.of("error")} == {"KASC-AUDP-004"}
    unmounted = cluster(MOUNTED.replace("mountPath: /etc/audit", "mountPath: /etc/other"))
    report = resolve(NAME, settings, texts={NAME: unmounted}).report
    assert {each.code for each in report.of("error")} == {"KASC-POD-001"}


def test_what_kubeadm_mounts() -> None:
    """Certificates are mounted, also those of an external etcd, but not those in a directory with a similar name."""
    etcd = "etcd: {external: {endpoints: ['https://a'], caFile: %s/ca, certFile: %s/c, keyFile: %s/k}}\n"
    codes = {
        directory: [each.code for each in read(cluster(etcd % ((directory,) * 3)), "kubeadm", address="::1").problems]
        for directory in ("/srv/etcd", "/etc/kubernetes/pki/x", "/etc/kubernetes/pki-etcd", "/etc/ssl/certs-etcd")
    }
    assert codes == {
        "/srv/etcd": [],
        "/etc/kubernetes/pki/x": [],
        "/etc/kubernetes/pki-etcd": ["KASC-POD-001"] * 3,
        "/etc/ssl/certs-etcd": ["KASC-POD-001"] * 3,
    }


def test_volumes_that_the_kubelet_refuses_are_warnings() -> None:
    text = cluster(
        "apiServer:\n  extraVolumes:\n  - {name: A_b, hostPath: /a/../b, mountPath: '', pathType: Dir}\n"
        "  extraEnvs:\n  - {name: a=b, value: x, valueFrom: {}}\n"
    )
    found = [each for each in read(text, "kubeadm").problems if each.code.startswith("KASC-POD")]
    assert {each.severity for each in found} == {"warning"}
    assert [each.path for each in found] == [
        "apiServer.extraVolumes[0].mountPath",
        "apiServer.extraVolumes[0].name",
        "apiServer.extraVolumes[0].hostPath",
        "apiServer.extraVolumes[0].pathType",
        "apiServer.extraEnvs[0].name",
        "apiServer.extraEnvs[0]",
    ]


def test_the_audit_log_needs_a_writable_mount() -> None:
    text = cluster(
        "apiServer:\n  extraArgs: [{name: audit-log-path, value: /log/audit.log}]\n"
        "  extraVolumes: [{name: log, hostPath: /log, mountPath: /log, readOnly: true}]\n"
    )
    found = [each for each in read(text, "kubeadm").problems if each.code == "KASC-POD-002"]
    assert [each.message for each in found] == [
        '--audit-log-path: the container cannot write "/log/audit.log": the mount at /log is read-only'
    ]
    assert read(text.replace("true", "false"), "kubeadm").messages("1", "2") == []


def test_probes_follow_the_local_endpoint() -> None:
    report = resolve(NAME, Settings(read_as="kubeadm"), texts={NAME: arguments(("secure-port", "7443"))}).report
    (found,) = [each for each in report.diagnostics if each.code == "KASC-RISK-104"]
    assert "the server listens on port 7443, not 6443" in found.message
    assert found.hint == "let kubeadm, which writes the probes, set --secure-port"
    report = resolve(NAME, Settings(read_as="kubeadm"), texts={NAME: arguments(("anonymous-auth", "false"))}).report
    assert any("get 401" in each.message for each in report.diagnostics)


def test_the_startup_probe() -> None:
    def threshold(text: str) -> object:
        container = read(text, "kubeadm").server.container
        assert container is not None
        return container.at(("startupProbe", "failureThreshold")).value

    timeouts = "timeouts: {controlPlaneComponentHealthCheck: %s}\n"
    assert threshold(HEADER) == 24
    assert [threshold(HEADER + INIT + timeouts % value) for value in ("5s", "61s", "0s")] == [1, 7, 0]
    old = "apiServer: {timeoutForControlPlane: %s}\n"
    assert [threshold(cluster(old % value, old=True)) for value in ("20m", "0s", "4m0s")] == [120, 24, 24]
    assert threshold(cluster(old % "20m", old=True) + INIT + timeouts % "1m") == 120


def test_variables_in_arguments_are_those_of_the_container() -> None:
    text = arguments(("v", "$(LEVEL)"), ("audit-log-path", "/log/$(POD).log"), ("event-ttl", "$$(A)"))
    text += "  extraEnvs:\n  - {name: LEVEL, value: '4'}\n  - {name: POD, valueFrom: {fieldRef: {fieldPath: x}}}\n"
    reading = read(text, "kubeadm")
    assert reading.values("v") == ["4"]
    assert reading.argument("audit-log-path").unknown == "$(POD)"
    assert reading.values("event-ttl") == ["$(A)"]
    assert reading.argument("v").location == at(text, "$(LEVEL)")


@given(st.integers(0, 2**32))
def test_mutated_samples(seed: int) -> None:
    """No input raises anything but KascError, in reading and in examining."""
    examined(mutated(SAMPLE, seed), "kubeadm")


@given(st.text(alphabet="akv:{}[]-\n \"'#&*|>~1.,/é", max_size=60))
def test_any_text(text: str) -> None:
    with contextlib.suppress(KascError):
        read(HEADER + text, "kubeadm")
    examined(HEADER + INIT + text, "kubeadm")


def test_arguments_longer_than_linux_accepts() -> None:
    with pytest.raises(KascError, match="longer than 131071 characters"):
        read(arguments(("v", "a" * (131072 - len("--v=")))), "kubeadm")
    assert read(arguments(("v", "a" * (131071 - len("--v=")))), "kubeadm").words


def test_a_file_of_warnings_without_a_document() -> None:
    """What kubeadm refuses may not be listed among many warnings."""
    text = "apiVersion: kubeadm.k8s.io/v1beta9\n" + "a: 1\n" * 200
    report = resolve(NAME, Settings(read_as="kubeadm"), texts={NAME: text}).report
    assert "kubeadm refuses the file" in [each.message for each in report.diagnostics]
