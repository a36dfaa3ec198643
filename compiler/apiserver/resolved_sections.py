"""The sections of the resolved config, in the order in which the start-up sets them, each whole by one step.

Field names are the keys of resolved.yaml in snake case; `schemas/artifacts/resolved.schema.json` is generated from
this module. `Section` describes the form of the fields.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import itemgetter
from typing import Annotated, Any, ClassVar, NamedTuple, NoReturn, Self, TypeVar, dataclass_transform

Value = TypeVar("Value")


class OneOf(tuple[str, ...]):
    """The words that a field may have, as metadata of its type."""

    __slots__ = ()

    def __new__(cls, *words: str) -> OneOf:
        """The words as they are written in the type's annotation."""
        return super().__new__(cls, words)


class Form(NamedTuple):
    """The name of a form of strings that resolved.schema.json defines, as metadata of a type."""

    name: str


Duration = Annotated[str, Form("duration")]
"""A duration as Go spells it, for example 1m0s."""
Pairs = tuple[tuple[str, Value], ...]
"""A map with its order; a dict would not be hashable."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Section:
    """A frozen dataclass with keyword arguments, in the way that `dataclasses` would make it.

    The type checker treats subclasses as such. `dataclasses` itself imports `inspect` and compiles the methods of every
    class: for all sections together that would take longer than checking an input.

    A field is annotated with its type, its description, and the flags that its value is computed from:
    `Annotated[str, "Prefix of all keys.", "etcd-prefix"]`. A field whose type is a section and that has no flags is a
    group: its fields have their own. A field with the default None is left out of artifacts when it is None.
    `section_path` is the place of a section in the resolved config, in dotted notation, and `section_key` its first
    part. A map that several steps fill consists of one section with this `path`, and of others that are `part_of` it.
    """

    section_path: ClassVar[str] = ""
    section_key: ClassVar[str] = ""
    is_part: ClassVar[bool] = False
    fields: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[dict[str, None]] = {}
    _values: ClassVar[Callable[[dict[str, Any]], Hashable]]

    def __init_subclass__(cls, path: str = "", part_of: str = "") -> None:
        cls.section_path, cls.is_part = path or part_of, bool(part_of)
        cls.section_key = cls.section_path.partition(".")[0]
        cls.fields = tuple(cls.__annotations__)
        cls.defaults = {name: None for name in cls.fields if name in vars(cls)}
        cls._values = itemgetter(*cls.fields)

    def __init__(self, **values: object) -> None:
        if len(values) != len(self.fields):
            values = self.defaults | values
            if values.keys() != set(self.fields):
                raise TypeError(f"{type(self).__name__} takes the fields {', '.join(self.fields)}")
        self.__dict__.update(values)

    def replace(self, **changes: object) -> Self:
        """Return a copy with some fields changed; raises TypeError for a field that there is not."""
        return type(self)(**{**self.__dict__, **changes})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        kind = type(self)
        return hash((kind, kind._values(self.__dict__)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.fields)})"


Dialer = Annotated[str, OneOf("direct", "HTTPConnect", "GRPC")]
"""How a kind of peer is dialled: directly, or through a proxy with this protocol."""


class TextLog(Section):
    """Output streams of the text format."""

    split_stream: Annotated[
        bool,
        "Whether errors are written to standard error and everything else to standard output.",
        "log-text-split-stream",
    ]
    info_buffer_size: Annotated[int, "Size of the buffer for standard output, in bytes.", "log-text-info-buffer-size"]


class JSONLog(Section):
    """Output streams of the JSON format."""

    split_stream: Annotated[
        bool,
        "Whether errors are written to standard error and everything else to standard output.",
        "log-json-split-stream",
    ]
    info_buffer_size: Annotated[int, "Size of the buffer for standard output, in bytes.", "log-json-info-buffer-size"]


class Logging(Section, path="logging"):
    """The server's own log."""

    format: Annotated[str, "text or json.", "logging-format"]
    flush_frequency: Annotated[Duration, "How often the log is flushed.", "log-flush-frequency"]
    verbosity: Annotated[int, "Level of detail.", "v"]
    vmodule: Annotated[Pairs[int], "File pattern -> level of detail.", "vmodule"]
    text: TextLog
    json: JSONLog


class APIServerID(Section):
    """How the server's identity is computed; null if it has none."""

    prefix: Annotated[str, "Prefix of the identity."]
    of: Annotated[tuple[str, ...], "Strings that are hashed, in order."]
    length_prefix: Annotated[str, "Length prefix of each string."]
    hash: Annotated[str, "Hash function."]
    hash_bytes: Annotated[int, "Bytes of the hash that are used."]
    encoding: Annotated[str, "Encoding of these bytes."]


class ServerDefaults(Section, part_of="generic"):
    """Defaults of the generic API server."""

    api_server_id: Annotated[
        APIServerID | None, "How the server's identity is computed; null if it has none.", "feature-gates"
    ]
    max_request_body_bytes: Annotated[int, "Maximum size of a request body, in bytes."]
    json_patch_max_copy_bytes: Annotated[int, "Maximum size that copy operations of a JSON patch may add, in bytes."]
    enable_index: Annotated[bool, "Whether / lists the served paths."]
    enable_discovery: Annotated[bool, "Whether /apis is served."]
    enable_metrics: Annotated[bool, "Whether /metrics is served."]


class EffectiveVersion(Section, path="effectiveVersion"):
    """The effective version of the server."""

    binary: Annotated[str, "Version of the binary."]
    emulation: Annotated[str, "Emulated version, whose APIs and feature gates the server has.", "emulated-version"]
    min_compatibility: Annotated[
        str, "Oldest version whose servers can read the stored objects.", "min-compatibility-version"
    ]


class ChangedGates(Section, path="featureGates"):
    """Feature gates."""

    changed: Annotated[Pairs[bool], "Feature gate that was set -> whether it is enabled.", "feature-gates"]


class Generic(Section, path="generic"):
    """The generic API server."""

    cors_allowed_origins: Annotated[
        tuple[str, ...], "Regular expressions of allowed CORS origins.", "cors-allowed-origins"
    ]
    hsts_directives: Annotated[
        tuple[str, ...], "Directives of the Strict-Transport-Security header.", "strict-transport-security-directives"
    ]
    external_address: Annotated[
        str | None,
        "Host and port in URLs that point to the server; null if it depends on the host.",
        "external-hostname",
        "advertise-address",
        "secure-port",
    ]
    public_address: Annotated[
        str | None,
        "Address that other members of the cluster connect to; null if it depends on the host.",
        "advertise-address",
        "bind-address",
    ]
    max_requests_in_flight: Annotated[int, "Maximum number of read-only requests in flight.", "max-requests-inflight"]
    max_mutating_requests_in_flight: Annotated[
        int, "Maximum number of mutating requests in flight.", "max-mutating-requests-inflight"
    ]
    request_timeout: Annotated[Duration, "How long a request may take.", "request-timeout"]
    livez_grace_period: Annotated[
        Duration, "How long livez ignores post-start hooks that have not completed.", "livez-grace-period"
    ]
    storage_initialization_timeout: Annotated[
        Duration, "How long startup waits for the watch caches.", "storage-initialization-timeout"
    ]
    shutdown_delay_duration: Annotated[
        Duration, "How long the server keeps serving after it is asked to shut down.", "shutdown-delay-duration"
    ]
    shutdown_watch_termination_grace_period: Annotated[
        Duration, "How long watches are terminated one by one.", "shutdown-watch-termination-grace-period"
    ]
    min_request_timeout_seconds: Annotated[
        int, "Minimum time after which a watch times out, in seconds.", "min-request-timeout"
    ]
    goaway_chance: Annotated[
        float, "Probability that an HTTP/2 client is asked to reconnect after a request.", "goaway-chance"
    ]
    shutdown_send_retry_after: Annotated[
        bool, "Whether requests during shutdown are answered with 429.", "shutdown-send-retry-after"
    ]
    emulation_forward_compatible: Annotated[
        bool, "Whether newer versions of enabled APIs are served too.", "emulation-forward-compatible"
    ]
    runtime_config_emulation_forward_compatible: Annotated[
        bool,
        "Whether APIs in runtime-config are served even if they are newer than the emulated version.",
        "runtime-config-emulation-forward-compatible",
    ]


class Listener(Section):
    """The listener that Go opens."""

    network: Annotated[str, "Network, as Go names it."]
    address: Annotated[str, "Address that the listener reports on a host with IPv6."]
    dual_stack: Annotated[bool, "Whether it accepts both IPv4 and IPv6."]


class SubjectAltNames(Section):
    """Subject alternative names."""

    ips: Annotated[tuple[str, ...], "IP addresses."]
    dns: Annotated[tuple[str, ...], "DNS names."]


class GeneratedCertificate(Section):
    """Contents of the certificate that is generated at startup; null if none is."""

    in_memory: Annotated[bool, "Whether the certificate is kept in memory only."]
    key_type: Annotated[str, "Type of the key."]
    valid_for_days: Annotated[int, "Validity in days."]
    common_name: Annotated[
        str | None,
        "Common name; null if the advertised address is unknown, which is then not in subjectAltNames either.",
    ]
    subject_alt_names: Annotated[SubjectAltNames, "Subject alternative names."]


class ServingCertificate(Section):
    """The serving certificate."""

    cert_file: Annotated[str | None, "Path of the certificate; null if it is kept in memory."]
    key_file: Annotated[str | None, "Path of the private key; null if it is kept in memory."]
    self_signed: Annotated[bool, "Whether the server generates it, or did so at an earlier startup."]
    generate: Annotated[
        GeneratedCertificate | None, "Contents of the certificate that is generated at startup; null if none is."
    ]


class SNICertKey(Section):
    """One certificate and key."""

    source: Annotated[str, OneOf("loopback", "files"), "Origin of the certificate."]
    cert_file: Annotated[
        str | None, "Path of the certificate; null for that of the loopback client, which is kept in memory."
    ]
    key_file: Annotated[str | None, "Path of the private key; null like the certificate."]
    names: Annotated[tuple[str, ...], "Names that the certificate is served for; if empty, those in the certificate."]


class SecureServing(Section, path="secureServing"):
    """The HTTPS listener."""

    bind_address: Annotated[str, "Address to listen on.", "bind-address"]
    bind_port: Annotated[int, "Port to listen on.", "secure-port"]
    listener: Annotated[Listener, "The listener that Go opens.", "bind-address", "secure-port"]
    permit_port_sharing: Annotated[bool, "Whether SO_REUSEPORT is set.", "permit-port-sharing"]
    permit_address_sharing: Annotated[bool, "Whether SO_REUSEADDR is set.", "permit-address-sharing"]
    http2: Annotated[bool, "Whether HTTP/2 is enabled.", "disable-http2-serving"]
    http2_max_streams_per_connection: Annotated[
        int | None,
        "Maximum number of streams of a connection; null without HTTP/2.",
        "http2-max-streams-per-connection",
        "disable-http2-serving",
    ]
    certificate: Annotated[
        ServingCertificate,
        "The serving certificate.",
        "tls-cert-file",
        "tls-private-key-file",
        "cert-dir",
        "bind-address",
        "advertise-address",
        "service-cluster-ip-range",
    ]
    cipher_suites: Annotated[
        tuple[str, ...], "Cipher suites below TLS 1.3; if empty, Go's defaults.", "tls-cipher-suites"
    ]
    curve_preferences: Annotated[
        tuple[int, ...], "IDs of key exchange mechanisms; if empty, Go's defaults.", "tls-curve-preferences"
    ]
    min_tls_version: Annotated[str, "Minimum TLS version.", "tls-min-version"]
    sni_cert_keys: Annotated[
        tuple[SNICertKey, ...],
        "Certificates for server names, in the order in which they are tried.",
        "tls-sni-cert-key",
    ]


class LoopbackClient(Section, path="loopbackClient"):
    """The loopback client."""

    host: Annotated[str, "Where it connects to on a host with IPv6.", "bind-address", "secure-port"]
    host_without_ipv6: Annotated[
        str | None,
        "Where it connects to on a host without IPv6; null if it is the same.",
        "bind-address",
        "secure-port",
    ]
    server_name: Annotated[str, "Server name that it requests, which selects the loopback certificate."]
    certificate_valid_for_days: Annotated[int, "Validity of the loopback certificate, in days."]
    token_source: Annotated[str, OneOf("random"), "Source of its token, which is generated at each startup."]
    user: Annotated[str, "User name."]
    groups: Annotated[tuple[str, ...], "Groups of the user."]
    qps: Annotated[float, "Requests per second; -1 for no limit."]


class LoopbackTweak(Section, part_of="loopbackClient"):
    """Encoding of the loopback client, which talks to its own process only."""

    content_type: Annotated[str, "Media type of requests and responses."]
    disable_compression: Annotated[bool, "Whether it requests uncompressed responses."]


class ExternalClientset(Section, path="externalClientset"):
    """The clientset of the informers, built from the loopback client."""

    host: Annotated[str, "Where it connects to.", "bind-address", "secure-port"]
    content_type: Annotated[str, "Media type of requests and responses."]
    disable_compression: Annotated[bool, "Whether it requests uncompressed responses."]
    qps: Annotated[float, "Requests per second; -1 for no limit."]
    traced: Annotated[bool, "Whether its requests are traced."]


class Informers(Section, path="informers"):
    """The shared informers."""

    client: Annotated[str, "Client that they list and watch with."]
    resync: Annotated[Duration, "Resync period."]
    strip_managed_fields: Annotated[bool, "Whether managedFields are removed from cached objects."]


class Features(Section, path="features"):
    """Profiling, and priority and fairness."""

    profiling: Annotated[bool, "Whether /debug/pprof is served.", "profiling"]
    contention_profiling: Annotated[bool, "Whether lock contention is profiled.", "contention-profiling"]
    debug_socket_path: Annotated[str, "Path of the debug socket; empty for none.", "debug-socket-path"]
    priority_and_fairness: Annotated[bool, "Whether priority and fairness is enabled.", "enable-priority-and-fairness"]


class FlowControl(Section, path="flowControl"):
    """Priority and fairness."""

    total_concurrency: Annotated[
        int | None,
        "Concurrency that is shared among priority levels; null if it is disabled.",
        "max-requests-inflight",
        "max-mutating-requests-inflight",
        "enable-priority-and-fairness",
    ]


class APIEnablement(Section, path="apiEnablement"):
    """Enabled APIs."""

    runtime_config: Annotated[
        Pairs[str], "Settings by key, with all spellings of the core group folded into /v1.", "runtime-config"
    ]
    enabled_versions: Annotated[
        tuple[str, ...], "Enabled group versions, sorted.", "runtime-config", "emulated-version"
    ]


class Dialers(Section):
    """How each kind of peer is dialled."""

    cluster: Annotated[Dialer | None, "Nodes, Pods and Services."]
    controlplane: Annotated[Dialer | None, "Webhooks and other API servers."]
    etcd: Annotated[Dialer | None, "etcd."]


class EgressSelector(Section, path="egressSelector"):
    """The egress selector."""

    config_file: Annotated[str, "Path of the file; empty for none.", "egress-selector-config-file"]
    selections: Annotated[
        Pairs[str] | None, "Kind of peer -> protocol; null if the file is unavailable.", "egress-selector-config-file"
    ]
    dialers: Annotated[Dialers, "How each kind of peer is dialled.", "egress-selector-config-file"]


class Tracing(Section, path="tracing"):
    """OpenTelemetry traces."""

    enabled: Annotated[bool, "Whether it is enabled.", "tracing-config-file", "feature-gates"]
    config_file: Annotated[str, "Path of the file; empty for none.", "tracing-config-file", "feature-gates"]
    endpoint: Annotated[str | None, "Address of the collector.", "tracing-config-file", "feature-gates"]
    sampling_rate_per_million: Annotated[
        int | None, "Sampled requests per million.", "tracing-config-file", "feature-gates"
    ]


class LoopbackTracing(Section, part_of="loopbackClient"):
    """Tracing of the loopback client."""

    traced: Annotated[bool, "Whether its requests are traced.", "tracing-config-file", "feature-gates"]


class OpenAPI(Section, path="openAPI"):
    """The OpenAPI documents."""

    title: Annotated[str, "Title."]
    version: Annotated[str, "Version in the documents.", "emulated-version"]
    formats: Annotated[tuple[str, ...], "OpenAPI versions."]


class LongRunning(Section, path="longRunning"):
    """Requests without a deadline."""

    verbs: Annotated[tuple[str, ...], "Verbs of such requests."]
    subresources: Annotated[tuple[str, ...], "Subresources of such requests."]


class EtcdEgress(Section, part_of="etcd.transport"):
    """Dialer and tracing of the connection to etcd."""

    dialer: Annotated[
        Dialer | None,
        "How the connection is dialled; null if the egress selector's file is unavailable.",
        "egress-selector-config-file",
    ]
    traced: Annotated[bool, "Whether calls are traced.", "tracing-config-file", "feature-gates"]


class ServersOverride(Section):
    """Servers of one resource or group."""

    group: Annotated[str, "API group; empty for the core group."]
    resource: Annotated[str, "Name of the resource; * for all resources of the group."]
    servers: Annotated[tuple[str, ...], "URLs of the servers."]


class StorageSettings(Section, path="storageFactory"):
    """The storage factory."""

    media_type: Annotated[str, "Media type of built-in resources.", "storage-media-type"]
    prefix: Annotated[str, "Prefix of all keys, cleaned as the server does.", "etcd-prefix"]
    resource_prefixes: Annotated[Pairs[str], "Resource -> key prefix, if it differs from the name."]
    storage_version_overrides: Annotated[Pairs[str], "Resource -> group and version that it is always stored in."]
    cohabitation: Annotated[
        tuple[tuple[str, ...], ...],
        "Resources stored in one place; the first one whose group is enabled determines where.",
    ]
    servers_overrides: Annotated[
        tuple[ServersOverride, ...], "Resources with separate etcd servers.", "etcd-servers-overrides"
    ]


class ObjectCountTracker(Section, path="objectCountTracker"):
    """Object counts, from which the cost of requests is estimated."""

    stale_after: Annotated[Duration, "Age at which a count is stale."]
    prune_interval: Annotated[Duration, "How often stale counts are removed."]


class EtcdTransport(Section):
    """The connection to etcd."""

    cert_file: Annotated[str, "Path of the client certificate.", "etcd-certfile"]
    key_file: Annotated[str, "Path of its private key.", "etcd-keyfile"]
    ca_file: Annotated[str, "Path of the CA bundle.", "etcd-cafile"]
    tls: Annotated[bool, "Whether a TLS configuration exists.", "etcd-certfile", "etcd-keyfile", "etcd-cafile"]
    dial_timeout: Annotated[Duration, "Timeout of connecting."]
    keepalive_time: Annotated[Duration, "Idle time after which the connection is probed."]
    keepalive_timeout: Annotated[Duration, "How long the response to a probe may take."]


class EtcdLeases(Section):
    """Leases of objects with a TTL."""

    reuse_duration_seconds: Annotated[int, "How long a lease is shared, in seconds.", "lease-reuse-duration-seconds"]
    max_object_count: Annotated[int, "Maximum number of objects that share a lease."]


class KMSPlugin(Section):
    """One KMS plugin."""

    name: Annotated[str, "Name."]
    api_version: Annotated[str, "Version of the KMS API."]
    endpoint: Annotated[str, "Endpoint of the plugin."]
    timeout: Annotated[Duration, "How long a call may take."]


class EtcdEncryption(Section):
    """Encryption at rest."""

    config: Annotated[str, "Path of the file; empty for none.", "encryption-provider-config"]
    automatic_reload: Annotated[
        bool, "Whether the file is reloaded when it changes.", "encryption-provider-config-automatic-reload"
    ]
    kms: Annotated[
        tuple[KMSPlugin, ...] | None,
        "KMS plugins in the order of the file; null if the file is unavailable.",
        "encryption-provider-config",
    ]


class Etcd(Section, path="etcd"):
    """The storage backend."""

    backend: Annotated[str, "Storage backend.", "storage-backend"]
    servers: Annotated[tuple[str, ...], "URLs of the default servers.", "etcd-servers"]
    prefix: Annotated[str, "Prefix of all keys, as given.", "etcd-prefix"]
    transport: EtcdTransport
    compaction_interval: Annotated[
        Duration, "How often old revisions are compacted; 0s for never.", "etcd-compaction-interval"
    ]
    count_metric_poll_period: Annotated[
        Duration, "How often objects are counted; 0s for never.", "etcd-count-metric-poll-period"
    ]
    db_metric_poll_interval: Annotated[
        Duration, "How often the database size is requested; 0s for never.", "etcd-db-metric-poll-interval"
    ]
    healthcheck_timeout: Annotated[Duration, "Timeout of the health check.", "etcd-healthcheck-timeout"]
    readycheck_timeout: Annotated[Duration, "Timeout of the readiness check.", "etcd-readycheck-timeout"]
    events_history_window: Annotated[Duration, "Minimum history of watch caches.", "request-timeout"]
    leases: EtcdLeases
    watch_cache: Annotated[bool, "Whether watch caches are enabled.", "watch-cache"]
    encryption: EtcdEncryption


class RESTOptions(Section, path="restOptions"):
    """Options of the storage of every resource."""

    decorator: Annotated[
        str, OneOf("cacher", "undecorated"), "Whether a watch cache is in front of etcd.", "watch-cache"
    ]
    watch_cache_sizes: Annotated[Pairs[int], "Resource -> size; 0 for no cache.", "watch-cache-sizes", "watch-cache"]
    transformers: Annotated[
        str,
        OneOf("none", "static", "dynamic"),
        "Whether values are encrypted, and whether the keys can change at run time.",
        "encryption-provider-config",
        "encryption-provider-config-automatic-reload",
    ]
    delete_collection_workers: Annotated[int, "Workers of a deletecollection request.", "delete-collection-workers"]
    enable_garbage_collection: Annotated[bool, "Whether the garbage collector is enabled.", "enable-garbage-collector"]
    count_metric_poll_period: Annotated[
        Duration, "How often objects are counted; 0s for never.", "etcd-count-metric-poll-period"
    ]


class RequestHeader(Section):
    """How a front proxy authenticates users; null if none may."""

    username_headers: Annotated[tuple[str, ...], "Headers with the user name."]
    uid_headers: Annotated[tuple[str, ...], "Headers with the UID."]
    group_headers: Annotated[tuple[str, ...], "Headers with the groups."]
    extra_header_prefixes: Annotated[tuple[str, ...], "Prefixes of headers with extra attributes."]
    allowed_client_names: Annotated[
        tuple[str, ...], "Allowed common names of the proxy's client certificate; if empty, any that the CA signed."
    ]
    ca_file: Annotated[str, "Path of the CA bundle of the front proxy."]


class ServiceAccounts(Section):
    """Service account tokens."""

    issuers: Annotated[tuple[str, ...], "Issuers; the first one signs.", "service-account-issuer"]
    key_files: Annotated[
        tuple[str, ...], "Files with the keys that tokens are verified with.", "service-account-key-file"
    ]
    external_keys: Annotated[bool, "Whether an external signer provides the keys.", "service-account-signing-endpoint"]
    lookup: Annotated[bool, "Whether the service account of a token has to exist.", "service-account-lookup"]


class AnonymousCondition(Section):
    """A condition for anonymous requests."""

    path: Annotated[str, "The exact path."]


class Anonymous(Section):
    """Requests without credentials."""

    enabled: Annotated[bool | None, "Whether they are admitted; null if an unavailable file determines it."]
    conditions: Annotated[
        tuple[AnonymousCondition, ...] | None,
        "Paths on which they are admitted; if empty, all paths. Null like enabled.",
    ]


class RequiredClaim(Section):
    """A claim and its required value."""

    claim: Annotated[str, "The claim."]
    required_value: Annotated[str, "Required value of the claim."]


class ClaimExpression(Section):
    """An expression over the claims."""

    expression: Annotated[str, "A CEL expression that has to be true."]
    message: Annotated[str, "Message if it is false."]


class PrefixedClaim(Section):
    """A claim whose value is mapped."""

    claim: Annotated[str, "The claim."]
    prefix: Annotated[str, "Prefix of the mapped value."]


class MappingExpression(Section):
    """An expression whose value is mapped."""

    expression: Annotated[str, "A CEL expression that returns the value."]


ClaimMapping = PrefixedClaim | MappingExpression | None
"""Where an attribute of the user comes from; None if it is not set."""


class ExtraAttribute(Section):
    """One extra attribute."""

    key: Annotated[str, "Name of the attribute."]
    value_expression: Annotated[str, "A CEL expression that returns its values."]


class ClaimMappings(Section):
    """How claims map to the user."""

    username: Annotated[ClaimMapping, "Mapping of the user name."]
    groups: Annotated[ClaimMapping, "Mapping of the groups."]
    uid: Annotated[ClaimMapping, "Mapping of the UID."]
    extra: Annotated[tuple[ExtraAttribute, ...], "Mappings of extra attributes."]


class UserValidationRule(Section):
    """A rule for users."""

    expression: Annotated[str, "A CEL expression that has to be true."]
    message: Annotated[str, "Message if it is false."]


class JWTIssuer(Section):
    """One JWT issuer."""

    url: Annotated[str, "URL of the issuer."]
    discovery_url: Annotated[str, "Discovery URL; empty if it is derived from the URL."]
    audiences: Annotated[tuple[str, ...], "Accepted audiences."]
    certificate_authority: Annotated[
        str, "Path of the CA bundle, `inline` if the file contains it, empty for the host's."
    ]
    egress_selector_type: Annotated[str, "Egress selection for connections to the issuer; empty for none."]
    claim_validation_rules: Annotated[
        tuple[RequiredClaim | ClaimExpression, ...], "Rules that the claims of a token have to fulfil."
    ]
    claim_mappings: Annotated[ClaimMappings, "How claims map to the user."]
    user_validation_rules: Annotated[tuple[UserValidationRule, ...], "Rules that the user has to fulfil."]


class JWT(Section):
    """JWT authentication."""

    config_file: Annotated[str, "Path of the file; empty for none.", "authentication-config"]
    reload_interval: Annotated[
        Duration | None, "How often the file is read again; null without a file.", "authentication-config"
    ]
    issuers: Annotated[
        tuple[JWTIssuer, ...] | None,
        "The issuers; null if the file is unavailable.",
        "authentication-config",
        "oidc-issuer-url",
        "oidc-client-id",
        "oidc-ca-file",
        "oidc-username-claim",
        "oidc-username-prefix",
        "oidc-groups-claim",
        "oidc-groups-prefix",
        "oidc-required-claim",
    ]
    signing_algorithms: Annotated[
        tuple[str, ...] | None,
        "Accepted signing algorithms; null for all.",
        "oidc-signing-algs",
        "authentication-config",
    ]


class TokenWebhook(Section):
    """The token authentication webhook; null for none."""

    kube_config_file: Annotated[str, "Path of the kubeconfig."]
    token_review_version: Annotated[str, "API version of the review."]
    cache_ttl: Annotated[Duration, "How long responses are cached."]
    dialer: Annotated[Dialer | None, "How it is dialled; null if the egress selector's file is unavailable."]


class Tokens(Section):
    """Token authentication."""

    authenticators: Annotated[
        tuple[str, ...],
        "Authenticators, in order.",
        "token-auth-file",
        "service-account-key-file",
        "service-account-issuer",
        "enable-bootstrap-token-auth",
        "authentication-config",
        "authentication-token-webhook-config-file",
        "oidc-issuer-url",
    ]
    channels: Annotated[tuple[str, ...], "Channels through which a token may be sent."]
    success_cache_ttl: Annotated[Duration, "How long a success is cached."]
    failure_cache_ttl: Annotated[Duration, "How long a failure is cached."]


class Authentication(Section, path="authentication"):
    """Authentication."""

    client_cas: Annotated[
        tuple[str, ...],
        "CA bundles that client certificates are verified with.",
        "client-ca-file",
        "requestheader-client-ca-file",
    ]
    request_header: Annotated[
        RequestHeader | None,
        "How a front proxy authenticates users; null if none may.",
        "requestheader-client-ca-file",
        "requestheader-username-headers",
        "requestheader-uid-headers",
        "requestheader-group-headers",
        "requestheader-extra-headers-prefix",
        "requestheader-allowed-names",
    ]
    api_audiences: Annotated[
        tuple[str, ...], "Accepted audiences of tokens.", "api-audiences", "service-account-issuer"
    ]
    service_accounts: ServiceAccounts
    anonymous: Annotated[
        Anonymous, "Requests without credentials.", "anonymous-auth", "authentication-config", "authorization-mode"
    ]
    jwt: JWT
    webhook: Annotated[
        TokenWebhook | None,
        "The token authentication webhook; null for none.",
        "authentication-token-webhook-config-file",
        "authentication-token-webhook-version",
        "authentication-token-webhook-cache-ttl",
    ]
    authenticators: Annotated[
        tuple[str, ...],
        "Authenticators, in order.",
        "requestheader-client-ca-file",
        "client-ca-file",
        "token-auth-file",
        "service-account-key-file",
        "service-account-issuer",
        "enable-bootstrap-token-auth",
        "authentication-config",
        "authentication-token-webhook-config-file",
        "oidc-issuer-url",
        "anonymous-auth",
    ]
    tokens: Tokens


class OpenAPISecurity(Section, part_of="openAPI"):
    """Security schemes of the OpenAPI documents."""

    security: Annotated[
        tuple[str, ...],
        "Security schemes.",
        "token-auth-file",
        "service-account-key-file",
        "service-account-issuer",
        "enable-bootstrap-token-auth",
        "authentication-config",
        "authentication-token-webhook-config-file",
    ]


class Authorizer(Section):
    """One authorizer."""

    type: Annotated[str, "Type of the authorizer, for example RBAC."]
    name: Annotated[str, "Name."]


class WebhookAuthorizer(Section):
    """One authorizer that calls a webhook."""

    type: Annotated[str, "Type of the authorizer."]
    name: Annotated[str, "Name."]
    authorized_ttl: Annotated[Duration, "How long an allowed request is cached."]
    cache_authorized_requests: Annotated[bool, "Whether such requests are cached."]
    unauthorized_ttl: Annotated[Duration, "How long a request that was not allowed is cached."]
    cache_unauthorized_requests: Annotated[bool, "Whether such requests are cached."]
    timeout: Annotated[Duration, "Timeout of a call."]
    subject_access_review_version: Annotated[str, "API version of the review."]
    failure_policy: Annotated[str, "Decision if a call fails: NoOpinion or Deny."]
    kube_config_file: Annotated[str, "Path of the kubeconfig."]
    match_conditions: Annotated[
        tuple[str, ...] | None, "CEL expressions that must all be true for the webhook to be called."
    ] = None


class Authorization(Section, path="authorization"):
    """Authorization."""

    privileged_groups: Annotated[
        tuple[str, ...], "Groups that are allowed everything, before any authorizer is consulted."
    ]
    config_file: Annotated[str, "Path of the file; empty for none.", "authorization-config"]
    authorizers: Annotated[
        tuple[Authorizer | WebhookAuthorizer, ...] | None,
        "Authorizers, in order; null if the file is unavailable.",
        "authorization-mode",
        "authorization-config",
    ]
    policy_file: Annotated[str | None, "Path of the ABAC policy.", "authorization-policy-file"] = None


class AuthorizationReload(Section, part_of="authorization"):
    """Reloading of the authorization config."""

    reload_interval: Annotated[Duration, "How often the file is read again.", "authorization-config"]
    lasting_types: Annotated[
        tuple[str, ...] | None,
        "Authorizer types that a reloaded file must keep; null if the file is unavailable.",
        "authorization-config",
    ]


class RBAC(Section, part_of="authorization"):
    """Whether RBAC is one of the authorizers."""

    rbac: Annotated[
        bool,
        "Whether RBAC is one of the authorizers; assumed if the file is unavailable.",
        "authorization-mode",
        "authorization-config",
    ]


class AuditBatch(Section):
    """How events are batched; null if they are not."""

    buffer_size: Annotated[int, "Size of the buffer, in events; more are dropped."]
    max_size: Annotated[int, "Maximum number of events in a batch."]
    max_wait: Annotated[Duration, "How long a batch waits to be filled."]
    throttle_qps: Annotated[float | None, "Batches per second; null for no limit."]
    throttle_burst: Annotated[int | None, "Maximum burst of batches; null for no limit."]


class AuditTruncate(Section):
    """How events are truncated; null if they are not."""

    max_event_size: Annotated[int, "Maximum size of an event, in bytes."]
    max_batch_size: Annotated[int, "Maximum size of a batch, in bytes."]


class LogBackend(Section):
    """A backend that writes to a file."""

    type: Annotated[str, OneOf("log"), "Type of the backend."]
    path: Annotated[str, "Path of the log file; - for standard output."]
    format: Annotated[str, "Format of the lines: json or legacy."]
    rotates: Annotated[bool, "Whether the file is rotated."]
    maxage: Annotated[int, "Days that old files are kept; 0 for no limit."]
    maxbackup: Annotated[int, "Number of old files that are kept; 0 for all."]
    maxsize: Annotated[int, "Size at which the file is rotated, in megabytes."]
    compress: Annotated[bool, "Whether old files are compressed."]
    mode: Annotated[str, OneOf("batch", "blocking", "blocking-strict"), "Whether requests wait for the backend."]
    version: Annotated[str, "API version of the events."]
    batch: Annotated[AuditBatch | None, "How events are batched; null if they are not."]
    truncate: Annotated[AuditTruncate | None, "How events are truncated; null if they are not."]


class WebhookBackend(Section):
    """A backend that sends events to a webhook."""

    type: Annotated[str, OneOf("webhook"), "Type of the backend."]
    config_file: Annotated[str, "Path of the webhook's kubeconfig."]
    initial_backoff: Annotated[Duration, "Delay before the first retry."]
    dialer: Annotated[Dialer | None, "How the webhook is dialled; null if the egress selector's file is unavailable."]
    mode: Annotated[str, OneOf("batch", "blocking", "blocking-strict"), "Whether requests wait for the backend."]
    version: Annotated[str, "API version of the events."]
    batch: Annotated[AuditBatch | None, "How events are batched; null if they are not."]
    truncate: Annotated[AuditTruncate | None, "How events are truncated; null if they are not."]


class Audit(Section, path="audit"):
    """Auditing."""

    policy_file: Annotated[str, "Path of the policy; empty for none.", "audit-policy-file"]
    backends: Annotated[
        tuple[LogBackend | WebhookBackend, ...],
        "Where events go; none without a policy.",
        "audit-policy-file",
        "audit-log-path",
        "audit-webhook-config-file",
    ]
    enabled: Annotated[
        bool, "Whether requests are audited.", "audit-policy-file", "audit-log-path", "audit-webhook-config-file"
    ]


class AggregatedDiscovery(Section, part_of="discovery"):
    """Aggregated discovery."""

    aggregated: Annotated[bool, "Whether aggregated discovery is served."]


class ProxyTransport(Section, path="proxyTransport"):
    """The transport for proxied Pods, Services and nodes."""

    cached: Annotated[bool, "Whether connections are reused."]
    insecure_skip_verify: Annotated[bool, "Whether certificate verification is skipped."]
    http2: Annotated[bool, "Whether HTTP/2 is enabled."]
    proxy_from_environment: Annotated[bool, "Whether the proxy of the environment is used, with CIDRs in NO_PROXY."]
    dialer: Annotated[
        Dialer | None,
        "How connections are dialled; null if the egress selector's file is unavailable.",
        "egress-selector-config-file",
    ]
    dial_timeout: Annotated[
        Duration | None,
        "Timeout of connecting; null with a dialer of the egress selector.",
        "egress-selector-config-file",
    ]
    dial_keep_alive: Annotated[
        Duration | None, "Keep-alive period; null like dialTimeout.", "egress-selector-config-file"
    ]
    tls_handshake_timeout: Annotated[Duration, "Timeout of the TLS handshake."]
    idle_conn_timeout: Annotated[Duration, "How long an idle connection is kept."]
    http2_read_idle_timeout: Annotated[Duration, "Time without a frame after which a connection is probed."]
    http2_ping_timeout: Annotated[Duration, "How long the response to a probe may take."]
    environment: Annotated[tuple[str, ...], "Environment variables that change these settings."]


class Capabilities(Section, path="capabilities"):
    """Capabilities of Pods."""

    allow_privileged: Annotated[bool, "Whether containers may be privileged.", "allow-privileged"]
    per_connection_bandwidth_limit_bytes_per_sec: Annotated[
        int, "Bytes per second of a proxied connection; 0 for no limit.", "max-connection-bytes-per-sec"
    ]


class ServiceResolver(Section, path="serviceResolver"):
    """How webhooks and aggregated API servers are located."""

    type: Annotated[
        str,
        OneOf("clusterIP", "endpoints", "endpointSlices"),
        "What a Service resolves to.",
        "enable-aggregator-routing",
    ]
    loopback_service: Annotated[str, "The Service that resolves to the server itself."]
    loopback_host: Annotated[str, "Where that Service resolves to.", "bind-address", "secure-port"]


class Metrics(Section, path="metrics"):
    """The server's own metrics."""

    show_hidden_metrics_for_version: Annotated[
        str, "Version whose hidden metrics are shown.", "show-hidden-metrics-for-version"
    ]
    disabled_metrics: Annotated[tuple[str, ...], "Disabled metrics.", "disabled-metrics"]
    allow_metric_labels: Annotated[Pairs[str], "Metric and label -> allowed values.", "allow-metric-labels"]
    allow_metric_labels_manifest: Annotated[
        str, "Path of a file with the same settings.", "allow-metric-labels-manifest"
    ]


class EventStorage(Section, path="eventStorage"):
    """Events."""

    ttl_seconds: Annotated[int, "TTL of events, in seconds.", "event-ttl"]


class PeerProxy(Section, path="peerProxy"):
    """Other API servers of the cluster."""

    lease_reconciler: Annotated[bool, "Whether the server publishes its address to its peers.", "feature-gates"]
    lease_interval: Annotated[Duration | None, "How often; null if it does not.", "feature-gates"]
    lease_ttl: Annotated[Duration | None, "TTL of the published lease; null if it does not.", "feature-gates"]
    advertise_address: Annotated[
        str | None,
        "Published address; null if it depends on the host.",
        "peer-advertise-ip",
        "peer-advertise-port",
        "advertise-address",
    ]
    enabled: Annotated[
        bool, "Whether requests for unknown versions are proxied to peers.", "peer-ca-file", "feature-gates"
    ]
    ca_file: Annotated[str, "CA bundle that peers are verified with.", "peer-ca-file"]
    server_name: Annotated[str | None, "Name that the certificates of peers must have.", "peer-ca-file"]
    dialer: Annotated[Dialer | None, "How peers are dialled; null if they are not.", "egress-selector-config-file"]


class ClusterAuthenticationInfo(Section, path="clusterAuthenticationInfo"):
    """What the server publishes for extension API servers."""

    client_ca: Annotated[str, "CA bundle of client certificates.", "client-ca-file"]
    request_header: Annotated[
        RequestHeader | None,
        "How a front proxy authenticates users; null if none may.",
        "requestheader-client-ca-file",
    ]


class Admission(Section, path="admission"):
    """Admission control."""

    plugins: Annotated[
        tuple[str, ...],
        "Enabled plugins, in order.",
        "enable-admission-plugins",
        "disable-admission-plugins",
        "admission-control",
    ]
    config_file: Annotated[str, "Path of the admission configuration; empty for none.", "admission-control-config-file"]
    rest_mapper_reset_interval: Annotated[Duration, "How often the REST mapper is reset."]
    default_not_ready_toleration_seconds: Annotated[
        int, "Seconds that Pods stay on a node that is not ready.", "default-not-ready-toleration-seconds"
    ]
    default_unreachable_toleration_seconds: Annotated[
        int, "Seconds that Pods stay on an unreachable node.", "default-unreachable-toleration-seconds"
    ]


class ServiceAccountIssuer(Section, path="serviceAccountIssuer"):
    """The issuer of service account tokens."""

    issuer: Annotated[str, "Issuer in the tokens.", "service-account-issuer"]
    signing_key_file: Annotated[str, "Path of the private key.", "service-account-signing-key-file"]
    signing_endpoint: Annotated[
        str, "Socket of an external signer; empty for none.", "service-account-signing-endpoint"
    ]
    max_token_expiration: Annotated[
        Duration | None,
        "Maximum lifetime of a token; 0s for no limit, null if an external signer determines it.",
        "service-account-max-token-expiration",
        "service-account-signing-endpoint",
    ]
    extend_token_expiration: Annotated[
        bool, "Whether tokens of Pods get an extended lifetime.", "service-account-extend-token-expiration"
    ]
    extended_expiration: Annotated[
        Duration | None,
        "The extended lifetime; null if an external signer may shorten it.",
        "service-account-signing-endpoint",
    ]


class Services(Section, path="services"):
    """Services."""

    ip_ranges: Annotated[tuple[str, ...], "Cluster IP ranges.", "service-cluster-ip-range"]
    api_server_service_ip: Annotated[
        str | None, "Cluster IP of the Service kubernetes; null if the range has none.", "service-cluster-ip-range"
    ]
    api_server_service_port: Annotated[int, "Port of the Service kubernetes."]
    node_port_range: Annotated[str, "Node port range.", "service-node-port-range"]
    kubernetes_service_node_port: Annotated[
        int, "Node port of the Service kubernetes; 0 for none.", "kubernetes-service-node-port"
    ]
    repair_interval: Annotated[Duration, "How often allocations are repaired."]


class EndpointReconciler(Section, path="endpointReconciler"):
    """The endpoint reconciler of the Service kubernetes."""

    type: Annotated[str, "Type of the reconciler.", "endpoint-reconciler-type"]
    interval: Annotated[Duration, "How often."]
    lease_ttl: Annotated[Duration, "TTL of the lease of a server."]
    master_count: Annotated[int, "Number of servers, for master-count.", "apiserver-count"]


class Misc(Section, path="misc"):
    """Miscellaneous settings."""

    logs_handler: Annotated[bool, "Whether /logs is served.", "enable-logs-handler"]
    system_namespaces: Annotated[tuple[str, ...], "Namespaces that the server creates."]


class CoordinatedLeadership(Section, path="coordinatedLeadership"):
    """Coordinated leader election."""

    enabled: Annotated[bool, "Whether it is enabled.", "feature-gates"]
    lease_duration: Annotated[Duration, "Duration of the lease.", "coordinated-leadership-lease-duration"]
    renew_deadline: Annotated[
        Duration, "Time within which the lease must be renewed.", "coordinated-leadership-renew-deadline"
    ]
    retry_period: Annotated[Duration, "How often.", "coordinated-leadership-retry-period"]


class KubeletClient(Section, path="kubeletClient"):
    """The kubelet client."""

    cert_file: Annotated[str, "Path of the client certificate.", "kubelet-client-certificate"]
    key_file: Annotated[str, "Path of the private key.", "kubelet-client-key"]
    ca_file: Annotated[str, "CA bundle that kubelets are verified with.", "kubelet-certificate-authority"]
    timeout: Annotated[Duration, "How long a request may take.", "kubelet-timeout"]
    preferred_address_types: Annotated[
        tuple[str, ...], "Types of node addresses, in order of preference.", "kubelet-preferred-address-types"
    ]
    port: Annotated[int, "Port, if the node does not report one.", "kubelet-port"]
    dialer: Annotated[
        Dialer | None,
        "How kubelets are dialled; null if the egress selector's file is unavailable.",
        "egress-selector-config-file",
    ]
    insecure_skip_verify: Annotated[
        bool, "Whether certificate verification is skipped.", "kubelet-certificate-authority"
    ]


class ExtensionInformers(Section):
    """Its informers."""

    resync: Annotated[Duration, "Resync period."]


class CustomObjects(Section):
    """Objects of custom resources."""

    media_type: Annotated[str, "Media type of stored objects.", "feature-gates"]


class APIExtensions(Section, path="apiExtensions"):
    """The API extensions server."""

    enabled: Annotated[bool, "Whether CustomResourceDefinitions are served.", "runtime-config"]
    informers: ExtensionInformers
    storage_version: Annotated[str, "Storage version of CustomResourceDefinitions."]
    media_type: Annotated[str, "Media type of stored CustomResourceDefinitions."]
    custom_objects: CustomObjects
    master_count: Annotated[int, "Number of API servers.", "apiserver-count"]


class Aggregator(Section, path="aggregator"):
    """The aggregator."""

    proxy_client_cert_file: Annotated[
        str, "Path of the client certificate for aggregated API servers.", "proxy-client-cert-file"
    ]
    proxy_client_key_file: Annotated[str, "Path of its private key.", "proxy-client-key-file"]
    reject_forwarding_redirects: Annotated[
        bool, "Whether redirects of aggregated API servers are rejected.", "aggregator-reject-forwarding-redirect"
    ]


class AggregatorInformers(Section):
    """Its informers."""

    resync: Annotated[Duration, "Resync period."]


class AggregatorDelegate(Section, part_of="aggregator"):
    """The aggregator as the outermost server of the chain."""

    informers: AggregatorInformers
    storage_version: Annotated[str, "Storage version of APIServices."]
    media_type: Annotated[str, "Media type of stored APIServices."]
    installs_open_api: Annotated[
        bool, "Whether the generic OpenAPI handler is installed; the aggregator has a separate one."
    ]
    peer_proxied: Annotated[
        bool, "Whether requests for unknown versions are proxied to peers.", "peer-ca-file", "feature-gates"
    ]


class DiscoveryRule(Section):
    """A rule for users."""

    range: Annotated[str, "Client range."]
    address: Annotated[str, "Address for these clients."]


class Discovery(Section, path="discovery"):
    """Discovery."""

    address: Annotated[
        str | None,
        "Address for clients; null if it depends on the host.",
        "external-hostname",
        "advertise-address",
        "secure-port",
    ]
    rules: Annotated[
        tuple[DiscoveryRule, ...], "Addresses for clients from specific ranges.", "service-cluster-ip-range"
    ]


class HandlerChain(Section, path="handlerChain"):
    """The filters of the handler chain."""

    flow_control: Annotated[
        str,
        OneOf("priorityAndFairness", "maxInFlight"),
        "How concurrent requests are limited.",
        "enable-priority-and-fairness",
    ]
    queue_wait: Annotated[
        Duration | None,
        "Maximum time of a request in a queue; null without queues.",
        "request-timeout",
        "enable-priority-and-fairness",
    ]
    request_deadline: Annotated[Duration, "Deadline of requests that are not long-running.", "request-timeout"]
    goaway: Annotated[
        bool, "Whether HTTP/2 clients are asked to reconnect at random.", "goaway-chance", "disable-http2-serving"
    ]
    watch_termination: Annotated[
        bool, "Whether watches are terminated one by one during shutdown.", "shutdown-watch-termination-grace-period"
    ]
    retry_after: Annotated[bool, "Whether requests during shutdown are answered with 429.", "shutdown-send-retry-after"]
    impersonation: Annotated[
        str, OneOf("constrained", "unconstrained"), "How impersonation is checked.", "feature-gates"
    ]
    tracing: Annotated[bool, "Whether the tracing filter is present.", "feature-gates"]
    storage_version_precondition: Annotated[
        bool, "Whether writes wait until the storage versions are agreed on.", "feature-gates"
    ]


class IssuerDiscovery(Section, part_of="serviceAccountIssuer"):
    """Discovery of the service account issuer."""

    jwks_uri: Annotated[
        str | None,
        "URL of the keys; null if it depends on the host.",
        "service-account-jwks-uri",
        "external-hostname",
        "advertise-address",
        "secure-port",
    ]
    discovery_endpoints: Annotated[
        bool,
        "Whether the server serves the discovery endpoints, which requires an https issuer.",
        "service-account-issuer",
    ]


class Shutdown(Section, path="shutdown"):
    """Shutdown of the server."""

    delay: Annotated[Duration, "How long the server keeps serving while readyz fails.", "shutdown-delay-duration"]
    listens_until_drained: Annotated[
        bool, "Whether the server listens until all requests are answered.", "shutdown-send-retry-after"
    ]
    watch_termination_grace_period: Annotated[
        Duration, "How long watches are terminated one by one.", "shutdown-watch-termination-grace-period"
    ]
    http_timeout: Annotated[
        Duration, "How long the HTTP server may take to close.", "shutdown-send-retry-after", "request-timeout"
    ]
    pre_shutdown_hooks: Annotated[tuple[str, ...], "Pre-shutdown hooks.", "feature-gates"]


class EnabledGates(Section, part_of="featureGates"):
    """Enabled feature gates."""

    enabled: Annotated[
        tuple[str, ...],
        "Enabled feature gates, sorted.",
        "feature-gates",
        "emulated-version",
        "min-compatibility-version",
    ]


class Sections:
    """All sections by name, in the order in which the start-up sets them.

    A section is None if the server has nothing of the kind, which `| None` says.
    """

    logging: Logging
    server_defaults: ServerDefaults
    effective_version: EffectiveVersion
    changed_gates: ChangedGates
    generic: Generic
    secure_serving: SecureServing
    loopback_client: LoopbackClient
    loopback_tweak: LoopbackTweak
    external_clientset: ExternalClientset
    informers: Informers
    features: Features
    flow_control: FlowControl
    api_enablement: APIEnablement
    egress_selector: EgressSelector
    tracing: Tracing
    loopback_tracing: LoopbackTracing
    open_api: OpenAPI
    long_running: LongRunning
    etcd_egress: EtcdEgress
    storage: StorageSettings
    object_count_tracker: ObjectCountTracker
    etcd: Etcd
    rest_options: RESTOptions
    authentication: Authentication
    open_api_security: OpenAPISecurity
    authorization: Authorization
    authorization_reload: AuthorizationReload | None
    rbac: RBAC
    audit: Audit
    aggregated_discovery: AggregatedDiscovery
    proxy_transport: ProxyTransport
    capabilities: Capabilities
    service_resolver: ServiceResolver
    metrics: Metrics
    event_storage: EventStorage
    peer_proxy: PeerProxy
    cluster_authentication_info: ClusterAuthenticationInfo
    admission: Admission
    service_account_issuer: ServiceAccountIssuer
    services: Services
    endpoint_reconciler: EndpointReconciler
    misc: Misc
    coordinated_leadership: CoordinatedLeadership
    kubelet_client: KubeletClient
    api_extensions: APIExtensions
    aggregator: Aggregator
    aggregator_delegate: AggregatorDelegate
    discovery: Discovery
    handler_chain: HandlerChain
    issuer_discovery: IssuerDiscovery
    shutdown: Shutdown
    enabled_gates: EnabledGates
