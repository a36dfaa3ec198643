"""The target `kubeadm`: ClusterConfiguration and InitConfiguration.

kubeadm: cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go; phases/controlplane/manifests.go, getAPIServerCommand.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from compiler.artifacts.pod import escaped
from compiler.artifacts.targets.flags import ADVERTISE, Difference, Extras, joined
from compiler.artifacts.targets.form import Form, Reason
from compiler.artifacts.targets.volumes import extra_volumes
from compiler.inputs.dialects.pki import CERTIFICATES, ETCD_CERTIFICATES
from compiler.upstream.catalog.facts import minor_of

CERTIFICATES_DIR = "/etc/kubernetes/pki"
SERVICE_SUBNET = "10.96.0.0/12"
PORT = 6443
ISSUER = "https://kubernetes.default.svc."
_API_VERSIONS = ((31, "v1beta4"), (0, "v1beta3"))
"""Minor version of Kubernetes from which a version of kubeadm's API is written."""
_EXTERNAL_ETCD = {"etcd-cafile": "caFile", "etcd-certfile": "certFile", "etcd-keyfile": "keyFile"}
_MOUNTED = (
    *("/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/ca-certificates"),
    *("/usr/share/ca-certificates", "/usr/local/share/ca-certificates"),
)
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"


class Kubeadm(Form):
    """The fields of kubeadm from which flags follow; all other flags are in extraArgs."""

    needs_no_files = True
    """Whether the files of an external etcd may be missing."""

    def write(self, extras: Extras) -> str:
        """Return both documents."""
        api = f"kubeadm.k8s.io/{self._api_version()}"
        cluster: dict[str, Any] = {
            "apiVersion": api,
            "kind": "ClusterConfiguration",
            "kubernetesVersion": self.full_version,
        }
        networking = self._networking()
        cluster |= self.cluster(extras) | ({"networking": networking} if networking else {})
        documents = [cluster]
        if endpoint := self.endpoint():
            documents.append({"apiVersion": api, "kind": "InitConfiguration", "localAPIEndpoint": endpoint})
        return self.commented(f"kubeadm init --config {self.target.file}", *documents)

    def cluster(self, extras: Extras) -> dict[str, Any]:
        """Return the fields of ClusterConfiguration that kubeadm and Cluster API share."""
        directory, etcd = self._certificates(), self._etcd()
        server = {"extraArgs": self.arguments(extras), "extraVolumes": self._volumes(directory, etcd)}
        if self._api_version() != "v1beta3":
            server["extraEnvs"] = self.deployment.get("env", [])
        fields: dict[str, Any] = {"apiServer": {key: value for key, value in server.items() if value}}
        if directory != CERTIFICATES_DIR:
            fields["certificatesDir"] = directory
        return fields | ({"etcd": {"external": etcd}} if etcd else {})

    def arguments(self, extras: Extras) -> Any:
        """Return extraArgs: a list of names and values, or a map before v1beta4."""
        if self._api_version() == "v1beta3":
            return {flag: escaped(value) for flag, (value, *_) in self.unique(extras).items()}
        return [{"name": flag, "value": escaped(value)} for flag, value in extras.texts()]

    def unique(self, extras: Extras) -> dict[str, list[str]]:
        """Return the values of each flag, one if the type of the flag permits it."""
        values: dict[str, list[str]] = {}
        for flag, value in extras.texts():
            values.setdefault(flag, []).append(value)
        return {flag: joined(self.wanted.catalog.flags[flag], texts) for flag, texts in values.items()}

    def refusals(self, extras: Extras) -> Iterator[Reason]:
        """Yield the flags that v1beta3, whose extraArgs are a map, cannot repeat."""
        if self._api_version() == "v1beta3":
            yield from self.repeated(extras, "kubeadm v1beta3", "apiServer.extraArgs is a map")

    def repeated(self, extras: Extras, who: str, why: str) -> Iterator[Reason]:
        """Yield the flags with several values."""
        for flag, values in self.unique(extras).items():
            if len(values) > 1:
                message = f"{who} cannot repeat --{flag}, which the input sets {len(values)} times: {why}"
                yield Reason(flag, message, f"set it once, or omit {self.target.name} in --emit")

    def reason(self, difference: Difference) -> Reason | None:
        """Return the reason for another order of repeated flags: kubeadm sorts them."""
        flag, wanted, passed = difference[:3]
        if wanted and passed and len(wanted) > 1 and sorted(wanted) == sorted(passed):
            message = f"kubeadm sorts the values of --{flag}, whose order matters: {passed[0]} would be the first"
            hint = f"write the values in this order, or omit {self.target.name} in --emit"
            return Reason(flag, message, hint)
        return None

    def _api_version(self) -> str:
        return next(api for minor, api in _API_VERSIONS if minor_of(self.version) >= minor)

    def _networking(self) -> dict[str, str]:
        subnet = self.wanted.text("service-cluster-ip-range")
        fields = {"serviceSubnet": subnet} if subnet != SERVICE_SUBNET and is_service_subnet(subnet) else {}
        issuers = self.wanted.texts("service-account-issuer")
        domain = issuers[0].removeprefix(ISSUER) if len(issuers) == 1 and issuers[0].startswith(ISSUER) else ""
        if domain != "cluster.local" and re.fullmatch(_SUBDOMAIN, domain) and len(domain) <= 253:
            fields["dnsDomain"] = domain
        return fields

    def endpoint(self) -> dict[str, Any]:
        """Return localAPIEndpoint, as far as it is not the default."""
        fields: dict[str, Any] = {}
        if is_unicast(self.wanted.text(ADVERTISE)):
            fields["advertiseAddress"] = self.wanted.text(ADVERTISE)
        port = self.wanted.flags.number("secure-port")
        return fields | ({"bindPort": port} if port != PORT and 0 < port < 65536 else {})

    def _certificates(self) -> str:
        """Return the directory that most of the files of kubeadm's names are in."""
        directories: Counter[str] = Counter()
        for flag, name in {**CERTIFICATES, **ETCD_CERTIFICATES}.items():
            path = self.wanted.text(flag)
            directory = path.removesuffix(f"/{name}")
            if directory != path and directory == posixpath.normpath(directory) and directory.startswith("/"):
                directories[directory] += 1
        return directories.most_common(1)[0][0] if directories else CERTIFICATES_DIR

    def _etcd(self) -> dict[str, Any]:
        """Return etcd.external; empty if etcd is the one that kubeadm runs."""
        wanted, directory = self.wanted, self._certificates()
        endpoints = wanted.texts("etcd-servers")
        files = {flag: wanted.text(flag) for flag in _EXTERNAL_ETCD}
        own = {flag: f"{directory}/{name}" for flag, name in ETCD_CERTIFICATES.items()}
        if files == own and endpoints in (("https://127.0.0.1:2379",), ("https://[::1]:2379",)):
            return {}
        if not endpoints or not all(re.match("[A-Za-z][A-Za-z0-9+.-]*://", each) for each in endpoints):
            return {}
        external: dict[str, Any] = {"endpoints": list(endpoints)}
        if self.are_valid(files, endpoints):
            return external | {_EXTERNAL_ETCD[flag]: path for flag, path in files.items() if path}
        return external if self.needs_no_files else {}

    def are_valid(self, files: dict[str, str], endpoints: tuple[str, ...]) -> bool:
        """Whether kubeadm accepts the TLS files of an external etcd. kubeadm: validation.go, ValidateEtcd."""
        authority, certificate, key = files.values()
        if not all(path.startswith("/") for path in files.values() if path):
            return False
        if bool(certificate) != bool(key) or (certificate and not authority):
            return False
        return all(each.startswith("https://") for each in endpoints)

    def _volumes(self, directory: str, etcd: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the volumes that kubeadm does not add: it mounts certificates and, for external etcd, their
        directories. kubeadm: phases/controlplane/volumes.go.
        """
        certificates = {posixpath.dirname(etcd[key]) for key in ("caFile", "certFile", "keyFile") if key in etcd}
        skipped = (directory, *_MOUNTED)
        own = [each for each in certificates if not each.startswith(skipped)]
        return extra_volumes(self, (directory, _MOUNTED[0], *own))


def is_service_subnet(text: str) -> bool:
    """Whether kubeadm accepts a service subnet: one CIDR, or two of different families.

    kubeadm: validation.go, ValidateIPNetFromString and ValidateServiceSubnetSize.
    """
    try:
        networks = [ipaddress.ip_network(part, strict=False) for part in text.split(",")]
    except ValueError:
        return False
    sizes = [network.max_prefixlen - network.prefixlen for network in networks]
    families = {network.version for network in networks}
    return len(families) == len(networks) and all(4 <= size <= 20 for size in sizes)


def is_unicast(text: str) -> bool:
    """Whether kubeadm advertises an address as it is. kubeadm: validation.go, VerifyAPIServerBindAddress."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    excluded = address.is_multicast or address.is_link_local or address.is_loopback or address.is_unspecified
    return not excluded and text != "255.255.255.255" and text == str(address)
