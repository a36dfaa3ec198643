"""TenantControlPlanes of Kamaji: the arguments, what Kamaji refuses and ignores, and differences by release."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import KascError
from tests.inputs.dialects import pairs, predicted_and_real
from tests.inputs.dialects.reading import at, examined, mutated, read

SAMPLE = Path("samples/dialects/kamaji.yaml").read_text()
OUTSIDE = {"advertise-address", "etcd-servers", "etcd-prefix"}
"""Flags whose values the management cluster decides."""
BASE = """\
kind: TenantControlPlane
apiVersion: kamaji.clastix.io/v1alpha1
metadata: {name: tenant, namespace: default}
spec:
  controlPlane:
    service: {serviceType: LoadBalancer}
    deployment: {extraArgs: {apiServer: [EXTRA]}}
  kubernetes: {version: v1.36.1, kubelet: {}}
"""
PATH = "spec.controlPlane.deployment.extraArgs.apiServer"


def with_extra(*words: str) -> str:
    return BASE.replace("EXTRA", ", ".join(words))


def name_of(flag: str) -> str:
    return flag.removeprefix("--").partition("=")[0]


@pytest.mark.parametrize("pair", pairs("kamaji"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, object], tmp_path: Path) -> None:
    """The flags are those of Kamaji, except for what the file does not decide."""
    before = (pair["facts"] or {}).get("argsBefore")  # type: ignore[attr-defined]
    assert isinstance(pair["flags"], list)
    pair["flags"] = [flag for flag in pair["flags"] if flag not in ("--stale-flag=1",) or not before]
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted.outcome == real.outcome == "accept"
    assert [flag for flag in predicted.flags if name_of(flag) not in OUTSIDE] == [
        flag for flag in real.flags if name_of(flag) not in OUTSIDE
    ]
    assert {name_of(flag) for flag in predicted.flags} == {name_of(flag) for flag in real.flags}


def test_the_sample_has_no_unknown_values() -> None:
    reading = read(SAMPLE, "kamaji", "26.8.2")
    assert reading.messages("1", "2", "3", "4") == []
    assert not any(each.unknown for each in reading.server.arguments)
    assert reading.values("etcd-servers") == [
        "https://etcd-0.etcd.kamaji-system.svc.cluster.local:2379,"
        "https://etcd-1.etcd.kamaji-system.svc.cluster.local:2379"
    ]
    assert reading.values("etcd-prefix") == ["/tenants_tenant_a"]
    assert examined(SAMPLE, None).outcome == "accept"


def test_order_of_layers() -> None:
    """Flags of Kamaji come first, sorted; then those of the user in their order, and the addon's."""
    words = read(SAMPLE, "kamaji").words
    assert words[-3:-1] == ["--profiling=false", "--event-ttl=2h"]
    assert words[-1].startswith("--egress-selector-config-file=/etc/kubernetes/konnectivity/")
    assert words[:-3] == sorted(words[:-3])


def test_origins_and_positions() -> None:
    text = with_extra("--profiling=false", "--authorization-mode=RBAC")
    reading = read(text, "kamaji")
    profiling, mode = reading.argument("profiling"), reading.argument("authorization-mode")
    assert (profiling.origin, profiling.path, profiling.location) == ("", f"{PATH}[0]", at(text, "false"))
    assert (mode.text, mode.origin) == ("RBAC", "")
    port = reading.argument("secure-port")
    assert (port.text, port.origin, port.location) == ("6443", "Kamaji", reading.server.start)
    assert reading.server.start == at(text, "kind")
    assert reading.server.version == "1.36.1"
    assert reading.server.version_location == at(text, "v1.36.1")


def test_flags_that_kamaji_always_sets_are_ignored() -> None:
    text = with_extra("--etcd-servers=http://x:1", "--tls-cert-file=/a", "--v=4")
    reading = read(text, "kamaji")
    assert reading.messages("2") == [
        "Kamaji ignores --etcd-servers of the user: it always sets this flag itself",
        "Kamaji ignores --tls-cert-file of the user: it always sets this flag itself",
    ]
    first, second = (each for each in reading.problems if each.code == "KASC-DIST-002")
    assert first.hint == "set spec.dataStore instead"
    assert (second.hint, second.location) == ("remove it", at(text, "--tls-cert-file=/a"))
    assert reading.values("tls-cert-file") == ["/etc/kubernetes/pki/apiserver.crt"]
    assert reading.values("v") == ["4"]


def test_defaults_are_replaced_and_repeats_kept() -> None:
    issuers = ("--service-account-issuer=https://b", "--service-account-issuer=https://a")
    reading = read(with_extra(*issuers), "kamaji")
    assert reading.values("service-account-issuer") == ["https://b", "https://a"]
    assert reading.messages("2") == []


def test_a_word_with_a_space_is_not_matched() -> None:
    """Kamaji compares the text before an equals sign; the server refuses the word."""
    reading = read(with_extra("--authorization-mode RBAC"), "kamaji")
    assert reading.values("authorization-mode") == ["Node,RBAC", "RBAC"]
    assert examined(with_extra("--authorization-mode RBAC"), "kamaji").outcome == "reject"


@pytest.mark.parametrize(("release", "modes"), [("26.8.2", []), ("26.6.1", ["Node,RBAC"])])
def test_authorization_config(release: str, modes: list[str]) -> None:
    reading = read(with_extra("--authorization-config=/a.yaml"), "kamaji", release)
    assert reading.values("authorization-mode") == modes


def test_before_layers_the_last_use_of_the_user_wins() -> None:
    text = with_extra("--etcd-servers=http://a:1", "--etcd-servers=http://b:1", "--v=")
    reading = read(text, "kamaji", "1.0.0")
    assert reading.values("etcd-servers") == ["http://b:1"]
    assert reading.messages("2") == ["Kamaji ignores this use of --etcd-servers: only the last one counts"]
    assert reading.words == sorted(reading.words)


@pytest.mark.parametrize(
    ("release", "server"), [("1.0.0", "http://127.0.0.1:2379"), ("edge-24.10.1", "unix:///uds/kine")]
)
def test_kine(release: str, server: str) -> None:
    store = "---\nkind: DataStore\nmetadata: {name: my}\nspec: {driver: MySQL, endpoints: [db:3306]}\n"
    text = with_extra().replace("spec:\n", "spec:\n  dataStore: my\n", 1) + store
    reading = read(text, "kamaji", release, address="192.0.2.1")
    assert reading.values("etcd-servers") == [server]
    assert reading.values("etcd-prefix") == []
    assert reading.messages("4") == []


def test_what_the_management_cluster_decides_is_one_note() -> None:
    reading = read(with_extra(), "kamaji")
    assert reading.messages("4") == [
        "the DataStore and the UID of the TenantControlPlane decide the etcd flags; "
        "kasc assumes that its driver is etcd"
    ]
    assert {each.flag for each in reading.server.arguments if each.unknown} == OUTSIDE
    assert [each.message for each in reading.problems if each.code == "KASC-INPUT-005"] == [
        "Kamaji sets --advertise-address to $(HOST_IP) on the node; what depends on it is not checked"
    ]


def test_the_status_of_a_running_tenant() -> None:
    status = "status: {controlPlaneEndpoint: '192.0.2.9:6443', storage: {driver: etcd, setup: {schema: s}}}\n"
    reading = read(with_extra() + status, "kamaji")
    assert reading.values("advertise-address") == ["192.0.2.9"]
    assert reading.values("etcd-prefix") == ["/s"]


@pytest.mark.parametrize(("release", "prefix"), [("26.8.2", "/$(DATA_STORE_SCHEMA)"), ("26.7.3", "/default_tenant")])
def test_default_schema(release: str, prefix: str) -> None:
    assert read(with_extra(), "kamaji", release).values("etcd-prefix") == [prefix]


def test_konnectivity_replaces_the_egress_selector() -> None:
    text = with_extra("--egress-selector-config-file=/a.yaml") + "  addons: {konnectivity: {}}\n"
    reading = read(text, "kamaji")
    assert [value.rpartition("/")[2] for value in reading.values("egress-selector-config-file")] == [
        "egress-selector-configuration.yaml"
    ]
    assert reading.messages("2") == ["Kamaji replaces --egress-selector-config-file: the konnectivity addon sets it"]


def test_service_ranges_are_sorted_and_unique() -> None:
    ranges = "  networkProfile: {serviceCidrs: [fd00::/108, 10.1.0.0/16]}\n"
    assert read(with_extra() + ranges, "kamaji").values("service-cluster-ip-range") == ["10.1.0.0/16,fd00::/108"]


def test_an_empty_list_of_plugins_takes_the_next_argument() -> None:
    text = with_extra().replace("kubelet: {}", "kubelet: {}, admissionControllers: []")
    assert examined(text, "kamaji").outcome == "reject"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("v1.36.1", "latest", '"latest" is not a semantic version: Kamaji rejects it'),
        (", kubelet: {}", "", "spec.kubernetes.kubelet is missing, and Kamaji requires it"),
        ("name: tenant", "name: 1tenant", '"1tenant" is not a valid name of a TenantControlPlane'),
        (
            "kubelet: {}",
            "kubelet: {}, admissionControllers: [Foo]",
            'Kamaji does not support the admission plugin "Foo"',
        ),
        (
            "kubelet: {}",
            "kubelet: {preferredAddressTypes: []}",
            "preferredAddressTypes is empty: Kamaji requires one type",
        ),
        (
            "  kubernetes",
            "  networkProfile: {port: '1'}\n  kubernetes",
            "port is a string, not an integer: Kamaji cannot read the file",
        ),
        (
            "  kubernetes",
            "  networkProfile: {serviceCidr: 10.1}\n  kubernetes",
            "serviceCidr is a number, not a string: Kamaji cannot read the file",
        ),
        (
            "  kubernetes",
            "  networkProfile: {serviceCidrs: [x]}\n  kubernetes",
            '"x" is not a valid CIDR range: Kamaji rejects it',
        ),
    ],
)
def test_refused(old: str, new: str, message: str) -> None:
    text = with_extra().replace(old, new, 1)
    assert read(text, "kamaji").messages() == [message]
    assert examined(text, "kamaji").outcome == "reject"


def test_a_version_that_the_release_does_not_support() -> None:
    assert read(with_extra(), "kamaji", "26.4.2").messages() == [
        "Kamaji 26.4.2 supports Kubernetes up to 1.35, not v1.36.1"
    ]
    assert read(with_extra(), "kamaji").messages() == []


def test_unknown_fields_are_ignored() -> None:
    text = with_extra().replace("extraArgs", "extraargs")
    reading = read(text, "kamaji")
    assert reading.messages("2") == ['Kamaji ignores the unknown field "extraargs"']
    assert [each.hint for each in reading.problems if each.code == "KASC-DIST-002"] == ["write extraArgs"]


def test_only_the_first_tenant_is_read() -> None:
    text = with_extra() + "---\n" + with_extra().replace("name: tenant", "name: other")
    reading = read(text, "kamaji", "26.8.2")
    assert reading.messages("2") == ['only the first TenantControlPlane of a file is read, not "other"']
    assert reading.server.name == "tenant"


def test_no_tenant() -> None:
    with pytest.raises(KascError, match="no TenantControlPlane"):
        read("kind: ConfigMap\n", "kamaji")


@given(seed=st.integers(0, 10**9), release=st.sampled_from(("", "1.0.0", "26.4.2", "x")))
def test_changed_files_raise_nothing_else(seed: int, release: str) -> None:
    with contextlib.suppress(KascError):
        read(mutated(SAMPLE, seed), "kamaji", release)
