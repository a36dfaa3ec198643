"""Options of the storage backend.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/etcd.go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import Etcd, EtcdEncryption, EtcdLeases, EtcdTransport, KMSPlugin
from compiler.text import did_you_mean, shown, shown_bare
from compiler.upstream.catalog.facts import CHOICES
from compiler.upstream.etcd import without_user
from compiler.upstream.go.strconv import format_duration
from compiler.upstream.names import find_resource, parse_group_resource

if TYPE_CHECKING:
    from compiler.apiserver.config_files.encryption import EncryptionConfiguration
    from compiler.apiserver.context import ServerContext
    from compiler.apiserver.resolved import ResolvedConfig

DEFAULT_CHECK_TIMEOUT = 2 * 10**9
"""Nanoseconds that a health check of etcd may take if its flag is 0. Kubernetes: storagebackend/config.go."""
_HISTORY_WINDOW = 75 * 10**9
_SIZE = r"[-+]?[0-9]+"


class ServersOverride(NamedTuple):
    """One element of etcd-servers-overrides; `group` is empty for the core group, `resource` may be `*`."""

    group: str
    resource: str
    servers: tuple[str, ...]
    element: int


class EtcdOptions(OptionGroup):
    """Kubernetes: EtcdOptions."""

    name = "etcd"

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context)
        self.watch_cache_sizes: dict[str, int] = {}
        self.overrides: list[ServersOverride] = []
        self.encryption: EncryptionConfiguration | None = None

    def complete(self) -> None:
        """Override the default watch cache sizes.

        Kubernetes: pkg/controlplane/apiserver/options/options.go, Complete; etcd.go, ParseWatchCacheSizes.
        """
        self.watch_cache_sizes = dict(self.context.catalog.storage("defaultWatchCacheSizes"))
        if not self.flags.on("watch-cache"):
            return
        flag = "watch-cache-sizes"
        for index, element in enumerate(self.flags.texts(flag)):
            resource, hash_sign, size = element.partition("#")
            if not hash_sign or not re.fullmatch(_SIZE, size) or not -(2**63) <= int(size[:40]) < 2**63:
                message = f"--{flag}: {shown(element)} is not a resource and a size"
                self.report(rules.INVALID_WATCH_CACHE_SIZE, message, _size_hint(element), flag, index)
            elif int(size) < 0:
                hint = "write 0 to disable the cache of this resource"
                self.report(
                    rules.INVALID_WATCH_CACHE_SIZE,
                    f"--{flag}: the size of {shown(resource)} is negative",
                    hint,
                    flag,
                    index,
                )
            else:
                self.watch_cache_sizes[str(parse_group_resource(resource))] = int(size)

    def validate(self) -> None:
        """Kubernetes: EtcdOptions.Validate."""
        flags = self.flags
        if not flags.texts("etcd-servers") and flags.ok("etcd-servers"):
            hint = "name the etcd servers, for example https://127.0.0.1:2379"
            self.report(rules.NO_ETCD_SERVERS, "--etcd-servers is required", hint, "etcd-servers")
        self._validate_backend()
        self._validate_overrides()
        flag = "encryption-provider-config-automatic-reload"
        if flags.on(flag) and not flags.text("encryption-provider-config"):
            hint = "also set --encryption-provider-config, or remove the flag"
            self.report(
                rules.RELOAD_WITHOUT_ENCRYPTION_CONFIG,
                f"--{flag} needs --encryption-provider-config",
                hint,
                flag,
            )
        media = flags.text("storage-media-type")
        media_types = CHOICES["storage-media-type"]
        if media and media not in media_types:
            hint = did_you_mean(media, media_types) or f"write one of {', '.join(media_types)}"
            self.report(
                rules.UNSUPPORTED_STORAGE_MEDIA_TYPE,
                f"--storage-media-type {shown(media)} is not supported",
                hint,
                "storage-media-type",
            )

    def _validate_backend(self) -> None:
        flag = "storage-backend"
        backend = self.flags.text(flag)
        if backend == "etcd2":
            message = f"--{flag} etcd2 is no longer a supported storage backend"
            self.report(
                rules.UNSUPPORTED_STORAGE_BACKEND,
                message,
                "migrate the data to etcd3, then write etcd3 or remove the flag",
                flag,
            )
        elif backend not in ("", *CHOICES["storage-backend"]):
            message = f"--{flag} {shown(backend)} is not a known storage backend"
            self.report(
                rules.UNSUPPORTED_STORAGE_BACKEND,
                message,
                did_you_mean(backend, CHOICES["storage-backend"]) or "write etcd3 or remove the flag",
                flag,
            )

    def _validate_overrides(self) -> None:
        """Kubernetes: etcd.go, ParseEtcdServersOverrides."""
        flag = "etcd-servers-overrides"
        strict = self.context.catalog.behaviour("emptyOverrideServerRefused")
        elements = self.flags.texts(flag)
        for index, element in enumerate(elements):
            left, *right = element.split("#")
            if len(right) != 1 or left.count("/") != 1:
                hint = self._override_hint(elements, index)
                message = f"--{flag}: {shown(element)} is not a resource and its servers"
                self.report(rules.INVALID_ETCD_SERVERS_OVERRIDE, message, hint, flag, index)
                continue
            servers = tuple(right[0].split(";"))
            if strict and "" in servers:
                hint = f"write {left}#{';'.join(filter(None, servers)) or 'https://HOST:2379'}"
                self.report(
                    rules.INVALID_ETCD_SERVERS_OVERRIDE,
                    f"--{flag}: {shown(element)} has an empty server",
                    hint,
                    flag,
                    index,
                )
                continue
            group, resource = left.split("/")
            self.overrides.append(ServersOverride(group, resource, servers, index))

    def _override_hint(self, elements: Sequence[str], index: int) -> str:
        """Return the hint for an element that is not GROUP/RESOURCE#URL."""
        element = elements[index].strip()
        before = index - 1
        while before >= 0 and _is_server(elements[before]):
            before -= 1
        if _is_server(element) and before >= 0:
            meant = ";".join(each.strip() for each in elements[before : index + 1])
            return f"a semicolon separates the servers of one resource: write {shown_bare(meant)}"
        left, hash_sign, right = element.partition("#")
        if hash_sign or "://" not in element:
            group, _, name = left.rpartition("/")
            name, _, suffix = name.partition(".")
            resource = find_resource(self.context.catalog, name, (group.partition("/")[0] or suffix) or None)
            resource = resource or find_resource(self.context.catalog, name)
            if resource is not None:
                meant = f"{resource.group}/{resource.resource}#{right.replace('#', ';') or 'https://HOST:2379'}"
                return f"write {shown_bare(meant)}"
        return "write GROUP/RESOURCE#URL[;URL...]; the core group is empty: /events#https://10.0.0.2:2379"

    def load_encryption(self) -> None:
        """Read the encryption config if it is available, and report what the server would refuse.

        Kubernetes: pkg/server/options/encryptionconfig/config.go, LoadEncryptionConfig.
        """
        path = self.flags.text("encryption-provider-config")
        if not path:
            return
        from compiler.apiserver.config_files.encryption import load_encryption

        self.encryption = load_encryption(
            self.named("encryption-provider-config"), self.flags.on("encryption-provider-config-automatic-reload")
        )

    def check_client_files(self) -> None:
        """Check the client certificate, its key and the CA, as the etcd client loads them.

        Kubernetes: apiserver/pkg/storage/storagebackend/factory/etcd3.go, newETCD3Client.
        """
        certificate, key = self.flags.text("etcd-certfile"), self.flags.text("etcd-keyfile")
        if bool(certificate) != bool(key):
            given, missing = ("etcd-certfile", "etcd-keyfile") if certificate else ("etcd-keyfile", "etcd-certfile")
            self.report(
                rules.INVALID_ETCD_CLIENT_CERTIFICATE,
                f"--{given} is set without --{missing}",
                f"also set --{missing}",
                given,
            )
        if not self.context.host.sees_files:
            return
        from compiler.apiserver.config_files import keys

        if certificate and key:
            keys.check_pair(
                self.named("etcd-certfile"), self.named("etcd-keyfile"), rules.INVALID_ETCD_CLIENT_CERTIFICATE
            )
        if self.flags.text("etcd-cafile"):
            keys.check_etcd_ca(self.named("etcd-cafile"), rules.INVALID_ETCD_CA_FILE)

    def report_endpoint(self, flag: str, element: int, server: str, problem: str, hopeless: bool) -> None:
        """Report a server with a problem; `hopeless` if no server of its set can be dialled."""
        if problem:
            message = f"--{flag}: cannot connect to {shown(server)}: it {problem}"
            hint = "write https://HOST:PORT, for example https://10.0.0.11:2379"
            self.report(
                rules.NO_REACHABLE_ETCD_SERVER if hopeless else rules.UNREACHABLE_ETCD_SERVER,
                message,
                hint,
                flag,
                element,
            )

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: EtcdOptions.ApplyWithStorageFactoryTo, less the health checks (see health/)."""
        flags = self.flags
        config.etcd = Etcd(
            backend="etcd3",
            servers=tuple(map(without_user, flags.texts("etcd-servers"))),
            prefix=flags.text("etcd-prefix"),
            transport=EtcdTransport(
                cert_file=flags.text("etcd-certfile"),
                key_file=flags.text("etcd-keyfile"),
                ca_file=flags.text("etcd-cafile"),
                tls=any(map(flags.text, ("etcd-certfile", "etcd-keyfile", "etcd-cafile"))),
                dial_timeout="20s",
                keepalive_time="30s",
                keepalive_timeout="10s",
            ),
            compaction_interval=flags.duration("etcd-compaction-interval"),
            count_metric_poll_period=flags.duration("etcd-count-metric-poll-period"),
            db_metric_poll_interval=flags.duration("etcd-db-metric-poll-interval"),
            # The prober replaces 0 with its default.
            healthcheck_timeout=format_duration(flags.number("etcd-healthcheck-timeout") or DEFAULT_CHECK_TIMEOUT),
            readycheck_timeout=format_duration(flags.number("etcd-readycheck-timeout") or DEFAULT_CHECK_TIMEOUT),
            events_history_window=format_duration(self._history_window()),
            leases=EtcdLeases(
                reuse_duration_seconds=flags.number("lease-reuse-duration-seconds"), max_object_count=1000
            ),
            watch_cache=flags.on("watch-cache"),
            encryption=self._encryption(),
        )

    def _encryption(self) -> EtcdEncryption:
        path, plugins = self.flags.text("encryption-provider-config"), self.encryption.kms if self.encryption else ()
        return EtcdEncryption(
            config=path,
            automatic_reload=self.flags.on("encryption-provider-config-automatic-reload"),
            kms=None
            if path and self.encryption is None
            else tuple(
                KMSPlugin(
                    name=plugin.name,
                    api_version=plugin.api_version,
                    endpoint=plugin.endpoint,
                    timeout=format_duration(plugin.timeout),
                )
                for plugin in plugins
            ),
        )

    def _history_window(self) -> int:
        """Return the minimum history of watch caches in nanoseconds. Kubernetes: options.go, Complete."""
        timeout = self.flags.number("request-timeout")
        if timeout > 0 and self.context.catalog.behaviour("eventsHistoryWindowFollowsRequestTimeout"):
            return max(_HISTORY_WINDOW, timeout + 15 * 10**9)
        return _HISTORY_WINDOW


def _is_server(element: str) -> bool:
    """Whether an element of the overrides is a server without its resource."""
    return "#" not in element and "://" in element


def _size_hint(element: str) -> str:
    """Return the hint for an element of the watch cache sizes."""
    match = re.fullmatch(r"([A-Za-z][\w.-]*)[#:= ]+([0-9]{1,9})", element.strip())
    if match:
        return f"write {match[1]}#{match[2]}"
    return "write RESOURCE[.GROUP]#SIZE, for example events#0"
