"""The flags that Talos sets itself.

Talos: internal/app/machined/pkg/controllers/k8s, control_plane.go (configuration to specification) and
control_plane_static_pod.go, from 1.14 control_plane_final.go (specification to arguments).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.inputs.arguments import Word
from compiler.inputs.dialects.talos.arguments import Item, Words, joined
from compiler.inputs.dialects.talos.documents import TITLE, Documents, Findings, Place, boolean
from compiler.inputs.dialects.talos.facts import Facts, by_kubernetes
from compiler.inputs.dialects.talos.subnets import printed
from compiler.inputs.dialects.words import POD_ADDRESS, set_by

if TYPE_CHECKING:
    from compiler.inputs.dialects import Request

ENDPOINT = "$(CLUSTER_ENDPOINT)"
"""The value of flags that are the endpoint of the cluster, if the file is a patch without it."""
_DEFAULT_PORT = "6443"
_DEFAULT_SUBNETS = "10.96.0.0/12"
_AUTHORIZATION_FILE = "/system/config/kubernetes/kube-apiserver/authorization-config.yaml"


class Defaults:
    """The flags that Talos sets for one configuration."""

    def __init__(self, request: Request, documents: Documents, facts: Facts, minor: int, findings: Findings) -> None:
        self.request = request
        self.documents = documents
        self.facts = facts
        self.minor = minor
        self.findings = findings
        self.section = documents.api_server

    def words(self, has_authorization_flags: bool) -> Words:
        """Return the flags that Talos sets before it merges the user's."""
        words = {flag: [self._fixed(flag, value)] for flag, value in self.facts.flags(self.documents.way).items()}
        words |= self._issuer()
        words |= self._node()
        words |= self._plugins()
        words |= self._authorization(has_authorization_flags)
        words["secure-port"] = [self._port()]
        words["service-cluster-ip-range"] = [self._subnets()]
        return words

    def _fixed(self, flag: str, value: str) -> Word:
        return set_by(flag, value, self.section.location, TITLE, self.section.path)

    def _set(self, flag: str, value: str, place: Place, unknown: str = "") -> Word:
        """Return a flag that a field decides; if the field is not set, it is reported at the section."""
        if not place.is_set:
            return set_by(flag, value, self.section.location, TITLE, place.path, unknown)
        return set_by(flag, value, place.location, TITLE, place.path, unknown)

    def _issuer(self) -> Words:
        """Talos: secrets/root.go, RootKubernetesController; service_account.go."""
        kind = "KubeServiceAccountConfig"
        if kind in self.documents.others:
            own = self.documents.of(kind, "issuer.issuerURL")
            issuers = [own, *self.documents.of(kind, "accepted.issuers").items()]
            audiences = self.documents.of(kind, "accepted.audiences").items()
            return {
                "service-account-issuer": [self._url("service-account-issuer", each) for each in issuers],
                "api-audiences": [self._set("api-audiences", each.text, each) for each in audiences]
                or [self._url("api-audiences", own)],
            }
        endpoint = self.documents.endpoint
        return {flag: [self._url(flag, endpoint)] for flag in ("service-account-issuer", "api-audiences")}

    def _url(self, flag: str, place: Place) -> Word:
        """Return a flag whose value is a URL as Go prints it. Go: net/url, URL.String."""
        if not place.is_set:
            return self._set(flag, ENDPOINT, place, ENDPOINT)
        scheme, colon, rest = place.text.partition(":")
        return self._set(flag, f"{scheme.lower()}{colon}{rest}", place)

    def _node(self) -> Words:
        """Return the flags that depend on the node."""
        words = {}
        kind = "KubeNodeConfig"
        skip = self.documents.of_machine("machine.kubelet.skipNodeRegistration")
        if kind in self.documents.others:
            skip = self.documents.of(kind, "skipNodeRegistration")
        if not boolean(skip, self.findings):
            address = self.request.host.address
            words["advertise-address"] = [
                self._set("advertise-address", address or POD_ADDRESS, skip, "" if address else POD_ADDRESS)
            ]
        provider = self.documents.of_machine("cluster.externalCloudProvider.enabled")
        guarded = self.facts.has("cloudProviderByKubernetes") and not by_kubernetes("cloudProviderFlag", self.minor)
        if boolean(provider, self.findings) and not guarded:
            words["cloud-provider"] = [self._set("cloud-provider", "external", provider)]
        return words

    def _plugins(self) -> Words:
        """Return the admission plugins; a patch is applied to a configuration that disables PodSecurityPolicy.

        Talos: pkg/machinery/config/generate/init.go sets disablePodSecurityPolicy.
        """
        flag, field = (
            "enable-admission-plugins",
            self.documents.of_machine("cluster.apiServer.disablePodSecurityPolicy"),
        )
        disabled = boolean(field, self.findings) or (self.documents.is_patch and not field.is_set)
        if self.facts.has("podSecurityPolicy") and not disabled:
            return {flag: [self._set(flag, "NodeRestriction,PodSecurityPolicy", field)]}
        if field.is_set and not disabled:
            message = f"Talos {self.facts.release} ignores disablePodSecurityPolicy"
            self.findings.ignore(message, "remove it", field.path, field.location)
        return {flag: [self._fixed(flag, "NodeRestriction")]}

    def _authorization(self, has_flags: bool) -> Words:
        """Talos: control_plane_static_pod.go, handleKubeAPIServerAuthorizationFlags."""
        by_version = self.facts.has("authorizationFileByKubernetes")
        with_file = self.facts.has("authorizationFile") and not has_flags
        if not with_file or (by_version and not by_kubernetes("authorizationFile", self.minor)):
            return {"authorization-mode": [self._fixed("authorization-mode", "Node,RBAC")]}
        place = self.documents.of_machine("cluster.apiServer.authorizationConfig")
        words = {"authorization-config": [self._set("authorization-config", _AUTHORIZATION_FILE, place)]}
        if by_version and by_kubernetes("authorizationGate", self.minor):
            words["feature-gates"] = [self._fixed("feature-gates", "StructuredAuthorizationConfiguration=true")]
        return words

    def _port(self) -> Word:
        legacy = self.documents.way == "legacy"
        place = self.documents.of_machine("cluster.controlPlane.localAPIServerPort")
        if not legacy:
            place = self.section.get("apiPort")
        value = place.node.value if place.node is not None else None
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            name = place.path.rpartition(".")[2]
            message = f"{name} is not an integer: Talos cannot read the file"
            self.findings.refuse(message, "write a port, for example 6443", place.path, place.location)
            place = place._replace(node=None)
        unset = not place.is_set or (legacy and value == 0)
        return self._set("secure-port", _DEFAULT_PORT if unset else str(value), place)

    def _subnets(self) -> Word:
        """Return the service subnets; from 1.14 on, Talos parses them and prints them again."""
        flag, kind = "service-cluster-ip-range", "KubeNetworkConfig"
        place = self.documents.of_machine("cluster.network.serviceSubnets")
        if kind in self.documents.others:
            place = self.documents.of(kind, "serviceSubnets")
        items = [Item(each.text, each.node) for each in place.items()]
        if self.facts.has("parsedSubnets"):
            items = [_printed(item) for item in items]
        if not items:
            return self._set(flag, _DEFAULT_SUBNETS, place._replace(node=None))
        return joined(flag, items, place.location, place.path)


def _printed(item: Item) -> Item:
    """Return a subnet as Talos prints it; one that is printed in another way has no positions inside."""
    text = printed(item.text)
    if text == item.text or item.node is None:
        return item
    return Item(text, at=item.node.location)
