"""A ClusterConfig of k0s as its importer reads it: fields with their defaults, and where they are set."""

from __future__ import annotations

from functools import partial

from compiler import rules
from compiler.diagnostics import Location, Problems, diagnose
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.backports import Release
from compiler.inputs.dialects.k0s.fields import TITLE, check_document, field
from compiler.inputs.dialects.words import NODE_ADDRESS, set_by
from compiler.inputs.source.node import Node, items_of
from compiler.rules import Rule
from compiler.upstream.flag_values import parse_ip
from compiler.upstream.go.net import has_port

_DEFAULTS = {
    "network.clusterDomain": "cluster.local",
    "network.podCIDR": "10.244.0.0/16",
    "network.provider": "kuberouter",
    "network.serviceCIDR": "10.96.0.0/12",
    "storage.type": "etcd",
}
_ANY_ADDRESS = ("0.0.0.0", "::")
# Changes -> the releases since which they apply.
_EXTERNAL_FAMILY = ("1.31.10", "1.32.5+k0s.1", "1.33.0")
_FAMILY = ("1.34.0",)


class Cluster:
    """A ClusterConfig; without a document, all fields have their defaults.

    `path` precedes the paths of its fields. `start` is the location of what the file does not set.
    """

    def __init__(self, request: Request, root: Node | None, path: str, release: Release) -> None:
        self.request = request
        self.path = path
        self.release = release
        self.problems = Problems()
        self.start = root.key_location("kind") if root is not None else Location(request.source.name, 1, 1, 1, 2)
        self.unusable = check_document(root, path, release, self.problems) if root is not None else set[str]()
        self._spec = field(root, "spec")

    def node(self, name: str) -> Node | None:
        """Return the value of a field below spec, None if it is not set or has another type."""
        steps = name.split(".")
        paths = (f"{self.path}spec.{'.'.join(steps[: end + 1])}" for end in range(len(steps)))
        return None if any(path in self.unusable for path in paths) else field(self._spec, *steps)

    def text(self, name: str) -> str:
        """Return the value of a string."""
        node = self.node(name)
        return str(node.value) if node is not None else _DEFAULTS.get(name, "")

    def number(self, name: str, default: int) -> int:
        """Return the value of an integer; 0 stands for the default."""
        node = self.node(name)
        value = node.value if node is not None else 0
        return value if isinstance(value, int) and value else default

    def boolean(self, name: str) -> bool:
        """Return the value of a boolean, false by default."""
        node = self.node(name)
        return node is not None and node.value is True

    def strings(self, name: str) -> list[tuple[str, Node, str]]:
        """Return the strings of a list with their nodes and paths; null is an empty string."""
        result = []
        for index, item in enumerate(items_of(self.node(name))):
            path = f"{self.path}spec.{name}[{index}]"
            if path not in self.unusable:
                result.append(("" if item.value is None else str(item.value), item, path))
        return result

    def entries(self, name: str) -> list[tuple[str, str, Node, Location, str]]:
        """Return the entries of a map of strings: key, value, its node, the location of the key, and the path."""
        parent = self.node(name)
        result = []
        for key, node in parent.value.items() if parent is not None and isinstance(parent.value, dict) else ():
            path = f"{self.path}spec.{name}.{key}"
            if path not in self.unusable:
                value = "" if node.value is None else str(node.value)
                result.append((key, value, node, parent.key_location(key), path))  # type: ignore[union-attr]
        return result

    def set_by(self, flag: str, value: str, *names: str, unknown: str = "") -> Word:
        """Return a flag that k0s sets, whose value the first of these fields that is set decides."""
        for name in names:
            node = self.node(name)
            if node is not None:
                return set_by(flag, value, node, TITLE, f"{self.path}spec.{name}", unknown)
        return set_by(flag, value, self.start, TITLE, "", unknown)

    def refuse(self, name: str, message: str, hint: str, node: Node | None = None) -> None:
        """Report the value of a field that k0s refuses."""
        self._report(rules.REFUSED_BY_DISTRIBUTION, f"{TITLE} does not start: {message}", hint, name, node)

    def ignore(self, name: str, message: str, hint: str, node: Node | None = None) -> None:
        """Report the value of a field that k0s ignores."""
        self._report(rules.IGNORED_BY_DISTRIBUTION, message, hint, name, node)

    def _report(self, rule: Rule, message: str, hint: str, name: str, node: Node | None) -> None:
        node = node or self.node(name)
        where = node.location if node is not None else self.start
        make = partial(diagnose, rule, message, hint, path=f"{self.path}spec.{name}", location=where)
        self.problems.report(rule, make)

    @property
    def address(self) -> str:
        """The address of the server, empty if only the node knows it."""
        text = self.text("api.address")
        return text if parse_ip(text) is not None and text not in _ANY_ADDRESS else self.request.host.address

    def address_word(self, flag: str, *names: str) -> Word:
        """Return a flag that k0s sets to the address of the server."""
        unknown = "" if self.address else NODE_ADDRESS
        return self.set_by(flag, self.address or NODE_ADDRESS, *names, unknown=unknown)

    @property
    def service_ranges(self) -> str:
        """The ranges of services. k0s: pkg/apis/k0s/v1beta1/network.go, BuildServiceCIDR."""
        own = self.text("network.serviceCIDR")
        other = self.text("network.dualStack.IPv6serviceCIDR")
        if not self.boolean("network.dualStack.enabled") or not other:
            return own
        return f"{other},{own}" if self._is_ipv6_first else f"{own},{other}"

    @property
    def _is_ipv6_first(self) -> bool:
        """Whether IPv6 is the primary family. k0s: clusterconfig_types.go, PrimaryAddressFamily."""
        family = self.text("network.primaryAddressFamily")
        if family and self.release.has(_FAMILY):
            return family == "IPv6"
        external = self.text("api.externalAddress")
        if external and self.release.has(_EXTERNAL_FAMILY):
            return parse_ip(host_of(external)) is not None and ":" in host_of(external)
        return ":" in self.address


def host_of(address: str) -> str:
    """Return the host of `host` or `host:port`. k0s: pkg/apis/k0s/v1beta1/api.go, ExternalHost."""
    host = address.rpartition(":")[0].strip("[]") if has_port(address) else ""
    return host or address
