"""What a certificate says of itself: how long it is valid, and the names it is for. No rule of the server needs it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from compiler.config_files.der import OCTETS, SEQUENCE, Der, MalformedDERError

_ALTERNATIVE_NAMES = b"\x55\x1d\x11"
_UTC_TIME, _TIME, _DNS, _IP = 0x17, 0x18, 0x82, 0x87


class CertificateFacts(NamedTuple):
    """Validity, and the subject alternative names that servers are found by."""

    not_before: datetime
    not_after: datetime
    addresses: tuple[str, ...]
    names: tuple[str, ...]

    def is_for(self, name: str) -> bool:
        """Whether the certificate is valid for an address or a host name. Go: crypto/x509, VerifyHostname."""
        if re.fullmatch(r"[0-9.]+|.*:.*", name):
            from ipaddress import ip_address

            return str(ip_address(name)) in self.addresses
        wanted = name.lower().rstrip(".")
        parent = f"*.{wanted.partition('.')[2]}"
        return any(known.lower().rstrip(".") in (wanted, parent) for known in self.names)


def facts_of(data: bytes) -> CertificateFacts | None:
    """The facts of a certificate in DER; None if it cannot be read."""
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
    found = re.fullmatch(r"(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(Z|[-+]\d{4})", text)
    if found is None:
        raise MalformedDERError
    year, *others = (int(part or 0) for part in found.groups()[:6])
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
        listed = value.inner()
        while not listed.empty:
            tag, content = listed.any()
            if tag == _IP:
                addresses.append(str(ip_address(content)))
            elif tag == _DNS:
                names.append(content.decode("ascii", "replace"))
    return tuple(addresses), tuple(names)
