"""Findings that do not hold if an argument, known only when the server runs, may be any flag."""

from __future__ import annotations

from compiler import rules
from compiler.options.flagset import FlagSet
from compiler.rules import Rule

_GATES = ("feature-gates",)
_ABSENT: dict[Rule, tuple[str, ...]] = {
    rules.PRIORITY_AND_FAIRNESS_WITHOUT_CONCURRENCY: (
        "max-requests-inflight",
        "max-mutating-requests-inflight",
        "enable-priority-and-fairness",
    ),
    rules.ABAC_WITHOUT_POLICY_FILE: ("authorization-policy-file",),
    rules.WEBHOOK_MODE_WITHOUT_CONFIG_FILE: ("authorization-webhook-config-file",),
    rules.INVALID_ABAC_POLICY: ("authorization-policy-file",),
    rules.RELOAD_WITHOUT_ENCRYPTION_CONFIG: ("encryption-provider-config",),
    rules.INVALID_ETCD_CLIENT_CERTIFICATE: ("etcd-certfile", "etcd-keyfile"),
    rules.HOST_ADDRESS_FAMILY_UNKNOWN: ("advertise-address",),
    rules.SERVICE_CIDR_FAMILY_MISMATCH: ("advertise-address",),
    rules.OIDC_ISSUER_OR_CLIENT_MISSING: ("oidc-issuer-url", "oidc-client-id"),
    rules.PEER_PROXY_WITHOUT_CLIENT_CERTIFICATE: ("proxy-client-cert-file", "proxy-client-key-file"),
    rules.OVERLAPPING_CLIENT_CA_FILES: ("requestheader-allowed-names",),
    rules.INCOMPLETE_PAIR_IN_CERT_DIR: ("tls-cert-file", "tls-private-key-file"),
    rules.CERT_DIR_NOT_WRITABLE: ("tls-cert-file", "tls-private-key-file"),
    rules.INCOMPLETE_SERVING_CERTIFICATE_FLAGS: ("tls-cert-file", "tls-private-key-file"),
    rules.MISSING_HTTP2_CIPHER_SUITE: ("disable-http2-serving",),
    rules.FILE_NOT_WRITABLE_IN_CONTAINER: ("tls-cert-file", "tls-private-key-file", "audit-log-path"),
    rules.FORWARD_COMPATIBLE_WITHOUT_EMULATION: ("emulated-version",),
    rules.RUNTIME_CONFIG_FORWARD_COMPATIBLE_WITHOUT_EMULATION: ("emulated-version",),
}
"""Rule -> flags of which one that is not given breaks it."""
_OF_GATES = (
    rules.AUTHORIZATION_CONFIG_WITHOUT_GATE,
    rules.KMS_V1_WITHOUT_GATE,
    rules.FEATURE_GATE_WITHOUT_DEPENDENCY,
    rules.AUTHENTICATION_CONFIG_WITHOUT_GATE,
    rules.SPLIT_STREAM_WITHOUT_GATE,
    rules.INFO_BUFFER_WITHOUT_GATE,
    rules.PEER_FLAGS_WITHOUT_GATE,
    rules.SIGNING_ENDPOINT_WITHOUT_GATE,
)
"""Rules that a feature gate can meet: each use of --feature-gates adds to the others."""


def is_certain(code: str, flag: str, flags: FlagSet) -> bool:
    """Whether a finding holds whatever else is given: it is not about a missing flag, nor caused by one."""
    if flag and not flags.changed(flag) and flag in flags.catalog.flags:
        return False
    rule = rules.by_code()[code]
    if rule in _OF_GATES:
        return False
    absent = _ABSENT.get(rule, ())
    return all(map(flags.changed, absent))
