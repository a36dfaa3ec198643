"""KubeAPIServerConfigs of OpenShift: the flags, what has no effect, and what only OpenShift's server has."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import resolve
from compiler.diagnostics import KascError
from compiler.inputs import Host
from compiler.inputs.dialects.openshift.fields import KUBERNETES, NEWEST
from compiler.review.examine import Settings
from compiler.upstream.catalog.facts import versions
from tests.inputs.dialects.reading import NAME, Reading, at, examined, mutated, read

SAMPLE = Path("samples/dialects/openshift.yaml").read_text()
HEAD = "kind: KubeAPIServerConfig\napiVersion: kubecontrolplane.config.openshift.io/v1\n"


def of(text: str, release: str = "5.0", version: str | None = None) -> Reading:
    return read(HEAD + text, "openshift", release, version, "192.0.2.1")


def test_the_sample() -> None:
    reading = read(SAMPLE, "openshift", "5.0", address="192.0.2.1")
    assert reading.messages("1", "2", "3") == []
    assert reading.messages("4") == [
        "only the kube-apiserver of OpenShift has 2 authorizers, 2 admission plugins and 1 feature gate of this file: "
        "they are not checked"
    ]
    assert reading.values("authorization-mode") == ["RBAC", "Node"]
    assert reading.values("enable-admission-plugins") == ["NodeRestriction", "OwnerReferencesPermissionEnforcement"]
    assert reading.values("feature-gates") == ["UserNamespacesSupport=true"]
    assert reading.values("tls-sni-cert-key")[0].endswith("/tls.key:localhost,127.0.0.1")
    assert examined(SAMPLE, None).outcome == "accept"


def test_json() -> None:
    """Hosted control planes store the file as JSON."""
    assert examined(json.dumps({"kind": "x"}), "kamaji").outcome != "accept"
    config = {"kind": "KubeAPIServerConfig", "apiServerArguments": {"v": ["4"]}, "servingInfo": {"bindAddress": ":1"}}
    reading = read(json.dumps(config), "openshift")
    assert (reading.values("v"), reading.values("secure-port"), reading.values("bind-address")) == (["4"], ["1"], [""])


def test_positions_and_origins() -> None:
    text = HEAD + "apiServerArguments:\n  event-ttl: [3h]\nservicesSubnet: 10.9.0.0/16\n"
    reading = read(text, "openshift")
    ttl, subnet, ciphers = (reading.argument(f) for f in ("event-ttl", "service-cluster-ip-range", "tls-cipher-suites"))
    assert (ttl.location, ttl.path, ttl.origin) == (at(text, "3h"), "apiServerArguments.event-ttl[0]", "")
    assert ttl.name_location == at(text, "event-ttl")
    assert (subnet.location, subnet.path) == (at(text, "10.9.0.0/16"), "servicesSubnet")
    assert (ciphers.origin, ciphers.location) == ("OpenShift", reading.server.start)


def test_defaults() -> None:
    reading = of("")
    assert reading.values("bind-address") == ["0.0.0.0"]
    assert reading.values("secure-port") == ["6443"]
    assert reading.values("service-cluster-ip-range") == ["10.0.0.0/24"]
    assert reading.values("tls-min-version") == ["VersionTLS12"]
    assert reading.values("cors-allowed-origins") == []
    assert reading.values("admission-control-config-file") == ["/tmp/kubeapiserver-admission-config.yaml"]
    assert reading.words[:3] == ["--advertise-address=192.0.2.1", "--v=2", "--permit-address-sharing=true"]


def test_arguments_take_precedence_and_are_sorted() -> None:
    text = (
        "apiServerArguments:\n  secure-port: ['443']\n  bind-address: []\n  advertise-address: [192.0.2.7]\n"
        "  b: ['1']\n  a: ['2', '3']\nservingInfo: {bindAddress: '[::]:8443'}\n"
    )
    reading = of(text)
    assert reading.values("secure-port") == ["443"]
    assert reading.values("bind-address") == ["::"]
    assert reading.values("v") == []
    names = [each.flag for each in reading.server.arguments]
    assert names == sorted(names)
    assert names[:3] == ["a", "a", "admission-control-config-file"]


@pytest.mark.parametrize("address", ["6443", "::1:6443", "[::1]", "[::1:1", "a]:1"])
def test_bind_address_without_a_port(address: str) -> None:
    reading = of(f"servingInfo: {{bindAddress: '{address}'}}\n")
    assert reading.messages() == [f'"{address}" is not a valid address with a port: OpenShift cannot start']


def test_audit() -> None:
    config = "auditConfig: {enabled: true, maximumRetainedFiles: 4, policyConfiguration: {kind: Policy, rules: []}}\n"
    reading = of(config)
    assert {each.flag: each.text for each in reading.server.arguments if each.flag.startswith("audit-")} == {
        "audit-log-maxage": "0",
        "audit-log-maxbackup": "4",
        "audit-log-maxsize": "0",
        "audit-log-path": "-",
        "audit-policy-file": "openshift.local.audit/policy.yaml",
        "audit-webhook-config-file": "",
    }
    assert "openshift.local.audit/policy.yaml" in reading.server.files
    assert not any(each.flag.startswith("audit-") for each in of(config.replace("true", "false")).server.arguments)


def test_an_inline_audit_policy() -> None:
    policy = "{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: All}]}"
    text = f"{HEAD}auditConfig: {{enabled: true, policyConfiguration: {policy}}}\n"
    errors = [each for each in resolve(NAME, texts={NAME: text}).report.diagnostics if each.severity == "error"]
    (error,) = [each for each in errors if each.flag == "audit-policy-file"]
    assert (error.path, error.location) == ("auditConfig.policyConfiguration.rules[0].level", at(text, "All"))


def test_fields_without_effect() -> None:
    text = (
        "storageConfig: {urls: [https://192.0.2.11:2379], ca: ''}\nservicesNodePortRange: 1-2\n"
        "servingInfo: {certFile: /a.crt, keyFile: /b.key}\napiServerArguments: {tls-cert-file: [/a.crt]}\nx: 1\n"
    )
    reading = of(text)
    assert reading.messages("2") == [
        'OpenShift ignores the unknown field "x"',
        "OpenShift ignores servingInfo.keyFile",
        "OpenShift ignores storageConfig.urls",
        "OpenShift ignores servicesNodePortRange",
    ]
    hints = [each.hint for each in reading.problems if each.code == "KASC-DIST-002"]
    assert hints[-1] == "set apiServerArguments.service-node-port-range instead"


def test_arguments_are_lists_of_strings() -> None:
    reading = of("apiServerArguments: {v: 4, event-ttl: [1], goaway-chance: ['0.1', 2]}\n")
    assert reading.messages() == [
        "v is a number, not a list: OpenShift cannot read the file",
        "event-ttl[0] is a number, not a string: OpenShift cannot read the file",
        "goaway-chance[1] is a number, not a string: OpenShift cannot read the file",
    ]
    assert reading.values("goaway-chance") == ["0.1"]


def test_only_modes_of_openshift_are_unknown() -> None:
    reading = of("apiServerArguments: {authorization-mode: [Scope]}\n")
    mode = reading.argument("authorization-mode")
    assert (mode.text, mode.unknown) == ("Scope", "Scope")


def test_elements_of_one_item() -> None:
    reading = of("apiServerArguments: {enable-admission-plugins: ['PodSecurity,a.openshift.io/B,Foo']}\n")
    assert reading.values("enable-admission-plugins") == ["PodSecurity,Foo"]


def test_flags_of_openshift() -> None:
    reading = of("apiServerArguments: {send-retry-after-while-not-ready-once: ['true']}\n")
    assert reading.values("send-retry-after-while-not-ready-once") == []
    assert reading.messages("4")[-1].startswith("only the kube-apiserver of OpenShift has 1 flag of this file")


def test_directories_of_public_keys(tmp_path: Path) -> None:
    text = HEAD + "serviceAccountPublicKeyFiles: [/keys, /a.pub]\n"
    reading = read(text, "openshift", "5.0")
    assert reading.values("service-account-key-file") == ["/keys", "/a.pub"]
    assert reading.argument("service-account-key-file").unknown == ""
    assert reading.messages("4") == ["the files in /keys are the keys that OpenShift trusts; they are unknown here"]
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("b.pub", "a.pub"):
        (keys / name).write_text("")
    (keys / "link").symlink_to(keys / "a.pub")
    report = resolve(NAME, Settings(host=Host("", str(tmp_path))), texts={NAME: text})
    assert report.resolved is not None
    uses = report.resolved.context.flags.arguments["service-account-key-file"]
    assert [each.text for each in uses] == ["/keys/a.pub", "/keys/b.pub", "/a.pub"]


def test_configurations_of_plugins_are_checked() -> None:
    assert examined(SAMPLE.replace("enforce: privileged", "enforce: all"), None).outcome == "reject"


def test_releases_and_versions() -> None:
    assert [since for since, _ in KUBERNETES] == sorted(since for since, _ in KUBERNETES)
    assert KUBERNETES[-1][0] == NEWEST
    assert {version for _, version in KUBERNETES} <= set(versions())
    assert of("", "4.19").server.version == "1.32"
    assert "TLS_RSA_WITH_AES_256_CBC_SHA" in of("", "4.19").values("tls-cipher-suites")
    assert "TLS_AES_128_GCM_SHA256" not in of("", "4.19").values("tls-cipher-suites")
    assert "TLS_RSA_WITH_AES_256_CBC_SHA" not in of("", "4.22").values("tls-cipher-suites")
    assert read(HEAD, "openshift", version="1.34.2").messages("3") == [
        "the file does not name its OpenShift version; assuming OpenShift 4.21"
    ]


def test_only_the_first_is_read() -> None:
    assert of(f"---\n{HEAD}").messages("2") == ["only the first KubeAPIServerConfig of a file is read"]


def test_none() -> None:
    with pytest.raises(KascError, match="no KubeAPIServerConfig"):
        read("kind: ConfigMap\n", "openshift")


def test_in_a_config_map() -> None:
    lines = "".join(f"    {line}\n" for line in SAMPLE.splitlines())
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: config}}\ndata:\n  config.yaml: |\n{lines}"
    report = resolve(NAME, texts={NAME: text.replace("event-ttl: [3h]", "event-ttl: ['3']")}).report
    assert [(each.code, each.path) for each in report.diagnostics if each.severity == "error"] == [
        ("KASC-PARSE-007", "data[config.yaml].apiServerArguments.event-ttl[0]")
    ]


@given(seed=st.integers(0, 10**9), release=st.sampled_from(("", "4.18", "3.11", "x")))
def test_changed_files_raise_nothing_else(seed: int, release: str) -> None:
    with contextlib.suppress(KascError):
        read(mutated(SAMPLE, seed), "openshift", release)
