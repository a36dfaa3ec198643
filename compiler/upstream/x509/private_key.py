"""Private keys: whether Go can parse them, and their public keys. Go: crypto/x509, crypto/rsa."""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from compiler.upstream.x509.asn1 import BITS, INTEGER, OCTETS, OID, SEQUENCE, Der, MalformedDERError
from compiler.upstream.x509.public_key import BITS_OF_CURVE, CURVES, EC, ED25519, RSA, X25519, PublicKey, read_algorithm

# From which strictness on (see `certificate.py`) the numbers have to be sound, and the private exponent as well.
_SOUND, _EXPONENT_SOUND = 2, 4


class RSANumbers(NamedTuple):
    """The numbers of PKCS #1. `crt` are those that make reckoning faster: each is None where it is not given."""

    modulus: int
    exponent: int
    secret: int
    primes: list[int]
    crt: list[int | None]

    def fit(self, strictness: int) -> bool:
        """Whether Go takes the key."""
        if min(self.modulus, self.secret, *self.primes) <= 0 or not 2 <= self.exponent < 1 << 31:
            return False
        if min(self.primes) == 1:
            return False
        return self._are_sound(strictness) if strictness >= _SOUND else self._fit_primes()

    def _fit_primes(self) -> bool:
        """Go, until 1.23, which reckons `crt` anew."""
        product = 1
        for prime in self.primes:
            product *= prime
        fits_each = (self.exponent * self.secret % (prime - 1) == 1 for prime in self.primes)
        return product == self.modulus and all(fits_each)

    def _are_sound(self, strictness: int) -> bool:
        """Go, from 1.24 on: crypto/internal/fips140/rsa, checkPrivateKey."""
        given = [number for number in self.crt if number is not None]
        if any(number <= 0 for number in given):
            return False
        if self.modulus % 2 == 0 or self.exponent % 2 == 0 or self.secret >= self.modulus:
            return False
        if len(self.primes) > 2:
            return self._have_no_common_factor()
        p, q = self.primes
        if p * q != self.modulus:
            return False
        reckoned = [self.secret % (p - 1), self.secret % (q - 1), pow(q, p - 2, p)]
        dp, dq, inverse = given if len(given) == 3 else reckoned
        if strictness >= _EXPONENT_SOUND and [dp, dq] != reckoned[:2]:
            return False
        fits_p = dp < p - 1 and self.exponent * dp % (p - 1) == 1 and inverse < p and inverse * q % p == 1
        fits_q = dq < q - 1 and self.exponent * dq % (q - 1) == 1
        return fits_p and fits_q and self._are_safe(p - q)

    def _have_no_common_factor(self) -> bool:
        """Of more than two primes nothing else is looked at."""
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
    """A key in any of the three forms; None where it can be read in none. Go: crypto/tls, parsePrivateKey."""
    return parse_pkcs1(data, strictness) or parse_pkcs8(data, strictness) or parse_sec1(data, strictness)


def parse_pkcs1(data: bytes, strictness: int) -> PublicKey | None:
    """An RSA key in PKCS #1 form; None where it is none. Go: ParsePKCS1PrivateKey."""
    try:
        whole = Der(data)
        found = _rsa(whole.inner(), strictness)
        return found if whole.empty else None
    except MalformedDERError:
        return None


def parse_pkcs8(data: bytes, strictness: int) -> PublicKey | None:
    """A key in PKCS #8 form without a password; None where it is none. Go: ParsePKCS8PrivateKey."""
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
    """An ECDSA key in SEC 1 form; None where it is none. Go: ParseECPrivateKey."""
    try:
        return _ec(data, None, strictness)
    except MalformedDERError:
        return None


def _rsa(key: Der, strictness: int) -> PublicKey | None:
    """Go: ParsePKCS1PrivateKey, with what it makes of each number."""
    version, modulus, exponent = key.integer(8), key.integer(), key.integer(8)
    secret, *primes = (key.integer() for _ in range(3))
    crt = [key.integer() if _follows(key, INTEGER) else None for _ in range(3)]
    further = key.inner() if _follows(key, SEQUENCE) else Der(b"")
    while not further.empty:
        prime = further.inner()
        primes.append(prime.integer())
        prime.integer(), prime.integer()
    numbers = RSANumbers(modulus, exponent, secret, primes, crt)
    return PublicKey("RSA", (modulus, exponent)) if version <= 1 and numbers.fit(strictness) else None


def _follows(der: Der, tag: int) -> bool:
    """Whether the next element, if there is any, has this tag; it has to be well-formed all the same."""
    if der.empty:
        return False
    start = der.position
    found, _ = der.any()
    der.position = start
    return found == tag


def _ec(data: bytes, curve: bytes | None, strictness: int) -> PublicKey | None:
    """Go: parseECPrivateKey; the curve that PKCS #8 names wins, and a public key is not looked at."""
    key = Der(data).inner()
    version, secret = key.integer(8), key.take(OCTETS)
    named, public = _explicit(key, 0xA0), _explicit(key, 0xA1)
    if named.has(OID):
        own = named.oid()
        curve = own if curve is None else curve
    if public.has(BITS):
        public.bits()
    name = CURVES.get(curve or b"")
    if version != 1 or name is None:
        return None
    size = (BITS_OF_CURVE[name] + 7) // 8
    number = int.from_bytes(secret, "big")
    return None if number >= 1 << 8 * size else _ec_public(name, number, strictness)


def _explicit(der: Der, tag: int) -> Der:
    """What an optional tag is wrapped around; no element where the next one is of another kind.

    The last element cannot be without content, whatever it is. Go: encoding/asn1, parseField.
    """
    start = der.position
    if der.empty:
        return der
    found, content = der.any()
    if not content and (der.empty or found == tag):
        raise MalformedDERError
    if found == tag:
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
