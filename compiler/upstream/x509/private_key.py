"""Private keys that Go can parse, and their public keys. Go: crypto/x509, crypto/rsa."""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from compiler.upstream.x509.asn1 import BITS, INTEGER, OCTETS, OID, SEQUENCE, Der, MalformedDERError
from compiler.upstream.x509.public_key import BITS_OF_CURVE, CURVES, EC, ED25519, RSA, X25519, PublicKey, read_algorithm

# Strictness (see `Go`) from which the numbers, and the CRT exponents, are validated.
_VALIDATED, _EXPONENTS_VALIDATED = 2, 4


class RSANumbers(NamedTuple):
    """The numbers of PKCS #1. `crt` are the precomputed values of the Chinese remainder theorem, None if missing."""

    modulus: int
    exponent: int
    secret: int
    primes: list[int]
    crt: list[int | None]

    def are_valid(self, strictness: int) -> bool:
        """Return whether Go accepts the key."""
        if min(self.modulus, self.secret, *self.primes) <= 0 or not 2 <= self.exponent < 1 << 31:
            return False
        if min(self.primes) == 1:
            return False
        return self._are_consistent(strictness) if strictness >= _VALIDATED else self._match_primes()

    def _match_primes(self) -> bool:
        """Go 1.23 and earlier, which recomputes `crt`."""
        product = 1
        for prime in self.primes:
            product *= prime
        exponents_match = (self.exponent * self.secret % (prime - 1) == 1 for prime in self.primes)
        return product == self.modulus and all(exponents_match)

    def _are_consistent(self, strictness: int) -> bool:
        """Go 1.24 and later: crypto/internal/fips140/rsa, checkPrivateKey."""
        present = [number for number in self.crt if number is not None]
        if any(number <= 0 for number in present):
            return False
        if self.modulus % 2 == 0 or self.exponent % 2 == 0 or self.secret >= self.modulus:
            return False
        if len(self.primes) > 2:
            return self._are_coprime()
        p, q = self.primes
        if p * q != self.modulus:
            return False
        computed = [self.secret % (p - 1), self.secret % (q - 1), pow(q, p - 2, p)]
        dp, dq, inverse = present if len(present) == 3 else computed
        if strictness >= _EXPONENTS_VALIDATED and [dp, dq] != computed[:2]:
            return False
        p_matches = dp < p - 1 and self.exponent * dp % (p - 1) == 1 and inverse < p and inverse * q % p == 1
        q_matches = dq < q - 1 and self.exponent * dq % (q - 1) == 1
        return p_matches and q_matches and self._are_safe(p - q)

    def _are_coprime(self) -> bool:
        """Return whether the primes are coprime, the only check for more than two primes."""
        product = 1
        for prime in self.primes:
            if gcd(product, prime) != 1:
                return False
            product *= prime
        return True

    def _are_safe(self, difference: int) -> bool:
        bits = self.modulus.bit_length() // 2
        return abs(difference).bit_length() > bits - 100 and self.secret.bit_length() > bits


_NONZERO = 4


def parse_private_key(data: bytes, strictness: int) -> PublicKey | None:
    """Return a key in any of the three formats, None if it is not valid. Go: crypto/tls, parsePrivateKey."""
    return parse_pkcs1(data, strictness) or parse_pkcs8(data, strictness) or parse_sec1(data, strictness)


def parse_pkcs1(data: bytes, strictness: int) -> PublicKey | None:
    """Return an RSA key in PKCS #1, None if it is not valid. Go: ParsePKCS1PrivateKey."""
    try:
        whole = Der(data)
        key = _rsa(whole.inner(), strictness)
        return key if whole.empty else None
    except MalformedDERError:
        return None


def parse_pkcs8(data: bytes, strictness: int) -> PublicKey | None:
    """Return an unencrypted key in PKCS #8, None if it is not valid. Go: ParsePKCS8PrivateKey."""
    try:
        info = Der(data).inner()
        info.integer(8)
        algorithm = read_algorithm(info.inner())
        secret = info.take(OCTETS)
        if algorithm.oid == RSA:
            return parse_pkcs1(secret, strictness)
        if algorithm.oid == EC:
            named = Der(algorithm.parameters)
            return _ec(secret, named.oid() if named.has(OID) else None, strictness)
        seed = Der(secret).take(OCTETS)
        if algorithm.oid not in (ED25519, X25519) or algorithm.parameters or len(seed) != 32:
            return None
        return _ed25519(seed) if algorithm.oid == ED25519 else PublicKey("X25519", None)
    except MalformedDERError:
        return None


def parse_sec1(data: bytes, strictness: int) -> PublicKey | None:
    """Return an ECDSA key in SEC 1, None if it is not valid. Go: ParseECPrivateKey."""
    try:
        return _ec(data, None, strictness)
    except MalformedDERError:
        return None


def _rsa(key: Der, strictness: int) -> PublicKey | None:
    """Go: ParsePKCS1PrivateKey."""
    version, modulus, exponent = key.integer(8), key.integer(), key.integer(8)
    secret, *primes = (key.integer() for _ in range(3))
    crt = [key.integer() if _follows(key, INTEGER) else None for _ in range(3)]
    further = key.inner() if _follows(key, SEQUENCE) else Der(b"")
    while not further.empty:
        prime = further.inner()
        primes.append(prime.integer())
        prime.integer(), prime.integer()
    numbers = RSANumbers(modulus, exponent, secret, primes, crt)
    return PublicKey("RSA", (modulus, exponent)) if version <= 1 and numbers.are_valid(strictness) else None


def _follows(der: Der, tag: int) -> bool:
    """Return whether the next element, if any, has this tag; raise MalformedDERError if it is malformed."""
    if der.empty:
        return False
    start = der.position
    actual, _ = der.any()
    der.position = start
    return actual == tag


def _ec(data: bytes, curve: bytes | None, strictness: int) -> PublicKey | None:
    """Go: parseECPrivateKey; the curve of PKCS #8 takes precedence, and the public key is ignored."""
    key = Der(data).inner()
    version, secret = key.integer(8), key.take(OCTETS)
    named, public = _explicit(key, 0xA0), _explicit(key, 0xA1)
    if named.has(OID):
        sec1_curve = named.oid()
        curve = sec1_curve if curve is None else curve
    if public.has(BITS):
        public.bits()
    name = CURVES.get(curve or b"")
    if version != 1 or name is None:
        return None
    size = (BITS_OF_CURVE[name] + 7) // 8
    number = int.from_bytes(secret, "big")
    return None if number >= 1 << 8 * size else _ec_public(name, number, strictness)


def _explicit(der: Der, tag: int) -> Der:
    """Return the content of an optional explicit tag, empty if the next element has another tag.

    The last element must not be empty. Go: encoding/asn1, parseField.
    """
    start = der.position
    if der.empty:
        return der
    actual, content = der.any()
    if not content and (der.empty or actual == tag):
        raise MalformedDERError
    if actual == tag:
        return Der(content)
    der.position = start
    return Der(b"")


def _ec_public(curve: str, number: int, strictness: int) -> PublicKey | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec

    if number == 0:
        return PublicKey(curve, (0, 0)) if strictness < _NONZERO else None
    try:
        public = ec.derive_private_key(number, getattr(ec, curve)()).public_key().public_numbers()
    except UnsupportedAlgorithm:
        return PublicKey(curve, None)
    except ValueError:
        return None
    return PublicKey(curve, (public.x, public.y))


def _ed25519(seed: bytes) -> PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    except UnsupportedAlgorithm:
        return PublicKey("Ed25519", None)
    return PublicKey("Ed25519", (public.public_bytes(Encoding.Raw, PublicFormat.Raw),))
