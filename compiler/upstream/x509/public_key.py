"""Public keys in certificates and separate files.

Go: crypto/x509, parser.go (parsePublicKey) and x509.go (ParsePKIXPublicKey).
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.upstream.x509.asn1 import BITS, NULL, Der, MalformedDERError

RSA, EC, ED25519 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", b"\x2a\x86\x48\xce\x3d\x02\x01", b"\x2b\x65\x70"
X25519, DSA = b"\x2b\x65\x6e", b"\x2a\x86\x48\xce\x38\x04\x01"
CURVES = {
    b"\x2b\x81\x04\x00\x21": "SECP224R1",
    b"\x2a\x86\x48\xce\x3d\x03\x01\x07": "SECP256R1",
    b"\x2b\x81\x04\x00\x22": "SECP384R1",
    b"\x2b\x81\x04\x00\x23": "SECP521R1",
}
"""Elliptic curves that Go supports."""
BITS_OF_CURVE = {"SECP224R1": 224, "SECP256R1": 256, "SECP384R1": 384, "SECP521R1": 521}


class PublicKey(NamedTuple):
    """A public key; `kind` is `RSA`, `Ed25519`, the name of a curve, or a kind that TLS and tokens cannot use.

    `parts` are its numbers, None if they could not be computed.
    """

    kind: str
    parts: tuple[int | bytes, ...] | None

    def matches(self, other: PublicKey) -> bool:
        """Return whether both can be the same key."""
        return self.kind == other.kind and (None in (self.parts, other.parts) or self.parts == other.parts)


class Algorithm(NamedTuple):
    """An AlgorithmIdentifier: its OID and the element of its parameters, empty if there are none."""

    oid: bytes
    parameters: bytes


def read_algorithm(der: Der) -> Algorithm:
    """Return an AlgorithmIdentifier; data after the parameters is ignored."""
    oid, start = der.oid(), der.position
    if not der.empty:
        der.any()
    return Algorithm(oid, der.data[start : der.position])


def read_public_key(algorithm: Algorithm, data: bytes) -> PublicKey:
    """Return the key of a SubjectPublicKeyInfo. Raise MalformedDERError."""
    oid, parameters = algorithm
    if oid == RSA:
        return _rsa(parameters, data)
    if oid == EC:
        curve = CURVES.get(Der(parameters).oid())
        if curve is None:
            raise MalformedDERError
        return _point(curve, data)
    if oid == ED25519:
        if parameters or len(data) != 32:
            raise MalformedDERError
        return PublicKey("Ed25519", (data,))
    if oid == DSA:
        numbers = Der(parameters).inner()
        if min(Der(data).integer(), numbers.integer(), numbers.integer(), numbers.integer()) <= 0:
            raise MalformedDERError
        return PublicKey("DSA", (data, parameters))
    return PublicKey("", ())


def _rsa(parameters: bytes, data: bytes) -> PublicKey:
    if parameters != bytes((NULL, 0)):
        raise MalformedDERError
    numbers = Der(data).inner()
    modulus, exponent = numbers.integer(), numbers.integer(8)
    if modulus <= 0 or exponent <= 0:
        raise MalformedDERError
    return PublicKey("RSA", (modulus, exponent))


def _point(curve: str, data: bytes) -> PublicKey:
    """Return the key of an uncompressed point."""
    size = (BITS_OF_CURVE[curve] + 7) // 8
    if len(data) != 1 + 2 * size or data[0] != 4:
        raise MalformedDERError
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        ec.EllipticCurvePublicNumbers(x, y, getattr(ec, curve)()).public_key()
    except ValueError:
        raise MalformedDERError from None
    except UnsupportedAlgorithm:
        pass  # some builds of OpenSSL do not have all curves
    return PublicKey(curve, (x, y))


def parse_public_key(data: bytes) -> PublicKey | None:
    """Return a public key in PKIX, None if it is not valid. Go: ParsePKIXPublicKey."""
    try:
        whole = Der(data)
        info = whole.inner()
        algorithm = read_algorithm(info.inner())
        key = read_public_key(algorithm, info.bits()) if info.has(BITS) and whole.empty else None
    except MalformedDERError:
        return None
    return key if key is not None and key.kind else None
