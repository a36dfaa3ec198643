"""The sections of the resolved config, in the order in which the start-up sets them, each whole by one step.

Field names are the keys of resolved.yaml in snake case; `schemas/artifacts/resolved.schema.json` is generated from
this module. See `section.Section` for the form of the fields.
"""

from __future__ import annotations

from typing import Annotated

from compiler.apiserver.section import Duration, OneOf, Pairs, Section

Dialer = Annotated[str, OneOf("direct", "HTTPConnect", "GRPC")]
"""How a kind of peer is dialled: directly, or through a proxy with this protocol."""


class TextLog(Section):
    """Streams of the text format."""

    split_stream: Annotated[
        bool, "Whether errors go to standard error and the rest to standard output.", "log-text-split-stream"
    ]
    info_buffer_size: Annotated[
        int, "Bytes of the rest that are collected before they are written.", "log-text-info-buffer-size"
    ]


class JSONLog(Section):
    """Streams of the JSON format."""

    split_stream: Annotated[
        bool, "Whether errors go to standard error and the rest to standard output.", "log-json-split-stream"
    ]
    info_buffer_size: Annotated[
        int, "Bytes of the rest that are collected before they are written.", "log-json-info-buffer-size"
    ]


class Logging(Section, path="logging"):
    """The server's own log."""

    format: Annotated[str, "text or json.", "logging-format"]
    flush_frequency: Annotated[Duration, "How often the log is flushed.", "log-flush-frequency"]
    verbosity: Annotated[int, "Level of detail.", "v"]
    vmodule: Annotated[Pairs[int], "File pattern -> level of detail.", "vmodule"]
    text: TextLog
    json: JSONLog


class APIServerID(Section):
    """How the server's identity is made; null where it has none."""

    prefix: Annotated[str, "What it begins with."]
    of: Annotated[tuple[str, ...], "What is hashed, in order."]
    length_prefix: Annotated[str, "What stands before each of them."]
    hash: Annotated[str, "The hash."]
    hash_bytes: Annotated[int, "How many bytes of it are kept."]
    encoding: Annotated[str, "How they are written."]


class ServerDefaults(Section, part_of="generic"):
    """The generic API server."""

    api_server_id: Annotated[
        APIServerID | None, "How the server's identity is made; null where it has none.", "feature-gates"
    ]
    max_request_body_bytes: Annotated[int, "Bytes that a request's body may have."]
    json_patch_max_copy_bytes: Annotated[int, "Bytes that the copy operations of a JSON patch may add."]
    enable_index: Annotated[bool, "Whether / lists the paths."]
    enable_discovery: Annotated[bool, "Whether /apis is served."]
    enable_metrics: Annotated[bool, "Whether /metrics is served."]


class EffectiveVersion(Section, path="effectiveVersion"):
    """Versions that the server goes by."""

    binary: Annotated[str, "The binary's own."]
    emulation: Annotated[str, "The one whose APIs and gates it presents.", "emulated-version"]
    min_compatibility: Annotated[
        str, "The oldest one whose servers must be able to read what it stores.", "min-compatibility-version"
    ]


class ChangedGates(Section, path="featureGates"):
    """Feature gates."""

    changed: Annotated[Pairs[bool], "Gates that were set -> their state.", "feature-gates"]


class Generic(Section, path="generic"):
    """The generic API server."""

    cors_allowed_origins: Annotated[tuple[str, ...], "Expressions for the origins of scripts.", "cors-allowed-origins"]
    hsts_directives: Annotated[
        tuple[str, ...], "Directives of the HSTS header.", "strict-transport-security-directives"
    ]
    external_address: Annotated[
        str | None,
        "Host and port in URLs of the server's own; null where the host decides.",
        "external-hostname",
        "advertise-address",
        "secure-port",
    ]
    public_address: Annotated[
        str | None, "Address that other members use; null where the host decides.", "advertise-address", "bind-address"
    ]
    max_requests_in_flight: Annotated[int, "Reading requests at once.", "max-requests-inflight"]
    max_mutating_requests_in_flight: Annotated[int, "Writing requests at once.", "max-mutating-requests-inflight"]
    request_timeout: Annotated[Duration, "How long a request may take.", "request-timeout"]
    livez_grace_period: Annotated[
        Duration, "How long livez overlooks the last steps of the start.", "livez-grace-period"
    ]
    storage_initialization_timeout: Annotated[
        Duration, "How long the start waits for the watch caches.", "storage-initialization-timeout"
    ]
    shutdown_delay_duration: Annotated[
        Duration, "How long the server goes on serving once it is told to end.", "shutdown-delay-duration"
    ]
    shutdown_watch_termination_grace_period: Annotated[
        Duration, "How long watches are ended one by one.", "shutdown-watch-termination-grace-period"
    ]
    min_request_timeout_seconds: Annotated[
        int, "Lower bound of the time after which a watch ends, in seconds.", "min-request-timeout"
    ]
    goaway_chance: Annotated[
        float, "Share of HTTP/2 requests after which the client is asked to connect anew.", "goaway-chance"
    ]
    shutdown_send_retry_after: Annotated[
        bool, "Whether requests during the shutdown are answered with 429.", "shutdown-send-retry-after"
    ]
    emulation_forward_compatible: Annotated[
        bool, "Whether newer versions of enabled APIs are served as well.", "emulation-forward-compatible"
    ]
    runtime_config_emulation_forward_compatible: Annotated[
        bool,
        "Whether APIs that runtime-config names are served although they are newer than the emulated version.",
        "runtime-config-emulation-forward-compatible",
    ]


class Listener(Section):
    """The listener that Go makes of it."""

    network: Annotated[str, "Go's name of the network."]
    address: Annotated[str, "Address as the listener tells it, on a host with IPv6."]
    dual_stack: Annotated[bool, "Whether it takes both families."]


class SubjectAltNames(Section):
    """Names that it is for."""

    ips: Annotated[tuple[str, ...], "Addresses."]
    dns: Annotated[tuple[str, ...], "Host names."]


class GeneratedCertificate(Section):
    """What the one that is made at the start will say; null where none is made."""

    in_memory: Annotated[bool, "Whether it is not written to a file."]
    key_type: Annotated[str, "Kind of the key."]
    valid_for_days: Annotated[int, "Days that it is valid."]
    common_name: Annotated[
        str | None,
        "Its common name; null where the advertised address is unknown, which is then missing below as well.",
    ]
    subject_alt_names: Annotated[SubjectAltNames, "Names that it is for."]


class ServingCertificate(Section):
    """The serving certificate."""

    cert_file: Annotated[str | None, "Its path; null where it is kept in memory."]
    key_file: Annotated[str | None, "Path of its key; null where it is kept in memory."]
    self_signed: Annotated[bool, "Whether the server makes it, or made it at an earlier start."]
    generate: Annotated[
        GeneratedCertificate | None, "What the one that is made at the start will say; null where none is made."
    ]


class SNICertKey(Section):
    """One pair."""

    source: Annotated[str, OneOf("loopback", "files"), "Where it comes from."]
    cert_file: Annotated[
        str | None, "Path of the certificate; null for the loopback client's, which is kept in memory."
    ]
    key_file: Annotated[str | None, "Path of its key; null as well."]
    names: Annotated[tuple[str, ...], "Names that it is for; none means those in the certificate."]


class SecureServing(Section, path="secureServing"):
    """The HTTPS listener."""

    bind_address: Annotated[str, "Address that is listened to.", "bind-address"]
    bind_port: Annotated[int, "Port.", "secure-port"]
    listener: Annotated[Listener, "The listener that Go makes of it.", "bind-address", "secure-port"]
    permit_port_sharing: Annotated[bool, "Whether SO_REUSEPORT is set.", "permit-port-sharing"]
    permit_address_sharing: Annotated[bool, "Whether SO_REUSEADDR is set.", "permit-address-sharing"]
    http2: Annotated[bool, "Whether HTTP/2 is spoken.", "disable-http2-serving"]
    http2_max_streams_per_connection: Annotated[
        int | None,
        "Streams of one connection; null without HTTP/2.",
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
        tuple[str, ...], "Cipher suites below TLS 1.3; none for Go's own choice.", "tls-cipher-suites"
    ]
    curve_preferences: Annotated[
        tuple[int, ...], "Ids of key exchange mechanisms; none for Go's own choice.", "tls-curve-preferences"
    ]
    min_tls_version: Annotated[str, "Oldest TLS version.", "tls-min-version"]
    sni_cert_keys: Annotated[
        tuple[SNICertKey, ...], "Certificates by name, in the order in which they are tried.", "tls-sni-cert-key"
    ]


class LoopbackClient(Section, path="loopbackClient"):
    """The server's client of itself."""

    host: Annotated[str, "Where it connects, on a host with IPv6.", "bind-address", "secure-port"]
    host_without_ipv6: Annotated[
        str | None,
        "Where it connects on a host without IPv6; null where that is the same.",
        "bind-address",
        "secure-port",
    ]
    server_name: Annotated[str, "Name that it asks for, which chooses its own certificate."]
    certificate_valid_for_days: Annotated[int, "Days that this certificate is valid."]
    token_source: Annotated[str, OneOf("random"), "Its token is made anew at each start."]
    user: Annotated[str, "Who it is."]
    groups: Annotated[tuple[str, ...], "Groups that it is in."]
    qps: Annotated[float, "Requests a second; -1 for no limit."]


class LoopbackTweak(Section, part_of="loopbackClient"):
    """The server's client of itself."""

    content_type: Annotated[str, "Media type that it speaks."]
    disable_compression: Annotated[bool, "Whether it asks for answers without compression."]


class ExternalClientset(Section, path="externalClientset"):
    """The clientset of the informers, made from the loopback client."""

    host: Annotated[str, "Where it connects.", "bind-address", "secure-port"]
    content_type: Annotated[str, "Media type that it speaks."]
    disable_compression: Annotated[bool, "Whether it asks for answers without compression."]
    qps: Annotated[float, "Requests a second; -1 for no limit."]
    traced: Annotated[bool, "Whether its requests are traced."]


class Informers(Section, path="informers"):
    """The informers that all controllers share."""

    client: Annotated[str, "What they list and watch with."]
    resync: Annotated[Duration, "How often they hand out everything again."]
    strip_managed_fields: Annotated[bool, "Whether objects are kept without managedFields."]


class Features(Section, path="features"):
    """Profiling, and priority and fairness."""

    profiling: Annotated[bool, "Whether /debug/pprof is served.", "profiling"]
    contention_profiling: Annotated[bool, "Whether blocking is profiled.", "contention-profiling"]
    debug_socket_path: Annotated[str, "Path of the debug socket; empty for none.", "debug-socket-path"]
    priority_and_fairness: Annotated[bool, "Whether priority and fairness is on.", "enable-priority-and-fairness"]


class FlowControl(Section, path="flowControl"):
    """Priority and fairness."""

    total_concurrency: Annotated[
        int | None,
        "Requests at once, which are shared out; null where it is off.",
        "max-requests-inflight",
        "max-mutating-requests-inflight",
        "enable-priority-and-fairness",
    ]


class APIEnablement(Section, path="apiEnablement"):
    """Which APIs are on."""

    runtime_config: Annotated[
        Pairs[str], "Settings by name, after the spellings of the core group are folded into /v1.", "runtime-config"
    ]
    enabled_versions: Annotated[
        tuple[str, ...], "Group versions that are on, sorted.", "runtime-config", "emulated-version"
    ]


class Dialers(Section):
    """How each kind of peer is reached."""

    cluster: Annotated[Dialer | None, "Nodes, Pods and Services."]
    controlplane: Annotated[Dialer | None, "Webhooks and other API servers."]
    etcd: Annotated[Dialer | None, "etcd."]


class EgressSelector(Section, path="egressSelector"):
    """How the server dials out."""

    config_file: Annotated[str, "Path of the file; empty for none.", "egress-selector-config-file"]
    selections: Annotated[
        Pairs[str] | None, "Kind of peer -> protocol; null where the file cannot be had.", "egress-selector-config-file"
    ]
    dialers: Annotated[Dialers, "How each kind of peer is reached.", "egress-selector-config-file"]


class Tracing(Section, path="tracing"):
    """OpenTelemetry traces."""

    enabled: Annotated[bool, "Whether there are any.", "tracing-config-file", "feature-gates"]
    config_file: Annotated[str, "Path of the file; empty for none.", "tracing-config-file", "feature-gates"]
    endpoint: Annotated[str | None, "Address of the collector.", "tracing-config-file", "feature-gates"]
    sampling_rate_per_million: Annotated[
        int | None, "How many of a million requests are traced.", "tracing-config-file", "feature-gates"
    ]


class LoopbackTracing(Section, part_of="loopbackClient"):
    """The server's client of itself."""

    traced: Annotated[bool, "Whether its requests are traced.", "tracing-config-file", "feature-gates"]


class OpenAPI(Section, path="openAPI"):
    """The OpenAPI documents."""

    title: Annotated[str, "Their title."]
    version: Annotated[str, "The version that they tell.", "emulated-version"]
    formats: Annotated[tuple[str, ...], "Versions of OpenAPI."]


class LongRunning(Section, path="longRunning"):
    """Requests without a deadline."""

    verbs: Annotated[tuple[str, ...], "By verb."]
    subresources: Annotated[tuple[str, ...], "By subresource."]


class EtcdEgress(Section, part_of="etcd.transport"):
    """How the server talks to etcd."""

    dialer: Annotated[
        Dialer | None,
        "How the connection is made; null where the egress selector's file cannot be had.",
        "egress-selector-config-file",
    ]
    traced: Annotated[bool, "Whether calls are traced.", "tracing-config-file", "feature-gates"]


class ServersOverride(Section):
    """One override."""

    group: Annotated[str, "API group; empty for the core group."]
    resource: Annotated[str, "Name of the resource; * for all of the group."]
    servers: Annotated[tuple[str, ...], "URLs of the servers."]


class StorageSettings(Section, path="storageFactory"):
    """What decides where and how resources are stored."""

    media_type: Annotated[str, "Media type of built-in resources.", "storage-media-type"]
    prefix: Annotated[str, "Prefix of all keys, as the server cleans it.", "etcd-prefix"]
    resource_prefixes: Annotated[Pairs[str], "Resource -> its prefix, where that is not its name."]
    storage_version_overrides: Annotated[
        Pairs[str], "Resource -> group and version that it is written in, whatever else holds."
    ]
    cohabitation: Annotated[
        tuple[tuple[str, ...], ...], "Resources that share a place; the first one whose group is on decides."
    ]
    servers_overrides: Annotated[
        tuple[ServersOverride, ...], "Resources on servers of their own.", "etcd-servers-overrides"
    ]


class ObjectCountTracker(Section, path="objectCountTracker"):
    """Counts that requests are weighed with."""

    stale_after: Annotated[Duration, "How long a count is trusted."]
    prune_interval: Annotated[Duration, "How often old counts are forgotten."]


class EtcdTransport(Section):
    """How the server talks to etcd."""

    cert_file: Annotated[str, "Path of the client certificate.", "etcd-certfile"]
    key_file: Annotated[str, "Path of its private key.", "etcd-keyfile"]
    ca_file: Annotated[str, "Path of the CA bundle.", "etcd-cafile"]
    tls: Annotated[bool, "Whether there is a TLS configuration.", "etcd-certfile", "etcd-keyfile", "etcd-cafile"]
    dial_timeout: Annotated[Duration, "How long connecting may take."]
    keepalive_time: Annotated[Duration, "After how long without traffic the connection is probed."]
    keepalive_timeout: Annotated[Duration, "How long the answer to such a probe may take."]


class EtcdLeases(Section):
    """Leases of objects that expire."""

    reuse_duration_seconds: Annotated[int, "Seconds for which one is shared.", "lease-reuse-duration-seconds"]
    max_object_count: Annotated[int, "Objects that share one at most."]


class KMSPlugin(Section):
    """One plugin."""

    name: Annotated[str, "Its name."]
    api_version: Annotated[str, "The protocol that it speaks."]
    endpoint: Annotated[str, "Its socket."]
    timeout: Annotated[Duration, "How long a call may take."]


class EtcdEncryption(Section):
    """Encryption at rest."""

    config: Annotated[str, "Path of the file; empty for none.", "encryption-provider-config"]
    automatic_reload: Annotated[
        bool, "Whether a changed file is read again.", "encryption-provider-config-automatic-reload"
    ]
    kms: Annotated[
        tuple[KMSPlugin, ...] | None,
        "Key management plugins in the order of the file; null where it cannot be had.",
        "encryption-provider-config",
    ]


class Etcd(Section, path="etcd"):
    """The storage backend."""

    backend: Annotated[str, "The kind of storage.", "storage-backend"]
    servers: Annotated[tuple[str, ...], "URLs of the common servers.", "etcd-servers"]
    prefix: Annotated[str, "Prefix of all keys, as given.", "etcd-prefix"]
    transport: EtcdTransport
    compaction_interval: Annotated[
        Duration, "How often old revisions are compacted; 0s for never.", "etcd-compaction-interval"
    ]
    count_metric_poll_period: Annotated[
        Duration, "How often objects are counted; 0s for never.", "etcd-count-metric-poll-period"
    ]
    db_metric_poll_interval: Annotated[
        Duration, "How often the size of the database is asked for; 0s for never.", "etcd-db-metric-poll-interval"
    ]
    healthcheck_timeout: Annotated[Duration, "How long the health check waits.", "etcd-healthcheck-timeout"]
    readycheck_timeout: Annotated[Duration, "How long the readiness check waits.", "etcd-readycheck-timeout"]
    events_history_window: Annotated[Duration, "How far watch caches reach back at least.", "request-timeout"]
    leases: EtcdLeases
    watch_cache: Annotated[bool, "Whether there are watch caches at all.", "watch-cache"]
    encryption: EtcdEncryption


class RESTOptions(Section, path="restOptions"):
    """What every resource's storage is built with."""

    decorator: Annotated[
        str, OneOf("cacher", "undecorated"), "Whether a watch cache stands before etcd.", "watch-cache"
    ]
    watch_cache_sizes: Annotated[Pairs[int], "Resource -> size; 0 for no cache.", "watch-cache-sizes", "watch-cache"]
    transformers: Annotated[
        str,
        OneOf("none", "static", "dynamic"),
        "Whether values are encrypted, and whether the keys may change while the server runs.",
        "encryption-provider-config",
        "encryption-provider-config-automatic-reload",
    ]
    delete_collection_workers: Annotated[int, "Workers of one deletion of a collection.", "delete-collection-workers"]
    enable_garbage_collection: Annotated[bool, "Whether dependents are collected.", "enable-garbage-collector"]
    count_metric_poll_period: Annotated[
        Duration, "How often objects are counted; 0s for never.", "etcd-count-metric-poll-period"
    ]


class RequestHeader(Section):
    """How the front proxy tells who asks; null where nobody may."""

    username_headers: Annotated[tuple[str, ...], "Headers with the user's name."]
    uid_headers: Annotated[tuple[str, ...], "Headers with the uid."]
    group_headers: Annotated[tuple[str, ...], "Headers with groups."]
    extra_header_prefixes: Annotated[tuple[str, ...], "What headers with further attributes begin with."]
    allowed_client_names: Annotated[
        tuple[str, ...], "Common names of client certificates that may do so; none means all of the CA."
    ]
    ca_file: Annotated[str, "Path of the CA bundle of the front proxy."]


class ServiceAccounts(Section):
    """Service account tokens."""

    issuers: Annotated[tuple[str, ...], "Issuers; the first one signs.", "service-account-issuer"]
    key_files: Annotated[tuple[str, ...], "Keys that tokens are verified with.", "service-account-key-file"]
    external_keys: Annotated[bool, "Whether an external signer gives the keys.", "service-account-signing-endpoint"]
    lookup: Annotated[bool, "Whether the account of a token has to exist.", "service-account-lookup"]


class AnonymousCondition(Section):
    """One path."""

    path: Annotated[str, "The path, exactly."]


class Anonymous(Section):
    """Requests without credentials."""

    enabled: Annotated[bool | None, "Whether they are let in; null where a file says so that cannot be had."]
    conditions: Annotated[
        tuple[AnonymousCondition, ...] | None, "Paths on which alone they are; none means on all. Null as above."
    ]


class RequiredClaim(Section):
    """A claim and the value that it has to have."""

    claim: Annotated[str, "The claim."]
    required_value: Annotated[str, "Its required value."]


class ClaimExpression(Section):
    """An expression over the claims."""

    expression: Annotated[str, "A CEL expression that has to be true."]
    message: Annotated[str, "Message if it is not."]


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
    """One attribute."""

    key: Annotated[str, "Its name."]
    value_expression: Annotated[str, "A CEL expression that gives its values."]


class ClaimMappings(Section):
    """What the claims tell of the user."""

    username: Annotated[ClaimMapping, "The name."]
    groups: Annotated[ClaimMapping, "The groups."]
    uid: Annotated[ClaimMapping, "The uid."]
    extra: Annotated[tuple[ExtraAttribute, ...], "Further attributes."]


class UserValidationRule(Section):
    """One rule."""

    expression: Annotated[str, "A CEL expression that has to be true."]
    message: Annotated[str, "What is said otherwise."]


class JWTIssuer(Section):
    """One issuer."""

    url: Annotated[str, "Its URL."]
    discovery_url: Annotated[str, "Where it is discovered; empty for below its URL."]
    audiences: Annotated[tuple[str, ...], "Audiences that its tokens may be for."]
    certificate_authority: Annotated[
        str, "Path of the CA bundle, `inline` where the file holds it, empty for that of the host."
    ]
    egress_selector_type: Annotated[str, "The egress selection that leads to it; empty for none."]
    claim_validation_rules: Annotated[tuple[RequiredClaim | ClaimExpression, ...], "What its tokens have to claim."]
    claim_mappings: Annotated[ClaimMappings, "What the claims tell of the user."]
    user_validation_rules: Annotated[tuple[UserValidationRule, ...], "What has to hold of the user."]


class JWT(Section):
    """Tokens of other issuers."""

    config_file: Annotated[str, "Path of the file; empty for none.", "authentication-config"]
    reload_interval: Annotated[
        Duration | None, "How often it is looked at; null without a file.", "authentication-config"
    ]
    issuers: Annotated[
        tuple[JWTIssuer, ...] | None,
        "The issuers; null where the file cannot be had.",
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
        "Algorithms that tokens may be signed with; null for all.",
        "oidc-signing-algs",
        "authentication-config",
    ]


class TokenWebhook(Section):
    """A webhook that knows tokens; null for none."""

    kube_config_file: Annotated[str, "Path of its kubeconfig."]
    token_review_version: Annotated[str, "API version of the question."]
    cache_ttl: Annotated[Duration, "How long answers are kept."]
    dialer: Annotated[Dialer | None, "How it is reached; null where the egress selector's file cannot be had."]


class Tokens(Section):
    """The authenticators of tokens, which are asked as one."""

    authenticators: Annotated[
        tuple[str, ...],
        "Who is asked, in order.",
        "token-auth-file",
        "service-account-key-file",
        "service-account-issuer",
        "enable-bootstrap-token-auth",
        "authentication-config",
        "authentication-token-webhook-config-file",
        "oidc-issuer-url",
    ]
    channels: Annotated[tuple[str, ...], "How a token may come."]
    success_cache_ttl: Annotated[Duration, "How long a success is kept."]
    failure_cache_ttl: Annotated[Duration, "How long a failure is kept."]


class Authentication(Section, path="authentication"):
    """Who a request comes from."""

    client_cas: Annotated[
        tuple[str, ...],
        "CA bundles that client certificates are checked with.",
        "client-ca-file",
        "requestheader-client-ca-file",
    ]
    request_header: Annotated[
        RequestHeader | None,
        "How the front proxy tells who asks; null where nobody may.",
        "requestheader-client-ca-file",
        "requestheader-username-headers",
        "requestheader-uid-headers",
        "requestheader-group-headers",
        "requestheader-extra-headers-prefix",
        "requestheader-allowed-names",
    ]
    api_audiences: Annotated[
        tuple[str, ...], "Audiences that tokens may be for.", "api-audiences", "service-account-issuer"
    ]
    service_accounts: ServiceAccounts
    anonymous: Annotated[
        Anonymous, "Requests without credentials.", "anonymous-auth", "authentication-config", "authorization-mode"
    ]
    jwt: JWT
    webhook: Annotated[
        TokenWebhook | None,
        "A webhook that knows tokens; null for none.",
        "authentication-token-webhook-config-file",
        "authentication-token-webhook-version",
        "authentication-token-webhook-cache-ttl",
    ]
    authenticators: Annotated[
        tuple[str, ...],
        "Who is asked, in order.",
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
    """The OpenAPI documents."""

    security: Annotated[
        tuple[str, ...],
        "Ways to prove who asks.",
        "token-auth-file",
        "service-account-key-file",
        "service-account-issuer",
        "enable-bootstrap-token-auth",
        "authentication-config",
        "authentication-token-webhook-config-file",
    ]


class Authorizer(Section):
    """One authorizer."""

    type: Annotated[str, "Its type, such as RBAC."]
    name: Annotated[str, "Its name."]


class WebhookAuthorizer(Section):
    """One authorizer that asks a webhook."""

    type: Annotated[str, "Its type."]
    name: Annotated[str, "Its name."]
    authorized_ttl: Annotated[Duration, "How long an allowed request is remembered."]
    cache_authorized_requests: Annotated[bool, "Whether it is remembered at all."]
    unauthorized_ttl: Annotated[Duration, "How long a request without an opinion in its favour is remembered."]
    cache_unauthorized_requests: Annotated[bool, "Whether it is remembered at all."]
    timeout: Annotated[Duration, "How long an answer may take."]
    subject_access_review_version: Annotated[str, "API version of the question."]
    failure_policy: Annotated[str, "What a failure counts as: NoOpinion or Deny."]
    kube_config_file: Annotated[str, "Path of the kubeconfig."]
    match_conditions: Annotated[
        tuple[str, ...] | None, "CEL expressions that all have to hold for the webhook to be asked."
    ] = None


class Authorization(Section, path="authorization"):
    """What a request may do."""

    privileged_groups: Annotated[tuple[str, ...], "Groups that may do everything; asked before all authorizers."]
    config_file: Annotated[str, "Path of the file; empty for none.", "authorization-config"]
    authorizers: Annotated[
        tuple[Authorizer | WebhookAuthorizer, ...] | None,
        "Authorizers in order; null where the file cannot be had.",
        "authorization-mode",
        "authorization-config",
    ]
    policy_file: Annotated[str | None, "Policy of the ABAC authorizer.", "authorization-policy-file"] = None


class AuthorizationReload(Section, part_of="authorization"):
    """What a request may do."""

    reload_interval: Annotated[Duration, "How often the file is looked at.", "authorization-config"]
    lasting_types: Annotated[
        tuple[str, ...] | None,
        "Types that the file has to keep while the server runs; null where the file cannot be had.",
        "authorization-config",
    ]


class RBAC(Section, part_of="authorization"):
    """What a request may do."""

    rbac: Annotated[
        bool,
        "Whether RBAC is among them; taken for granted where the file cannot be had.",
        "authorization-mode",
        "authorization-config",
    ]


class AuditBatch(Section):
    """How events are collected; null where they are not."""

    buffer_size: Annotated[int, "Events that wait at most; more are dropped."]
    max_size: Annotated[int, "Events of one batch."]
    max_wait: Annotated[Duration, "How long a batch waits to be filled."]
    throttle_qps: Annotated[float | None, "Batches a second; null for no limit."]
    throttle_burst: Annotated[int | None, "Batches at once; null for no limit."]


class AuditTruncate(Section):
    """What is cut off; null for nothing."""

    max_event_size: Annotated[int, "Bytes of one event."]
    max_batch_size: Annotated[int, "Bytes of one batch."]


class LogBackend(Section):
    """A backend that writes a log file."""

    type: Annotated[str, OneOf("log"), "Where events go."]
    path: Annotated[str, "The log file; - for standard output."]
    format: Annotated[str, "json or legacy."]
    rotates: Annotated[bool, "Whether the file is rotated."]
    maxage: Annotated[int, "Days that old files are kept; 0 for ever."]
    maxbackup: Annotated[int, "Old files that are kept; 0 for all."]
    maxsize: Annotated[int, "Megabytes after which the file is rotated."]
    compress: Annotated[bool, "Whether old files are compressed."]
    mode: Annotated[str, OneOf("batch", "blocking", "blocking-strict"), "Whether requests wait for the backend."]
    version: Annotated[str, "API version of the events."]
    batch: Annotated[AuditBatch | None, "How events are collected; null where they are not."]
    truncate: Annotated[AuditTruncate | None, "What is cut off; null for nothing."]


class WebhookBackend(Section):
    """A backend that sends events to a webhook."""

    type: Annotated[str, OneOf("webhook"), "Where events go."]
    config_file: Annotated[str, "Path of the webhook's kubeconfig."]
    initial_backoff: Annotated[Duration, "Wait before the first retry."]
    dialer: Annotated[Dialer | None, "How the webhook is reached; null where the egress selector's file cannot be had."]
    mode: Annotated[str, OneOf("batch", "blocking", "blocking-strict"), "Whether requests wait for the backend."]
    version: Annotated[str, "API version of the events."]
    batch: Annotated[AuditBatch | None, "How events are collected; null where they are not."]
    truncate: Annotated[AuditTruncate | None, "What is cut off; null for nothing."]


class Audit(Section, path="audit"):
    """What is recorded of each request."""

    policy_file: Annotated[str, "Path of the policy; empty for none.", "audit-policy-file"]
    backends: Annotated[
        tuple[LogBackend | WebhookBackend, ...],
        "Where events go; none without a policy.",
        "audit-policy-file",
        "audit-log-path",
        "audit-webhook-config-file",
    ]
    enabled: Annotated[
        bool, "Whether anything is recorded.", "audit-policy-file", "audit-log-path", "audit-webhook-config-file"
    ]


class AggregatedDiscovery(Section, part_of="discovery"):
    """How clients find APIs."""

    aggregated: Annotated[bool, "Whether one document lists all groups."]


class ProxyTransport(Section, path="proxyTransport"):
    """The transport to Pods, Services and nodes."""

    cached: Annotated[bool, "Whether connections are used again."]
    insecure_skip_verify: Annotated[bool, "Whether any certificate will do."]
    http2: Annotated[bool, "Whether HTTP/2 is spoken."]
    proxy_from_environment: Annotated[bool, "Whether the environment's proxy is used, with ranges in NO_PROXY."]
    dialer: Annotated[
        Dialer | None,
        "How connections are made; null where the egress selector's file cannot be had.",
        "egress-selector-config-file",
    ]
    dial_timeout: Annotated[
        Duration | None,
        "How long connecting may take; null with a dialer of the egress selector.",
        "egress-selector-config-file",
    ]
    dial_keep_alive: Annotated[
        Duration | None, "How often an idle connection is probed; null as above.", "egress-selector-config-file"
    ]
    tls_handshake_timeout: Annotated[Duration, "How long the TLS handshake may take."]
    idle_conn_timeout: Annotated[Duration, "How long an idle connection is kept."]
    http2_read_idle_timeout: Annotated[Duration, "After how long without a frame a connection is probed."]
    http2_ping_timeout: Annotated[Duration, "How long the answer to such a probe may take."]
    environment: Annotated[tuple[str, ...], "Environment variables that change the above."]


class Capabilities(Section, path="capabilities"):
    """What Pods may do."""

    allow_privileged: Annotated[bool, "Whether containers may be privileged.", "allow-privileged"]
    per_connection_bandwidth_limit_bytes_per_sec: Annotated[
        int, "Bytes a second of one proxied connection; 0 for no limit.", "max-connection-bytes-per-sec"
    ]


class ServiceResolver(Section, path="serviceResolver"):
    """How webhooks and aggregated servers are found."""

    type: Annotated[
        str, OneOf("clusterIP", "endpoints", "endpointSlices"), "What a Service leads to.", "enable-aggregator-routing"
    ]
    loopback_service: Annotated[str, "The Service that leads to the server itself."]
    loopback_host: Annotated[str, "Where that leads.", "bind-address", "secure-port"]


class Metrics(Section, path="metrics"):
    """The server's own metrics."""

    show_hidden_metrics_for_version: Annotated[
        str, "Version whose hidden metrics are shown.", "show-hidden-metrics-for-version"
    ]
    disabled_metrics: Annotated[tuple[str, ...], "Metrics that are off.", "disabled-metrics"]
    allow_metric_labels: Annotated[Pairs[str], "Metric and label -> allowed values.", "allow-metric-labels"]
    allow_metric_labels_manifest: Annotated[str, "Path of a file that says the same.", "allow-metric-labels-manifest"]


class EventStorage(Section, path="eventStorage"):
    """Events."""

    ttl_seconds: Annotated[int, "How long they live, in seconds.", "event-ttl"]


class PeerProxy(Section, path="peerProxy"):
    """Other servers of the same cluster."""

    lease_reconciler: Annotated[bool, "Whether the server tells the others where it is.", "feature-gates"]
    lease_interval: Annotated[Duration | None, "How often; null where it does not.", "feature-gates"]
    lease_ttl: Annotated[Duration | None, "How long that holds; null where it does not.", "feature-gates"]
    advertise_address: Annotated[
        str | None,
        "Where it tells them that it is; null where the host decides.",
        "peer-advertise-ip",
        "peer-advertise-port",
        "advertise-address",
    ]
    enabled: Annotated[
        bool, "Whether requests for unknown versions are passed on to them.", "peer-ca-file", "feature-gates"
    ]
    ca_file: Annotated[str, "CA bundle that they are checked with.", "peer-ca-file"]
    server_name: Annotated[str | None, "Name that their certificates are checked for.", "peer-ca-file"]
    dialer: Annotated[Dialer | None, "How they are reached; null where they are not.", "egress-selector-config-file"]


class ClusterAuthenticationInfo(Section, path="clusterAuthenticationInfo"):
    """What the server publishes for other servers."""

    client_ca: Annotated[str, "CA bundle of client certificates.", "client-ca-file"]
    request_header: Annotated[
        RequestHeader | None,
        "How the front proxy tells who asks; null where nobody may.",
        "requestheader-client-ca-file",
    ]


class Admission(Section, path="admission"):
    """Admission control."""

    plugins: Annotated[
        tuple[str, ...],
        "Plugins in order.",
        "enable-admission-plugins",
        "disable-admission-plugins",
        "admission-control",
    ]
    config_file: Annotated[str, "Path of their configuration; empty for none.", "admission-control-config-file"]
    rest_mapper_reset_interval: Annotated[Duration, "How often the known APIs are read anew."]
    default_not_ready_toleration_seconds: Annotated[
        int, "Seconds that a Pod stays on a node that is not ready.", "default-not-ready-toleration-seconds"
    ]
    default_unreachable_toleration_seconds: Annotated[
        int, "Seconds that a Pod stays on a node that cannot be reached.", "default-unreachable-toleration-seconds"
    ]


class ServiceAccountIssuer(Section, path="serviceAccountIssuer"):
    """The signer of service account tokens."""

    issuer: Annotated[str, "The issuer that signs.", "service-account-issuer"]
    signing_key_file: Annotated[str, "Path of its key.", "service-account-signing-key-file"]
    signing_endpoint: Annotated[str, "Socket of an external signer.", "service-account-signing-endpoint"]
    max_token_expiration: Annotated[
        Duration | None,
        "How long a token may live at most; 0s for no limit, null where an external signer tells.",
        "service-account-max-token-expiration",
        "service-account-signing-endpoint",
    ]
    extend_token_expiration: Annotated[
        bool, "Whether tokens of Pods live longer than they say.", "service-account-extend-token-expiration"
    ]
    extended_expiration: Annotated[
        Duration | None,
        "How long at most; null where an external signer may shorten it.",
        "service-account-signing-endpoint",
    ]


class Services(Section, path="services"):
    """Services."""

    ip_ranges: Annotated[tuple[str, ...], "Ranges of their addresses.", "service-cluster-ip-range"]
    api_server_service_ip: Annotated[
        str | None, "Address of the Service kubernetes; null where the range has none.", "service-cluster-ip-range"
    ]
    api_server_service_port: Annotated[int, "Its port."]
    node_port_range: Annotated[str, "Range of node ports.", "service-node-port-range"]
    kubernetes_service_node_port: Annotated[
        int, "Node port of the Service kubernetes; 0 for none.", "kubernetes-service-node-port"
    ]
    repair_interval: Annotated[Duration, "How often allocations are repaired."]


class EndpointReconciler(Section, path="endpointReconciler"):
    """The endpoints of the Service kubernetes."""

    type: Annotated[str, "Who writes them.", "endpoint-reconciler-type"]
    interval: Annotated[Duration, "How often."]
    lease_ttl: Annotated[Duration, "How long a server counts without being heard of."]
    master_count: Annotated[int, "Number of servers, for master-count.", "apiserver-count"]


class Misc(Section, path="misc"):
    """What stands alone."""

    logs_handler: Annotated[bool, "Whether /logs is served.", "enable-logs-handler"]
    system_namespaces: Annotated[tuple[str, ...], "Namespaces that the server makes."]


class CoordinatedLeadership(Section, path="coordinatedLeadership"):
    """The leader among those that choose leaders for others."""

    enabled: Annotated[bool, "Whether there is one.", "feature-gates"]
    lease_duration: Annotated[Duration, "How long it leads without renewing.", "coordinated-leadership-lease-duration"]
    renew_deadline: Annotated[Duration, "How long it tries to renew.", "coordinated-leadership-renew-deadline"]
    retry_period: Annotated[Duration, "How often.", "coordinated-leadership-retry-period"]


class KubeletClient(Section, path="kubeletClient"):
    """The client of kubelets."""

    cert_file: Annotated[str, "Path of its certificate.", "kubelet-client-certificate"]
    key_file: Annotated[str, "Path of its key.", "kubelet-client-key"]
    ca_file: Annotated[str, "CA bundle that kubelets are checked with.", "kubelet-certificate-authority"]
    timeout: Annotated[Duration, "How long a request may take.", "kubelet-timeout"]
    preferred_address_types: Annotated[
        tuple[str, ...], "Kinds of node addresses, in the order of trying.", "kubelet-preferred-address-types"
    ]
    port: Annotated[int, "Port, where a node does not tell its own.", "kubelet-port"]
    dialer: Annotated[
        Dialer | None,
        "How they are reached; null where the egress selector's file cannot be had.",
        "egress-selector-config-file",
    ]
    insecure_skip_verify: Annotated[bool, "Whether any certificate will do.", "kubelet-certificate-authority"]


class ExtensionInformers(Section):
    """Its own informers."""

    resync: Annotated[Duration, "How often they hand out everything again."]


class CustomObjects(Section):
    """Objects of custom resources."""

    media_type: Annotated[str, "Media type of stored objects.", "feature-gates"]


class APIExtensions(Section, path="apiExtensions"):
    """The server for custom resources."""

    enabled: Annotated[bool, "Whether definitions are served.", "runtime-config"]
    informers: ExtensionInformers
    storage_version: Annotated[str, "Version in which definitions are written."]
    media_type: Annotated[str, "Media type of stored definitions."]
    custom_objects: CustomObjects
    master_count: Annotated[int, "Number of servers that may change a definition at once.", "apiserver-count"]


class Aggregator(Section, path="aggregator"):
    """The outermost server."""

    proxy_client_cert_file: Annotated[
        str, "Certificate with which it asks aggregated servers.", "proxy-client-cert-file"
    ]
    proxy_client_key_file: Annotated[str, "Its key.", "proxy-client-key-file"]
    reject_forwarding_redirects: Annotated[
        bool, "Whether redirects of aggregated servers are refused.", "aggregator-reject-forwarding-redirect"
    ]


class AggregatorInformers(Section):
    """Its own informers."""

    resync: Annotated[Duration, "How often they hand out everything again."]


class AggregatorDelegate(Section, part_of="aggregator"):
    """The outermost server."""

    informers: AggregatorInformers
    storage_version: Annotated[str, "Version in which API services are written."]
    media_type: Annotated[str, "Media type of stored API services."]
    installs_open_api: Annotated[bool, "Whether the generic OpenAPI handler is installed; it has one of its own."]
    peer_proxied: Annotated[bool, "Whether unknown versions are passed on to peers.", "peer-ca-file", "feature-gates"]


class DiscoveryRule(Section):
    """One rule."""

    range: Annotated[str, "Where the client comes from."]
    address: Annotated[str, "Address that it is told."]


class Discovery(Section, path="discovery"):
    """How clients find APIs."""

    address: Annotated[
        str | None,
        "Address that clients are told; null where the host decides.",
        "external-hostname",
        "advertise-address",
        "secure-port",
    ]
    rules: Annotated[
        tuple[DiscoveryRule, ...], "Addresses for clients from certain ranges.", "service-cluster-ip-range"
    ]


class HandlerChain(Section, path="handlerChain"):
    """The filters that every request passes."""

    flow_control: Annotated[
        str, OneOf("priorityAndFairness", "maxInFlight"), "What limits requests.", "enable-priority-and-fairness"
    ]
    queue_wait: Annotated[
        Duration | None,
        "How long a request waits in a queue; null without queues.",
        "request-timeout",
        "enable-priority-and-fairness",
    ]
    request_deadline: Annotated[Duration, "How long a request that is not long-running may take.", "request-timeout"]
    goaway: Annotated[
        bool, "Whether clients are asked to connect anew now and then.", "goaway-chance", "disable-http2-serving"
    ]
    watch_termination: Annotated[
        bool, "Whether watches are ended one by one during the shutdown.", "shutdown-watch-termination-grace-period"
    ]
    retry_after: Annotated[
        bool, "Whether requests during the shutdown are answered with 429.", "shutdown-send-retry-after"
    ]
    impersonation: Annotated[
        str, OneOf("constrained", "unconstrained"), "How impersonation is checked.", "feature-gates"
    ]
    tracing: Annotated[bool, "Whether the filter for traces is there.", "feature-gates"]
    storage_version_precondition: Annotated[
        bool, "Whether writes wait until storage versions are agreed on.", "feature-gates"
    ]


class IssuerDiscovery(Section, part_of="serviceAccountIssuer"):
    """The signer of service account tokens."""

    jwks_uri: Annotated[
        str | None,
        "Where its keys are to be found; null where the host decides.",
        "service-account-jwks-uri",
        "external-hostname",
        "advertise-address",
        "secure-port",
    ]
    discovery_endpoints: Annotated[
        bool, "Whether the server serves them itself, which takes a plain https issuer.", "service-account-issuer"
    ]


class Shutdown(Section, path="shutdown"):
    """How the server ends."""

    delay: Annotated[Duration, "How long it goes on serving, with readyz failing.", "shutdown-delay-duration"]
    listens_until_drained: Annotated[
        bool, "Whether it listens until all requests are answered.", "shutdown-send-retry-after"
    ]
    watch_termination_grace_period: Annotated[
        Duration, "How long watches are ended one by one.", "shutdown-watch-termination-grace-period"
    ]
    http_timeout: Annotated[
        Duration, "How long the HTTP server may take to close.", "shutdown-send-retry-after", "request-timeout"
    ]
    pre_shutdown_hooks: Annotated[tuple[str, ...], "Hooks that run first.", "feature-gates"]


class EnabledGates(Section, part_of="featureGates"):
    """Feature gates."""

    enabled: Annotated[
        tuple[str, ...],
        "All gates that are on, sorted.",
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
