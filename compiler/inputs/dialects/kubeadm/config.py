"""The effective configuration of one node: kubeadm's documents after defaulting and conversion.

Kubernetes: cmd/kubeadm/app/apis/kubeadm/v1beta3 and v1beta4, defaults.go and conversion.go;
util/config/initconfiguration.go, SetInitDynamicDefaults.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.diagnostics import Location
from compiler.inputs.dialects.kubeadm.documents import Document, Documents
from compiler.inputs.dialects.kubeadm.origins import unknown_of
from compiler.inputs.dialects.kubeadm.versions import ENDPOINTS_REQUIRED_SINCE, minor_of_release, sorts_all
from compiler.inputs.source.node import Node, items_of, text_of
from compiler.upstream.go.strconv import InvalidValueError, parse_duration

CERTIFICATES_DIR = "/etc/kubernetes/pki"
SERVICE_SUBNET = "10.96.0.0/12"
DNS_DOMAIN = "cluster.local"
BIND_PORT = 6443
_HEALTH_CHECK_TIMEOUT = 240


class Argument(NamedTuple):
    """An extra argument: its name, its value (None for a missing one), their locations, and the path."""

    name: str
    value: Node | None
    at: Location
    path: str

    @property
    def text(self) -> str:
        """The value as kubeadm writes it."""
        if self.value is None or isinstance(self.value.value, dict | list):
            return ""
        return self.value.value if isinstance(self.value.value, str) else self.value.text


class Value(NamedTuple):
    """A value and the field that decides it; `node` is None for a default."""

    text: str
    path: str
    node: Node | None


class Endpoint(NamedTuple):
    """Where the server of the node listens; the address is empty if only the node knows it."""

    address: str
    address_node: Node | None
    port: int
    port_node: Node | None
    path: str


class Config(NamedTuple):
    """The configuration of the API server of one node, and how its version of kubeadm orders flags."""

    documents: Documents
    minor: int
    sorts_all: bool
    endpoint: Endpoint
    certificates_dir: Value
    service_subnet: Value
    dns_domain: Value
    extra_args: tuple[Argument, ...]

    @property
    def cluster(self) -> Document:
        """The ClusterConfiguration."""
        return self.documents.cluster

    @property
    def start(self) -> Location:
        """Where the configuration of the cluster, or that of the node, starts."""
        documents = self.documents
        return documents.cluster.start if documents.cluster.node.value else documents.init.start

    @property
    def external_etcd(self) -> Node | None:
        """The section about an external etcd; None for a local one, and for one that kubeadm refuses as a whole."""
        external = self.cluster.find("etcd", "external")
        if external is None or not isinstance(external.value, dict) or self.cluster.find("etcd", "local") is not None:
            return None
        return external if items_of(external.get("endpoints")) or self.minor < ENDPOINTS_REQUIRED_SINCE else None

    @property
    def health_check_timeout(self) -> int:
        """Seconds that the startup probe allows.

        Kubernetes: the workaround for timeoutForControlPlane in documentMapToInitConfiguration. A node that joins does
        not have it, since it is not stored.
        """
        join = self.documents.join
        if join is None and self.cluster.version == "v1beta3":
            old = _seconds(self.cluster.find("apiServer", "timeoutForControlPlane"))
            if old not in (None, 0, _HEALTH_CHECK_TIMEOUT):
                return old or 0
        given = _seconds((join or self.documents.init).find("timeouts", "controlPlaneComponentHealthCheck"))
        return _HEALTH_CHECK_TIMEOUT if given is None else given


def config_of(documents: Documents, release: str | None, host_address: str) -> Config:
    """Return the configuration of a node; `release` is kubeadm's version, `host_address` empty if it is unknown."""
    minor = minor_of_release(release)
    cluster = documents.cluster
    return Config(
        documents,
        minor,
        sorts_all(release),
        _endpoint(documents, host_address),
        _value(cluster, CERTIFICATES_DIR, "certificatesDir"),
        _value(cluster, SERVICE_SUBNET, "networking", "serviceSubnet"),
        _value(cluster, DNS_DOMAIN, "networking", "dnsDomain"),
        tuple(arguments(cluster, "apiServer", "extraArgs")),
    )


def arguments(document: Document, *keys: str) -> list[Argument]:
    """Return the extra arguments at a path: the list of v1beta4, or the map of v1beta3 sorted by name.

    Kubernetes: convertToArgs. Values of another type, which are reported, are left out.
    """
    node = document.find(*keys)
    path = f"{document.path}{'.'.join(keys)}"
    if node is None:
        return []
    if document.version == "v1beta3":
        entries = node.value if isinstance(node.value, dict) else {}
        return [
            Argument(name, None if entry.value is None else entry, node.key_location(name), f"{path}.{name}")
            for name, entry in sorted(entries.items())
        ]
    result = []
    for index, item in enumerate(items_of(node)):
        name, value = item.get("name"), item.get("value")
        where = (name if name is not None and name.value else item).location
        if isinstance(item.value, dict) or item.value is None:
            given = value if value is not None and value.value is not None else None
            result.append(Argument(text_of(name), given, where, f"{path}[{index}]"))
    return result


def last_value(uses: list[Argument], name: str) -> Argument | None:
    """Return the last extra argument of a name. Kubernetes: kubeadmapi.GetArgValue."""
    return next((each for each in reversed(uses) if each.name == name), None)


def _value(document: Document, default: str, *keys: str) -> Value:
    """Return the text of a field; an empty string counts as absent."""
    node, path = document.find(*keys), f"{document.path}{'.'.join(keys)}"
    text = text_of(node)
    return Value(text or default, path, node if text else None)


def _endpoint(documents: Documents, host_address: str) -> Endpoint:
    """Return the endpoint of the node. Kubernetes: SetAPIEndpointDynamicDefaults."""
    document = documents.join or documents.init
    keys = ("controlPlane", "localAPIEndpoint") if documents.join is not None else ("localAPIEndpoint",)
    address, port = document.find(*keys, "advertiseAddress"), document.find(*keys, "bindPort")
    text = text_of(address)
    canonical = canonical_address(text) if text else ""
    number = port.value if port is not None and isinstance(port.value, int | float) and 0 < port.value < 65536 else 0
    path = f"{document.path}{'.'.join(keys)}"
    if canonical in ("", "0.0.0.0", "::"):
        # The address of the default route's interface. Of an invalid address, nothing is known.
        canonical = "" if text and not canonical else canonical_address(host_address) or host_address
    port = port if number or unknown_of(port) else None
    return Endpoint(canonical, address if text else None, int(number) or BIND_PORT, port, path)


def canonical_address(text: str) -> str:
    """Return an IP address as Go writes it, empty if it is not valid. Kubernetes: k8s.io/utils/net, ParseIPSloppy.

    >>> [canonical_address(text) for text in ("010.001.2.3", "::FFFF:10.1.2.3", "FD00:0::1", "host")]
    ['10.1.2.3', '10.1.2.3', 'fd00::1', '']
    """
    from ipaddress import IPv6Address, ip_address

    if "%" in text or not text.isascii() or len(text) > 64:
        return ""
    if ":" not in text:
        text = ".".join(part.lstrip("0") or "0" if part.isdecimal() else part for part in text.split("."))
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _seconds(node: Node | None) -> int | None:
    """Return a duration in seconds, rounded up; None if there is none."""
    if node is None or not isinstance(node.value, str):
        return None
    try:
        return -(-parse_duration(node.value) // 1_000_000_000)
    except InvalidValueError:
        return None
