"""Options that kube-apiserver adds to the generic server: services, kubelets, proxies, leadership.

Kubernetes: cmd/kube-apiserver/app/options/options.go and pkg/controlplane/apiserver/options/options.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import (
    Aggregator,
    Capabilities,
    CoordinatedLeadership,
    EndpointReconciler,
    EventStorage,
    KubeletClient,
    Misc,
    PeerProxy,
    Services,
)
from compiler.text import shown
from compiler.upstream.go.net import IPRange, join_host_port, parse_cidr
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_RANGE = "service-cluster-ip-range"
_DEFAULT_RANGE = "10.0.0.0/24"
_PEER_ADDRESS = ("peer-advertise-ip", "peer-advertise-port")
_PEER = "UnknownVersionInteroperabilityProxy"
DEFAULT_NODE_PORTS = (30000, 2768)


class MiscOptions(OptionGroup):
    """The options of kube-apiserver itself."""

    name = "misc"

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.service_ranges: list[IPRange] = []
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
                self.refuse(
                    rules.INVALID_SERVICE_CIDR,
                    f"--{_RANGE}: {shown(entry)} is not a valid IP range",
                    hint,
                    _RANGE,
                    index,
                )
                return
            self.service_ranges.append(network)
        primary = self.service_ranges[0]
        if primary.host_bits < 3:
            message = f"--{_RANGE}: {primary} holds {2**primary.host_bits} addresses, fewer than 8"
            self.refuse(
                rules.SERVICE_CIDR_TOO_SMALL,
                message,
                f"write a wider range, for example {primary.address(0)}/24",
                _RANGE,
            )
        else:
            self.service_ip = primary.address(1)

    def validate_service_ranges(self) -> None:
        """Kubernetes: cmd/kube-apiserver/app/options/validation.go, validateClusterIPFlags."""
        count = len(self.flags.text(_RANGE).split(","))
        if count > 2:
            self.refuse(
                rules.TOO_MANY_SERVICE_CIDRS,
                f"--{_RANGE} has {count} ranges, at most 2 are allowed",
                "keep one or two",
                _RANGE,
                2,
            )
        if len(self.service_ranges) == 2 and self.service_ranges[0].version == self.service_ranges[1].version:
            message = f"--{_RANGE}: both ranges are IPv{self.service_ranges[0].version}"
            self.refuse(
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
            if network.host_bits > 20:
                message = f"--{_RANGE}: {network} is wider than 20 bits"
                hint = f"write /{network.prefix + network.host_bits - 20} or narrower"
                self.refuse(rules.SERVICE_CIDR_TOO_LARGE, message, hint, _RANGE, index)

    def validate_node_port(self) -> None:
        """Kubernetes: validation.go, validateServiceNodePort."""
        flag = "kubernetes-service-node-port"
        port = self.flags.number(flag)
        if not 0 <= port <= 65535:
            self.refuse(
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
            self.refuse(
                rules.NODE_PORT_OUTSIDE_NODE_PORT_RANGE,
                message,
                f"write a port from {given.base} to {last}, or 0",
                flag,
            )

    def validate_families(self) -> None:
        """Kubernetes: validation.go, validatePublicIPServiceClusterIPRangeIPFamilies."""
        if self.flags.text("endpoint-reconciler-type") == "none" or not self.service_ranges:
            return
        primary = self.service_ranges[0]
        flag = _RANGE if self.flags.changed(_RANGE) else "advertise-address"
        hint = "put the range of the advertise address's family first, or set --advertise-address"
        advertised = self.flags.text("advertise-address")
        if advertised not in ("", "0.0.0.0", "::"):
            if primary.version != (6 if ":" in advertised else 4):
                message = f"the primary service range {primary} is not of the family of the address {advertised}"
                self.refuse(rules.SERVICE_CIDR_FAMILY_MISMATCH, message, hint, flag)
            return
        # By default the address is that of the default route: IPv6 before IPv4 if the listener is [::].
        preferred = 6 if self.flags.text("bind-address") == "::" else 4
        if primary.version != preferred:
            message = (
                f"the primary service range {primary} needs an address of its family, and IPv{preferred} comes first"
            )
            if self.context.host.address:
                self.refuse(rules.SERVICE_CIDR_FAMILY_MISMATCH, message, hint, flag)
            else:
                self.refuse(rules.HOST_ADDRESS_FAMILY_UNKNOWN, f"{message}, if the host has one", hint, flag)

    def validate_advertise_address(self) -> None:
        """Report an address that the Endpoints of the service kubernetes cannot contain.

        Kubernetes: pkg/apis/core/validation/validation.go, ValidateEndpointIP.
        """
        advertised = self.flags.text("advertise-address")
        kept = self.flags.text("endpoint-reconciler-type") in ("", "none")
        if kept or not advertised or not self.context.catalog.behaviour("advertiseAddressFitsEndpoints"):
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
                self.refuse(rules.ADVERTISE_ADDRESS_NOT_AN_ENDPOINT, message, hint, "advertise-address")

    def validate_peer_proxy(self) -> None:
        """Kubernetes: validation.go, validateUnknownVersionInteroperabilityProxyFlags."""
        gates = self.context.gates
        needed = self.context.catalog.behaviour("peerProxyNeedsStorageVersionAPI")
        if needed and gates.on(_PEER) and not gates.on("StorageVersionAPI"):
            message = f"--feature-gates: {_PEER} is enabled but needs StorageVersionAPI, which is disabled"
            self.refuse(
                rules.PEER_PROXY_WITHOUT_STORAGE_VERSIONS,
                message,
                "also enable StorageVersionAPI",
                "feature-gates",
            )
        if gates.on(_PEER):
            return
        for flag in ("peer-ca-file", "peer-advertise-ip", "peer-advertise-port"):
            if self.flags.text(flag):
                self.refuse(
                    rules.PEER_FLAGS_WITHOUT_GATE,
                    f"--{flag} needs the gate {_PEER}",
                    f"enable {_PEER}, or remove --{flag}",
                    flag,
                )

    def validate_leadership(self) -> None:
        """Kubernetes: validation.go, validateCoordinatedLeadershipFlags."""
        lease, renew, retry = (
            f"coordinated-leadership-{name}" for name in ("lease-duration", "renew-deadline", "retry-period")
        )
        if not self.flags.has(lease):
            return
        for rule, longer, shorter in (
            (rules.LEASE_NOT_LONGER_THAN_RENEW_DEADLINE, lease, renew),
            (rules.RENEW_DEADLINE_NOT_LONGER_THAN_RETRY, renew, retry),
        ):
            if self.flags.number(longer) <= self.flags.number(shorter):
                blamed = longer if self.flags.changed(longer) else shorter
                times = [format_duration(self.flags.number(flag)) for flag in (longer, shorter)]
                message = f"--{longer} {times[0]} is not longer than --{shorter} {times[1]}"
                self.refuse(rule, message, f"increase --{longer}", blamed)

    def validate_apiserver_count(self) -> None:
        """Kubernetes: validation.go, Validate."""
        flag = "apiserver-count"
        if self.flags.number(flag) <= 0:
            self.refuse(
                rules.APISERVER_COUNT_NOT_POSITIVE,
                f"--{flag} {self.flags.given(flag)} is not above 0",
                "remove the flag: it is deprecated",
                flag,
            )

    def apply_capabilities(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/controlplane/apiserver/config.go, CreateConfig; pkg/capabilities."""
        config.capabilities = Capabilities(
            allow_privileged=self.flags.on("allow-privileged"),
            per_connection_bandwidth_limit_bytes_per_sec=self.flags.number("max-connection-bytes-per-sec"),
        )

    def apply_services(self, config: ResolvedConfig) -> None:
        """Kubernetes: cmd/kube-apiserver/app/server.go, CreateKubeAPIServerConfig."""
        flags = self.flags
        ports = flags.port_range("service-node-port-range")
        base, size = (ports.base, ports.size) if ports.size else DEFAULT_NODE_PORTS
        config.services = Services(
            ip_ranges=tuple(map(str, self.service_ranges)),
            api_server_service_ip=self.service_ip or None,
            api_server_service_port=443,
            node_port_range=f"{base}-{base + size - 1}",
            kubernetes_service_node_port=flags.number("kubernetes-service-node-port"),
            repair_interval="3m0s",
        )
        kind = flags.text("endpoint-reconciler-type")
        if kind not in ("", "lease", "master-count", "none"):
            self.refuse_word(
                rules.UNKNOWN_ENDPOINT_RECONCILER, "endpoint-reconciler-type", ("lease", "master-count", "none")
            )
        config.endpoint_reconciler = EndpointReconciler(
            type=kind, interval="10s", lease_ttl="15s", master_count=flags.number("apiserver-count")
        )
        config.misc = Misc(
            logs_handler=flags.on("enable-logs-handler"),
            system_namespaces=("kube-system", "kube-public", "default"),
        )
        # Kubernetes: pkg/controlplane/apiserver/server.go, New; before they were flags, the times were constants.
        config.coordinated_leadership = CoordinatedLeadership(
            enabled=self.context.gates.on("CoordinatedLeaderElection"),
            lease_duration=self._leadership_time("lease-duration", "15s"),
            renew_deadline=self._leadership_time("renew-deadline", "10s"),
            retry_period=self._leadership_time("retry-period", "2s"),
        )

    def _leadership_time(self, name: str, constant: str) -> str:
        flag = f"coordinated-leadership-{name}"
        return self.flags.duration(flag) if self.flags.has(flag) else constant

    def apply_kubelet_client(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/kubelet/client/kubelet_client.go."""
        flags = self.flags
        self._check_kubelet_files()
        config.kubelet_client = KubeletClient(
            cert_file=flags.text("kubelet-client-certificate"),
            key_file=flags.text("kubelet-client-key"),
            ca_file=flags.text("kubelet-certificate-authority"),
            timeout=flags.duration("kubelet-timeout"),
            preferred_address_types=flags.texts("kubelet-preferred-address-types"),
            port=flags.number("kubelet-port"),
            dialer=config.egress_selector.dialers.cluster,
            insecure_skip_verify=not flags.text("kubelet-certificate-authority"),
        )

    def _check_kubelet_files(self) -> None:
        """Check that every file exists; only the CA's content is read before a kubelet is called.

        Kubernetes: client-go/transport/transport.go, TLSConfigFor with ReloadTLSFiles.
        """
        if not self.context.host.sees_files:
            return
        from compiler.apiserver.config_files import read_bytes
        from compiler.apiserver.config_files.keys import check_root_ca

        for flag in ("kubelet-client-certificate", "kubelet-client-key", "kubelet-certificate-authority"):
            if (
                self.flags.text(flag)
                and read_bytes(self.named(flag), rules.UNREADABLE_KUBELET_CLIENT_FILE) is not None
                and "authority" in flag
            ):
                check_root_ca(self.named(flag), rules.INVALID_KUBELET_CA_FILE)

    def apply_peers(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/controlplane/apiserver/peer.go, BuildPeerProxy and CreatePeerEndpointLeaseReconciler."""
        flags, on = self.flags, self.context.gates.on(_PEER)
        proxied = on and bool(flags.text("peer-ca-file"))
        config.peer_proxy = PeerProxy(
            lease_reconciler=on,
            lease_interval="10s" if on else None,
            lease_ttl="15s" if on else None,
            advertise_address=self._peer_address(config.generic.public_address),
            enabled=proxied,
            ca_file=flags.text("peer-ca-file"),
            server_name="kubernetes.default.svc" if proxied else None,
            dialer=config.egress_selector.dialers.controlplane if proxied else None,
        )
        if not proxied:
            return
        for flag in ("proxy-client-cert-file", "proxy-client-key-file"):
            if not flags.text(flag):
                self.refuse(
                    rules.PEER_PROXY_WITHOUT_CLIENT_CERTIFICATE,
                    f"--peer-ca-file needs --{flag}",
                    f"set --{flag}",
                    "peer-ca-file",
                )
        if self.context.host.sees_files:
            from compiler.apiserver.config_files.keys import check_root_ca

            check_root_ca(self.named("peer-ca-file"), rules.PEER_PROXY_WITHOUT_CLIENT_CERTIFICATE)

    def _peer_address(self, public: str | None) -> str | None:
        """Return where peers reach this server; None if it depends on the host. Kubernetes: peer.go, getPeerAddress."""
        ip, port = (self.flags.text(flag) for flag in _PEER_ADDRESS)
        if ip and port:
            return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
        return join_host_port(public, self.flags.number("secure-port")) if public else None

    def apply_event_storage(self, config: ResolvedConfig) -> None:
        """Set the TTL of events, in whole seconds."""
        config.event_storage = EventStorage(ttl_seconds=self.flags.number("event-ttl") // 10**9)

    def apply_aggregator(self, config: ResolvedConfig) -> None:
        """Kubernetes: cmd/kube-apiserver/app/aggregator.go, CreateAggregatorConfig."""
        flags = self.flags
        certificate, key = "proxy-client-cert-file", "proxy-client-key-file"
        # If only one of the two is set, it is ignored.
        if self.context.host.sees_files and flags.text(certificate) and flags.text(key):
            from compiler.apiserver.config_files.keys import check_pair

            check_pair(self.named(certificate), self.named(key), rules.INVALID_PROXY_CLIENT_CERTIFICATE)
        config.aggregator = Aggregator(
            proxy_client_cert_file=flags.text(certificate),
            proxy_client_key_file=flags.text(key),
            reject_forwarding_redirects=flags.on("aggregator-reject-forwarding-redirect"),
        )
