"""The base class of option groups: access to flags and diagnostics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from compiler import rules
from compiler.apiserver.context import NamedFile, ServerContext
from compiler.apiserver.flagset import FlagSet
from compiler.diagnostics import diagnose
from compiler.rules import Rule
from compiler.text import did_you_mean, shown


class OptionGroup:
    """One named flag set of the server.

    A group has up to three methods, called by the stages of the start-up: `complete` fills in defaults that depend on
    other values, `validate` reports what the server would refuse, `apply_to` assigns sections of the resolved config.
    """

    name: ClassVar[str]

    def __init__(self, context: ServerContext) -> None:
        self.context = context
        self.flags = context.flags

    def named(self, flag: str, path: str | None = None, element: int | None = None) -> NamedFile:
        """Return the file that a flag, or an element of its list, names; `path` if that is not the flag's value."""

        def report(rule: Rule, message: str, hint: str) -> None:
            self.report(rule, f"--{flag}: {message}", hint, flag, element)

        return NamedFile(self.context, flag, self.flags.text(flag) if path is None else path, report)

    def report(self, rule: Rule, message: str, hint: str, flag: str, element: int | None = None) -> None:
        """Report a broken rule, with the rule's severity, at a flag or at an element of its list.

        If the flag is not set, the position is the group's section, or else the start of the input.
        """
        context = self.context
        if context.report.drops(rule, flag):
            return
        path = self.flags.path(flag, element) or context.input.path_of(flag, context.catalog)
        location = self.flags.location(flag, element) or context.input.section_location(self.name)
        context.report.add(diagnose(rule, message, hint, path=path, flag=flag, location=location))

    def report_unknown_word(self, rule: Rule, flag: str, words: Sequence[str]) -> None:
        """Report a value that is not one of the words that a flag accepts."""
        value = self.flags.text(flag)
        *others, last = words
        hint = did_you_mean(value, words) or f"write {', '.join(others)}{' or ' if others else ''}{last}"
        self.report(rule, f"--{flag} {shown(value)} is not known", hint, flag)

    def report_negative(self, rule: Rule, flag: str, hint: str = "write 0 or more") -> None:
        """Report a number or duration below zero."""
        if self.flags.number(flag) < 0:
            self.report(rule, f"--{flag} {self.flags.given(flag)} is negative", hint, flag)


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
"""Rule -> flags; the rule is broken if one of them is not set."""
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
"""Rules that a feature gate can fulfil: each use of --feature-gates adds to the others."""


def is_certain(code: str, flag: str, flags: FlagSet) -> bool:
    """Whether a diagnostic holds whatever else is set: it is not about a missing flag, nor caused by one."""
    if flag and not flags.changed(flag) and flag in flags.catalog.flags:
        return False
    rule = rules.by_code()[code]
    if rule in _OF_GATES:
        return False
    absent = _ABSENT.get(rule, ())
    return all(map(flags.changed, absent))
