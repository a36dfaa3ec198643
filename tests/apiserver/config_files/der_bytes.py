"""Hand-written DER that libraries would not produce."""

from __future__ import annotations

import base64

_OIDS = {
    "subject key": "551d0e",
    "key usage": "551d0f",
    "alternative names": "551d11",
    "basic constraints": "551d13",
    "name constraints": "551d1e",
    "distribution points": "551d1f",
    "policies": "551d20",
    "policy mappings": "551d21",
    "authority key": "551d23",
    "policy constraints": "551d24",
    "extended key usage": "551d25",
    "any policy": "551d36",
    "authority information": "2b06010505070101",
    "private": "2a0304",
}


def element(tag: int, *content: bytes) -> bytes:
    """Return an element with a minimally encoded length."""
    inner = b"".join(content)
    size = len(inner)
    if size < 0x80:
        return bytes((tag, size)) + inner
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + inner


def sequence(*content: bytes) -> bytes:
    return element(0x30, *content)


def integer(value: int) -> bytes:
    return element(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(*content: bytes) -> bytes:
    return element(4, *content)


def bits(content: bytes, unused: int = 0) -> bytes:
    return element(3, bytes((unused,)), content)


def oid(hexadecimal: str) -> bytes:
    return element(6, bytes.fromhex(hexadecimal))


def extension(name: str, value: bytes, critical: bytes = b"") -> bytes:
    return sequence(oid(_OIDS[name]), critical, octets(value))


CRITICAL = element(1, b"\xff")
NULL = element(5)
RSA_KEY = sequence(integer(0xC5 << 2040 | 1), integer(65537))
RSA, SHA256 = oid("2a864886f70d010101"), oid("2a864886f70d01010b")


def name(tag: int = 0x0C, text: bytes = b"x") -> bytes:
    return sequence(element(0x31, sequence(oid("550403"), element(tag, text))))


def certificate(
    *extensions: bytes,
    version: bytes = element(0xA0, integer(2)),
    serial: bytes = integer(1),
    algorithm: bytes = sequence(SHA256, NULL),
    issuer: bytes | None = None,
    start: bytes = element(0x17, b"260101000000Z"),
    end: bytes = element(0x18, b"20560101000000Z"),
    key: bytes = sequence(sequence(RSA, NULL), bits(RSA_KEY)),
    before_extensions: bytes = b"",
    outer: bytes | None = None,
    signature: bytes = bits(b"unsigned"),
    after: bytes = b"",
) -> bytes:
    """Return a certificate with an invalid signature, which is not verified."""
    known = element(0xA3, sequence(*extensions)) if extensions else b""
    issuer = name() if issuer is None else issuer
    body = (version, serial, algorithm, issuer, sequence(start, end), name(), key, before_extensions, known)
    return sequence(sequence(*body), algorithm if outer is None else outer, signature) + after


def pem(kind: str, der: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(der).decode()}-----END {kind}-----\n"
