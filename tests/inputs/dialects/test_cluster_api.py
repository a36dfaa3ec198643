"""Control planes of Cluster API: the documents for kubeadm, what other objects decide, what is refused and ignored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import resolve
from compiler.diagnostics import KascError
from tests.inputs.dialects import pairs, predicted_and_real
from tests.inputs.dialects.reading import at, examined, mutated, read

SAMPLE = Path("samples/dialects/kubeadmcontrolplane.yaml").read_text()
REFUSED_ONLY_BY_THE_YARDSTICK = ("kcp-1.30-v1beta3", "kcp-1.35-local-mode-gate")
"""Their documents were not run, since kubeadm 1.36 does not accept them; the kubeadm of their version does."""
CLUSTER = """---
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: eu}
spec:
  clusterNetwork: {services: {cidrBlocks: [10.1.0.0/16]}, serviceDomain: eu.internal}
  controlPlaneEndpoint: {host: a.example.com, port: 6443}
"""
HEADER = """apiVersion: controlplane.cluster.x-k8s.io/v1beta2
kind: KubeadmControlPlane
metadata: {name: cp}
spec:
  version: v1.36.2
"""
PATH = "spec.kubeadmConfigSpec."


def control_plane(spec: str, version: str = "v1beta2", release: str = "v1.36.2") -> str:
    header = HEADER.replace("v1beta2", version).replace("v1.36.2", release)
    return f"{header}  kubeadmConfigSpec: {spec}\n"


def server(section: str) -> str:
    return f"{{clusterConfiguration: {{apiServer: {section}}}}}"


@pytest.mark.parametrize("pair", pairs("kubeadm-wrapped", prefix="kcp"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, Any], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    if pair["id"] in REFUSED_ONLY_BY_THE_YARDSTICK:
        assert predicted.outcome == "accept"
    else:
        assert predicted == real


@pytest.mark.parametrize("pair", pairs("kubeadmcontrolplane"), ids=lambda pair: pair["id"])
def test_derived(pair: dict[str, Any]) -> None:
    """The flags are those that were derived, except for what the Cluster and the node decide."""
    reading = read(pair["config"], "kubeadm", version=None)
    outside = ("advertise-address", "service-cluster-ip-range", "service-account-issuer")
    words = [word for word in reading.words if word[2:].partition("=")[0] not in outside]
    expected = [flag for flag in pair["flags"] if flag[2:].partition("=")[0] not in outside]
    if pair["facts"]["kubeadmSortsAll"]:
        assert sorted(words) == sorted(expected)
    else:
        assert words == expected


def test_the_sample_is_accepted_without_findings() -> None:
    reading = read(SAMPLE, "kubeadm", address="10.0.0.5")
    assert reading.problems == []
    assert reading.server.name == "prod-eu-1"
    assert list(reading.server.files) == ["/etc/kubernetes/audit/policy.yaml"]
    assert resolve("samples/dialects/kubeadmcontrolplane.yaml").report.outcome == "accept"


def test_files_of_the_node_are_checked() -> None:
    text = SAMPLE.replace("level: Metadata", "level: Metadta")
    assert examined(text, "kubeadm").flags == ("AUDP-04 audit-policy-file",)
    encoded = text.replace("      owner: root:root\n", "      encoding: base64\n")
    assert read(encoded, "kubeadm").server.files == {}


def test_the_cluster_decides_the_network() -> None:
    text = control_plane("{clusterConfiguration: {}}") + CLUSTER
    reading = read(text, "kubeadm")
    services = reading.argument("service-cluster-ip-range")
    assert (services.text, services.origin) == ("10.1.0.0/16", "kubeadm")
    assert services.part(0, 11) == at(text, "10.1.0.0/16")
    assert services.path == "spec.clusterNetwork.services.cidrBlocks"
    assert reading.values("service-account-issuer") == ["https://kubernetes.default.svc.eu.internal"]


def test_without_the_cluster_it_is_unknown() -> None:
    reading = read(control_plane("{clusterConfiguration: {}}"), "kubeadm")
    assert reading.argument("service-cluster-ip-range").unknown == "$(SERVICE_SUBNET)"
    assert reading.argument("service-account-issuer").unknown == "$(DNS_DOMAIN)"
    assert reading.messages("4") == [
        "the Cluster, which decides the service network and the DNS domain, is not in this file"
    ]
    assert examined(control_plane("{clusterConfiguration: {}}"), "kubeadm").outcome == "accept"


def test_extra_arguments_by_api_version() -> None:
    old = read(control_plane(server("{extraArgs: {v: '4', a-b: c}}"), "v1beta1") + CLUSTER, "kubeadm")
    assert old.words[-2:] == ["--a-b=c", "--v=4"]
    assert old.argument("v").path == f"{PATH}clusterConfiguration.apiServer.extraArgs[1]"
    new = read(
        control_plane(server("{extraArgs: [{name: v, value: '4'}, {name: a-b, value: c}]}")) + CLUSTER, "kubeadm"
    )
    assert new.words[-2:] == ["--v=4", "--a-b=c"]
    assert new.argument("v").path == f"{PATH}clusterConfiguration.apiServer.extraArgs[0]"


def test_versions_of_kubernetes() -> None:
    """Below 1.31 kubeadm has maps, in which the order is lost; it sorts all before 1.32.12."""
    text = server("{extraArgs: [{name: v, value: '4'}, {name: audit-log-maxage, value: '7'}]}")
    for release in ("v1.30.4", "v1.31.0", "v1.32.11"):
        reading = read(control_plane(text, release=release) + CLUSTER, "kubeadm")
        assert [each.flag for each in reading.server.arguments] == sorted(
            each.flag for each in reading.server.arguments
        )
    reading = read(control_plane(text, release="v1.32.12") + CLUSTER, "kubeadm")
    assert reading.words[-2:] == ["--v=4", "--audit-log-maxage=7"]


def test_the_gate_of_the_provider() -> None:
    """It is known to kubeadm in the versions in which the provider enables it."""
    for minor in range(31, 38):
        text = control_plane("{clusterConfiguration: {}}", release=f"v1.{minor}.1") + CLUSTER
        assert read(text, "kubeadm").messages() == []


def test_timeouts() -> None:
    def threshold(text: str) -> object:
        container = read(text + CLUSTER, "kubeadm").server.container
        assert container is not None
        return container.at(("startupProbe", "failureThreshold")).value

    new = "{initConfiguration: {timeouts: {T: 90}}, joinConfiguration: {timeouts: {T: 90}}}"
    assert threshold(control_plane(new.replace("T", "controlPlaneComponentHealthCheckSeconds"))) == 9
    old = server("{timeoutForControlPlane: 20m}")
    assert threshold(control_plane(old, "v1beta1")) == 120
    assert threshold(control_plane(old, "v1beta1", "v1.30.1")) == 120


def test_templates_and_configs() -> None:
    spec = "kubeadmConfigSpec: {clusterConfiguration: {apiServer: {extraArgs: [{name: v, value: '4'}]}}}"
    template = HEADER.replace("KubeadmControlPlane", "KubeadmControlPlaneTemplate").replace(
        "  version: v1.36.2\n", f"  template: {{spec: {{{spec}}}}}\n"
    )
    reading = read(template, "kubeadm")
    assert reading.values("v") == ["4"]
    assert reading.argument("v").path.startswith("spec.template.spec.kubeadmConfigSpec.clusterConfiguration")
    assert reading.server.version is None
    topology = CLUSTER + "  topology: {version: v1.35.1}\n"
    assert read(template + topology, "kubeadm").server.version == "1.35.1"
    config = (
        "apiVersion: bootstrap.cluster.x-k8s.io/v1beta2\nkind: KubeadmConfig\n"
        "spec: {clusterConfiguration: {apiServer: {extraArgs: [{name: v, value: '4'}]}}}\n"
        "---\napiVersion: cluster.x-k8s.io/v1beta2\nkind: Machine\nspec: {version: v1.34.0}\n"
    )
    reading = read(config, "kubeadm")
    assert reading.values("v") == ["4"]
    assert reading.server.version == "1.34.0"


def test_a_worker_is_not_an_input() -> None:
    text = "apiVersion: bootstrap.cluster.x-k8s.io/v1beta2\nkind: KubeadmConfig\nspec: {joinConfiguration: {}}\n"
    with pytest.raises(KascError) as error:
        read(text, "kubeadm")
    assert error.value.diagnostic.code == "KASC-INPUT-003"


def test_fields_that_are_taken_from_elsewhere() -> None:
    text = control_plane(
        "{clusterConfiguration: {networking: {serviceSubnet: 10.9.0.0/16}, clusterName: a}}", "v1beta1"
    )
    reading = read(text + CLUSTER, "kubeadm")
    assert reading.values("service-cluster-ip-range") == ["10.1.0.0/16"]
    assert reading.messages("2") == [
        "Cluster API 1.11 and later ignores networking, and uses spec.clusterNetwork of the Cluster",
        "Cluster API 1.11 and later ignores clusterName, and uses the name of the Cluster",
    ]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{clusterConfig: {}}", 'Cluster API ignores the unknown field "clusterConfig"'),
        ("{clusterConfiguration: {apiServer: {extraArg: []}}}", 'Cluster API ignores the unknown field "extraArg"'),
        ("{clusterConfiguration: {networking: {}}}", 'Cluster API ignores the unknown field "networking"'),
    ],
)
def test_ignored(spec: str, message: str) -> None:
    assert read(control_plane(spec) + CLUSTER, "kubeadm").messages("2") == [message]


REFUSED = (
    (server("{extraArgs: {v: '4'}}"), "extraArgs is a mapping, not a list: Cluster API cannot read the file"),
    (server("{extraArgs: [{name: v, value: 4}]}"), "value is a number, not a string: Cluster API cannot read the file"),
    (server("{extraArgs: [{name: v, value: a}, {name: v, value: b}]}"), 'Cluster API refuses "v" twice'),
    (server("{extraArgs: [{name: v}]}"), "Cluster API refuses extraArgs[0] without value"),
    (server("{extraVolumes: [{name: a, hostPath: /a}]}"), "Cluster API refuses extraVolumes[0] without mountPath"),
    (
        "{clusterConfiguration: {etcd: {local: {dataDir: /a},"
        " external: {endpoints: ['https://a'], caFile: /a, certFile: /a, keyFile: /a}}}}",
        "Cluster API refuses a local and an external etcd together",
    ),
    ("{clusterConfiguration: {etcd: {external: {endpoints: ['http://a']}}}}", "Cluster API refuses external without"),
    ("{initConfiguration: {localAPIEndpoint: {bindPort: 0}}}", "Cluster API refuses 0 as bindPort: the least is 1"),
    (server("{extraArgs: []}"), "Cluster API refuses an empty extraArgs"),
    (server("{certSANs: ['']}"), "Cluster API refuses an empty certSANs[0]"),
    (
        server("{extraArgs: [" + ", ".join(f"{{name: a{index}, value: ''}}" for index in range(101)) + "]}"),
        "Cluster API refuses extraArgs: it has 101 entries, the most are 100",
    ),
    (
        server(f"{{extraArgs: [{{name: v, value: {'a' * 1025}}}]}}"),
        "Cluster API refuses value: it has 1025 characters, the most are 1024",
    ),
    ("{clusterConfiguration: {certificateValidityPeriodDays: 1096}}", "Cluster API refuses 1096 as"),
    ("{clusterConfiguration: {encryptionAlgorithm: RSA}}", 'Cluster API refuses "RSA" as encryptionAlgorithm'),
    ("{initConfiguration: {timeouts: {controlPlaneComponentHealthCheckSeconds: 1}}}", "Cluster API refuses different"),
    ("{clusterConfiguration: {certificatesDir: pki}}", 'kubeadm refuses the path "pki": it is not absolute'),
    ("{clusterConfiguration: {featureGates: {A: true}}}", 'kubeadm 1.36 refuses "A", which is not one of its feature'),
)


@pytest.mark.parametrize(("spec", "message"), REFUSED, ids=[spec[:60] for spec, _ in REFUSED])
def test_refused(spec: str, message: str) -> None:
    found = read(control_plane(spec) + CLUSTER, "kubeadm").messages()
    assert found
    assert [each for each in found if not each.startswith(message)] == []
    assert examined(control_plane(spec) + CLUSTER, "kubeadm").outcome == "reject"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("v1.36.2", "latest", 'Cluster API refuses the version "latest": it is not a semantic version'),
        ("v1.36.2", "v1.21.0", "Cluster API refuses Kubernetes 1.21.0"),
        (
            "v1beta2",
            "v1alpha3",
            'Cluster API refuses "v1alpha3" of KubeadmControlPlane: it only serves v1beta1 and v1beta2',
        ),
        ("spec:\n", "spec:\n  replicas: 2\n", "Cluster API refuses 2 replicas: with a local etcd it has to be odd"),
        ("spec:\n", "spec:\n  replicas: 0\n", "Cluster API refuses 0 replicas: it is not positive"),
    ],
)
def test_refused_objects(old: str, new: str, message: str) -> None:
    text = control_plane("{clusterConfiguration: {}}").replace(old, new, 1)
    assert read(text + CLUSTER, "kubeadm").messages() == [message]


def test_one_control_plane_is_checked() -> None:
    text = control_plane("{clusterConfiguration: {}}")
    reading = read(f"{text}---\n{text}{CLUSTER}", "kubeadm")
    assert reading.messages("4") == ["only one control plane of this file is checked"]


def test_limits_are_included() -> None:
    entries = ", ".join(f"{{name: v{index}, value: {'a' * 1024}}}" for index in range(100))
    text = control_plane(
        f"{{clusterConfiguration: {{apiServer: {{extraArgs: [{entries}]}}, certificateValidityPeriodDays: 1095}},"
        " initConfiguration: {localAPIEndpoint: {bindPort: 1}}}"
    )
    assert read(text + CLUSTER, "kubeadm").messages() == []


def test_fields_that_older_versions_do_not_have() -> None:
    text = (
        "{clusterConfiguration: {encryptionAlgorithm: RSA-2048, certificateValidityPeriodDays: 3,"
        " apiServer: {extraEnvs: [{name: A, value: b}], extraArgs: [{name: v, value: $(A)}]}}}"
    )
    new = read(control_plane(text, release="v1.31.0") + CLUSTER, "kubeadm")
    assert (new.messages("1", "2"), new.values("v")) == ([], ["b"])
    old = read(control_plane(text, release="v1.30.0") + CLUSTER, "kubeadm")
    assert [message.partition(",")[0] for message in old.messages("1", "2")] == [
        "Cluster API drops extraEnvs",
        "Cluster API drops encryptionAlgorithm",
        "Cluster API drops certificateValidityPeriodDays",
    ]
    assert old.values("v") == ["$(A)"]


def test_an_empty_mapping_is_a_warning() -> None:
    """The API server refuses it, but what Cluster API renders is the same as without it."""
    reading = read(control_plane(server("{}")) + CLUSTER, "kubeadm")
    assert reading.messages() == []
    assert reading.messages("2") == ["Cluster API refuses an empty apiServer"]
    assert read(control_plane(server("{}"), "v1beta1") + CLUSTER, "kubeadm").messages("2") == []


@given(st.integers(0, 2**32))
def test_mutated_samples(seed: int) -> None:
    examined(mutated(SAMPLE, seed), "kubeadm")
