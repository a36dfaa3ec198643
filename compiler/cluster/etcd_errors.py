"""Errors of etcd calls, and their explanations."""

from __future__ import annotations

from compiler.text import shown


class EtcdError(Exception):
    """An etcd that cannot be read; the text says which one and why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class CompactedError(EtcdError):
    """The revision of a scan was compacted."""


class TooLargeError(EtcdError):
    """The response exceeds the size limit."""


_COMPACTED = "compacted"
_TOO_LARGE = "larger than max"
_USER = "give --user, and the password in KASC_ETCD_PASSWORD"
_TLS = "check https or http, and the certificates"
# gRPC status, part of its details, message, hint.
_MEANINGS = (
    (
        "UNAVAILABLE",
        "CERTIFICATE_VERIFY_FAILED",
        "has a certificate of an unknown CA",
        "give its CA with --etcd-cafile",
    ),
    ("UNAVAILABLE", "SSL", "failed the TLS handshake", _TLS),
    ("UNAVAILABLE", "handshake", "failed the TLS handshake", _TLS),
    ("UNAVAILABLE", "Socket closed", "closed the connection", _TLS),
    ("UNAVAILABLE", "", "cannot be reached", "check the address, the network and the certificates"),
    ("DEADLINE_EXCEEDED", "", "did not answer in time", "allow more time with --request-timeout"),
    ("PERMISSION_DENIED", "", "does not allow this user to read", "grant the user read permission on the prefix"),
    ("UNAUTHENTICATED", "", "requires a user and a password", _USER),
    ("INVALID_ARGUMENT", "user name is empty", "requires a user and a password", _USER),
    ("INVALID_ARGUMENT", "authentication failed", "rejected the user or password", "check both"),
    ("UNIMPLEMENTED", "", "does not support the v3 API", "upgrade it to etcd 3.5 or newer"),
    ("RESOURCE_EXHAUSTED", _TOO_LARGE, "sent a response that is too large", "scan a part with --prefix"),
)


def explained(url: str, status: str, details: str) -> EtcdError:
    """Return the error for a failed call by its gRPC status; secrets in the details are masked already."""
    for name, part, message, hint in _MEANINGS:
        if status == name and part in details:
            kind = TooLargeError if part == _TOO_LARGE else EtcdError
            return kind(f"{url} {message}", hint)
    kind = CompactedError if _COMPACTED in details else EtcdError
    return kind(f"{url} returned an error: {shown(details or status)}", "see the log of etcd")
