"""Verdicts are those of the Go versions of the servers: 1.22 for 1.31, 1.23, 1.24 for two, 1.25, and 1.26."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from hypothesis import given
from hypothesis import strategies as st

from compiler.upstream.x509.private_key import parse_pkcs1, parse_pkcs8, parse_private_key, parse_sec1
from compiler.upstream.x509.public_key import PublicKey, parse_public_key
from tests.apiserver.config_files.der_bytes import NULL, RSA, bits, element, integer, octets, oid, sequence

# Strictness of Go in 1.36, in 1.33 to 1.35, and in 1.32.
LATEST, CHECKED, BEFORE_CHECKS = 4, 2, 1
PKCS8, TRADITIONAL = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
KEY = rsa.generate_private_key(65537, 1024).private_numbers()
P, Q, N, D = KEY.p, KEY.q, KEY.public_numbers.n, KEY.d
EC, P224, P256, K256 = oid("2a8648ce3d0201"), oid("2b81040021"), oid("2a8648ce3d030107"), oid("2b8104000a")


def der(key: Any, form: serialization.PrivateFormat = PKCS8) -> bytes:
    data: bytes = key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    return data


def pkcs1(*further: bytes, n: int = N, e: int = 65537, d: int = D, p: int = P, q: int = Q, version: int = 0) -> bytes:
    return sequence(integer(version), *(integer(number) for number in (n, e, d, p, q)), *further)


def crt(dp: int = KEY.dmp1, dq: int = KEY.dmq1, qinv: int = KEY.iqmp) -> tuple[bytes, bytes, bytes]:
    return integer(dp), integer(dq), integer(qinv)


def with_primes(p: int, q: int, e: int = 65537) -> bytes:
    d = pow(e, -1, math.lcm(p - 1, q - 1))
    return pkcs1(n=p * q, p=p, q=q, d=d, e=e)


def sec1(secret: bytes, *further: bytes, version: int = 1) -> bytes:
    return sequence(integer(version), octets(secret), *further)


def pkcs8(algorithm: bytes, secret: bytes, *further: bytes, version: int = 0) -> bytes:
    return sequence(integer(version), algorithm, octets(secret), *further)


@pytest.mark.parametrize(
    ("data", "until_1_32", "from_1_33"),
    [
        (pkcs1(*crt()), True, True),
        (pkcs1(), True, True),
        (pkcs1(*crt()[:2]), True, True),
        (pkcs1(*crt()) + b"\0", False, False),
        (pkcs1(*crt(), NULL), True, True),
        (pkcs1(*crt(), version=2), False, False),
        (pkcs1(*crt(), version=-1), True, True),
        (pkcs1(*crt(), n=N + 2), False, False),
        (pkcs1(d=D + 2), False, False),
        (pkcs1(*crt(), d=-D), False, False),
        (pkcs1(*crt(), p=1, q=N), False, False),
        (pkcs1(*crt(), p=N, q=1), False, False),
        (pkcs1(*crt(), e=3), False, False),
        (pkcs1(*crt(), e=1 << 64 | 1), False, False),
        # The values of the Chinese remainder theorem are recomputed.
        (pkcs1(*crt(dp=KEY.dmp1 + 2)), True, False),
        (pkcs1(*crt(dq=-1)), True, False),
        (pkcs1(*crt(qinv=KEY.iqmp + 1)), True, False),
        (pkcs1(*crt(qinv=KEY.iqmp + P)), True, False),
        (pkcs1(p=Q, q=P), True, True),
        # A private exponent modulo (p-1)(q-1) is valid too, but not one above n.
        (pkcs1(d=pow(65537, -1, (P - 1) * (Q - 1))), True, True),
        (pkcs1(d=D + N // math.lcm(P - 1, Q - 1) * math.lcm(P - 1, Q - 1) * 2), True, False),
        # Three primes
        (
            pkcs1(*crt(), sequence(sequence(integer(3), integer(1), integer(1))), n=3 * N, version=1),
            True,
            True,
        ),
        (pkcs1(*crt(), sequence(sequence(integer(-3), integer(1), integer(1))), version=1), False, False),
        (pkcs1(*crt(), sequence(sequence(integer(P), integer(1), integer(1))), n=P * N, version=1), True, False),
        (sequence(integer(0)), False, False),
        (b"", False, False),
        (b"\x30\x80\x02\x01\x00", False, False),
        (octets(b"x"), False, False),
    ],
)
def test_rsa(data: bytes, until_1_32: bool, from_1_33: bool) -> None:
    assert (parse_pkcs1(data, BEFORE_CHECKS) is not None) is until_1_32
    assert (parse_pkcs1(data, LATEST) is not None) is from_1_33


def test_private_exponent_is_not_validated_with_crt_values() -> None:
    """Go validates it again from 1.26 on."""
    data = pkcs1(*crt(), d=D + 2)
    assert [parse_pkcs1(data, strictness) is not None for strictness in (BEFORE_CHECKS, CHECKED, 3, LATEST)] == [
        False,
        True,
        True,
        False,
    ]


def close_primes() -> bytes:
    """Return primes of 1024 bits that are too close."""
    p = P if P.bit_length() > 400 else Q
    q = p + 2
    while not _is_prime(q):
        q += 2
    return with_primes(p, q)


def _is_prime(number: int) -> bool:
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5))


def test_primes_may_not_be_close() -> None:
    data = close_primes()
    assert parse_pkcs1(data, BEFORE_CHECKS) is not None
    assert parse_pkcs1(data, LATEST) is None


@pytest.mark.parametrize("size", [512, 768, 1024, 2048])
def test_small_keys_are_accepted(size: int) -> None:
    primes = {512: (2**255 + 95, 2**256 + 297)}.get(size)
    data = with_primes(*primes) if primes else der(rsa.generate_private_key(65537, max(size, 1024)), TRADITIONAL)
    assert parse_pkcs1(data, LATEST) is not None
    assert parse_pkcs8(pkcs8(sequence(RSA, NULL), data), LATEST) is not None


SECRET = b"\x01" * 32
ED25519, X25519 = oid("2b6570"), oid("2b656e")


@pytest.mark.parametrize(
    ("data", "reads"),
    [
        (sec1(SECRET, element(0xA0, P256)), True),
        (sec1(SECRET, element(0xA0, P256)) + b"\0", True),
        (sec1(b"\0\0" + SECRET, element(0xA0, P256)), True),
        (sec1(SECRET[:20], element(0xA0, P256)), True),
        (sec1(b"\x01" + SECRET, element(0xA0, P256)), False),
        (sec1(b"\xff" * 32, element(0xA0, P256)), False),
        (sec1(b"\x01" * 28, element(0xA0, P224)), True),
        (sec1(SECRET, element(0xA0, K256)), False),
        (sec1(SECRET), False),
        (sec1(SECRET, element(0xA0, P256), version=0), False),
        # The public key next to it is ignored.
        (sec1(SECRET, element(0xA0, P256), element(0xA1, bits(b"nonsense"))), True),
        (sec1(SECRET, element(0xA0, P256), element(0xA1, NULL)), True),
        (sec1(SECRET, element(0xA0, P256), element(0xA1, bits(b"\x01", 1))), False),
        (sec1(SECRET, element(0xA0, P256), NULL), False),
        (sec1(SECRET, element(0xA0, P256), octets(b"x")), True),
        (sec1(SECRET, element(0xA0, sequence(integer(1)))), False),
    ],
)
def test_sec1(data: bytes, reads: bool) -> None:
    for strictness in (0, LATEST):
        assert (parse_sec1(data, strictness) is not None) is reads


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pkcs8(sequence(RSA, NULL), pkcs1()), "RSA"),
        (pkcs8(sequence(RSA), pkcs1()), "RSA"),
        (pkcs8(sequence(RSA, NULL), pkcs1(), NULL) + b"\0", "RSA"),
        (pkcs8(sequence(RSA, NULL), pkcs1(), version=7), "RSA"),
        (pkcs8(sequence(RSA, NULL), pkcs1() + b"\0"), ""),
        (pkcs8(sequence(oid("2a864886f70d01010a")), pkcs1()), ""),
        (pkcs8(sequence(EC, P256), sec1(SECRET)), "SECP256R1"),
        (pkcs8(sequence(EC, P256), sec1(SECRET, element(0xA0, P224))), "SECP256R1"),
        (pkcs8(sequence(EC), sec1(SECRET[:28], element(0xA0, P224))), "SECP224R1"),
        (pkcs8(sequence(EC, NULL), sec1(SECRET, element(0xA0, P256))), "SECP256R1"),
        (pkcs8(sequence(EC, K256), sec1(SECRET, element(0xA0, P256))), ""),
        (pkcs8(sequence(EC), sec1(SECRET)), ""),
        (pkcs8(sequence(ED25519), octets(SECRET)), "Ed25519"),
        (pkcs8(sequence(ED25519), octets(SECRET) + b"\0"), "Ed25519"),
        (pkcs8(sequence(ED25519), octets(SECRET[1:])), ""),
        (pkcs8(sequence(ED25519, NULL), octets(SECRET)), ""),
        (pkcs8(sequence(ED25519), SECRET), ""),
        (pkcs8(sequence(X25519), octets(SECRET)), "X25519"),
        (pkcs8(b"", pkcs1()), ""),
    ],
)
def test_pkcs8(data: bytes, kind: str) -> None:
    for strictness in (0, LATEST):
        result = parse_pkcs8(data, strictness)
        assert (result.kind if result else "") == kind


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: rsa.generate_private_key(3, 1024), "RSA"),
        (lambda: ec.generate_private_key(ec.SECP224R1()), "SECP224R1"),
        (lambda: ec.generate_private_key(ec.SECP256R1()), "SECP256R1"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "SECP384R1"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "SECP521R1"),
        (ed25519.Ed25519PrivateKey.generate, "Ed25519"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), ""),
        (lambda: dsa.generate_private_key(1024), ""),
        (x25519.X25519PrivateKey.generate, ""),
        (ed448.Ed448PrivateKey.generate, ""),
    ],
)
def test_public_key_of_a_private_key_matches_its_file(make: Callable[[], Any], kind: str) -> None:
    key = make()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = parse_public_key(key.public_key().public_bytes(serialization.Encoding.DER, form))
    result = parse_private_key(der(key), LATEST)
    assert (result.kind if result and result.kind != "X25519" else "") == kind
    if kind:
        assert result == public
        assert result is not None
        assert result.matches(PublicKey(kind, None))
        assert not result.matches(PublicKey(kind, (1, 2)))
    if kind and kind != "Ed25519":
        assert parse_private_key(der(key, TRADITIONAL), LATEST) == public


@pytest.mark.parametrize(
    ("info", "kind"),
    [
        (sequence(sequence(RSA, NULL), bits(sequence(integer(15), integer(3)))), "RSA"),
        (sequence(sequence(RSA, NULL), bits(sequence(integer(15), integer(3)))) + b"\0", ""),
        (sequence(sequence(RSA), bits(sequence(integer(15), integer(3)))), ""),
        (sequence(integer(15), integer(3)), ""),
        (sequence(sequence(ED25519), bits(SECRET)), "Ed25519"),
        (sequence(sequence(oid("2a0304")), bits(b"?")), ""),
    ],
)
def test_public_keys(info: bytes, kind: str) -> None:
    result = parse_public_key(info)
    assert (result.kind if result else "") == kind


@given(
    st.sampled_from([pkcs1(*crt()), pkcs8(sequence(EC, P256), sec1(SECRET))]),
    st.integers(0, 400),
    st.binary(max_size=3),
)
def test_damaged_bytes_never_raise(data: bytes, start: int, inserted: bytes) -> None:
    damaged = data[:start] + inserted + data[start + 1 :]
    for strictness in (0, LATEST):
        result = parse_private_key(damaged, strictness)
        assert result is None or result.kind in ("RSA", "SECP256R1")
