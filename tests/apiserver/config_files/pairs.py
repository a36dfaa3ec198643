"""Certificates and their keys, generated once per test run."""

from __future__ import annotations

import datetime
import ipaddress
from functools import cache
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Pair(NamedTuple):
    """Return a self-signed certificate and its private key in PEM."""

    certificate: str
    key: str


@cache
def pair(name: str) -> Pair:
    """Return the pair of this name; certificates and keys of different names do not match.

    That of `serving` is for the kubernetes Service, and that of `expired` was valid for a day.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    days = 1 if name == "expired" else 3650
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
    )
    if name == "serving":
        addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("10.0.0.1", "10.96.0.1", "192.0.2.1")]
        names = x509.SubjectAlternativeName([x509.DNSName("kubernetes.default.svc"), *addresses])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(*plain).decode(),
    )
