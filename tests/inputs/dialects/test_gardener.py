"""Shoots of Gardener: the arguments, what Gardener rejects, and what the garden and the seed decide."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import KascError
from compiler.inputs.dialects.gardener.fields import KUBERNETES
from tests.inputs.dialects import pairs, predicted_and_real, real_flags
from tests.inputs.dialects.reading import Reading, at, examined, mutated, read

SAMPLE = Path("samples/dialects/gardener.yaml").read_text()
HEAD = "kind: Shoot\napiVersion: core.gardener.cloud/v1beta1\nmetadata: {name: s}\nspec:\n"
WORKERS = "  provider: {workers: [{name: w}]}\n"
NETWORK = "  networking: {services: 10.0.0.0/16}\n"
SERVER = "spec.kubernetes.kubeAPIServer"
HA_VPN = "alpha.control-plane.shoot.gardener.cloud/high-availability-vpn"


def shoot(server: str = "{}", version: str = "1.34.3", workers: str = WORKERS, more: str = "") -> str:
    return f"{HEAD}{workers}{NETWORK}{more}  kubernetes:\n    version: {version}\n    kubeAPIServer: {server}\n"


def of(server: str = "{}", release: str = "", version: str = "1.34.3") -> Reading:
    return read(shoot(server, version), "gardener", release, address="192.0.2.1")


@pytest.mark.parametrize("pair", pairs("gardener"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, object], tmp_path: Path) -> None:
    """The flags are those of Gardener, with the host name that only the garden knows."""
    host = pair["facts"]["externalHostname"]  # type: ignore[index]
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted.outcome == real.outcome == "accept"
    assert [flag.replace("$(EXTERNAL_HOSTNAME)", host) for flag in predicted.flags] == list(real.flags)


@pytest.mark.parametrize("pair", pairs("gardener"), ids=lambda pair: pair["id"])
def test_recorded_order(pair: dict[str, object]) -> None:
    facts = pair["facts"]
    assert isinstance(facts, dict)
    reading = read(str(pair["config"]), "gardener", address=facts["advertiseAddress"])
    assert [word.replace("$(EXTERNAL_HOSTNAME)", facts["externalHostname"]) for word in reading.words] == real_flags(
        pair
    )


def test_the_sample_is_accepted() -> None:
    assert examined(SAMPLE, None).outcome == "accept"
    reading = read(SAMPLE, "gardener", "1.149")
    assert reading.messages("1", "2", "3") == []
    assert reading.values("event-ttl") == ["2h0m0s"]
    assert reading.values("enable-admission-plugins") == ["NodeRestriction,PodSecurity,AlwaysPullImages"]


def test_positions_and_origins() -> None:
    text = shoot("{eventTTL: 2h, featureGates: {B: true, A: false}, requests: {maxMutatingInflight: 9}}")
    reading = read(text, "gardener")
    ttl, gates, inflight = (reading.argument(flag) for flag in ("event-ttl", "feature-gates", "max-requests-inflight"))
    assert (ttl.text, ttl.location, ttl.path, ttl.origin) == ("2h0m0s", at(text, "2h"), f"{SERVER}.eventTTL", "")
    assert gates.text == "A=false,B=true"
    assert gates.part(0, 7) == at(text, "A: false")._replace(end_column=at(text, "A: false").column + 1)
    assert gates.part(8, 14) == at(text, "B: true")._replace(end_column=at(text, "B: true").column + 1)
    assert (inflight.text, inflight.origin, inflight.location) == ("400", "Gardener", reading.server.start)
    assert reading.argument("max-mutating-requests-inflight").location == at(text, "9")


def test_hints_name_the_field() -> None:
    from compiler import resolve
    from compiler.review.examine import Settings
    from tests.inputs.dialects.reading import NAME

    text = shoot("{admissionPlugins: [{name: Foo}]}")
    report = resolve(NAME, Settings(), texts={NAME: text}).report
    (error,) = [each for each in report.diagnostics if each.severity == "error"]
    assert error.location == at(text, "Foo")
    assert error.hint.endswith(f"in Gardener, {SERVER}.admissionPlugins decides --enable-admission-plugins")
    assert "KASC-HOST-001" not in {each.code for each in report.diagnostics}


def test_workerless() -> None:
    reading = read(shoot("{runtimeConfig: {batch/v1: true}}", workers=""), "gardener")
    assert reading.values("runtime-config") == [
        "apps/v1=false,autoscaling/v2=false,batch/v1=true,policy/v1=false,storage.k8s.io/v1/csinodes=false"
    ]
    for flag in ("allow-privileged", "default-not-ready-toleration-seconds", "egress-selector-config-file"):
        assert reading.values(flag) == []


def test_self_hosted() -> None:
    reading = read(shoot(workers="  provider: {workers: [{name: w, controlPlane: {}}]}\n"), "gardener")
    assert reading.values("etcd-servers") == ["https://localhost:2379"]
    assert reading.values("etcd-servers-overrides") == [
        "/events#https://localhost:2382,events.k8s.io/events#https://localhost:2382"
    ]
    assert reading.values("egress-selector-config-file") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (shoot(), True),
        (shoot(more="  controlPlane: {highAvailability: {failureTolerance: {type: node}}}\n"), False),
        (shoot().replace("{name: s}", f'{{name: s, annotations: {{{HA_VPN}: "true"}}}}'), False),
    ],
)
def test_vpn(text: str, expected: bool) -> None:
    assert bool(read(text, "gardener").values("egress-selector-config-file")) is expected


def test_unmanaged_dns_has_no_advertise_address() -> None:
    reading = read(shoot(more="  dns: {providers: [{type: unmanaged}]}\n"), "gardener")
    assert reading.values("advertise-address") == []


def test_the_status_of_a_running_shoot() -> None:
    status = (
        "status:\n"
        "  advertisedAddresses:\n"
        "  - {name: external, url: 'https://api.s.example.test'}\n"
        "  - {name: internal, url: 'https://api.s.internal.test'}\n"
        "  networking: {services: [10.0.0.0/16, 'fd00::/108']}\n"
    )
    reading = read(shoot() + status, "gardener", address="192.0.2.1")
    assert reading.values("external-hostname") == ["api.s.internal.test"]
    assert reading.values("service-account-issuer") == ["https://api.s.internal.test"]
    assert reading.values("service-cluster-ip-range") == ["10.0.0.0/16,fd00::/108"]
    assert not any(each.unknown for each in reading.server.arguments)


def test_what_the_garden_and_seed_decide_is_one_note() -> None:
    text = shoot("{auditConfig: {auditPolicy: {configMapRef: {name: a}}}}").replace(NETWORK, "")
    reading = read(text, "gardener", address="192.0.2.1")
    assert reading.messages("4") == [
        "the garden and the seed cluster decide the host name, the service network, the audit policy "
        "and the keys for encryption at rest"
    ]
    assert [each.code for each in reading.problems] == ["KASC-DIST-003", "KASC-DIST-004"]


def test_issuers() -> None:
    config = "{serviceAccountConfig: {acceptedIssuers: [https://a.test, https://b.test]}}"
    assert of(config).values("service-account-issuer") == [
        *("https://$(EXTERNAL_HOSTNAME)", "https://a.test", "https://b.test")
    ]
    managed = shoot().replace("{name: s}", "{name: s, annotations: {authentication.gardener.cloud/issuer: managed}}")
    reading = read(managed, "gardener")
    assert reading.values("service-account-issuer") == ["$(MANAGED_ISSUER)", "https://$(EXTERNAL_HOSTNAME)"]
    assert reading.values("service-account-jwks-uri") == ["$(MANAGED_ISSUER)/jwks"]


@pytest.mark.parametrize(
    ("gates", "flags"),
    [
        ("", ["authentication-config"]),
        ("AnonymousAuthConfigurableEndpoints: false", ["anonymous-auth"]),
        ("StructuredAuthenticationConfiguration: false", ["anonymous-auth"]),
    ],
)
def test_anonymous_requests(gates: str, flags: list[str]) -> None:
    reading = of(f"{{featureGates: {{{gates}}}}}")
    names = [each.flag for each in reading.server.arguments]
    assert [name for name in names if name in ("anonymous-auth", "authentication-config")] == flags


def test_the_files_of_the_server() -> None:
    server = of("{enableAnonymousAuthentication: true}").server
    files = {each.flag: each.content.plain() for each in server.files.values()}
    assert files["audit-policy-file"] == {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "rules": [{"level": "None"}],
    }
    authentication = files["authentication-config"]
    assert isinstance(authentication, dict)
    assert authentication["anonymous"] == {"enabled": True}
    assert examined(shoot("{admissionPlugins: [{name: EventRateLimit}]}"), "gardener").outcome == "reject"
    text = SAMPLE.replace("enforce: baseline", "enforce: baselin")
    assert examined(text, "gardener").outcome == "reject"


@pytest.mark.parametrize(
    ("release", "version", "flags"),
    [
        ("1.120.0", "1.31.9", {"bind-address": [], "default-watch-cache-size": ["7"], "anonymous-auth": ["false"]}),
        ("1.129.0", "1.31.9", {"bind-address": ["::"], "default-watch-cache-size": ["7"], "anonymous-auth": []}),
        ("1.136.0", "1.34.1", {"default-watch-cache-size": [], "tls-min-version": []}),
    ],
)
def test_releases(release: str, version: str, flags: dict[str, list[str]]) -> None:
    config = "{watchCacheSizes: {default: 7, resources: [{resource: secrets, size: 1}]}}"
    reading = of(config, release, version)
    assert {flag: reading.values(flag) for flag in flags} == flags


def test_fields_by_release() -> None:
    config = "{tlsMinVersion: VersionTLS13, oidcConfig: {issuerURL: https://a.test, clientID: c}}"
    assert of(config, "1.149").messages("2") == ['Gardener ignores the unknown field "oidcConfig"']
    assert of(config, "1.141").messages("2") == ['Gardener ignores the unknown field "tlsMinVersion"']
    off = config.replace("{tls", "{featureGates: {StructuredAuthenticationConfiguration: false}, tls")
    reading = of(off, "1.141", "1.31.1")
    assert (reading.values("oidc-issuer-url"), reading.values("oidc-client-id")) == (["https://a.test"], ["c"])


@pytest.mark.parametrize(
    ("version", "release"),
    [("1.36.0", "1.149"), ("1.31.4", "1.141"), ("1.30.1", "1.140"), ("1.27.3", "1.126")],
)
def test_the_assumed_release_supports_the_version(version: str, release: str) -> None:
    assert of(version=version).messages("3") == [
        f"the file does not name its Gardener version; assuming Gardener {release}"
    ]
    assert of(version=version, release=release).messages() == []


def test_supported_versions_are_in_order() -> None:
    assert list(KUBERNETES) == sorted(KUBERNETES)
    assert of(version="1.31.2", release="1.149").messages() == [
        "Gardener 1.149 supports Kubernetes 1.32 to 1.36, not 1.31.2"
    ]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{enableAnonymousAuthentication: false}", "enableAnonymousAuthentication for Kubernetes 1.35 and later"),
        ("{watchCacheSizes: {default: 1}}", "watchCacheSizes.default for Kubernetes 1.35 and later"),
        ("{requests: {maxNonMutatingInflight: 5001}}", "maxNonMutatingInflight: 5001"),
        ("{logging: {verbosity: -1}}", "verbosity: -1"),
        ("{eventTTL: 25h}", "eventTTL: 25h"),
        ("{serviceAccountConfig: {maxTokenExpiration: 1h}}", "maxTokenExpiration: 1h"),
        ("{serviceAccountConfig: {issuer: http://a.test}}", 'the issuer "http://a.test"'),
        (
            "{serviceAccountConfig: {issuer: https://a.test, acceptedIssuers: [https://a.test]}}",
            'the duplicate issuer "https://a.test"',
        ),
        ("{admissionPlugins: [{name: PodSecurity, disabled: true}]}", "disabling the admission plugin PodSecurity"),
        (
            "{admissionPlugins: [{name: LimitRanger, config: {a: 1}}]}",
            "a configuration of LimitRanger, which reads none",
        ),
        ("{admissionPlugins: [{}]}", "an admission plugin without a name"),
        (
            "{admissionPlugins: [{name: PodSecurity, kubeconfigSecretName: s}]}",
            "a kubeconfig of PodSecurity, which reads none",
        ),
        ("{runtimeConfig: {apps/v1: false}}", "disabling apps/v1"),
        ("{runtimeConfig: {autoscaling/v2: false}}", "disabling autoscaling/v2"),
        ("{structuredAuthentication: {}}", "structuredAuthentication without configMapName"),
        ("{structuredAuthorization: {configMapName: a}}", "structuredAuthorization without kubeconfigs"),
        (
            "{featureGates: {StructuredAuthenticationConfiguration: false}, "
            "structuredAuthentication: {configMapName: a}}",
            "structuredAuthentication, since the feature gate StructuredAuthenticationConfiguration is disabled",
        ),
        ("{watchCacheSizes: {resources: [{resource: A.b, size: -1}]}}", 'resource: "A.b"'),
        ("{encryptionConfig: {resources: [secrets]}}", 'encrypting "secrets": it is always encrypted'),
        ("{encryptionConfig: {provider: {type: kms}}}", 'the encryption provider "kms"'),
        ("{tlsMinVersion: VersionTLS11}", 'tlsMinVersion: "VersionTLS11"'),
        ("{apiAudiences: [a, a]}", 'the duplicate audience "a"'),
    ],
)
def test_rejected(config: str, message: str) -> None:
    reading = of(config, version="1.36.0")
    assert reading.messages()[0] == f"Gardener rejects {message}"
    assert examined(shoot(config, "1.36.0"), "gardener").outcome == "reject"


def test_types_of_values() -> None:
    reading = of("{eventTTL: 1, featureGates: {A: 'yes'}, apiAudiences: x}")
    assert reading.messages() == [
        "eventTTL is a number, not a string: Gardener cannot read the file",
        "A is a string, not a boolean: Gardener cannot read the file",
        "apiAudiences is a string, not a list: Gardener cannot read the file",
    ]
    assert reading.values("event-ttl") == ["1h0m0s"]


def test_no_version() -> None:
    assert read(shoot().replace("    version: 1.34.3\n", ""), "gardener").messages() == [
        "spec.kubernetes.version is missing, and Gardener requires it"
    ]


def test_no_shoot() -> None:
    with pytest.raises(KascError, match="no Shoot"):
        read("kind: ConfigMap\n", "gardener")


@given(seed=st.integers(0, 10**9), release=st.sampled_from(("", "1.120", "1.141", "x")))
def test_changed_files_raise_nothing_else(seed: int, release: str) -> None:
    with contextlib.suppress(KascError):
        read(mutated(SAMPLE, seed), "gardener", release)
