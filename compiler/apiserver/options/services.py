"""Options of Services: IP ranges, node ports, and the endpoints of the Service kubernetes.

Kubernetes: cmd/kube-apiserver/app/options/options.go, completion.go and validation.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import EndpointReconciler, Services
from compiler.text import shown
from compiler.upstream.catalog.facts import CHOICES
from compiler.upstream.go.net import host_bits, parse_cidr

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from compiler.apiserver.context import ServerContext
    from compiler.apiserver.resolved import ResolvedConfig

_RANGE = "service-cluster-ip-range"
_DEFAULT_RANGE = "10.0.0.0/24"
_DEFAULT_NODE_PORTS = (30000, 2768)


class ServiceOptions(OptionGroup):
    """The options of Services, which are in the flag group `misc`."""

    name = "misc"

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context)
        self.service_ranges: list[IPv4Network | IPv6Network] = []
        self.service_ip = ""

    def complete(self) -> None:
        """Split the service IP ranges and compute the API server's own service address.

        Kubernetes: cmd/kube-apiserver/app/options/completion.go, getServiceIPAndRanges.
        """
        if not self.flags.ok(_RANGE):
            return
        entries = (self.flags.text(_RANGE) or _DEFAULT_RANGE).split(",")
        for index, entry in enumerate(entries[:2]):
            network = parse_cidr(entry)
            if network is None:
                hint = "write one or two ranges without spaces, for example 10.96.0.0/16,fd00:10:96::/112"
                self.report(
                    rules.INVALID_SERVICE_CIDR,
                    f"--{_RANGE}: {shown(entry)} is not a valid IP range",
                    hint,
                    _RANGE,
                    index,
                )
                return
            self.service_ranges.append(network)
        primary = self.service_ranges[0]
        bits = host_bits(primary)
        if bits < 3:
            message = f"--{_RANGE}: {primary} holds {2**bits} addresses, fewer than 8"
            self.report(
                rules.SERVICE_CIDR_TOO_SMALL,
                message,
                f"write a wider range, for example {primary.network_address}/24",
                _RANGE,
            )
        else:
            self.service_ip = str(primary.network_address + 1)

    def validate_service_ranges(self) -> None:
        """Kubernetes: cmd/kube-apiserver/app/options/validation.go, validateClusterIPFlags."""
        count = len(self.flags.text(_RANGE).split(","))
        if count > 2:
            self.report(
                rules.TOO_MANY_SERVICE_CIDRS,
                f"--{_RANGE} has {count} ranges, at most 2 are allowed",
                "keep one or two",
                _RANGE,
                2,
            )
        if len(self.service_ranges) == 2 and self.service_ranges[0].version == self.service_ranges[1].version:
            message = f"--{_RANGE}: both ranges are IPv{self.service_ranges[0].version}"
            self.report(
                rules.SERVICE_CIDRS_OF_ONE_FAMILY,
                message,
                "write one IPv4 and one IPv6 range, or only one range",
                _RANGE,
                1,
            )
        gates = self.context.gates
        if gates.on("MultiCIDRServiceAllocator") and gates.on("DisableAllocatorDualWrite"):
            return
        for index, network in enumerate(self.service_ranges):
            if host_bits(network) > 20:
                message = f"--{_RANGE}: {network} is wider than 20 bits"
                hint = f"write /{network.max_prefixlen - 20} or narrower"
                self.report(rules.SERVICE_CIDR_TOO_LARGE, message, hint, _RANGE, index)

    def validate_node_port(self) -> None:
        """Kubernetes: validation.go, validateServiceNodePort."""
        flag = "kubernetes-service-node-port"
        port = self.flags.number(flag)
        if not 0 <= port <= 65535:
            self.report(
                rules.NODE_PORT_OUT_OF_RANGE,
                f"--{flag} {port} is outside 0 to 65535",
                "write a port of the node port range",
                flag,
            )
            return
        given = self.flags.port_range("service-node-port-range")
        if port and not given.base <= port < given.base + given.size and self.flags.ok("service-node-port-range"):
            last = given.base + given.size - 1
            message = f"--{flag} {port} is outside the node port range {given.base}-{last}"
            self.report(
                rules.NODE_PORT_OUTSIDE_NODE_PORT_RANGE,
                message,
                f"write a port from {given.base} to {last}, or 0",
                flag,
            )

    def validate_families(self) -> None:
        """Kubernetes: validation.go, validatePublicIPServiceClusterIPRangeIPFamilies."""
        if self.flags.text("endpoint-reconciler-type") == "none" or not self.service_ranges:
            return
        if self.flags.unknown & {"advertise-address", "bind-address"}:
            return
        primary = self.service_ranges[0]
        flag = _RANGE if self.flags.changed(_RANGE) else "advertise-address"
        hint = "put the range of the advertise address's family first, or set --advertise-address"
        advertised = self.flags.text("advertise-address")
        if advertised not in ("", "0.0.0.0", "::"):
            if primary.version != (6 if ":" in advertised else 4):
                message = f"the primary service range {primary} is not of the family of the address {advertised}"
                self.report(rules.SERVICE_CIDR_FAMILY_MISMATCH, message, hint, flag)
            return
        # By default the address is that of the default route: IPv6 before IPv4 if the listener is [::].
        preferred = 6 if self.flags.text("bind-address") == "::" else 4
        if primary.version != preferred:
            message = (
                f"the primary service range {primary} needs an address of its family, and IPv{preferred} comes first"
            )
            if self.context.host.address:
                self.report(rules.SERVICE_CIDR_FAMILY_MISMATCH, message, hint, flag)
            else:
                self.report(rules.HOST_ADDRESS_FAMILY_UNKNOWN, f"{message}, if the host has one", hint, flag)

    def validate_advertise_address(self) -> None:
        """Report an address that the Endpoints of the service kubernetes cannot contain.

        Kubernetes: pkg/apis/core/validation/validation.go, ValidateEndpointIP.
        """
        advertised = self.flags.text("advertise-address")
        unchecked = self.flags.text("endpoint-reconciler-type") in ("", "none")
        if unchecked or not advertised or not self.context.catalog.behaviour("advertiseAddressFitsEndpoints"):
            return
        from ipaddress import ip_address

        address = ip_address(advertised)
        for wrong, what in (
            (address.is_unspecified, "unspecified"),
            (address.is_loopback, "a loopback address"),
            (address.is_link_local, "a link-local address"),
            (
                advertised.startswith("224.0.0.") or advertised.lower().startswith("ff02:"),
                "a link-local multicast address",
            ),
        ):
            if wrong:
                message = f"--advertise-address {advertised} is {what}, which Endpoints cannot contain"
                hint = "write an address that Pods can reach, or set --endpoint-reconciler-type=none"
                self.report(rules.ADVERTISE_ADDRESS_NOT_AN_ENDPOINT, message, hint, "advertise-address")

    def validate_apiserver_count(self) -> None:
        """Kubernetes: validation.go, Validate."""
        flag = "apiserver-count"
        if self.flags.number(flag) <= 0:
            self.report(
                rules.APISERVER_COUNT_NOT_POSITIVE,
                f"--{flag} {self.flags.given(flag)} is not above 0",
                "remove the flag: it is deprecated",
                flag,
            )

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: cmd/kube-apiserver/app/server.go, CreateKubeAPIServerConfig."""
        flags = self.flags
        ports = flags.port_range("service-node-port-range")
        base, size = (ports.base, ports.size) if ports.size else _DEFAULT_NODE_PORTS
        config.services = Services(
            ip_ranges=tuple(map(str, self.service_ranges)),
            api_server_service_ip=self.service_ip or None,
            api_server_service_port=443,
            node_port_range=f"{base}-{base + size - 1}",
            kubernetes_service_node_port=flags.number("kubernetes-service-node-port"),
            repair_interval="3m0s",
        )
        kind = flags.text("endpoint-reconciler-type")
        types = CHOICES["endpoint-reconciler-type"]
        if kind not in ("", *types):
            self.report_unknown_word(rules.UNKNOWN_ENDPOINT_RECONCILER, "endpoint-reconciler-type", types)
        config.endpoint_reconciler = EndpointReconciler(
            type=kind, interval="10s", lease_ttl="15s", master_count=flags.number("apiserver-count")
        )
