"""X.509 certificates, parsed with the strictness of Go in each kube-apiserver version."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from compiler.upstream.x509.asn1 import OCTETS, SEQUENCE, SET, Der, MalformedDERError
from compiler.upstream.x509.extensions import EXTENSIONS, Extension
from compiler.upstream.x509.public_key import PublicKey, read_algorithm, read_public_key

if TYPE_CHECKING:
    from compiler.upstream.catalog import Catalog


_UTC_TIME, _TIME = 0x17, 0x18
_UTF8, _BMP = 0x0C, 0x1E
# NumericString, PrintableString, T61String and IA5String.
_STRINGS = {0x12: rb"[0-9 ]*", 0x13: rb"[A-Za-z0-9'()+,\-./ :=?*&]*", 0x14: rb"(?s).*", 0x16: rb"[\x00-\x7f]*"}
_NO_NEGATIVE_SERIAL, _NO_SURROGATES = 1, 3


class Go(NamedTuple):
    """Strictness of the parsers in a version of the server.

    `certificates`: 0 is Go 1.22, each increment the next version of Go. `urls` is that of `parse_url`.
    """

    certificates: int
    urls: int


def go_of(catalog: Catalog) -> Go:
    """Return the strictness of a minor version.

    If its patch releases differ, it is that of the most lenient one.
    """
    return Go(catalog.behaviour("certificateStrictness") or 0, catalog.url_strictness)


def parse_certificate(data: bytes, go: Go) -> PublicKey | None:
    """Return the public key of a certificate, None if Go cannot parse the certificate.

    The kind of the key is empty if Go does not know it, which is not an error.
    """
    try:
        whole = Der(data)
        certificate = whole.inner()
        key = _parse(certificate, go)
        certificate.bits()
        return key if whole.empty else None
    except MalformedDERError:
        return None


def _parse(certificate: Der, go: Go) -> PublicKey:
    body = certificate.inner()
    version = _version(body)
    if body.integer() < 0 and go.certificates >= _NO_NEGATIVE_SERIAL:
        raise MalformedDERError
    signature = body.take(SEQUENCE)
    if certificate.take(SEQUENCE) != signature:
        raise MalformedDERError
    read_algorithm(Der(signature))
    _check_name(body.inner(), go)
    validity = body.inner()
    _check_time(validity)
    _check_time(validity)
    _check_name(body.inner(), go)
    info = body.inner()
    algorithm = read_algorithm(info.inner())
    key = read_public_key(algorithm, info.bits())
    if version > 0:
        body.optional(0x81)
        body.optional(0x82)
    if version == 2 and body.has(0xA3):
        _check_extensions(body.inner(0xA3).inner(), go)
    return key


def _version(body: Der) -> int:
    if not body.has(0xA0):
        return 0
    explicit = body.inner(0xA0)
    version = explicit.integer(8)
    if not 0 <= version <= 2 or not explicit.empty:
        raise MalformedDERError
    return version


def _check_name(name: Der, go: Go) -> None:
    while not name.empty:
        attributes = name.inner(SET)
        while not attributes.empty:
            attribute = attributes.inner()
            attribute.oid()
            _check_string(*attribute.any(), go)


def _check_string(tag: int, text: bytes, go: Go) -> None:
    """Go: parseASN1String."""
    if tag == _UTF8:
        try:
            text.decode()
            return
        except UnicodeDecodeError:
            raise MalformedDERError from None
    if tag == _BMP:
        _check_bmp(text, go)
        return
    if tag not in _STRINGS or not re.fullmatch(_STRINGS[tag], text):
        raise MalformedDERError


def _check_bmp(text: bytes, go: Go) -> None:
    if len(text) % 2:
        raise MalformedDERError
    if go.certificates >= _NO_SURROGATES:
        for high, low in zip(text[::2], text[1::2], strict=True):
            point = high << 8 | low
            if 0xD800 <= point <= 0xDFFF or 0xFDD0 <= point <= 0xFDEF or point >= 0xFFFE:
                raise MalformedDERError


def _check_time(validity: Der) -> None:
    """Go: cryptobyte, ReadASN1UTCTime and ReadASN1GeneralizedTime; seconds are optional in the former."""
    short = validity.has(_UTC_TIME)
    text = validity.take(_UTC_TIME if short else _TIME)
    digits = rb"[0-9]{2}" if short else rb"[0-9]{4}"
    seconds = rb"([0-9]{2})?" if short else rb"([0-9]{2})"
    zone = rb"Z|[-+][0-9]{4}"
    match = re.fullmatch(rb"(%s)([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})%s(%s)" % (digits, seconds, zone), text)
    if match is None:
        raise MalformedDERError
    if match[7] != b"Z" and (match[7][1:] == b"0000" or int(match[7][1:3]) > 24 or int(match[7][3:]) > 59):
        raise MalformedDERError
    year, *others = (int(part or b"0") for part in match.groups()[:6])
    if short:
        year += 1900 if year >= 69 else 2000
    _check_numbers(year, *others)


def _check_numbers(year: int, month: int, day: int, hour: int, minute: int, second: int) -> None:
    try:
        # Python has no year 0, which is a leap year.
        datetime(year or 2000, month, day, hour, minute, second)
    except ValueError:
        raise MalformedDERError from None


def _check_extensions(extensions: Der, go: Go) -> None:
    oids = set()
    extension_list = []
    while not extensions.empty:
        entry = extensions.inner()
        oid = entry.oid()
        critical = entry.has(1) and entry.boolean()
        extension_list.append((oid, Extension(Der(entry.take(OCTETS)), critical, go.certificates, go.urls)))
        if oid in oids:
            raise MalformedDERError
        oids.add(oid)
    for oid, extension in extension_list:
        check = EXTENSIONS.get(oid)
        if check is not None:
            check(extension)


_ALTERNATIVE_NAMES = b"\x55\x1d\x11"
_UTC_TIME, _TIME, _DNS, _IP = 0x17, 0x18, 0x82, 0x87


class CertificateFacts(NamedTuple):
    """Validity and subject alternative names."""

    not_before: datetime
    not_after: datetime
    addresses: tuple[str, ...]
    names: tuple[str, ...]

    def is_for(self, name: str) -> bool:
        """Return whether the certificate is valid for an address or host name. Go: crypto/x509, VerifyHostname."""
        if re.fullmatch(r"[0-9.]+|.*:.*", name):
            from ipaddress import ip_address

            return str(ip_address(name)) in self.addresses
        host = name.lower().rstrip(".")
        parent = f"*.{host.partition('.')[2]}"
        return any(known.lower().rstrip(".") in (host, parent) for known in self.names)


def facts_of(data: bytes) -> CertificateFacts | None:
    """Return the facts of a certificate in DER, None if it cannot be parsed."""
    try:
        body = Der(data).inner().inner()
        if body.has(0xA0):
            body.take(0xA0)
        body.integer()
        body.take(SEQUENCE)
        body.take(SEQUENCE)
        validity = body.inner()
        start, end = _time(validity), _time(validity)
        body.take(SEQUENCE)
        body.take(SEQUENCE)
        body.optional(0x81)
        body.optional(0x82)
        extensions = body.inner(0xA3).inner() if body.has(0xA3) else Der(b"")
        return CertificateFacts(start, end, *_names(extensions))
    except (MalformedDERError, ValueError):
        return None


def _time(validity: Der) -> datetime:
    short = validity.has(_UTC_TIME)
    text = validity.take(_UTC_TIME if short else _TIME).decode("ascii", "replace")
    match = re.fullmatch(r"(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(Z|[-+]\d{4})", text)
    if match is None:
        raise MalformedDERError
    year, *others = (int(part or 0) for part in match.groups()[:6])
    if short:
        year += 1900 if year >= 69 else 2000
    month, day, hour, minute, second = others
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _names(extensions: Der) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from ipaddress import ip_address

    addresses, names = [], []
    while not extensions.empty:
        entry = extensions.inner()
        oid = entry.oid()
        if entry.has(1):
            entry.boolean()
        value = Der(entry.take(OCTETS))
        if oid != _ALTERNATIVE_NAMES:
            continue
        alternative_names = value.inner()
        while not alternative_names.empty:
            tag, content = alternative_names.any()
            if tag == _IP:
                addresses.append(str(ip_address(content)))
            elif tag == _DNS:
                names.append(content.decode("ascii", "replace"))
    return tuple(addresses), tuple(names)
