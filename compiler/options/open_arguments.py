"""Findings that do not hold if an argument, known only when the server runs, may be any flag."""

from __future__ import annotations

from compiler.options.flagset import FlagSet

_GATES = ("feature-gates",)
_ABSENT: dict[str, tuple[str, ...]] = {
    "APF-01": ("max-requests-inflight", "max-mutating-requests-inflight", "enable-priority-and-fairness"),
    "AZ-03": ("authorization-policy-file",),
    "AZ-04": ("authorization-webhook-config-file",),
    "AZ-09": ("authorization-policy-file",),
    "ETCD-04": ("encryption-provider-config",),
    "ETCD-07": ("etcd-certfile", "etcd-keyfile"),
    "HOST-01": ("advertise-address",),
    "NET-06": ("advertise-address",),
    "OIDC-01": ("oidc-issuer-url", "oidc-client-id"),
    "PEER-02": ("proxy-client-cert-file", "proxy-client-key-file"),
    "RH-04": ("requestheader-allowed-names",),
    "SERV-02": ("tls-cert-file", "tls-private-key-file"),
    "SERV-03": ("tls-cert-file", "tls-private-key-file"),
    "SERV-04": ("tls-cert-file", "tls-private-key-file"),
    "SERV-07": ("disable-http2-serving",),
    "POD-02": ("tls-cert-file", "tls-private-key-file", "audit-log-path"),
    "VER-07": ("emulated-version",),
    "VER-08": ("emulated-version",),
}
"""Rule -> flags of which one that is not given breaks it."""
_OF_GATES = ("AZ-90", "ENC-25", "FG-04", "JWT-90", "LOG-04", "LOG-05", "PEER-01", "SA-90")
"""Rules that a feature gate can meet: each use of --feature-gates adds to the others."""


def is_certain(code: str, flag: str, flags: FlagSet) -> bool:
    """Whether a finding holds whatever else is given: it is not about a missing flag, nor caused by one."""
    from compiler.diagnostics import code_of

    if flag and not flags.changed(flag) and flag in flags.catalog.flags:
        return False
    if code in map(code_of, _OF_GATES):
        return False
    absent = next((names for rule, names in _ABSENT.items() if code_of(rule) == code), ())
    return all(map(flags.changed, absent))
