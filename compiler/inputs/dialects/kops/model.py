"""The defaults of kubeAPIServer that kOps computes from the rest of the cluster.

kOps: pkg/model/components/apiserver.go and discovery.go, BuildOptions; upup/pkg/fi/cloudup/populate_cluster_spec.go,
assignSubnets. Each default is overridden by the field of the user: upup/pkg/fi/loader/options_loader.go, iterate.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.kops.cluster import Cluster, Place
from compiler.inputs.dialects.kops.facts import TITLE, all_server_fields, fact, for_kubernetes, is_known, version_of
from compiler.inputs.dialects.kops.flags import Given, Piece, assemble, string_of
from compiler.inputs.dialects.words import given, set_by
from compiler.inputs.source.node import items_of

Flags: TypeAlias = dict[str, list[Word]]
"""The flags of the fields of kubeAPIServer, by key; no flags for an empty value."""

AUTHN_CONFIG = "/etc/kubernetes/authn.config"
S3_REGION = "$(S3_REGION)"
SERVICE_RANGE = "$(SERVICE_CLUSTER_IP_RANGE)"
_JWKS = "/openid/v1/jwks"
_CONSTANTS = {
    "allowPrivileged": "true",
    "anonymousAuth": "false",
    "apiAudiences": "kubernetes.svc.default",
    "kubeletPreferredAddressTypes": "InternalIP,Hostname,ExternalIP",
    "logLevel": "2",
    "requestheaderAllowedNames": "aggregator",
    "requestheaderExtraHeaderPrefixes": "X-Remote-Extra-",
    "requestheaderGroupHeaders": "X-Remote-Group",
    "requestheaderUsernameHeaders": "X-Remote-User",
    "securePort": "443",
}
_OVERRIDES = {
    "events": ("/events#", 4002),
    "leases": ("coordination.k8s.io/leases#", 4004),
}
"""The other etcd clusters of kube-apiserver: the resource they are for, and their port."""
_S3 = r"s3://([^/]+)/?(.*)"
_GS = r"gs://([^/]+)/?(.*)"


class Model:
    """The defaults of a cluster: flags by the key of their field."""

    def __init__(self, cluster: Cluster, given_fields: dict[str, Given]) -> None:
        self.cluster = cluster
        self.given = given_fields
        self.flags: Flags = {}

    def build(self) -> Flags:
        """Return the defaults."""
        for key, value in _CONSTANTS.items():
            self.set(key, value)
        self._authorization()
        self._admission()
        self._cloud()
        self._etcd()
        self._network()
        self._issuer()
        metrics = self.cluster.place("metricsServer", "enabled")
        if metrics is not None and metrics.node.value is True:
            self.set("enableAggregatorRouting", "true", metrics)
        return self.flags

    def set(self, key: str, value: str, place: Place | None = None, unknown: str = "") -> None:
        """Set the flag of a field; `place` is what decides the value."""
        self.flags[key] = [default(self.cluster, key, value, place, unknown)]

    def _authorization(self) -> None:
        """kOps: pkg/apis/kops/v1alpha2/defaults.go, SetDefaults_ClusterSpec, for the default."""
        always = self.cluster.place("authorization", "alwaysAllow")
        rbac = self.cluster.place("authorization", "rbac")
        place = always or rbac
        mode = ("alwaysAllow" if always else "rbac") if place else fact("authorization", self.cluster.release)
        self.set("authorizationMode", {"alwaysAllow": "AlwaysAllow", "rbac": "Node,RBAC"}[mode], place)
        kopeio = self.cluster.place("authentication", "kopeio")
        if kopeio is not None:
            self.set("authenticationTokenWebhookConfigFile", AUTHN_CONFIG, kopeio)

    def _admission(self) -> None:
        plugins: list[str] = fact("admissionPlugins", self.cluster.release)
        appended = self.given.get("appendAdmissionPlugins")
        if appended is None or not appended.items:
            self.set("enableAdmissionPlugins", ",".join(plugins))
            return
        pieces: list[Piece] = [(",".join(plugins), appended.name_at)]
        for node in items_of(appended.node):
            pieces += [(",", None), (string_of(node), node)]
        field = all_server_fields()["enableAdmissionPlugins"]
        self.flags["enableAdmissionPlugins"] = [assemble(appended._replace(field=field), pieces, TITLE)]

    def _cloud(self) -> None:
        cluster = self.cluster
        place = cluster.place("cloudProvider")
        value = for_kubernetes("cloudProvider", cluster.release, cluster.kubernetes)
        if value == "cloud":
            # Only Azure has no external cloud controller manager by default.
            is_external = cluster.cloud != "azure" or cluster.place("cloudControllerManager") is not None
            value = "external" if is_external else cluster.cloud
        if value is not None:
            self.set("cloudProvider", value, place)
        gates: dict[str, str] = fact("awsFeatureGates", cluster.release) if cluster.cloud == "aws" else {}
        added = {gate: "true" for gate, below in gates.items() if cluster.kubernetes < version_of(below)}
        if added:
            self._feature_gates(added, place)

    def _feature_gates(self, added: dict[str, str], place: Place | None) -> None:
        """Add feature gates to those of the user, which take precedence."""
        user = self.given.get("featureGates")
        own = user.node.value if user is not None and isinstance(user.node.value, dict) else {}
        values = {**added, **{gate: string_of(node) for gate, node in own.items()}}
        self.set("featureGates", ",".join(sorted(f"{gate}={value}" for gate, value in values.items())), place)

    def _etcd(self) -> None:
        clusters = self.cluster.place("etcdClusters")
        overrides, last = [], clusters
        for etcd in clusters.items() if clusters is not None else ():
            name = etcd.item("name")
            if name is None:
                continue
            if name.text == "main":
                members = etcd.item("etcdMembers")
                self.set("etcdServers", "https://127.0.0.1:4001", name)
                self.set("apiServerCount", str(len(list(members.items())) if members else 0), members or name)
                self.set("storageBackend", "etcd3", etcd.item("version") or name)
            elif name.text in _OVERRIDES and name.text in fact("etcdClusters", self.cluster.release):
                resource, port = _OVERRIDES[name.text]
                overrides.append(f"{resource}https://127.0.0.1:{port}")
                last = name
        if overrides:
            self.set("etcdServersOverrides", ",".join(overrides), last)

    def _network(self) -> None:
        cluster = self.cluster
        family = cluster.setting("nonMasqueradeCIDR")
        self.set("bindAddress", "::" if cluster.is_ipv6_only else "0.0.0.0", family)
        services = cluster.setting("serviceClusterIPRange")
        if allocates_range(cluster):
            self.set("serviceClusterIPRange", SERVICE_RANGE, cluster.setting("subnets"), SERVICE_RANGE)
        elif services is not None and services.text:
            flag = all_server_fields()["serviceClusterIPRange"].flag
            self.flags["serviceClusterIPRange"] = [given(flag, services.node, services.path)]
        else:
            value = "fd00:5e4f:ce::/108" if cluster.is_ipv6_only else "100.64.0.0/13"
            self.set("serviceClusterIPRange", value, family)

    def _issuer(self) -> None:
        user = self.given.get("serviceAccountIssuer")
        if user is not None:
            self.set("serviceAccountJWKSURI", user.text + _JWKS, Place(user.node, user.path))
            return
        value, place, unknown = issuer(self.cluster)
        self.set("serviceAccountIssuer", value, place, unknown)
        self.set("serviceAccountJWKSURI", value + _JWKS, place, unknown)


def default(cluster: Cluster, key: str, value: str, place: Place | None = None, unknown: str = "") -> Word:
    """Return the flag that kOps sets for a field; `place` is what decides the value."""
    where: Location = cluster.start
    word = set_by(
        all_server_fields()[key].flag, value, place.node if place else where, TITLE, place.path if place else ""
    )
    return word._replace(unknown=unknown)


def issuer(cluster: Cluster) -> tuple[str, Place | None, str]:
    """Return the issuer of service account tokens, what decides it, and the unknown part of it.

    The public name of the API is never used: the condition for it, anonymousAuth, is false in the first round.
    kOps: pkg/model/components/discovery.go, BuildOptions.
    """
    store = cluster.place("serviceAccountIssuerDiscovery", "discoveryStore")
    if store is not None and store.text:
        value, unknown = store_url(store.text, cluster.is_ipv6_only)
        return value, store, unknown
    url = cluster.place("serviceAccountIssuerDiscovery", "discoveryService", "url")
    if url is not None and url.text and is_known("serviceAccountIssuerDiscovery.discoveryService", cluster.release):
        return url.text, url, ""
    return f"https://api.internal.{cluster.name}", None, ""


def store_url(store: str, dual_stack: bool) -> tuple[str, str]:
    """Return the URL of a bucket, and the part of it that is unknown: the region of an S3 bucket.

    kOps: util/pkg/vfs/s3fs.go and gsfs.go, GetHTTPsUrl.

    >>> store_url("gs://bucket/cluster/", False)
    ('https://storage.googleapis.com/bucket/cluster', '')
    """
    google = re.fullmatch(_GS, store)
    if google is not None:
        return f"https://storage.googleapis.com/{google[1]}/{google[2]}".removesuffix("/"), ""
    s3 = re.fullmatch(_S3, store)
    if s3 is None:
        return re.sub(r"^memfs://", "https://", store), ""
    service = "s3.dualstack" if dual_stack else "s3"
    key = "/".join(part for part in s3[2].split("/") if part)
    return f"https://{s3[1]}.{service}.{S3_REGION}.amazonaws.com/{key}".removesuffix("/"), S3_REGION


def allocates_range(cluster: Cluster) -> bool:
    """Return whether kOps allocates the range of services in the network of Google Cloud, unless all ranges are set.

    kOps: upup/pkg/fi/cloudup/gce/network.go, performNetworkAssignmentsIPAliases.
    """
    if cluster.cloud != "gce" or not (cluster.setting("gcp") or cluster.place("networking", "kindnet")):
        return False
    subnets = cluster.setting("subnets")
    first = next(subnets.items(), None) if subnets is not None else None
    cidr = first.item("cidr") if first is not None else None
    if cidr is None or not cidr.text:
        return True
    names = ("podCIDR", "serviceClusterIPRange")
    family = cluster.setting("nonMasqueradeCIDR")
    missing = any((place := cluster.setting(name)) is None or not place.text for name in names)
    return missing and (family is None or not family.text)
