"""What kOps refuses and ignores, files of a cluster, and what other objects decide."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.inputs.dialects.kops_clusters import NAME, cluster
from tests.inputs.dialects.reading import at, examined, read

K = "/srv/kubernetes/kube-apiserver"
POLICY = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadatum\n"
MEMBERS = [{"name": "a", "instanceGroup": "b"}]


def etcd(**fields: Any) -> dict[str, Any]:
    return {"etcdClusters": [{"name": "main", "etcdMembers": MEMBERS, **fields}]}


@pytest.mark.parametrize(
    ("server", "message", "hint"),
    [
        (
            {"serviceClusterIPRange": "100.64.0.0/13"},
            "serviceClusterIPRange: spec.serviceClusterIPRange is not set to the same value",
            "remove it, and set spec.serviceClusterIPRange",
        ),
        ({"cloudProvider": "gce"}, 'cloudProvider: "gce" is not the cloud of the cluster', "remove it"),
        (
            {"admissionControl": ["NodeRestriction"]},
            "admissionControl: it was replaced with enableAdmissionPlugins",
            "write enableAdmissionPlugins",
        ),
        (
            {"appendAdmissionPlugins": ["PodSecurityPolicy"]},
            "appendAdmissionPlugins: PodSecurityPolicy was removed in Kubernetes 1.25",
            "remove it",
        ),
        (
            {"enableBootstrapTokenAuth": True},
            "enableBootstrapTokenAuth: it does not support bootstrap tokens",
            "remove it",
        ),
        (
            {"authenticationConfigFile": f"{K}/a.yaml", "oidcUsernameClaim": "email"},
            "authenticationConfigFile: it excludes oidcUsernameClaim",
            "remove it, or the options of OIDC",
        ),
        ({"proxyClientKeyFile": "/x"}, "proxyClientKeyFile: proxyClientCertFile is not set", "remove it"),
        (
            {"authorizationMode": "Node,RBAC,Webhook"},
            "authorizationMode: Webhook requires authorizationWebhookConfigFile",
            "set authorizationWebhookConfigFile",
        ),
        (
            {"authorizationMode": "RBAC"},
            "authorizationMode: on AWS it has to include Node and RBAC",
            "add Node and RBAC",
        ),
        (
            {"auditWebhookConfigFile": f"{K}/w"},
            "auditWebhookConfigFile: the audit webhook requires auditPolicyFile",
            "set auditPolicyFile",
        ),
        (
            {"auditPolicyFile": f"{K}/p", "auditWebhookConfigFile": "/etc/w"},
            f'auditWebhookConfigFile: it is not in "{K}", like auditPolicyFile',
            f"move it to {K}",
        ),
    ],
)
def test_fields_that_kops_refuses(server: dict[str, Any], message: str, hint: str) -> None:
    reading = read(cluster(server, kubernetes="1.32.0"), "kops", "1.36")
    assert reading.messages() == [f"kOps refuses {message}"]
    (refusal,) = (each for each in reading.problems if each.code == "KASC-DIST-001")
    assert refusal.hint == hint
    assert refusal.path.startswith("spec.kubeAPIServer.")
    assert examined(cluster(server, kubernetes="1.32.0"), "kops", "1.36").outcome == "reject"


@pytest.mark.parametrize(
    ("server", "spec"),
    [
        ({"cloudProvider": "gce"}, {"kubernetes": "1.33.0"}),
        ({"cloudProvider": "aws"}, {"kubernetes": "1.32.0"}),
        ({"authorizationMode": "RBAC"}, {"cloud": "gce"}),
        ({"authorizationMode": "RBAC"}, {"authorization": {"alwaysAllow": {}}}),
        ({"enableAdmissionPlugins": ["NodeRestriction"], "appendAdmissionPlugins": ["PodSecurityPolicy"]}, {}),
        ({"serviceClusterIPRange": "10.0.0.0/16"}, {"serviceClusterIPRange": "10.0.0.0/16"}),
        ({"auditPolicyFile": f"{K}/p", "auditWebhookConfigFile": f"{K}/./w"}, {}),
        ({"authorizationMode": "Node,RBAC,Webhook", "authorizationWebhookConfigFile": f"{K}/a"}, {}),
    ],
)
def test_fields_that_kops_accepts(server: dict[str, Any], spec: dict[str, Any]) -> None:
    assert read(cluster(server, **spec), "kops", "1.36").messages() == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"cloudProvider": "awss"}, 'the cloud "awss"'),
        ({"cloudProvider": ""}, "a cluster without a cloud"),
        ({"cloudProvider": "linode", "release": "1.35", "kubernetes": "1.35.0"}, 'the cloud "linode"'),
        ({"nonMasqueradeCIDR": ""}, "a cluster without spec.nonMasqueradeCIDR"),
        ({"nonMasqueradeCIDR": "fd00::/8"}, 'nonMasqueradeCIDR: "fd00::/8" for IPv6'),
        ({"nonMasqueradeCIDR": "100.64.0.0"}, 'nonMasqueradeCIDR: "100.64.0.0" is not a CIDR range'),
        ({"serviceClusterIPRange": "10.96.0.1/12"}, 'serviceClusterIPRange: "10.96.0.1/12" has host bits'),
        ({"etcdClusters": []}, "a cluster without etcdClusters"),
        ({"etcdClusters": [{"name": "events", "etcdMembers": MEMBERS}]}, "etcdClusters without the cluster main"),
        ({"etcd": ("main", "main")}, 'a second etcd cluster "main"'),
        ({"etcd": ("main", "event")}, 'the etcd cluster "event"'),
        ({"etcd": ("main", "leases"), "release": "1.35", "kubernetes": "1.35.0"}, 'the etcd cluster "leases"'),
        (etcd(etcdMembers=MEMBERS * 2), 'the etcd cluster "main" with 2 members'),
        (etcd(etcdMembers=[]), 'the etcd cluster "main" with no members'),
        (etcd(etcdMembers=[{"name": "a"}]), "a member of etcd without instanceGroup"),
        (etcd(version="3.5"), 'the etcd version "3.5"'),
        (etcd(version="2.3.1"), 'etcd "2.3.1": only version 3 is supported'),
        ({**etcd(image="x"), "release": "1.37"}, "an image of etcd without its version"),
        (
            {"etcdClusters": [{"name": name, "etcdMembers": MEMBERS, "version": f"3.5.{name}"} for name in ("1", "2")]},
            'etcd "3.5.2": the first etcd cluster has version "3.5.1"',
        ),
        (
            {"metricsServer": {"enabled": True}},
            "metricsServer with certificates, which certManager issues: it is not enabled",
        ),
        ({"fileAssets": [{"name": "a"}]}, "a file of fileAssets without content"),
        (
            {"serviceAccountIssuerDiscovery": {"discoveryStore": "s3://a.b/c"}},
            'discoveryStore: the name of the bucket in "s3://a.b/c" has dots',
        ),
        (
            {"serviceAccountIssuerDiscovery": {"discoveryStore": "do://a/c"}},
            'discoveryStore: "do://a/c" is not a bucket of S3 or Google Cloud',
        ),
        (
            {"serviceAccountIssuerDiscovery": {"discoveryStore": "gs://a", "discoveryService": {"url": "https://b"}}},
            "discoveryStore together with discoveryService",
        ),
        ({"serviceAccountIssuerDiscovery": {"discoveryService": {}}}, "discoveryService without a url"),
        (
            {"serviceAccountIssuerDiscovery": {"enableAWSOIDCProvider": True}},
            "enableAWSOIDCProvider without a discovery store",
        ),
        ({"kubernetesVersion": "stable"}, 'the Kubernetes version "stable"'),
    ],
)
def test_clusters_that_kops_refuses(spec: dict[str, Any], message: str) -> None:
    spec = dict(spec)
    release = spec.pop("release", "1.36")
    messages = read(cluster(**spec), "kops", release).messages()
    assert f"kOps refuses {message}" in messages
    if "etcdClusters" not in spec:
        assert len(messages) == 1


@pytest.mark.parametrize(
    ("name", "release", "message"),
    [
        ("a", "1.36", 'the name "a": it is not a fully qualified DNS name'),
        ("A.example.com", "1.36", 'the name "A.example.com": it is not a valid DNS name'),
        ("''", "1.36", "a cluster without a name"),
        ("a.k8s.local", "1.37", 'the name "a.k8s.local": gossip DNS was removed in kOps 1.37'),
        ("a.k8s.local", "1.36", ""),
    ],
)
def test_names(name: str, release: str, message: str) -> None:
    messages = read(cluster().replace(NAME, name), "kops", release).messages()
    assert messages == ([f"kOps refuses {message}"] if message else [])
    without_dns = cluster(topology={"dns": {"type": "None"}}).replace(NAME, name)
    assert bool(read(without_dns, "kops", release).messages()) == (name in ("''", "A.example.com"))


@pytest.mark.parametrize(
    ("mode", "spec", "message"),
    [
        ("", {"cloud": "gce"}, "authorizationMode: it is empty"),
        ("", {"cloud": "gce", "authorization": {"alwaysAllow": {}}}, ""),
        (None, {"authorization": {"alwaysAllow": {}, "rbac": {}}}, "alwaysAllow together with rbac"),
        (None, {"cloud": "gce", "authorization": {"alwaysAllow": {}, "rbac": {}}}, ""),
    ],
)
def test_modes_of_authorization(mode: str | None, spec: dict[str, Any], message: str) -> None:
    reading = read(cluster({"authorizationMode": mode}, **spec), "kops", "1.36")
    assert reading.messages() == ([f"kOps refuses {message}"] if message else [])


def test_two_clouds_and_an_unknown_api_version() -> None:
    both = cluster(api="v1alpha3", cloudProvider={"aws": {}, "gce": {}})
    assert read(both, "kops").messages() == ["kOps refuses more than one cloud: aws, gce"]
    old = cluster().replace("v1alpha2", "v1alpha1")
    assert read(old, "kops").messages() == [
        'kOps refuses the apiVersion "kops.k8s.io/v1alpha1" of the cluster'.removesuffix(" of the cluster")
    ]


@pytest.mark.parametrize(
    ("release", "kubernetes", "severity"),
    [("1.36", "1.30.9", None), ("1.37", "1.31.0", "error"), ("1.34", "1.35.1", "warning"), ("1.34", "1.34.0", None)],
)
def test_kubernetes_versions_that_kops_does_not_support(release: str, kubernetes: str, severity: str | None) -> None:
    found = [
        each for each in read(cluster(kubernetes=kubernetes), "kops", release).problems if each.code == "KASC-DIST-001"
    ]
    assert [each.severity for each in found] == ([severity] if severity else [])
    if severity == "warning":
        assert found[0].message == "kOps 1.34 refuses Kubernetes 1.35: it supports 1.29 to 1.34"
        assert found[0].hint.startswith("use kOps 1.36, or set KOPS_RUN_TOO_NEW_VERSION")


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"featureGates": {"A": True}}, "A is a boolean, not a string: kOps cannot read the file"),
        ({"goawayChance": 0.01}, "goawayChance is a number, not a string: kOps cannot read the file"),
        ({"apiServerCount": "3"}, "apiServerCount is a string, not an integer: kOps cannot read the file"),
        (
            {"apiServerCount": 2**31},
            'apiServerCount: "2147483648" is out of range for 32 bits: kOps cannot read the file',
        ),
        ({"eventTTL": "5"}, "eventTTL is not a valid duration: kOps cannot read the file"),
        ({"eventTTL": "9999999h"}, 'eventTTL: "9999999h" is out of range: kOps cannot read the file'),
        (
            {"auditWebhookBatchThrottleQps": "x"},
            'auditWebhookBatchThrottleQps: "x" is not a valid quantity: kOps cannot read the file',
        ),
        ({"apiAudiences": "a"}, "apiAudiences is a string, not a list: kOps cannot read the file"),
        ({"oidcRequiredClaim": ["a"]}, 'oidcRequiredClaim: "a" has no value: kOps stops with an error'),
    ],
)
def test_values_that_kops_cannot_decode(server: dict[str, Any], message: str) -> None:
    assert read(cluster(server), "kops").messages() == [message]


def test_a_gate_without_quotes_is_checked_as_if_it_had_them() -> None:
    """So that there is no second error about its value."""
    text = cluster({"featureGates": {"ContextualLogging": True}})
    assert read(text, "kops").values("feature-gates") == ["ContextualLogging=true"]
    assert examined(text, "kops").flags == ("None ",)


@pytest.mark.parametrize(
    ("server", "spec", "message"),
    [
        ({"extraArgs": {"a": "b"}}, {}, 'kOps ignores the unknown field "extraArgs"'),
        ({"anonymousauth": True}, {}, 'kOps ignores the unknown field "anonymousauth"'),
        (None, {"kubeApiServer": {}}, 'kOps ignores the unknown field "kubeApiServer"'),
        ({"compactionInterval": "5m"}, {"release": "1.35"}, 'kOps ignores the unknown field "compactionInterval"'),
        (None, {"authentication": {"oidc": {}}}, 'kOps ignores the unknown field "oidc"'),
        (
            {"tlsCertFile": "/a", "tlsPrivateKeyFile": ""},
            {},
            "kOps ignores tlsCertFile: it sets its own path on the nodes",
        ),
        (
            {"encryptionProviderConfig": f"{K}/e"},
            {"encryptionConfig": True},
            "kOps ignores encryptionProviderConfig: it sets its own path on the nodes",
        ),
        (
            {"enableAdmissionPlugins": ["A"], "appendAdmissionPlugins": ["B"]},
            {},
            "kOps ignores appendAdmissionPlugins, because enableAdmissionPlugins replaces the whole list",
        ),
        ({"logLevel": 0}, {}, "kOps ignores logLevel: 0 counts as not set"),
        ({"enableAdmissionPlugins": []}, {}, "kOps ignores enableAdmissionPlugins: an empty list counts as not set"),
        (
            {"clientCAFile": "/etc/kubernetes/ca.crt"},
            {},
            'clientCAFile: kOps does not mount "/etc/kubernetes/ca.crt" into the container of kube-apiserver',
        ),
        (
            None,
            {"fileAssets": [{"name": "a", "content": "b", "roles": ["Node", "Master"]}]},
            'kOps writes this file on no node of the control plane: it knows no role "Master" of fileAssets',
        ),
    ],
)
def test_what_kops_ignores(server: dict[str, Any] | None, spec: dict[str, Any], message: str) -> None:
    spec = dict(spec)
    release = spec.pop("release", "1.36")
    kubernetes = "1.35.0" if release == "1.35" else "1.36.0"
    reading = read(cluster(server, kubernetes=kubernetes, **spec), "kops", release)
    assert reading.messages("2") == [message]


def test_keys_of_the_other_api_version() -> None:
    text = cluster({"authorizationWebhookCacheAuthorizedTTL": "5m"})
    (finding,) = (each for each in read(text, "kops").problems if each.code == "KASC-DIST-002")
    assert finding.hint == "write authorizationWebhookCacheAuthorizedTtl"
    assert finding.location == at(text, "authorizationWebhookCacheAuthorizedTTL")
    new = cluster({"authorizationWebhookCacheAuthorizedTTL": "5m"}, api="v1alpha3")
    assert read(new, "kops").messages("2") == []
    assert read(new, "kops").values("authorization-webhook-cache-authorized-ttl") == ["5m0s"]


@pytest.mark.parametrize(
    ("server", "spec"),
    [
        ({"clientCAFile": f"{K}/ca.crt"}, {}),
        ({"clientCAFile": "/var/log/a/ca.crt", "auditLogPath": "/var/log/a/audit.log"}, {}),
        ({"auditPolicyFile": "/etc/p/a", "auditWebhookConfigFile": "/etc/p/b"}, {}),
        ({"authenticationTokenWebhookConfigFile": "/etc/kubernetes/authn.config"}, {"authentication": {"kopeio": {}}}),
        ({"auditLogPath": "-"}, {}),
    ],
)
def test_files_that_are_mounted(server: dict[str, Any], spec: dict[str, Any]) -> None:
    assert read(cluster(server, **spec), "kops").messages("2") == []


def asset(content: str, **fields: Any) -> str:
    """Return a cluster with an audit policy among its fileAssets."""
    own = {"name": "policy", "path": f"{K}/policy.yaml", "content": content, **fields}
    return cluster({"auditPolicyFile": f"{K}/policy.yaml"}, fileAssets=[own])


def test_a_structured_file_is_checked_at_its_place() -> None:
    text = asset(POLICY, roles=["ControlPlane"])
    server = read(text, "kops").server
    level = server.files[f"{K}/policy.yaml"].content.at(("rules", 0, "level"))
    assert (level.value, level.location) == ("Metadatum", at(text, "Metadatum"))
    assert examined(text, "kops").flags == ("AUDP-04 audit-policy-file",)
    assert examined(text.replace("Metadatum", "Metadata"), "kops").outcome == "accept"


def test_base64_has_no_padding() -> None:
    encoded = base64.b64encode(POLICY.encode() + b"#").decode()
    assert encoded.endswith("=")
    bad = read(asset(encoded, isBase64=True), "kops")
    assert bad.messages() == ["content is not valid base64 without padding: nodeup of kOps fails"]
    good = asset(encoded.rstrip("="), isBase64=True)
    content = read(good, "kops").server.files[f"{K}/policy.yaml"].content
    assert content.at(("kind",)).value == "Policy"
    assert content.at(("rules", 0, "level")).location == content.location == at(good, encoded.rstrip("="))


def test_a_malformed_file_is_reported_at_its_place() -> None:
    text = asset("kind: Policy\nrules: [a\n")
    (problem,) = (each for each in read(text, "kops").problems if each.code.startswith("KASC-DOC"))
    assert problem.path == "spec.fileAssets[0].content"
    assert problem.location is not None
    assert text.split("\n")[problem.location.line - 3].strip() == "rules: [a"


def test_files_of_other_roles_and_of_instance_groups() -> None:
    assert read(asset(POLICY, roles=["Node"]), "kops").server.files == {}
    text = (
        asset(POLICY)
        + "---\napiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: {name: a}\n"
        + (f"spec: {{role: Master, fileAssets: [{{name: a, path: {K}/policy.yaml, content: 'kind: Own'}}]}}\n")
    )
    assert read(text, "kops").server.files[f"{K}/policy.yaml"].content.at(("kind",)).value == "Own"


def test_what_other_objects_decide() -> None:
    reading = read(cluster(encryptionConfig=True, kubernetesVersion=None), "kops", "1.36")
    assert reading.messages("4") == [
        "kubernetesVersion is not set: kOps takes it from the channel when it creates the cluster",
        "the configuration of encryption is the secret encryptionconfig, which is not in the file",
    ]
    two = cluster() + "---\n" + cluster()
    assert read(two, "kops").messages("4") == ["the file has 2 clusters: only the first one is checked"]
    assert read(cluster(kubernetesVersion=None), "kops", "1.36", version="1.36").messages("4") == []


def test_a_file_without_a_cluster() -> None:
    assert examined("apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\n", "kops").outcome == "unread"


def test_the_number_of_findings_is_bounded() -> None:
    many = [{"name": "main", "etcdMembers": []}] * 2000
    reading = examined(cluster(etcdClusters=many, fileAssets=[{"name": "a"}] * 2000), "kops")
    assert reading.outcome == "reject"
