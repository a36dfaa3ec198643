"""TLS of a client: its files, and what went wrong in words."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import NamedTuple


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
