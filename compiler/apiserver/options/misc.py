"""Options that kube-apiserver adds to the generic server: kubelets, peers, leadership, the aggregator.

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
    EventStorage,
    KubeletClient,
    Misc,
    PeerProxy,
)
from compiler.text import shown
from compiler.upstream.go.net import join_host_port
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_PEER_ADDRESS = ("peer-advertise-ip", "peer-advertise-port")
_PEER = "UnknownVersionInteroperabilityProxy"


class MiscOptions(OptionGroup):
    """The options of kube-apiserver itself."""

    name = "misc"

    def validate_peer_proxy(self) -> None:
        """Kubernetes: validation.go, validateUnknownVersionInteroperabilityProxyFlags."""
        gates = self.context.gates
        needed = self.context.catalog.behaviour("peerProxyNeedsStorageVersionAPI")
        if needed and gates.on(_PEER) and not gates.on("StorageVersionAPI"):
            message = f"--feature-gates: {_PEER} is enabled but needs StorageVersionAPI, which is disabled"
            self.report(
                rules.PEER_PROXY_WITHOUT_STORAGE_VERSIONS,
                message,
                "also enable StorageVersionAPI",
                "feature-gates",
            )
        if gates.on(_PEER):
            return
        for flag in ("peer-ca-file", "peer-advertise-ip", "peer-advertise-port"):
            if self.flags.text(flag):
                self.report(
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
                self.report(rule, message, f"increase --{longer}", blamed)

    def apply_capabilities(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/controlplane/apiserver/config.go, CreateConfig; pkg/capabilities."""
        config.capabilities = Capabilities(
            allow_privileged=self.flags.on("allow-privileged"),
            per_connection_bandwidth_limit_bytes_per_sec=self.flags.number("max-connection-bytes-per-sec"),
        )

    def apply_leadership(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/controlplane/apiserver/server.go, New; before they were flags, the times were constants."""
        config.misc = Misc(
            logs_handler=self.flags.on("enable-logs-handler"),
            system_namespaces=("kube-system", "kube-public", "default"),
        )
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
                self.report(
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
            return join_host_port(ip, port)
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


class CloudProviderOptions(OptionGroup):
    """Options of the in-tree cloud providers, which only 1.31 and 1.32 still parse.

    Kubernetes: pkg/kubeapiserver/options/cloudprovider.go.
    """

    name = "cloud_provider"

    def validate(self) -> None:
        """Kubernetes: CloudProviderOptions.Validate: every in-tree provider was removed."""
        flag = "cloud-provider"
        provider = self.flags.text(flag)
        if provider not in ("", "external"):
            message = f"--{flag} {shown(provider)}: there are no in-tree cloud providers any more"
            self.report(
                rules.IN_TREE_CLOUD_PROVIDER,
                message,
                "remove the flag, and run an external cloud-controller-manager",
                flag,
            )


class GlobalOptions(OptionGroup):
    """`version` and `help`: with either, the program prints and exits instead of serving.

    Kubernetes: staging/src/k8s.io/component-base/cli/globalflag/globalflags.go.
    """

    name = "global"

    def validate(self) -> None:
        """Report a flag that keeps the server from serving."""
        for flag in ("version", "help"):
            value = self.flags.value(flag)
            if self.flags.changed(flag) and value not in ("false", "", False, None) and self.flags.ok(flag):
                message = f"with --{flag} the program prints and exits; it does not serve"
                self.report(rules.SERVER_PRINTS_AND_EXITS, message, f"remove --{flag}", flag)
