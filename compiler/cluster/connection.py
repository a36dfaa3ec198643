"""Connections to servers: deadlines, name resolution, TLS, and secrets that are never echoed."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from compiler.text.redaction import HIDDEN

LONGEST_REQUEST = 10.0
"""Seconds that one answer may take unless the user says otherwise."""
_SHORTEST = 0.02
"""Seconds that are too few for any request."""


class Deadline:
    """The end of a period of `seconds` that begins now; a single request gets at most `request` seconds of it.

    Unless given, `request` is 10 seconds, and no more than a third of the period, so that one request that gets no
    answer leaves time for others.
    """

    def __init__(self, seconds: float, request: float | None = None) -> None:
        self.seconds = seconds
        self.request = min(seconds, request or min(LONGEST_REQUEST, seconds / 3))
        self.end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds until the end, 0 after it."""
        return max(0.0, self.end - time.monotonic())

    def next_request(self) -> float:
        """Seconds that a request may take that begins now; 0 when no time is left."""
        return 0.0 if self.over else min(self.request, self.remaining())

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return self.remaining() < _SHORTEST


_MOST = 16
"""Addresses of one name; the rest are ignored."""

Address = tuple[socket.AddressFamily, Any]


def resolved(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a host, in the order of preference. Raises OSError or UnicodeError, TimeoutError when late."""
    outcome: list[list[Address] | Exception] = []

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            outcome.append([(family, address) for family, _, _, _, address in found[:_MOST]])
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
    """A function that replaces secrets in a string that a server sent, in whatever case the server wrote them.

    Apply it where bytes become strings, before anything is cut or quoted, and again after every further decoding.
    """

    def __init__(self, *secrets: str) -> None:
        # The longest first: one secret may be the beginning of another.
        parts = sorted(map(re.escape, filter(None, secrets)), key=len, reverse=True)
        self._pattern = re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def __call__(self, text: str) -> str:
        """Return the string without the secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern is not None else text


class Credentials(NamedTuple):
    """Whom the client trusts and who it is; empty where nothing is given. `insecure` trusts everybody."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    token: str = ""
    insecure: bool = False

    @property
    def any(self) -> bool:
        """Whether the client says who it is."""
        return bool(self.token or self.cert_file)


def context(credentials: Credentials) -> ssl.SSLContext:
    """What the client's side of TLS is made of; raises ValueError for files that cannot be used."""
    try:
        made = ssl.create_default_context(cafile=credentials.ca_file or None)
    except ssl.SSLError:
        raise ValueError(f"{credentials.ca_file} holds no certificates in PEM form") from None
    except OSError as error:
        raise ValueError(f"{credentials.ca_file} cannot be read: {error.strerror}") from None
    # As Go does: a certificate need not have all that RFC 5280 asks for, and any that is given is trusted as it is.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if credentials.insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if credentials.cert_file:
        try:
            made.load_cert_chain(credentials.cert_file, credentials.key_file or None, _no_password)
        except _EncryptedError:
            raise ValueError("the key of the client certificate is encrypted: give one that is not") from None
        except ssl.SSLError as error:
            reason = "the key is of another" if "MISMATCH" in str(error) else "no PEM of a certificate and its key"
            raise ValueError(f"the client certificate cannot be used: {reason}") from None
        except OSError as error:
            raise ValueError(f"the client certificate or its key cannot be read: {error.strerror}") from None
    return made


class _EncryptedError(Exception):
    pass


def _no_password() -> str:
    """Asked for where a key is encrypted; without it the user would be asked, in the middle of a pipeline."""
    raise _EncryptedError


_HOSTNAME, _ADDRESS = 62, 64
_VERIFY = {
    9: ("has a certificate that is not valid yet", "check the clocks of both sides"),
    10: ("has a certificate that has expired", "renew the certificate of the server"),
    18: ("has a certificate that it signed itself", "give that certificate with --cafile"),
}
_UNKNOWN_CA = ("has a certificate of an unknown CA", "give the CA of the server's certificate with --cafile")
# A part of what OpenSSL says, what it means, what to do.
_REASONS = (
    ("WRONG_VERSION_NUMBER", "does not speak TLS", "write http:// where that is meant, or check the port"),
    ("HTTP_REQUEST", "does not speak TLS", "write http:// where that is meant, or check the port"),
    ("RECORD_LAYER_FAILURE", "does not speak TLS", "write http:// where that is meant, or check the port"),
    ("EOF", "closed the connection while TLS was being agreed on", "check whether this is the right port"),
    ("CERTIFICATE_REQUIRED", "wants a client certificate", "give one with --certfile and --keyfile"),
    ("UNKNOWN_CA", "does not know the CA of the client certificate", "give one of a CA in --client-ca-file"),
    ("BAD_CERTIFICATE", "does not accept the client certificate", "give one of a CA in --client-ca-file"),
    ("PROTOCOL_VERSION", "speaks no version of TLS that is spoken here", "see --tls-min-version of the server"),
    ("UNSUPPORTED_PROTOCOL", "speaks no version of TLS that is spoken here", "see --tls-min-version of the server"),
    ("HANDSHAKE_FAILURE", "has no cipher suite in common", "see --tls-cipher-suites of the server"),
)


def explained(
    error: ssl.SSLError, host: str = "", names_of_server: Callable[[], list[str]] = list
) -> tuple[str, str, bool]:
    """What a failure of TLS means, what to do, and whether waiting is in vain."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in (_HOSTNAME, _ADDRESS):
            names = ", ".join(names_of_server())
            hint = f"ask by one of the names that it has: {names}" if names else "ask by a name that it has"
            return f"has a certificate for other names than {host}", hint, True
        return (*_VERIFY.get(error.verify_code, _UNKNOWN_CA), True)
    text = f"{error.reason or ''} {error}"
    for part, message, hint in _REASONS:
        if part in text.upper().replace(" ", "_"):
            return message, hint, part != "EOF"
    return "could not be spoken to over TLS", f"OpenSSL says {error.reason or error}", True


def names_of(certificate: bytes) -> list[str]:
    """The first names in a certificate, which is not trusted; none if it cannot be parsed."""
    from cryptography import x509

    try:
        parsed = x509.load_der_x509_certificate(certificate)
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return [str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress)][:20]
    except Exception:
        # The parser has many errors of its own for certificates of odd forms, and they are a hint only.
        return []
