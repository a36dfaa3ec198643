"""Talos: the flags that it sets and merges, the files that it writes, what it refuses and ignores."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import resolve
from compiler.diagnostics import KascError
from compiler.inputs.dialects.talos.facts import facts_of, release_for, releases
from compiler.review.examine import Settings
from tests.cli.running import kasc
from tests.inputs.dialects import pairs, predicted_and_real
from tests.inputs.dialects.reading import NAME, Reading, at, examined, mutated, read

PATCH = Path("samples/dialects/talos.yaml").read_text()
MACHINE = Path("samples/dialects/talos-machine.yaml").read_text()
DIRECTORY = "/system/config/kubernetes/kube-apiserver"
ENCRYPTION = "/system/secrets/kubernetes/kube-apiserver/encryptionconfig.yaml"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
DOCUMENTS = """version: v1alpha1
machine: {type: controlplane}
cluster: {}
---
apiVersion: v1alpha1
kind: KubeClusterConfig
clusterName: c
endpoint: https://k8s.example.test:6443
---
apiVersion: v1alpha1
kind: KubeNetworkConfig
podSubnets: [10.244.0.0/16]
serviceSubnets: [10.96.0.0/12]
---
apiVersion: v1alpha1
kind: KubeAPIServerConfig
image: registry.k8s.io/kube-apiserver:v1.36.0
"""


def machine(server: str = "{}", cluster: str = "", machine: str = "") -> str:
    """Return a whole machine configuration with a section of the API server in flow style."""
    return (
        f"version: v1alpha1\nmachine:\n  type: controlplane\n{machine}cluster:\n"
        "  controlPlane: {endpoint: 'https://k8s.example.test:6443'}\n"
        f"  network: {{serviceSubnets: [10.96.0.0/12]}}\n{cluster}  apiServer: {server}\n"
    )


def of(server: str = "{}", release: str = "1.13", version: str | None = "1.36", cluster: str = "") -> Reading:
    return read(machine(server, cluster), "talos", release, version)


def extra(arguments: str, release: str = "1.13", more: str = "") -> Reading:
    return of(f"{{disablePodSecurityPolicy: true, {more}extraArgs: {{{arguments}}}}}", release, "1.33")


@pytest.mark.parametrize("pair", pairs("talos"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, object], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


@pytest.mark.parametrize("sample", [PATCH, MACHINE], ids=["patch", "machine"])
def test_the_samples_are_accepted(sample: str) -> None:
    assert examined(sample, None).outcome == "accept"
    assert read(sample, "talos").messages("1", "2") == []


def test_the_release_of_the_machine_is_that_of_its_installer() -> None:
    reading = read(MACHINE, "talos")
    assert reading.messages("3") == []
    assert reading.server.version == "1.36.1"
    assert reading.values("tls-min-version") == ["VersionTLS12"]
    assert reading.values("audit-log-path") == []
    assert reading.values("cloud-provider") == []


@pytest.mark.parametrize(
    ("text", "version", "message"),
    [
        (PATCH, None, "the file does not name its Talos version; assuming Talos 1.14"),
        (PATCH.replace("v1.36.1", "v1.31.4"), None, "the file does not name its Talos version; assuming Talos 1.13"),
        (PATCH, "1.31", "the file does not name its Talos version; assuming Talos 1.13"),
        (
            DOCUMENTS.replace("v1.36.0", "v1.31.0"),
            None,
            "the file does not name its Talos version; assuming Talos 1.14",
        ),
        ("# $schema=https://www.talos.dev/v1.11/schemas/config.schema.json\n" + PATCH, None, ""),
        (MACHINE.replace("installer:v1.13.2", "installer:v1.7.1"), None, "no data for Talos 1.7.1; using 1.8"),
        (MACHINE.replace("installer:v1.13.2", "installer:v1.13.2@sha256:00"), None, ""),
    ],
)
def test_the_release(text: str, version: str | None, message: str) -> None:
    notes = read(text, "talos", version=version).messages("3")
    assert [note.partition(",")[0] for note in notes] == ([message] if message else [])


def test_releases_for_versions_of_kubernetes() -> None:
    assert [release_for(minor) for minor in (20, 31, 32, 37, 99)] == ["1.8", "1.13", "1.14", "1.14", "1.14"]
    assert all(facts_of(release).supports(int(facts_of(release).newest[2:])) for release in releases())


@pytest.mark.parametrize(
    ("server", "release", "version"),
    [("{}", "1.11", "1.34"), ("{}", "1.12.4", "1.35"), ("{image: 'x/kube-apiserver:v1.33.2'}", "1.12", "1.33.2")],
)
def test_the_version_of_kubernetes(server: str, release: str, version: str) -> None:
    assert of(server, release, None).server.version == version


@pytest.mark.parametrize("version", [None, "1.31"])
def test_an_unreadable_tag_counts_as_the_newest_version(version: str | None) -> None:
    reading = of("{image: 'x/kube-apiserver:main'}", "1.13", version, "  externalCloudProvider: {enabled: yes}\n")
    assert reading.server.version is None
    assert reading.values("cloud-provider") == []


@pytest.mark.parametrize(
    ("release", "version", "values"),
    [("1.9", "1.33", ["external"]), ("1.10", "1.33", []), ("1.13", "1.32", ["external"])],
)
def test_the_external_cloud_provider(release: str, version: str, values: list[str]) -> None:
    reading = of("{disablePodSecurityPolicy: true}", release, version, "  externalCloudProvider: {enabled: true}\n")
    assert reading.values("cloud-provider") == values


def test_a_version_that_the_release_does_not_support_is_a_warning() -> None:
    reading = of("{image: 'x/kube-apiserver:v1.36.0'}", "1.11", None)
    assert reading.messages() == ["Talos 1.11 does not support Kubernetes 1.36.0"]
    assert of("{image: 'x/kube-apiserver:v1.36.0'}", "1.11", "1.33").messages() == []


def test_a_patch_does_not_tell_the_endpoint() -> None:
    reading = read(PATCH, "talos")
    issuer = reading.argument("service-account-issuer")
    assert (issuer.unknown, issuer.origin) == ("$(CLUSTER_ENDPOINT)", "Talos")
    (note,) = reading.messages("4")
    assert note == "the file is a patch: the endpoint of the cluster is elsewhere, and other fields may be"
    assert reading.values("service-cluster-ip-range") == ["10.96.0.0/12"]


def test_positions_and_origins() -> None:
    text = machine("{extraArgs: {v: 4, enable-admission-plugins: 'AlwaysPullImages, Foo'}}")
    reading = read(text, "talos", "1.13")
    start = reading.server.start
    assert start == at(text, "apiServer")
    profiling, issuer, level = (reading.argument(flag) for flag in ("profiling", "service-account-issuer", "v"))
    assert (profiling.origin, profiling.location, profiling.path) == ("Talos", start, "cluster.apiServer")
    assert (issuer.origin, issuer.path) == ("Talos", "cluster.controlPlane.endpoint")
    assert issuer.location == at(text, "'https://k8s.example.test:6443'")
    assert (level.origin, level.path, level.name_location) == (
        "",
        "cluster.apiServer.extraArgs.v",
        at(text, "v: 4")._replace(end_column=at(text, "v: 4").column + 1),
    )
    plugins = reading.argument("enable-admission-plugins")
    assert plugins.text == "NodeRestriction,AlwaysPullImages,Foo"
    assert plugins.part(16, 32) == at(text, "AlwaysPullImages")
    assert plugins.part(33, 36) == at(text, "Foo")
    assert plugins.part(0, 15) == start


def test_the_address_of_the_node() -> None:
    assert of().argument("advertise-address").unknown == "$(POD_IP)"
    assert read(machine(), "talos", "1.13", address="192.0.2.1").values("advertise-address") == ["192.0.2.1"]
    skipped = machine(machine="  kubelet: {skipNodeRegistration: true}\n")
    assert read(skipped, "talos", "1.13").values("advertise-address") == []


@pytest.mark.parametrize("flag", sorted(facts_of("1.13").policies("legacy").denied))
def test_denied_flags(flag: str) -> None:
    reading = extra(f"{flag}: x")
    assert reading.messages() == [f'Talos does not allow "{flag}" in extraArgs']
    assert "x" not in reading.values(flag)
    assert flag in reading.server.fixed_flags


@pytest.mark.parametrize(
    ("flag", "release", "allowed"),
    [
        ("authorization-config", "1.8", True),
        ("tls-min-version", "1.13", True),
        ("tls-min-version", "1.14", False),
        ("authentication-config", "1.14", True),
    ],
)
def test_denied_by_release(flag: str, release: str, allowed: bool) -> None:
    assert bool(extra(f"{flag}: x", release).messages()) is not allowed


@pytest.mark.parametrize(
    ("release", "value", "words"),
    [
        ("1.12", '"A, NodeRestriction,A"', ["NodeRestriction,A,A"]),
        ("1.13", '"A, NodeRestriction,A,"', ["NodeRestriction,A"]),
        ("1.13", "[A, 'B,A']", ["NodeRestriction,A,B"]),
        ("1.12", '""', ["NodeRestriction,"]),
        ("1.13", '""', ["NodeRestriction"]),
        ("1.13", "null", ["NodeRestriction"]),
    ],
)
def test_additive_flags(release: str, value: str, words: list[str]) -> None:
    assert extra(f"enable-admission-plugins: {value}", release).values("enable-admission-plugins") == words


@pytest.mark.parametrize(
    ("release", "value", "values"),
    [
        ("1.13", '""', []),
        ("1.13", "null", []),
        ("1.13", "[]", []),
        ("1.13", "[a, b]", ["a", "b"]),
        ("1.13", '[""]', [""]),
        ("1.12", '""', [""]),
        ("1.12", "null", [""]),
        ("1.12", "0.001", ["0.001"]),
        ("1.12", "yes", ["yes"]),
    ],
)
def test_overwritten_flags(release: str, value: str, values: list[str]) -> None:
    assert extra(f"audit-log-maxage: {value}", release).values("audit-log-maxage") == values


def test_suites_can_only_be_added_before_they_can_be_replaced() -> None:
    assert len(extra("tls-cipher-suites: X", "1.13").values("tls-cipher-suites")[0].split(",")) == 12
    assert extra("tls-cipher-suites: X", "1.14").values("tls-cipher-suites") == ["X"]


@pytest.mark.parametrize(
    ("release", "value", "message"),
    [
        ("1.12", "[a]", "v is not a string: Talos cannot read the file"),
        ("1.13", "{a: b}", "v is not a string or a list of strings: Talos cannot read the file"),
        ("1.13", "[[a]]", "v is not a string or a list of strings: Talos cannot read the file"),
    ],
)
def test_values_of_another_type(release: str, value: str, message: str) -> None:
    assert extra(f"v: {value}", release).messages() == [message]


def test_words_are_sorted_and_names_verbatim() -> None:
    reading = of("{extraArgs: {zz: 1, --event-ttl: 1h}}")
    assert reading.words == sorted(reading.words, key=lambda word: word.partition("=")[0])
    assert reading.words[-1] == "--zz=1"
    assert examined(machine("{extraArgs: {--event-ttl: 1h}}"), "talos", "1.13").outcome == "reject"


@pytest.mark.parametrize(
    ("release", "version", "modes", "file", "gates"),
    [
        ("1.8", "1.31", ["Node,RBAC"], False, []),
        ("1.9", "1.31", [], True, []),
        ("1.9", "1.29", [], True, ["StructuredAuthorizationConfiguration=true"]),
        ("1.9", "1.28", ["Node,RBAC"], False, []),
        ("1.14", "1.28", [], True, []),
    ],
)
def test_authorization(release: str, version: str, modes: list[str], file: bool, gates: list[str]) -> None:
    reading = of("{disablePodSecurityPolicy: true}", release, version)
    assert reading.values("authorization-mode") == modes
    assert bool(reading.values("authorization-config")) is file
    assert reading.values("feature-gates") == gates


def test_a_user_of_modes_gets_no_authorization_file() -> None:
    assert extra("authorization-webhook-version: v1").values("authorization-mode") == ["Node,RBAC"]
    reading = extra("authorization-mode: 'Webhook,RBAC'")
    assert reading.values("authorization-mode") == ["Node,RBAC,Webhook"]
    assert reading.values("authorization-config") == []
    assert f"{DIRECTORY}/authorization-config.yaml" not in reading.server.files


@pytest.mark.parametrize(
    ("release", "server", "plugins"),
    [
        ("1.11", "{}", "NodeRestriction,PodSecurityPolicy"),
        ("1.11", "{disablePodSecurityPolicy: false}", "NodeRestriction,PodSecurityPolicy"),
        ("1.11", "{disablePodSecurityPolicy: true}", "NodeRestriction"),
        ("1.12", "{}", "NodeRestriction"),
    ],
)
def test_pod_security_policy(release: str, server: str, plugins: str) -> None:
    assert of(server, release, "1.33").values("enable-admission-plugins") == [plugins]


def test_a_patch_is_applied_to_a_configuration_without_pod_security_policy() -> None:
    reading = read("cluster: {apiServer: {extraArgs: {v: 2}}}", "talos", "1.11")
    assert reading.values("enable-admission-plugins") == ["NodeRestriction"]


def test_a_file_without_the_type_of_the_machine_is_a_patch() -> None:
    text = "cluster: {controlPlane: {endpoint: 'https://a:6443'}, apiServer: {}}"
    reading = read(text, "talos", "1.11")
    assert reading.values("enable-admission-plugins") == ["NodeRestriction"]
    assert f"{DIRECTORY}/admission-control-config.yaml" not in reading.server.files
    assert reading.messages("4") == []


def test_fields_that_decide_flags() -> None:
    settings = of("{extraArgs: {secure-port: 1}}").server.settings
    assert settings["service-account-issuer"] == "cluster.controlPlane.endpoint"
    assert not settings.keys() & {"profiling", "secure-port", "enable-admission-plugins"}


def test_the_hint_for_a_value_of_talos_names_the_field_that_decides_it() -> None:
    text = machine()
    report = resolve(NAME, Settings(read_as="talos", release="1.11", version="1.33"), texts={NAME: text}).report
    (error,) = [each for each in report.diagnostics if each.severity == "error"]
    assert error.flag == "enable-admission-plugins"
    assert error.hint.endswith(
        "in Talos, cluster.apiServer.disablePodSecurityPolicy decides --enable-admission-plugins"
    )


def test_ignored_fields() -> None:
    assert of("{disablePodSecurityPolicy: false}", "1.12").messages("2") == [
        "Talos 1.12 ignores disablePodSecurityPolicy"
    ]


@pytest.mark.parametrize(
    ("release", "subnets", "value"),
    [
        ("1.13", "[FD00:0::/112, 10.0.0.1/12]", "FD00:0::/112,10.0.0.1/12"),
        ("1.14", "[FD00:0::/112, 10.0.0.1/12]", "fd00::/112,10.0.0.1/12"),
        ("1.14", "['::FFFF:1.2.3.4/112', 10.0.0.0/08]", "::ffff:1.2.3.4/112,invalid Prefix"),
        ("1.13", "[]", "10.96.0.0/12"),
    ],
)
def test_subnets(release: str, subnets: str, value: str) -> None:
    text = machine().replace("[10.96.0.0/12]", subnets)
    assert read(text, "talos", release).values("service-cluster-ip-range") == [value]


@pytest.mark.parametrize(
    ("port", "value", "messages"),
    [
        ("7443", "7443", []),
        ("0", "6443", []),
        ("'1'", "6443", ["localAPIServerPort is not an integer: Talos cannot read the file"]),
    ],
)
def test_ports(port: str, value: str, messages: list[str]) -> None:
    reading = read(machine().replace("6443'}", f"6443', localAPIServerPort: {port}}}"), "talos", "1.13")
    assert reading.values("secure-port") == [value]
    assert reading.messages() == messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (machine("{certSans: []}"), 'Talos refuses the unknown field "certSans"'),
        (machine("{extraArgs: [a]}"), "extraArgs is not a mapping: Talos cannot read the file"),
        (machine("{resources: {limits: {disk: 1}}}"), 'Talos refuses the resource "disk"'),
        (machine("{auditPolicy: {rules: [{lvl: a}]}}"), 'Talos refuses the unknown field "lvl" of the audit policy'),
        (machine("{authorizationConfig: [{type: Nod, name: a}]}"), 'Talos refuses the authorizer type "Nod"'),
        (machine("{authorizationConfig: [{type: Node}]}"), "Talos refuses an authorizer without name"),
        (machine().replace("type: controlplane", "type: master"), 'Talos refuses machine.type "master"'),
        (machine().replace("//k8s.example.test", "//"), 'Talos refuses the endpoint "https://:6443": it has no host'),
        (
            machine().replace(":6443", ":0"),
            'Talos refuses the endpoint "https://k8s.example.test:0": its port is not between 1 and 65535',
        ),
        (
            machine(cluster="  externalCloudProvider: {enabled: maybe}\n"),
            "enabled is not a boolean: Talos cannot read the file",
        ),
        (machine() + "---\n" + machine(), "Talos refuses a second machine configuration in one file"),
        ("- op: add\n  path: /cluster\n", "Talos expects documents that are mappings"),
        ("a: b\n", "Talos refuses the document: it has no kind"),
        ("kind: KubeSpanConfig\n", "Talos requires an apiVersion"),
        ("apiVersion: v1\nkind: KubeSpanConfig\n", 'Talos does not know apiVersion "v1"'),
        ("apiVersion: v1alpha1\nkind: KubespanConfig\n", 'Talos 1.13 does not know documents of kind "KubespanConfig"'),
        ("apiVersion: v1alpha1\nkind: KubeNodeConfig\n", 'Talos 1.13 does not know documents of kind "KubeNodeConfig"'),
    ],
)
def test_refused(text: str, message: str) -> None:
    assert read(text, "talos", "1.13").messages() == [message]


def test_a_mode_together_with_authorizers_is_refused() -> None:
    reading = extra("authorization-webhook-version: v1", more="authorizationConfig: [], ")
    message = 'Talos refuses "authorization-webhook-version" in extraArgs together with authorizationConfig'
    assert reading.messages() == [message]


def test_fields_of_later_releases() -> None:
    reading = of("{disablePodSecurityPolicy: true, authorizationConfig: []}", "1.8", "1.31")
    (problem,) = [each for each in reading.problems if each.code == "KASC-DIST-001"]
    assert (problem.message, problem.hint) == (
        'Talos refuses the unknown field "authorizationConfig"',
        "it was added in Talos 1.9",
    )


def test_a_worker_runs_no_server() -> None:
    with pytest.raises(KascError, match=r"machine\.type is worker: Talos runs no kube-apiserver"):
        read("machine: {type: worker}\ncluster: {apiServer: {}}\n", "talos")


def test_deletions_of_a_patch() -> None:
    text = machine("{extraArgs: {$patch: delete}, auditPolicy: {$patch: delete}, certSANs: [a]}")
    reading = read(text, "talos", "1.11")
    assert reading.messages() == []
    assert reading.values("enable-admission-plugins") == ["NodeRestriction"]  # it is a patch
    assert read("apiVersion: v1alpha1\nkind: KubeNodeConfig\n$patch: delete\n", "talos", "1.14").messages() == []


def documents(more: str = "", release: str = "1.14") -> Reading:
    return read(DOCUMENTS + more, "talos", release)


def test_documents() -> None:
    reading = documents("apiPort: 7443\nextraArgs: {v: [2]}\n")
    assert reading.messages() == []
    assert reading.values("authentication-config") == [f"{DIRECTORY}/authentication-config.yaml"]
    assert (reading.values("anonymous-auth"), reading.values("secure-port")) == ([], ["7443"])
    assert reading.argument("v").path == "KubeAPIServerConfig.extraArgs.v"
    assert reading.server.dialect is not None
    assert reading.server.dialect.setting == "KubeAPIServerConfig.extraArgs"
    assert [note.partition(":")[0] for note in reading.messages("4")] == [
        "the file has no KubeAuthenticationConfig",
        "the file has no KubeAuthorizerConfig",
    ]


AUTHENTICATION = "apiVersion: v1alpha1\nkind: KubeAuthenticationConfig\nconfiguration: {jwt: []}\n"


def test_hints_of_documents() -> None:
    more = "extraArgs: {audit-webhook-config-file: /x}\n"
    (warning,) = [each for each in documents(more).problems if each.flag]
    assert warning.hint == "KubeAPIServerConfig has no extraVolumes: use a document for this setting"
    large = DOCUMENTS.replace("10.96.0.0/12", "10.0.0.0/8", 1)
    (error,) = [each for each in read(large, "talos", "1.14").problems if each.code == "KASC-DIST-001"]
    assert error.hint == "use a size between /12 and /28"


def test_authorizers_in_documents() -> None:
    more = "---\napiVersion: v1alpha1\nkind: KubeAuthorizerConfig\nname: %s\ntype: %s\n"
    reading = documents(more % ("rbac", "RBAC") + more % ("node", "Node"))
    assert reading.messages() == []
    config = content(reading, f"{DIRECTORY}/authorization-config.yaml")
    assert isinstance(config, dict)
    assert [each["name"] for each in config["authorizers"]] == ["rbac", "node"]


def test_a_patch_of_one_document() -> None:
    reading = read(AUTHENTICATION, "talos", "1.14")
    assert reading.values("authentication-config") == [f"{DIRECTORY}/authentication-config.yaml"]
    assert set(reading.server.files) == {
        f"{DIRECTORY}/{name}.yaml" for name in ("auditpolicy", "authentication-config")
    }
    assert len(reading.messages("4")) == 1


def test_a_document_of_no_effect() -> None:
    assert read(machine() + "---\n" + AUTHENTICATION, "talos", "1.14").messages("1", "2") == [
        "Talos ignores KubeAuthenticationConfig without a KubeAPIServerConfig document"
    ]


def test_the_issuer_of_a_document() -> None:
    more = (
        "---\napiVersion: v1alpha1\nkind: KubeServiceAccountConfig\n"
        "issuer: {privateKey: x, issuerURL: 'HTTPS://a.example'}\naccepted: {issuers: ['https://b.example']%s}\n"
    )
    reading = documents(more % "")
    assert reading.values("service-account-issuer") == ["https://a.example", "https://b.example"]
    assert reading.values("api-audiences") == ["https://a.example"]
    assert documents(more % ", audiences: [x, y]").values("api-audiences") == ["x", "y"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("extraArgs: {oidc-client-id: x}\n", 'Talos refuses "oidc-client-id" in extraArgs of KubeAPIServerConfig'),
        (
            "extraArgs: {authentication-config: x}\n",
            'Talos refuses "authentication-config" in extraArgs of KubeAPIServerConfig',
        ),
        (
            "---\napiVersion: v1alpha1\nkind: KubeAuthorizerConfig\nname: a\ntype: Webhook\n",
            "Talos refuses an authorizer of type Webhook without webhook",
        ),
        (
            "---\napiVersion: v1alpha1\nkind: KubeAdmissionControlConfig\nconfiguration: {}\n",
            "Talos refuses a KubeAdmissionControlConfig without name",
        ),
        (
            "---\napiVersion: v1alpha1\nkind: KubeAPIServerConfig\n",
            "Talos refuses a second document of kind KubeAPIServerConfig in one file",
        ),
    ],
)
def test_refused_documents(more: str, message: str) -> None:
    assert documents(more).messages() == [message]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "cluster: {}",
            "cluster: {apiServer: {}}",
            "Talos refuses cluster.apiServer together with a KubeAPIServerConfig document",
        ),
        (
            "cluster: {}",
            "cluster: {network: {}}",
            "Talos refuses cluster.network together with a KubeNetworkConfig document",
        ),
        ("clusterName: c\n", "", "Talos refuses a KubeClusterConfig without clusterName"),
        ("image: registry.k8s.io/kube-apiserver:v1.36.0\n", "", "Talos refuses a KubeAPIServerConfig without image"),
        (
            "10.96.0.0/12",
            "10.96.0.1/12",
            'Talos refuses the service subnet "10.96.0.1/12": it is not the first address of a subnet',
        ),
        ("10.96.0.0/12", "10.0.0.0/8", 'Talos refuses the service subnet "10.0.0.0/8": it has 24 bits for hosts'),
        ("[10.96.0.0/12]", "[10.96.0.0/16, 10.97.0.0/16]", "Talos refuses more than one service subnet of each family"),
        ("[10.96.0.0/12]", "[10.96.0.0/16, 'fd00::/112']", "Talos refuses 2 service subnets with 1 pod subnets"),
        (
            "cluster: {}",
            "cluster: {ca: {crt: a}}",
            "Talos 1.14 refuses a control plane without a configuration of etcd encryption",
        ),
    ],
)
def test_refused_together(old: str, new: str, message: str) -> None:
    assert read(DOCUMENTS.replace(old, new, 1), "talos", "1.14").messages() == [message]


@pytest.mark.parametrize(
    ("cluster", "kind", "refused"),
    [
        ("{clusterName: ''}", "", False),
        ("{clusterName: x}", "", True),
        ("{controlPlane: {localAPIServerPort: 0}}", "", False),
        ("{allowSchedulingOnControlPlanes: false}", "KubeNodeConfig", True),
        ("{serviceAccount: {}}", "KubeServiceAccountConfig", True),
        ("{apiServer: {auditPolicy: {}}}", "KubeAuditPolicyConfig", False),
        ("{apiServer: {auditPolicy: {kind: Policy}}}", "KubeAuditPolicyConfig", True),
    ],
)
def test_conflicts(cluster: str, kind: str, refused: bool) -> None:
    text = DOCUMENTS.replace("cluster: {}", f"cluster: {cluster}")
    if kind:
        text += f"---\napiVersion: v1alpha1\nkind: {kind}\n"
    messages = [
        message for message in read(text, "talos", "1.14").messages() if "cluster.apiServer together" not in message
    ]
    assert bool(messages) is refused
    assert all("together with a" in message for message in messages)


def test_without_a_network_there_is_no_server() -> None:
    text = machine().replace("  network: {serviceSubnets: [10.96.0.0/12]}\n", "")
    assert read(text, "talos", "1.13").messages() == []
    assert read(text, "talos", "1.14").messages() == [
        "Talos 1.14 starts no kube-apiserver without a network configuration"
    ]


def content(reading: Reading, path: str) -> object:
    return reading.server.files[path].content.plain()


def test_without_an_endpoint_there_is_no_server() -> None:
    text = machine().replace("  controlPlane: {endpoint: 'https://k8s.example.test:6443'}\n", "")
    assert read(text, "talos", "1.13").messages("1", "4") == [
        "Talos 1.13 starts no kube-apiserver without the endpoint of the cluster"
    ]
    assert read(text.replace("version: v1alpha1\n", ""), "talos", "1.13").messages() == []


def test_files_that_talos_writes_by_default() -> None:
    reading = of()
    assert content(reading, f"{DIRECTORY}/auditpolicy.yaml") == {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "rules": [{"level": "Metadata"}],
    }
    assert content(reading, f"{DIRECTORY}/admission-control-config.yaml") == {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [],
    }
    assert content(reading, f"{DIRECTORY}/authorization-config.yaml") == {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthorizationConfiguration",
        "authorizers": [{"type": "Node", "name": "node"}, {"type": "RBAC", "name": "rbac"}],
    }
    assert ENCRYPTION not in reading.server.files  # the keys are kept elsewhere
    assert set(read(PATCH.partition("    admissionControl")[0], "talos").server.files) == {
        f"{DIRECTORY}/auditpolicy.yaml",
        f"{DIRECTORY}/authorization-config.yaml",
    }


def test_a_patch_of_pod_security_has_the_generated_configuration_below_it() -> None:
    text = "cluster: {apiServer: {admissionControl: [{name: %s, configuration: {exemptions: {namespaces: [a]}}}]}}"
    config = content(read(text % "PodSecurity", "talos", "1.13"), f"{DIRECTORY}/admission-control-config.yaml")
    assert isinstance(config, dict)
    configuration = config["plugins"][0]["configuration"]
    assert configuration["kind"] == "PodSecurityConfiguration"
    assert configuration["defaults"]["enforce"] == "baseline"
    assert configuration["exemptions"] == {"usernames": [], "runtimeClasses": [], "namespaces": ["a"]}
    assert examined(text % "PodSecurity", "talos", "1.13").outcome == "accept"
    config = content(read(text % "EventRateLimit", "talos", "1.13"), f"{DIRECTORY}/admission-control-config.yaml")
    assert isinstance(config, dict)
    assert config["plugins"][0]["configuration"] == {"exemptions": {"namespaces": ["a"]}}


def test_repeated_documents_of_a_patch_are_merged() -> None:
    server = "apiVersion: v1alpha1\nkind: KubeAPIServerConfig\n"
    first = server + "env: {A: a}\nextraArgs: {v: [1, 2], event-ttl: 1h}\ncertExtraSANs: [a]\n"
    reading = read(f"{first}---\n{server}extraArgs: {{v: [3]}}\ncertExtraSANs: [b]\n", "talos", "1.14")
    assert reading.messages() == []
    assert (reading.values("v"), reading.values("event-ttl")) == (["3"], ["1h"])
    network = "---\napiVersion: v1alpha1\nkind: KubeNetworkConfig\nserviceSubnets: [%s]\n"
    reading = read(first + network % "10.0.0.0/16" + network % "10.1.0.0/16", "talos", "1.14")
    assert reading.values("service-cluster-ip-range") == ["10.1.0.0/16"]


def test_files_that_no_flag_names_are_not_read() -> None:
    reading = extra("audit-policy-file: /etc/audit.yaml, admission-control-config-file: ''")
    assert set(reading.server.files) == {f"{DIRECTORY}/authorization-config.yaml"}


@pytest.mark.parametrize(
    ("version", "api"), [("1.29", "v1alpha1"), ("1.31", "v1beta1"), ("1.32", "v1"), ("1.36", "v1")]
)
def test_the_authorization_file(version: str, api: str) -> None:
    hook = "{type: Webhook, name: hook, webhook: {timeout: 3s, foo: 1}}"
    reading = of(f"{{authorizationConfig: [{{type: RBAC, name: r}}, {hook}]}}", "1.13", version)
    assert content(reading, f"{DIRECTORY}/authorization-config.yaml") == {
        "apiVersion": f"apiserver.config.k8s.io/{api}",
        "kind": "AuthorizationConfiguration",
        "authorizers": [
            {"type": "Node", "name": "node"},
            {"type": "RBAC", "name": "r"},
            {"type": "Webhook", "name": "hook", "webhook": {"timeout": "3s"}},
        ],
    }
    assert reading.messages("2") == ['Talos ignores the unknown field "foo" of the webhook']


@pytest.mark.parametrize(
    ("cluster", "providers"),
    [
        (f"  secretboxEncryptionSecret: {KEY}\n", ["secretbox", "identity"]),
        (f"  secretboxEncryptionSecret: {KEY}\n  aescbcEncryptionSecret: {KEY}\n", ["secretbox", "aescbc", "identity"]),
        ("  token: abcdef.0123456789abcdef\n", ["identity"]),
        ("  secretboxEncryptionSecret: ${KEY}\n", None),
        ("", None),
    ],
)
def test_encryption(cluster: str, providers: list[str] | None) -> None:
    reading = of(cluster=cluster)
    if providers is None:
        assert ENCRYPTION not in reading.server.files
        return
    config = content(reading, ENCRYPTION)
    assert isinstance(config, dict)
    assert (config["kind"], config["apiVersion"]) == ("EncryptionConfig", "v1")
    (entry,) = config["resources"]
    assert (entry["resources"], [next(iter(each)) for each in entry["providers"]]) == (["secrets"], providers)


def test_an_invalid_key_is_an_error_at_its_place() -> None:
    text = machine(cluster="  secretboxEncryptionSecret: AAECAwQF\n")
    report = resolve(NAME, Settings(read_as="talos", release="1.13"), texts={NAME: text}).report
    (error,) = [each for each in report.diagnostics if each.severity == "error"]
    assert error.location == at(text, "AAECAwQF")
    assert "AAECAwQF" not in error.message


def test_the_authentication_file() -> None:
    more = "---\napiVersion: v1alpha1\nkind: KubeAuthenticationConfig\nconfiguration: {anonymous: {enabled: true}}\n"
    assert content(documents(more), f"{DIRECTORY}/authentication-config.yaml") == {
        "anonymous": {"enabled": True},
        "apiVersion": "apiserver.config.k8s.io/v1beta1",
        "kind": "AuthenticationConfiguration",
    }


def test_findings_in_files_have_the_path_of_the_configuration() -> None:
    text = machine("{auditPolicy: {apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: Metdata}]}}")
    report = resolve(NAME, Settings(read_as="talos", release="1.13"), texts={NAME: text}).report
    (error,) = [each for each in report.diagnostics if each.severity == "error"]
    assert (error.path, error.location) == ("cluster.apiServer.auditPolicy.rules[0].level", at(text, "Metdata"))
    assert error.hint == "did you mean Metadata?"


def test_files_outside_the_volumes() -> None:
    volumes = "extraVolumes: [{hostPath: /var/etc/audit, mountPath: /etc/audit}], "
    for path, warned in (
        ("/etc/audit/hook.yaml", False),
        ("/etc/other/hook.yaml", True),
        ("/etc/ssl/certs/a.pem", False),
    ):
        reading = extra(f"audit-webhook-config-file: {path}", more=volumes)
        warnings = [each.message for each in reading.problems if each.flag]
        expected = f'"{path}" is in no volume of the API server: kube-apiserver cannot read it'
        assert warnings == ([expected] if warned else [])


def test_extra_volumes_map_to_the_host() -> None:
    system = read(MACHINE, "talos").server.file_system
    assert system is not None
    assert system.host_path("/etc/kubernetes/webhooks/audit.yaml") == "/var/etc/webhooks/audit.yaml"
    assert system.host_path("/etc/other") is None


SECRETS = machine(
    cluster=(
        f"  secretboxEncryptionSecret: {KEY}\n  token: abcdef.0123456789abcdef\n  secret: {KEY}\n"
        "  ca: {crt: LS0tLS1CRUdJTiBDRVJU, key: LS0tLS1CRUdJTiBFQyBQUklWQVRF}\n"
        "  serviceAccount: {key: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBL}\n"
    ),
    machine="  token: 0123ab.0123456789abcdef\n",
)


def test_no_secret_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "controlplane.yaml"
    path.write_text(SECRETS.replace("token: 0123ab", "tokn: 0123ab").replace("secret: AA", "secrt: AA"))
    shown = "".join(kasc(capsys, "check", path, "--as", "talos@1.13")[1:])
    assert "refuses the unknown field" in shown
    path.write_text(SECRETS)
    shown += "".join(kasc(capsys, "compile", path, "--as", "talos@1.13", "-o", tmp_path / "out")[1:])
    shown += "".join(each.read_text() for each in (tmp_path / "out").rglob("*") if each.is_file())
    assert "env: SECRETBOX_KEY2" in shown
    for secret in (KEY, "0123456789abcdef", "QyBQUklWQVRF", "UFJJVkFURSBL"):
        assert secret not in shown


@given(st.integers(0, 2**32), st.sampled_from([PATCH, MACHINE, DOCUMENTS, SECRETS]), st.sampled_from(releases()))
def test_changed_files(seed: int, text: str, release: str) -> None:
    with contextlib.suppress(KascError):
        read(mutated(text, seed), "talos", release)


@given(st.text())
def test_any_text(text: str) -> None:
    with contextlib.suppress(KascError):
        read(text, "talos")
