"""What kOps refuses in a cluster outside of kubeAPIServer, as far as it concerns kube-apiserver.

kOps: pkg/apis/kops/validation/validation.go and legacy.go, ValidateCluster.
"""

from __future__ import annotations

import re

from compiler.bounds import MAX_SUGGESTIONS
from compiler.diagnostics import Diagnostic, Location
from compiler.inputs.dialects.kops.cluster import Cluster, Place
from compiler.inputs.dialects.kops.facts import TITLE, fact, is_known
from compiler.inputs.dialects.kops.problems import refuse
from compiler.inputs.source.node import find, text_of
from compiler.text import did_you_mean, shown
from compiler.upstream.go.net import parse_cidr

_ETCD_VERSION = r"v?(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:[-+][0-9A-Za-z.+-]+)?"
_STORES = r"(?:s3|gs|memfs)://[^/]+(?:/.*)?"
_SUBDOMAIN = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"


class ClusterChecks:
    """The checks of the parts of a cluster that decide flags of kube-apiserver; `counts` is set with apiServerCount."""

    def __init__(self, cluster: Cluster, counts: bool, problems: list[Diagnostic]) -> None:
        self.cluster = cluster
        self.counts = counts
        self.problems = problems

    def refuse(self, message: str, hint: str, path: str, location: Location) -> None:
        """Report what kOps refuses."""
        refuse(self.problems, message, hint, path, location)

    def refuse_place(self, place: Place, message: str, hint: str) -> None:
        """Report that kOps refuses a value."""
        self.refuse(message, hint, place.path, place.node.location)

    def run(self) -> None:
        """Report everything that kOps refuses."""
        self._name()
        self._cloud()
        self._network()
        self._etcd()
        self._discovery()
        self._file_assets()
        self._metrics_server()

    def _name(self) -> None:
        cluster = self.cluster
        node = find(cluster.root, "metadata", "name")
        where = node.location if node is not None else cluster.root.key_location("kind")
        if not cluster.name:
            self.refuse("a cluster without a name", "set metadata.name", "metadata.name", where)
        elif not re.fullmatch(_SUBDOMAIN, cluster.name) or len(cluster.name) > 253:
            message = f"the name {shown(cluster.name)}: it is not a valid DNS name"
            self.refuse(message, "use lowercase letters, digits, '-' and '.'", "metadata.name", where)
        elif "." not in cluster.name and not cluster.uses_no_dns and not self._is_imported():
            message = f"the name {shown(cluster.name)}: it is not a fully qualified DNS name"
            self.refuse(message, f"write for example {cluster.name}.example.com", "metadata.name", where)
        gossip = cluster.name.rstrip(".").endswith(".k8s.local") and not cluster.uses_no_dns
        if gossip and fact("refusesGossip", cluster.release):
            message = f"the name {shown(cluster.name)}: gossip DNS was removed in {TITLE} 1.37"
            self.refuse(message, f"set {cluster.path_of('dnsType')}: None", "metadata.name", where)

    def _is_imported(self) -> bool:
        annotations = find(self.cluster.root, "metadata", "annotations", "kops.kubernetes.io/management")
        return text_of(annotations) == "imported"

    def _cloud(self) -> None:
        cluster, place = self.cluster, self.cluster.place("cloudProvider")
        clouds: list[str] = fact("clouds", cluster.release)
        if not cluster.clouds:
            where = place.node.location if place is not None else cluster.start
            self.refuse("a cluster without a cloud", "set spec.cloudProvider", "spec.cloudProvider", where)
        elif place is not None and cluster.api == "v1alpha2" and place.text not in clouds:
            hint = did_you_mean(place.text, clouds) or f"write {', '.join(clouds)}"
            self.refuse_place(place, f"the cloud {shown(place.text)}", hint)
        elif place is not None and len(cluster.clouds) > 1:
            self.refuse_place(place, f"more than one cloud: {', '.join(cluster.clouds)}", "keep one of them")

    def _network(self) -> None:
        cluster = self.cluster
        family = cluster.setting("nonMasqueradeCIDR")
        if (family is None or not family.text) and cluster.cloud not in ("gce", ""):
            path = cluster.path_of("nonMasqueradeCIDR")
            self.refuse(f"a cluster without {path}", "write for example 100.64.0.0/10", path, cluster.start)
        for name in ("nonMasqueradeCIDR", "serviceClusterIPRange"):
            place = cluster.setting(name)
            if place is not None and place.text:
                self._range(name, place)
        if family is not None and ":" in family.text and family.text != "::/0":
            self.refuse_place(family, f"nonMasqueradeCIDR: {shown(family.text)} for IPv6", "write ::/0")

    def _range(self, name: str, place: Place) -> None:
        """Check a range; one of services that is not valid is left to kube-apiserver."""
        network = parse_cidr(place.text)
        if network is None and name == "nonMasqueradeCIDR":
            message = f"{name}: {shown(place.text)} is not a CIDR range"
            self.refuse_place(place, message, "write for example 100.64.0.0/10")
        elif network is not None and _address(place.text) != str(network.network_address):
            self.refuse_place(place, f"{name}: {shown(place.text)} has host bits", f"write {network}")

    def _etcd(self) -> None:
        clusters = self.cluster.place("etcdClusters")
        items = list(clusters.items()) if clusters is not None else []
        if not items:
            where = clusters.node.location if clusters is not None else self.cluster.start
            hint = "add the etcd clusters main and events"
            self.refuse("a cluster without etcdClusters", hint, "spec.etcdClusters", where)
            return
        names: set[str] = set()
        first = items[0].item("version")
        for etcd in items:
            name = etcd.item("name")
            self._etcd_cluster(etcd, name.text if name is not None else "", names)
            version = etcd.item("version")
            if version is not None and version.text:
                self._etcd_version(version, first.text if first is not None else "")
        if "main" not in names and not self.counts and clusters is not None:
            self.refuse_place(clusters, "etcdClusters without the cluster main", "add the etcd cluster main")

    def _etcd_cluster(self, etcd: Place, name: str, names: set[str]) -> None:
        known: list[str] = fact("etcdClusters", self.cluster.release)
        where = etcd.item("name") or etcd
        if name not in known:
            similar = did_you_mean(name, known) if len(names) < MAX_SUGGESTIONS else ""
            hint = similar or f"write {', '.join(known)}"
            self.refuse_place(where, f"the etcd cluster {shown(name)}", hint)
        if name in names:
            self.refuse_place(where, f"a second etcd cluster {shown(name)}", "remove one of them")
        names.add(name)
        members = etcd.item("etcdMembers")
        count = len(list(members.items())) if members is not None else 0
        if count % 2 == 0:
            number = f"{count} members" if count else "no members"
            message = f"the etcd cluster {shown(name)} with {number}"
            self.refuse_place(members or where, message, "write an odd number of etcdMembers")
        for member in members.items() if members is not None else ():
            for key in ("name", "instanceGroup"):
                value = member.item(key)
                if value is None or not value.text:
                    self.refuse_place(member, f"a member of etcd without {key}", f"set {key}")
        image, version = etcd.item("image"), etcd.item("version")
        if image is not None and version is None and fact("etcdImageNeedsVersion", self.cluster.release):
            self.refuse_place(image, "an image of etcd without its version", "set version")

    def _etcd_version(self, version: Place, first: str) -> None:
        if not re.fullmatch(_ETCD_VERSION, version.text):
            self.refuse_place(version, f"the etcd version {shown(version.text)}", "write for example 3.5.21")
        elif not version.text.removeprefix("v").startswith("3."):
            self.refuse_place(version, f"etcd {shown(version.text)}: only version 3 is supported", "write a version 3")
        elif version.text != first:
            other = f"version {shown(first)}" if first else "no version"
            message = f"etcd {shown(version.text)}: the first etcd cluster has {other}"
            self.refuse_place(version, message, "set the same version for all etcd clusters")

    def _discovery(self) -> None:
        section = ("serviceAccountIssuerDiscovery",)
        store = self.cluster.place(*section, "discoveryStore")
        service = self.cluster.place(*section, "discoveryService")
        if not is_known("serviceAccountIssuerDiscovery.discoveryService", self.cluster.release):
            service = None
        if store is not None and store.text:
            if not re.fullmatch(_STORES, store.text):
                message = f"discoveryStore: {shown(store.text)} is not a bucket of S3 or Google Cloud"
                self.refuse_place(store, message, "write for example s3://bucket/path")
            elif store.text.startswith("s3://") and "." in store.text.split("/")[2]:
                message = f"discoveryStore: the name of the bucket in {shown(store.text)} has dots"
                self.refuse_place(store, message, "use a bucket without dots in its name")
            if service is not None:
                self.refuse_place(store, "discoveryStore together with discoveryService", "remove one of them")
        if service is not None:
            url = service.item("url")
            if url is None or not url.text:
                self.refuse_place(service, "discoveryService without a url", "set url")
        provider = self.cluster.place(*section, "enableAWSOIDCProvider")
        if provider is not None and provider.node.value is True and service is None and not (store and store.text):
            self.refuse_place(provider, "enableAWSOIDCProvider without a discovery store", "set discoveryStore")

    def _file_assets(self) -> None:
        assets = self.cluster.place("fileAssets")
        for asset in assets.items() if assets is not None else ():
            for key in ("name", "content"):
                value = asset.item(key)
                if value is None or not value.text:
                    self.refuse_place(asset, f"a file of fileAssets without {key}", f"set {key}")

    def _metrics_server(self) -> None:
        enabled = self.cluster.place("metricsServer", "enabled")
        insecure = self.cluster.place("metricsServer", "insecure")
        manager = self.cluster.place("certManager", "enabled")
        if enabled is None or enabled.node.value is not True:
            return
        if not any(each is not None and each.node.value is True for each in (insecure, manager)):
            message = "metricsServer with certificates, which certManager issues: it is not enabled"
            self.refuse_place(enabled, message, "set certManager.enabled: true, or metricsServer.insecure: true")


def _address(text: str) -> str:
    """Return the address of a CIDR range that is valid, in its canonical form."""
    from ipaddress import ip_address

    address = text.partition("/")[0]
    if ":" not in address:
        address = ".".join(part.lstrip("0") or "0" for part in address.split("."))
    return str(ip_address(address))
