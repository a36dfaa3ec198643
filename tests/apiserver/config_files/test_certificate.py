"""Verdicts are those of the Go versions of the servers: 1.22 for 1.31, 1.23, 1.24 for two, 1.25, and 1.26."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.upstream.catalog import catalog
from compiler.upstream.x509 import go_of, parse_certificate
from compiler.upstream.x509.public_key import PublicKey
from tests.apiserver.config_files.der_bytes import (
    CRITICAL,
    NULL,
    RSA,
    RSA_KEY,
    SHA256,
    bits,
    certificate,
    element,
    extension,
    integer,
    name,
    octets,
    oid,
    sequence,
)
from tests.versions import RECORDED_VERSIONS

ALL, NONE = tuple(RECORDED_VERSIONS), ()


def readers(der: bytes) -> tuple[str, ...]:
    """Return the versions that can parse a certificate."""
    return tuple(version for version in ALL if parse_certificate(der, go_of(catalog(version))) is not None)


def until(version: str) -> tuple[str, ...]:
    return ALL[: ALL.index(version) + 1]


def utc(text: bytes) -> bytes:
    return certificate(start=element(0x17, text))


def general(text: bytes) -> bytes:
    return certificate(end=element(0x18, text))


def names(*alternatives: bytes) -> bytes:
    return certificate(extension("alternative names", sequence(*alternatives)))


def constraints(tag: int, base: bytes) -> bytes:
    return certificate(extension("name constraints", sequence(element(0xA0, sequence(element(tag, base)))), CRITICAL))


PLAIN = certificate()
ED25519 = oid("2b6570")
EC, P256, K256 = oid("2a8648ce3d0201"), oid("2a8648ce3d030107"), oid("2b8104000a")
POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
ALGORITHM = sequence(SHA256, NULL)


@pytest.mark.parametrize(
    ("der", "expected"),
    [
        (PLAIN, ALL),
        (PLAIN + b"\0", NONE),
        (PLAIN[:-1], NONE),
        (b"", NONE),
        (sequence(), NONE),
        (certificate(signature=bits(b"x") + b"more"), ALL),
        (certificate(signature=b""), NONE),
        (certificate(signature=bits(b"", 1)), NONE),
        (certificate(signature=bits(b"\x01", 1)), NONE),
        # Lengths and numbers that are not minimally encoded.
        (b"\x30\x84\x00" + PLAIN[2:], NONE),
        (certificate(serial=b"\x02\x81\x01\x01"), NONE),
        (certificate(serial=b"\x02\x02\x00\x01"), NONE),
        # Versions and serials
        (certificate(version=b""), ALL),
        (certificate(version=element(0xA0, integer(0))), ALL),
        (certificate(version=element(0xA0, integer(3))), NONE),
        (certificate(version=element(0xA0, integer(-1))), NONE),
        (certificate(version=element(0xA0, integer(2), NULL)), NONE),
        (certificate(serial=integer(0)), ALL),
        (certificate(serial=integer(1 << 400)), ALL),
        (certificate(serial=integer(-5)), until("1.31")),
        # Algorithms
        (certificate(outer=sequence(SHA256)), NONE),
        (certificate(algorithm=sequence(oid("2a0304"))), ALL),
        (certificate(algorithm=sequence(oid("80"))), NONE),
        (certificate(algorithm=sequence(SHA256, NULL, NULL)), ALL),
        (certificate(algorithm=sequence()), NONE),
        # Names
        (certificate(issuer=sequence()), ALL),
        (certificate(issuer=name(0x0C, b"\xff")), NONE),
        (certificate(issuer=name(0x13, b"*&")), ALL),
        (certificate(issuer=name(0x13, b"a_b")), NONE),
        (certificate(issuer=name(0x12, b"1 2")), ALL),
        (certificate(issuer=name(0x12, b"a")), NONE),
        (certificate(issuer=name(0x14, b"\xff\n")), ALL),
        (certificate(issuer=name(0x16, b"\x80")), NONE),
        (certificate(issuer=name(0x1E, b"\x00a")), ALL),
        (certificate(issuer=name(0x1E, b"a")), NONE),
        (certificate(issuer=name(0x1E, b"\xd8\x00")), until("1.34")),
        (certificate(issuer=name(0x1C, b"\x00\x00\x00a")), NONE),
        (certificate(issuer=element(0x31)), NONE),
        # Times: only UTC in its shortest form is valid.
        (utc(b"2601010000Z"), ALL),
        (utc(b"260101000000+0100"), ALL),
        (utc(b"260101000000+0000"), NONE),
        (utc(b"260101000000"), NONE),
        (utc(b"260229000000Z"), NONE),
        (utc(b"240229000000Z"), ALL),
        (utc(b"260101240000Z"), NONE),
        (utc(b"260101000060Z"), NONE),
        (general(b"00000229000000Z"), ALL),
        (general(b"202601010000Z"), NONE),
        (general(b"20260101000000.5Z"), NONE),
        (certificate(start=element(0x04, b"260101000000Z")), NONE),
        # The order of the two dates, and whether they are in the past, is not checked.
        (certificate(start=element(0x17, b"100101000000Z"), end=element(0x17, b"000101000000Z")), ALL),
    ],
)
def test_body(der: bytes, expected: tuple[str, ...]) -> None:
    assert readers(der) == expected


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (sequence(sequence(RSA), bits(RSA_KEY)), NONE),
        (sequence(sequence(RSA, NULL), bits(sequence(integer(0), integer(3)))), NONE),
        (sequence(sequence(RSA, NULL), bits(sequence(integer(15), integer(-3)))), NONE),
        (sequence(sequence(RSA, NULL), bits(sequence(integer(15), integer(1 << 63)))), NONE),
        (sequence(sequence(RSA, NULL), bits(sequence(integer(15), integer(3), NULL))), ALL),
        (sequence(sequence(EC, P256), bits(POINT)), ALL),
        (sequence(sequence(EC, P256), bits(POINT[:-1] + b"\0")), NONE),
        (sequence(sequence(EC, P256), bits(b"\x03" + POINT[1:33])), NONE),
        (sequence(sequence(EC, K256), bits(POINT)), NONE),
        (sequence(sequence(EC, sequence(integer(1))), bits(POINT)), NONE),
        (sequence(sequence(ED25519), bits(b"k" * 32)), ALL),
        (sequence(sequence(ED25519), bits(b"k" * 31)), NONE),
        (sequence(sequence(ED25519, NULL), bits(b"k" * 32)), NONE),
        (sequence(sequence(oid("2a0304")), bits(b"who knows")), ALL),
        (sequence(sequence(oid("2b656e")), bits(b"short")), ALL),
        (
            sequence(sequence(oid("2a8648ce380401"), sequence(integer(7), integer(3), integer(2))), bits(integer(4))),
            ALL,
        ),
        (sequence(sequence(oid("2a8648ce380401"), sequence(integer(7), integer(3))), bits(integer(4))), NONE),
        (sequence(sequence(RSA, NULL)), NONE),
        (b"", NONE),
    ],
)
def test_key(info: bytes, expected: tuple[str, ...]) -> None:
    assert readers(certificate(key=info)) == expected


@pytest.mark.parametrize(
    ("der", "expected"),
    [
        (certificate(extension("private", b"junk", CRITICAL)), ALL),
        (certificate(extension("private", b"a"), extension("private", b"b")), NONE),
        (certificate(extension("private", b"a", element(1, b"\x01"))), NONE),
        (certificate(extension("private", b"junk"), version=b""), ALL),
        (certificate(extension("key usage", b"junk"), version=element(0xA0, integer(1))), ALL),
        (certificate(before_extensions=element(0x81, b"id") + element(0x82, b"id")), ALL),
        (certificate(extension("key usage", bits(b"\x06", 1), CRITICAL)), ALL),
        (certificate(extension("key usage", b"junk")), NONE),
        (certificate(extension("subject key", octets(b"id"))), ALL),
        (certificate(extension("subject key", octets(b"id"), CRITICAL)), until("1.31")),
        (certificate(extension("subject key", b"junk")), NONE),
        (certificate(extension("authority key", sequence(element(0x80, b"id")))), ALL),
        (certificate(extension("authority key", sequence(), CRITICAL)), until("1.31")),
        (certificate(extension("authority key", b"junk")), NONE),
        (certificate(extension("authority information", sequence(), CRITICAL)), until("1.31")),
        (certificate(extension("authority information", sequence(sequence(RSA, element(0x86, b"u"))))), ALL),
        (certificate(extension("authority information", sequence(sequence(NULL)))), NONE),
        (certificate(extension("basic constraints", sequence())), ALL),
        (certificate(extension("basic constraints", sequence(CRITICAL, integer(0)))), ALL),
        (certificate(extension("basic constraints", sequence(integer(-1)))), until("1.34")),
        (certificate(extension("basic constraints", sequence(integer(1 << 70)))), NONE),
        (certificate(extension("basic constraints", integer(1))), NONE),
        (certificate(extension("extended key usage", sequence(RSA, P256))), ALL),
        (certificate(extension("extended key usage", sequence(NULL))), NONE),
        (certificate(extension("policies", sequence(sequence(RSA)))), ALL),
        (certificate(extension("policies", sequence(sequence(RSA), sequence(RSA)))), until("1.32")),
        (certificate(extension("policies", sequence(sequence(oid("2a80"))))), NONE),
        (certificate(extension("policies", sequence(sequence(oid("2affffffffffffff7f"))))), ALL),
        (certificate(extension("policy mappings", sequence(sequence(RSA, P256)))), ALL),
        (certificate(extension("policy mappings", sequence(sequence(RSA)))), until("1.32")),
        (certificate(extension("policy constraints", sequence(element(0x80, b"\0")))), ALL),
        (certificate(extension("policy constraints", sequence(element(0x80)))), until("1.32")),
        (certificate(extension("any policy", integer(0))), ALL),
        (certificate(extension("any policy", NULL)), until("1.32")),
        (certificate(extension("distribution points", sequence(sequence()))), ALL),
        (certificate(extension("distribution points", sequence(NULL))), NONE),
        (
            certificate(
                extension(
                    "distribution points", sequence(sequence(element(0xA0, element(0xA0, element(0x86, b"http://a")))))
                )
            ),
            ALL,
        ),
        (certificate(extension("distribution points", sequence(sequence(element(0xA0, NULL))))), NONE),
    ],
)
def test_extensions(der: bytes, expected: tuple[str, ...]) -> None:
    assert readers(der) == expected


@pytest.mark.parametrize(
    ("der", "expected"),
    [
        (names(), ALL),
        (names(element(0x82, b"a..b"), element(0x82, b""), element(0x81, b"@")), ALL),
        (names(element(0x82, b"\xff")), NONE),
        (names(element(0x81, b"\xff")), NONE),
        (names(element(0x87, b"1234"), element(0x87, b"k" * 16)), ALL),
        (names(element(0x87, b"12345")), NONE),
        (names(element(0x86, b"spiffe://a.b/c")), ALL),
        (names(element(0x86, b"urn:x")), ALL),
        (names(element(0x86, b"://")), NONE),
        (names(element(0x86, b"http://a.")), NONE),
        (names(element(0x86, b"http://a..b")), NONE),
        (names(element(0xA4, b"junk")), ALL),
        (certificate(extension("alternative names", b"junk")), NONE),
        (constraints(0x82, b".a.b"), ALL),
        (constraints(0x82, b""), ALL),
        (constraints(0x82, b"a."), NONE),
        (constraints(0x82, b"a b"), NONE),
        (constraints(0x81, b"a@b"), ALL),
        (constraints(0x81, b"a..b"), NONE),
        (constraints(0x87, b"\x0a\0\0\0\xff\0\0\0"), ALL),
        (constraints(0x87, b"\x0a\0\0\0\xff\0\xff\0"), NONE),
        (constraints(0x87, b"\x0a\0\0\0"), NONE),
        (constraints(0xA4, b"junk"), ALL),
        (certificate(extension("name constraints", sequence())), NONE),
        (certificate(extension("name constraints", sequence(element(0xA0), element(0xA1)))), NONE),
        (certificate(extension("name constraints", sequence(NULL))), NONE),
    ],
)
def test_names_in_extensions(der: bytes, expected: tuple[str, ...]) -> None:
    assert readers(der) == expected


def test_public_key() -> None:
    go = go_of(catalog("1.36"))
    assert parse_certificate(PLAIN, go) == PublicKey("RSA", (0xC5 << 2040 | 1, 65537))
    point = parse_certificate(certificate(key=sequence(sequence(EC, P256), bits(POINT))), go)
    assert point == PublicKey("SECP256R1", (int.from_bytes(POINT[1:33], "big"), int.from_bytes(POINT[33:], "big")))
    unknown = parse_certificate(certificate(key=sequence(sequence(oid("2a0304")), bits(b"?"))), go)
    assert unknown is not None
    assert not unknown.kind


@given(st.integers(0, len(PLAIN) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_damaged_bytes_never_raise(start: int, inserted: bytes, cut: int) -> None:
    damaged = PLAIN[:start] + inserted + PLAIN[start + cut :]
    for version in ("1.31", "1.36"):
        result = parse_certificate(damaged, go_of(catalog(version)))
        assert result is None or result.kind in ("RSA", "")
