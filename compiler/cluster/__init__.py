"""Live etcd and API servers, read only: deadlines, name resolution, TLS, and secrets that are never echoed."""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

from compiler.filesystem import reason
from compiler.text.redaction import HIDDEN

DEFAULT_REQUEST = 10.0
"""Default timeout of a request in seconds."""
_SHORTEST = 0.02
"""Seconds; too little for any request."""


class Deadline:
    """The end of a period of `seconds` that starts now; a single request gets at most `request` seconds of it.

    `request` defaults to 10 seconds, but at most a third of the period, so that one request without a response leaves
    time for others.
    """

    def __init__(self, seconds: float, request: float | None = None) -> None:
        self.seconds = seconds
        self.request = min(seconds, request or min(DEFAULT_REQUEST, seconds / 3))
        self.end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds until the end, 0 after it."""
        return max(0.0, self.end - time.monotonic())

    def next_request(self) -> float:
        """Return the timeout of a request that starts now; 0 if no time is left."""
        return 0.0 if self.over else min(self.request, self.remaining())

    @property
    def over(self) -> bool:
        """Return whether no time is left."""
        return self.remaining() < _SHORTEST


_MAX_ADDRESSES = 16
"""Addresses of one name; others are ignored."""

Address = tuple[socket.AddressFamily, Any]


def resolved(host: str, port: int, seconds: float) -> list[Address]:
    """Return the addresses of a host in order of preference. Raises OSError, UnicodeError, or TimeoutError."""
    outcome: list[list[Address] | Exception] = []

    def resolve() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            outcome.append([(family, address) for family, _, _, _, address in entries[:_MAX_ADDRESSES]])
        except (OSError, UnicodeError) as error:
            outcome.append(error)

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TimeoutError
    result = outcome[0]
    if isinstance(result, Exception):
        raise result
    return result


class Mask:
    """A function that masks secrets in strings that a server sent, ignoring case.

    Apply it where bytes become strings, before truncation or quoting, and again after every further decoding.
    """

    def __init__(self, *secrets: str) -> None:
        # Longest first: one secret may be a prefix of another.
        parts = sorted(map(re.escape, filter(None, secrets)), key=len, reverse=True)
        self._pattern = re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def __call__(self, text: str) -> str:
        """Return the string without the secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern is not None else text


def is_visible_ascii(text: str) -> bool:
    """Return whether a string has only visible ASCII characters, as tokens and server names do; also if it is empty."""
    return all("!" <= letter <= "~" for letter in text)


class Credentials(NamedTuple):
    """CA bundle, client certificate and key in PEM, and bearer token; empty if not set.

    Without a CA bundle, the system's is used; `insecure` skips certificate verification. `expires` is when token and
    certificate expire, in seconds since the epoch; None if that is unknown.
    """

    ca: bytes = b""
    certificate: bytes = b""
    key: bytes = b""
    token: str = ""
    insecure: bool = False
    expires: float | None = None

    @property
    def any(self) -> bool:
        """Return whether the client has credentials."""
        return bool(self.token or self.certificate)


class Target(NamedTuple):
    """A server and how to connect to it.

    `server_name` is the name in its certificate, by default the host of the URL. `proxy` is the URL of a proxy, empty
    for a direct connection. `headers` are sent with every request. `renew` returns the credentials to use after these
    have expired; it raises ServerError.
    """

    url: str
    credentials: Credentials = Credentials()
    server_name: str = ""
    proxy: str = ""
    headers: tuple[tuple[str, bytes], ...] = ()
    renew: Callable[[], Credentials] | None = None


def context(credentials: Credentials) -> ssl.SSLContext:
    """Return the client's TLS context. Raises ValueError for an invalid CA bundle, certificate or key."""
    try:
        # Comments in a bundle may contain any characters.
        tls = ssl.create_default_context(cadata=credentials.ca.decode("ascii", "ignore") or None)
    except (ssl.SSLError, ValueError):
        raise ValueError("the CA bundle contains no PEM certificates, or an invalid one") from None
    # As Go does: not strict about RFC 5280, and every certificate of the bundle is a trust anchor.
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if credentials.insecure:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    if credentials.certificate:
        _load_certificate(tls, credentials.certificate, credentials.key or credentials.certificate)
    return tls


def _load_certificate(tls: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load the client certificate and its key. Raises ValueError."""
    try:
        with _as_file(certificate) as certificate_path, _as_file(key) as key_path:
            tls.load_cert_chain(certificate_path, key_path, _no_password)
    except _EncryptedError:
        raise ValueError("the client key is encrypted: use an unencrypted key") from None
    except ssl.SSLError as error:
        cause = "the key does not match" if "MISMATCH" in str(error) else "not a PEM certificate with its key"
        raise ValueError(f"invalid client certificate: {cause}") from None
    except OSError as error:
        raise ValueError(f"cannot load the client certificate: {reason(error)}") from None


@contextmanager
def _as_file(data: bytes) -> Iterator[str]:
    """Return the path of a file that has no name: OpenSSL loads keys only from files. On Linux, it is in memory."""
    with _nameless_file() as file:
        file.write(data)
        file.seek(0)
        yield f"/dev/fd/{file.fileno()}"


def _nameless_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("pem"), "w+b")
    from tempfile import TemporaryFile

    return TemporaryFile()


class _EncryptedError(Exception):
    pass


def _no_password() -> str:
    """Refuse to read a password, which OpenSSL would otherwise prompt for."""
    raise _EncryptedError


_HOSTNAME, _ADDRESS = 62, 64
_VERIFY = {
    9: ("has a certificate that is not valid yet", "check the clocks on both sides"),
    10: ("has a certificate that has expired", "renew the certificate of the server"),
    18: ("has a self-signed certificate", "pass that certificate with --cafile"),
}
_UNKNOWN_CA = ("has a certificate signed by an unknown authority", "pass the CA of the server with --cafile")
# Part of the OpenSSL error, message, hint.
_REASONS = (
    ("WRONG_VERSION_NUMBER", "does not use TLS", "write http://, or check the port"),
    ("HTTP_REQUEST", "does not use TLS", "write http://, or check the port"),
    ("RECORD_LAYER_FAILURE", "does not use TLS", "write http://, or check the port"),
    ("EOF", "closed the connection during the TLS handshake", "check the port"),
    ("CERTIFICATE_REQUIRED", "requires a client certificate", "pass one with --certfile and --keyfile"),
    ("UNKNOWN_CA", "does not trust the CA of the client certificate", "use a certificate of a CA in --client-ca-file"),
    ("BAD_CERTIFICATE", "rejected the client certificate", "use a certificate of a CA in --client-ca-file"),
    ("PROTOCOL_VERSION", "has no TLS version in common", "see --tls-min-version of the server"),
    ("UNSUPPORTED_PROTOCOL", "has no TLS version in common", "see --tls-min-version of the server"),
    ("HANDSHAKE_FAILURE", "has no cipher suite in common", "see --tls-cipher-suites of the server"),
)


def explained(
    error: ssl.SSLError, host: str = "", names_of_server: Callable[[], list[str]] = list
) -> tuple[str, str, bool]:
    """Return message, hint and whether waiting is useless, for a TLS error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in (_HOSTNAME, _ADDRESS):
            names = ", ".join(names_of_server())
            hint = f"use one of its names: {names}" if names else "use a name in the certificate"
            return f"has a certificate that is not valid for {host}", hint, True
        return (*_VERIFY.get(error.verify_code, _UNKNOWN_CA), True)
    text = f"{error.reason or ''} {error}"
    for part, message, hint in _REASONS:
        if part in text.upper().replace(" ", "_"):
            return message, hint, part != "EOF"
    return "failed the TLS handshake", f"OpenSSL reports {error.reason or error}", True


def names_of(certificate: bytes) -> list[str]:
    """Return the first names in an untrusted certificate (DER); none if it cannot be parsed."""
    from cryptography import x509

    try:
        parsed = x509.load_der_x509_certificate(certificate)
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return [str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress)][:20]
    except Exception:
        # The parser raises many kinds of errors for unusual certificates, and the names are only a hint.
        return []
