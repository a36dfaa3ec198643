"""The numbers of an RSA private key, and whether they fit one another. Go: crypto/rsa, PrivateKey.Validate."""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

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
