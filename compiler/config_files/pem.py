"""PEM blocks and what is in them, as Go reads them; nothing of a key is ever shown.

Go: encoding/pem Decode, crypto/x509 and crypto/tls X509KeyPair.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"\n-----END ", b"-----"


class Block(NamedTuple):
    """One PEM block; `headers` tells whether it has any."""

    type: str
    der: bytes
    headers: bool


def blocks(data: bytes) -> list[Block]:
    """The blocks of a text in order; what is malformed is skipped."""
    found = []
    rest = data
    while (decoded := _decode(rest)) is not None:
        block, rest = decoded
        found.append(block)
    return found


def _decode(data: bytes) -> tuple[Block, bytes] | None:
    """The first block and what follows it."""
    start = 0
    while (end := data.find(_END, start)) >= 0:
        after_end = end + len(_END)
        begin = data.rfind(_BEGIN, start, end)
        if begin < 0 or (begin > 0 and data[begin - 1 : begin] != b"\n"):
            start = after_end
            continue
        decoded = _block(data, begin + len(_BEGIN), end)
        if decoded is not None:
            return decoded
        start = after_end
    return None


def _block(data: bytes, start: int, end: int) -> tuple[Block, bytes] | None:
    """The block whose type begins at `start`, with its closing line at `end`; None where it is malformed."""
    type_line, position = _line(data, start)
    if not type_line.endswith(_DASHES):
        return None
    kind = type_line[: -len(_DASHES)]
    headers = False
    while position < len(data):
        line, following = _line(data, position)
        if b":" not in line:
            break
        headers, position = True, following
    if headers and position > end:
        return None
    closing, after = _line(data, end + len(_END))
    if closing != kind + _DASHES:
        return None
    der = _base64(data[position:end])
    return (Block(kind.decode("latin-1"), der, headers), data[after:]) if der is not None else None


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    end = data.find(b"\n", start)
    after = end + 1 if end >= 0 else len(data)
    return data[start : end if end >= 0 else len(data)].removesuffix(b"\r").rstrip(b" \t"), after


def _base64(text: bytes) -> bytes | None:
    import base64
    import binascii

    try:
        return base64.b64decode(re.sub(rb"[ \t\r\n]", b"", text), validate=True)
    except (binascii.Error, ValueError):
        return None


def certificate(der: bytes) -> Any:
    """An X.509 certificate; None where it cannot be parsed."""
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def certificates(data: bytes, strict: bool = False) -> list[Any] | None:
    """The certificates of a bundle; with `strict`, None where one of them cannot be parsed.

    Kubernetes: client-go/util/cert/pem.go, ParseCertsPEM (strict); Go: CertPool.AppendCertsFromPEM.
    """
    found = []
    for block in blocks(data):
        if block.type != "CERTIFICATE" or block.headers:
            continue
        parsed = certificate(block.der)
        if parsed is not None:
            found.append(parsed)
        elif strict:
            return None
    return found


def private_key(der: bytes, *forms: str) -> Any:
    """A private key in PKCS #1, PKCS #8 or SEC 1 without a password; None where it is none of `forms`, if given."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    if forms and _form(der) not in forms:
        return None
    try:
        key = load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if kind_of(key) else None


def _form(der: bytes) -> str:
    """What a private key's outer structure says: its version, then an algorithm, a number or an octet string."""
    body = _sequence(der)
    if body[:2] != b"\x02\x01" or len(body) < 4:
        return ""
    return {0x30: "pkcs8", 0x02: "pkcs1", 0x04: "sec1"}.get(body[3], "")


def _sequence(der: bytes) -> bytes:
    """The content of an ASN.1 sequence; empty for anything else."""
    if len(der) < 2 or der[0] != 0x30:
        return b""
    return der[2 + (der[1] & 0x7F) :] if der[1] & 0x80 else der[2:]


def public_key(der: bytes) -> Any:
    """A public key in PKIX form, or that of a certificate; None where it is neither."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    parsed = certificate(der)
    try:
        # The public key of PKCS #1 has a number first; PKIX has an algorithm.
        if parsed is None and _sequence(der)[:1] != b"\x30":
            return None
        return parsed.public_key() if parsed is not None else load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None


def kind_of(key: Any) -> str:
    """`rsa`, `ed25519`, the name of an elliptic curve that Go knows, or empty for any other kind of key."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return "rsa"
    if isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return key.curve.name if key.curve.name in ("secp224r1", "secp256r1", "secp384r1", "secp521r1") else ""
    return ""


def public_bytes(key: Any) -> bytes:
    """A public key as bytes, to compare."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    data: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data
