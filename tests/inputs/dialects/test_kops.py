"""Clusters of kOps: recorded flags, the flags of fields, defaults by release, version and cloud, origins, positions."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import KascError
from compiler.inputs.dialects.kops.facts import all_server_fields, newest_for, server_fields
from tests.inputs.dialects import pairs, predicted_and_real
from tests.inputs.dialects.kops_clusters import NAME, cluster
from tests.inputs.dialects.reading import at, examined, mutated, read

SAMPLE = Path("samples/dialects/kops.yaml").read_text()
K = "/srv/kubernetes/kube-apiserver"


def words(server: dict[str, Any] | None = None, release: str = "1.36", **spec: Any) -> list[str]:
    """Return the flags that the user's fields of kubeAPIServer, or other settings, change from those of the default."""
    default = read(cluster(), "kops", release).words
    return [word for word in read(cluster(server, **spec), "kops", release).words if word not in default]


@pytest.mark.parametrize("pair", pairs("kops"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, object], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


def test_the_sample() -> None:
    reading = read(SAMPLE, "kops", "1.36")
    assert [each.message for each in reading.problems] == []
    assert list(reading.server.files) == [f"{K}/audit-policy.yaml"]
    assert reading.server.name == "prod.example.com"
    assert examined(SAMPLE, None).outcome == "accept"


def test_flags_are_sorted_as_strings_and_issuers_follow() -> None:
    issuers = ["https://z.example.com", "https://a.example.com"]
    found = read(cluster({"additionalServiceAccountIssuers": issuers}), "kops").words
    assert found[:-2] == sorted(found[:-2])
    assert found.index("--etcd-servers-overrides=/events#https://127.0.0.1:4002") == (
        found.index("--etcd-servers=https://127.0.0.1:4001") - 1
    )
    assert found[-2:] == [f"--service-account-issuer={issuer}" for issuer in issuers]


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ({"eventTTL": "90m"}, ["--event-ttl=1h30m0s"]),
        ({"auditLogMaxAge": 0}, ["--audit-log-maxage=0"]),
        ({"maxRequestsInflight": 0}, []),
        ({"deleteCollectionWorkers": 3}, ["--delete-collection-workers=3"]),
        ({"logFormat": "text"}, []),
        ({"auditWebhookBatchThrottleQps": 3.14}, ["--audit-webhook-batch-throttle-qps=3.140"]),
        ({"auditWebhookBatchThrottleQps": "500m"}, ["--audit-webhook-batch-throttle-qps=0.500"]),
        ({"auditWebhookBatchThrottleQps": "1k"}, ["--audit-webhook-batch-throttle-qps=1000"]),
        ({"featureGates": {"B": "false", "A": "true"}}, ["--feature-gates=A=true,B=false"]),
        ({"featureGates": {}}, []),
        ({"watchCacheSizes": ["0"]}, ["--watch-cache-sizes=0"]),
        (
            {"serviceAccountKeyFile": ["/b", "/a"]},
            ["--service-account-key-file=/a", "--service-account-key-file=/b"],
        ),
        ({"corsAllowedOrigins": ['"a"']}, ['--cors-allowed-origins="a"']),
        ({"tlsMinVersion": "", "apiAudiences": []}, []),
        ({"serviceAccountIssuer": "https://x"}, ["--service-account-issuer=https://x"]),
        ({"insecurePort": 8080}, ["--insecure-port=8080"]),
        ({"cpuRequest": "200m", "env": [{"name": "A", "value": "b"}], "disableBasicAuth": True}, []),
        ({"enableAdmissionPlugins": ["NodeRestriction"]}, ["--enable-admission-plugins=NodeRestriction"]),
    ],
)
def test_fields_and_their_flags(server: dict[str, Any], expected: list[str]) -> None:
    found = words(server)
    assert [word for word in found if not word.startswith("--service-account-jwks-uri=")] == expected


def test_an_empty_pointer_is_a_value() -> None:
    """Unlike an empty string, it replaces the default, by nothing."""
    reading = read(cluster({"serviceAccountIssuer": "", "authorizationMode": "", "bindAddress": ""}), "kops")
    assert reading.values("service-account-issuer") == []
    assert reading.values("authorization-mode") == []
    assert reading.values("bind-address") == ["0.0.0.0"]
    assert reading.values("service-account-jwks-uri") == ["/openid/v1/jwks"]
    signing = read(cluster({"serviceAccountSigningKeyFile": "", "clientCAFile": ""}), "kops")
    assert signing.values("service-account-signing-key-file") == []
    assert signing.values("client-ca-file") == ["/srv/kubernetes/ca.crt"]


@pytest.mark.parametrize(("release", "value"), [("1.34", '"{\\"a\\"}"'), ("1.35", '{"a"}')])
def test_values_with_quotes(release: str, value: str) -> None:
    assert words({"tlsMinVersion": '{"a"}'}, release)[0] == f"--tls-min-version={value}"


@pytest.mark.parametrize(
    ("release", "kubernetes", "count", "first", "cloud"),
    [
        ("1.31", "1.31.2", 9, "NamespaceLifecycle", "external"),
        ("1.32", "1.32.0", 9, "NamespaceLifecycle", "external"),
        ("1.33", "1.32.0", 11, "DefaultStorageClass", "external"),
        ("1.35", "1.33.0", 11, "DefaultStorageClass", None),
        ("1.36", "1.32.0", 11, "DefaultStorageClass", "external"),
    ],
)
def test_defaults_by_release_and_version(
    release: str, kubernetes: str, count: int, first: str, cloud: str | None
) -> None:
    reading = read(cluster(kubernetes=kubernetes), "kops", release)
    plugins = reading.argument("enable-admission-plugins").text.split(",")
    assert (len(plugins), plugins[0]) == (count, first)
    assert reading.values("cloud-provider") == [cloud] * (cloud is not None)
    old = release != "1.36" and kubernetes < "1.33"
    assert reading.values("cloud-config") == ["/etc/kubernetes/in-tree-cloud.config"] * old
    assert reading.values("feature-gates") == []


@pytest.mark.parametrize(
    ("release", "authorization", "mode"),
    [
        ("1.35", None, "AlwaysAllow"),
        ("1.36", None, "Node,RBAC"),
        ("1.35", {}, "AlwaysAllow"),
        ("1.35", {"rbac": {}}, "Node,RBAC"),
        ("1.36", {"alwaysAllow": {}}, "AlwaysAllow"),
    ],
)
def test_authorization(release: str, authorization: dict[str, Any] | None, mode: str) -> None:
    text = cluster(kubernetes="1.35.0", authorization=authorization)
    assert read(text, "kops", release).values("authorization-mode") == [mode]


def test_old_versions_of_kubernetes() -> None:
    """Their feature gates are merged with those of the user."""
    text = cluster({"featureGates": {"Z": "true", "InTreePluginAWSUnregister": "false"}}, kubernetes="1.26.4")
    assert read(text, "kops", "1.33").values("feature-gates") == [
        "CSIMigrationAWS=true,InTreePluginAWSUnregister=false,Z=true"
    ]
    assert read(text, "kops", "1.35").values("feature-gates") == ["InTreePluginAWSUnregister=false,Z=true"]
    azure = cluster(cloud="azure", kubernetes="1.30.0")
    assert read(azure, "kops", "1.34").values("cloud-provider") == ["azure"]
    external = cluster(cloud="azure", kubernetes="1.30.0", cloudControllerManager={})
    assert read(external, "kops", "1.34").values("cloud-provider") == ["external"]


def test_etcd_clusters() -> None:
    leases = read(cluster(etcd=("main", "events", "leases", "cilium")), "kops", "1.36")
    assert leases.values("etcd-servers-overrides") == [
        "/events#https://127.0.0.1:4002,coordination.k8s.io/leases#https://127.0.0.1:4004"
    ]
    assert leases.values("apiserver-count") == ["1"]
    assert read(cluster(etcd=("main",)), "kops").values("etcd-servers-overrides") == []


@pytest.mark.parametrize(
    ("groups", "address"),
    [
        ((), "127.0.0.1"),
        (("APIServer", "Node"), f"main.etcd.internal.{NAME}"),
        (("APIServer", "Master"), "127.0.0.1"),
        (("ControlPlane",), "127.0.0.1"),
    ],
)
def test_roles_of_instance_groups(groups: tuple[str, ...], address: str) -> None:
    reading = read(cluster(groups=groups, etcd=("main", "events", "leases")), "kops", "1.36")
    assert reading.values("etcd-servers") == [f"https://{address}:4001"]
    events = address.replace("main", "events")
    leases = address.replace("main", "leases")
    assert reading.values("etcd-servers-overrides") == [
        f"/events#https://{events}:4002,coordination.k8s.io/leases#https://{leases}:4004"
    ]
    notes = [message for message in reading.messages("4") if "instance group" in message]
    assert len(notes) == (set(groups) == {"APIServer", "Master"})


def test_addresses_of_etcd_that_the_user_sets() -> None:
    server = {
        "etcdServers": ["https://127.0.0.1:1", "https://x:2"],
        "etcdServersOverrides": ["/pods#https://127.0.0.1:3"],
    }
    reading = read(cluster(server, groups=("APIServer",)), "kops")
    assert reading.values("etcd-servers") == [f"https://main.etcd.internal.{NAME}:1,https://x:2"]
    assert reading.values("etcd-servers-overrides") == ["/pods#https://127.0.0.1:3"]


def test_groups_of_other_clusters_do_not_count() -> None:
    text = cluster(groups=("APIServer",)).replace(f"cluster: {NAME}", "cluster: other.example.com")
    assert read(text, "kops").values("etcd-servers") == ["https://127.0.0.1:4001"]


def test_ipv6() -> None:
    found = words(nonMasqueradeCIDR="::/0")
    assert found == ["--bind-address=::", "--service-cluster-ip-range=fd00:5e4f:ce::/108"]


def test_the_range_of_services() -> None:
    text = cluster(serviceClusterIPRange="10.96.0.0/12")
    argument = read(text, "kops").argument("service-cluster-ip-range")
    assert (argument.text, argument.origin, argument.path) == ("10.96.0.0/12", "", "spec.serviceClusterIPRange")
    assert argument.location == at(text, "10.96.0.0/12")


@pytest.mark.parametrize("extra", [{}, {"podCIDR": "10.4.0.0/14", "serviceClusterIPRange": "10.8.0.0/16"}])
def test_a_range_that_google_cloud_allocates(extra: dict[str, str]) -> None:
    text = cluster(cloud="gce", networking={"gce": {}}, subnets=[{"name": "a"}], **extra)
    assert read(text, "kops").argument("service-cluster-ip-range").unknown == "$(SERVICE_CLUSTER_IP_RANGE)"
    whole = cluster(cloud="gce", networking={"gce": {}}, subnets=[{"name": "a", "cidr": "10.0.0.0/19"}], **extra)
    expected = extra.get("serviceClusterIPRange", "100.64.0.0/13")
    assert read(whole, "kops").values("service-cluster-ip-range") == [expected]


@pytest.mark.parametrize(
    ("discovery", "issuer"),
    [
        ({"discoveryStore": "gs://bucket/a/b/"}, "https://storage.googleapis.com/bucket/a/b"),
        ({"discoveryStore": "s3://bucket/a//b/"}, "https://bucket.s3.$(S3_REGION).amazonaws.com/a/b"),
        ({"discoveryService": {"url": "https://discovery.example.com/x"}}, "https://discovery.example.com/x"),
        ({}, f"https://api.internal.{NAME}"),
    ],
)
def test_the_issuer(discovery: dict[str, Any], issuer: str) -> None:
    reading = read(cluster(serviceAccountIssuerDiscovery=discovery), "kops", "1.36")
    assert reading.values("service-account-issuer") == [issuer]
    assert reading.values("service-account-jwks-uri") == [f"{issuer}/openid/v1/jwks"]
    region = ["the issuer has the region of the bucket, which is not in the file"]
    assert reading.messages("4") == (region if "$" in issuer else [])


def test_the_public_name_is_not_the_issuer() -> None:
    """Although the API is open to the world, and anonymous requests are allowed: kOps asks too early."""
    text = cluster({"anonymousAuth": True}, masterPublicName="api.test.example.com", kubernetesApiAccess=["0.0.0.0/0"])
    reading = read(text, "kops")
    assert reading.values("anonymous-auth") == ["true"]
    assert reading.values("service-account-issuer") == [f"https://api.internal.{NAME}"]


def test_webhooks_of_authentication_and_encryption() -> None:
    path = ["--authentication-token-webhook-config-file=/etc/kubernetes/authn.config"]
    assert words(authentication={"aws": {}}) == path
    assert words(authentication={"kopeio": {}}) == path
    key = "authenticationTokenWebhookConfigFile"
    assert words({key: f"{K}/own"}, authentication={"kopeio": {}}) == [f"{path[0].partition('=')[0]}={K}/own"]
    assert words({key: f"{K}/own"}, authentication={"aws": {}}) == path
    both = words({key: f"{K}/own"}, authentication={"aws": {}, "kopeio": {}})
    assert both == [f"{path[0].partition('=')[0]}={K}/own"]
    assert words(encryptionConfig=True) == [f"--encryption-provider-config={K}/encryptionconfig.yaml"]
    assert words(metricsServer={"enabled": True, "insecure": True}) == ["--enable-aggregator-routing=true"]


def test_oidc_in_both_versions_of_the_api() -> None:
    old = {
        "oidcClientID": "k",
        "oidcIssuerURL": "https://login.example.com",
        "oidcGroupsClaim": "a,b",
        "oidcRequiredClaim": ["b=1", "a=2", "b=3"],
    }
    new = {
        "clientID": "k",
        "issuerURL": "https://login.example.com",
        "groupsClaims": ["a", "b"],
        "requiredClaims": {"b": "3", "a": "2"},
    }
    expected = [
        "--oidc-client-id=k",
        "--oidc-groups-claim=a,b",
        "--oidc-issuer-url=https://login.example.com",
        "--oidc-required-claim=a=2",
        "--oidc-required-claim=b=3",
    ]
    assert words(old) == expected
    text = cluster(api="v1alpha3", authentication={"oidc": new})
    reading = read(text, "kops")
    assert [word for word in reading.words if word in expected] == expected
    claims = next(each for each in reading.server.arguments if each.text == "b=3")
    assert (claims.path, claims.origin) == ("spec.authentication.oidc.requiredClaims", "")


@pytest.mark.parametrize("address", ["", "192.0.2.4"])
def test_addresses_of_the_node(address: str) -> None:
    hetzner = read(cluster(cloud="hetzner"), "kops", address=address).argument("advertise-address")
    assert (hetzner.text, hetzner.unknown) == (address or "$(HOST_IP)", "" if address else "$(HOST_IP)")
    metal = cluster(nonMasqueradeCIDR="::/0", cloudProvider="").replace(
        f"name: {NAME}", f"name: {NAME}\n  labels: {{alpha.kops.k8s.io/cloud: metal}}", 1
    )
    assert len(read(metal, "kops", "1.34").values("advertise-address")) == 1
    assert read(metal, "kops", "1.33").values("advertise-address") == []


def test_origins_and_positions() -> None:
    text = cluster({"runtimeConfig": {"api/beta": "true", "api/alpha": "no"}, "profiling": True, "eventTTL": "2h"})
    reading = read(text, "kops")
    config = reading.argument("runtime-config")
    assert (config.text, config.origin, config.path) == (
        "api/alpha=no,api/beta=true",
        "",
        "spec.kubeAPIServer.runtimeConfig",
    )
    assert config.part(0, 9) == at(text, "api/alpha")
    quoted = at(text, "'true'")
    value = quoted._replace(column=quoted.column + 1, end_column=quoted.end_column - 1)
    assert config.part(22, 26) == value
    assert config.part(13, 26) == at(text, "api/beta")._replace(end_line=value.end_line, end_column=value.end_column)
    assert config.name_location == at(text, "runtimeConfig")
    ttl = reading.argument("event-ttl")
    assert (ttl.text, ttl.location) == ("2h0m0s", at(text, "2h"))
    plugins = reading.argument("enable-admission-plugins")
    assert (plugins.origin, plugins.location) == ("kOps", reading.server.start)
    assert reading.server.start == at(text, "kubeAPIServer")
    count = reading.argument("apiserver-count")
    assert (count.origin, count.path) == ("kOps", "spec.etcdClusters[0].etcdMembers")
    assert reading.server.version_location == at(text, "1.36.0")


def test_appended_plugins_have_their_positions() -> None:
    text = cluster({"appendAdmissionPlugins": ["AlwaysPullImages", "NodeRestriction"]})
    argument = read(text, "kops").argument("enable-admission-plugins")
    assert argument.text.endswith(",AlwaysPullImages,NodeRestriction")
    start = argument.text.index("AlwaysPullImages")
    assert argument.part(start, start + 16) == at(text, "AlwaysPullImages")
    assert argument.part(0, 5) == at(text, "appendAdmissionPlugins")


def test_hints_name_the_setting() -> None:
    server = read(cluster({"eventTTL": "1h"}), "kops").server
    assert server.settings["profiling"] == "spec.kubeAPIServer.enableProfiling"
    assert server.settings["service-cluster-ip-range"] == "spec.serviceClusterIPRange"
    assert "event-ttl" not in server.settings
    assert "event-ttl" not in server.fixed_flags
    assert {"tls-cert-file", "external-hostname"} <= server.fixed_flags


@pytest.mark.parametrize(
    ("version", "own", "expected"),
    [
        ("v1.35.1", None, "1.35.1"),
        ("1.35", None, "1.35"),
        ("https://builds.example.com/v1.34.2/bin", None, "1.34"),
        ("1.35.1", "registry.k8s.io/kube-apiserver:v1.35.2", "1.35.2"),
    ],
)
def test_the_version_of_the_server(version: str, own: str | None, expected: str) -> None:
    server = {"image": own} if own else None
    assert read(cluster(server, kubernetes=version), "kops").server.version == expected


@pytest.mark.parametrize(
    ("release", "version", "expected"),
    [
        ("", "1.36.0", "the file does not name its kOps version; assuming kOps 1.36"),
        ("", "1.30.0", "the file does not name its kOps version; assuming kOps 1.35"),
        ("1.36.2", "1.36.0", None),
        ("1.20", "1.36.0", 'no data for kOps "1.20"; using 1.31, the closest known release'),
        ("latest", "1.36.0", 'no data for kOps "latest"; using 1.36, the closest known release'),
    ],
)
def test_the_release_of_kops(release: str, version: str, expected: str | None) -> None:
    reading = read(cluster(kubernetes=version), "kops", release)
    assert reading.messages("3") == ([expected] if expected else [])
    assert reading.messages() == []


def test_releases_by_kubernetes_version() -> None:
    assert [newest_for((1, minor)) for minor in (20, 25, 28, 31, 36, 37, 40)] == [
        *((1, 31), (1, 31), (1, 33), (1, 36), (1, 36), (1, 37), (1, 37)),
    ]


def test_fields_by_release_and_api_version() -> None:
    assert "compactionInterval" not in server_fields("v1alpha2", (1, 35))
    assert server_fields("v1alpha2", (1, 36))["compactionInterval"].flag == "etcd-compaction-interval"
    assert "tlsCertFile" not in server_fields("v1alpha3", (1, 36))
    name = server_fields("v1alpha3", (1, 36))["authorizationWebhookCacheAuthorizedTtl"].name
    assert name == "authorizationWebhookCacheAuthorizedTTL"
    assert len(all_server_fields()) == 113


def test_json_lists_and_the_old_group() -> None:
    objects = list(yaml.safe_load_all(cluster(groups=("APIServer",))))
    assert examined(json.dumps(objects), None) == examined(cluster(groups=("APIServer",)), "kops")
    assert examined(cluster().replace("kops.k8s.io/", "kops/"), "kops").outcome == "accept"


@given(st.integers(), st.sampled_from(["", "1.31", "1.36", "x"]))
def test_mutations_raise_only_documented_errors(seed: int, release: str) -> None:
    with contextlib.suppress(KascError):
        read(mutated(SAMPLE, seed), "kops", release)
    examined(mutated(SAMPLE, seed), "kops", release)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*all_server_fields(), "spec", "name"]), inner),
        max_leaves=8,
    )
)
def test_any_value_in_any_field(value: object) -> None:
    for text in (
        cluster({"featureGates": value, "auditLogPath": value}),
        cluster(etcdClusters=value, fileAssets=value),
    ):
        with contextlib.suppress(KascError):
            read(text, "kops")
    with contextlib.suppress(KascError):
        read(cluster(kubeAPIServer=value, authentication=value, networking=value, cloudProvider=value), "kops")
