"""Responses of etcd, parsed without copying and without trusting them; its errors in plain words."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from compiler.text import shown


class EtcdError(Exception):
    """An etcd that cannot be read; the text says which one and why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class CompactedError(EtcdError):
    """The revision of a scan was compacted."""


class TooLargeError(EtcdError):
    """The response exceeds the size limit."""


_COMPACTED = "compacted"
_TOO_LARGE = "larger than max"
_USER = "set --user, and the password in KASC_ETCD_PASSWORD"
_TLS = "check https or http, and the certificates"
# gRPC status, part of its details, message, hint.
_MEANINGS = (
    (
        "UNAVAILABLE",
        "CERTIFICATE_VERIFY_FAILED",
        "has a certificate of an unknown CA",
        "pass its CA with --etcd-cafile",
    ),
    ("UNAVAILABLE", "SSL", "failed the TLS handshake", _TLS),
    ("UNAVAILABLE", "handshake", "failed the TLS handshake", _TLS),
    ("UNAVAILABLE", "Socket closed", "closed the connection", _TLS),
    ("UNAVAILABLE", "", "cannot be reached", "check the address, the network and the certificates"),
    ("DEADLINE_EXCEEDED", "", "did not answer in time", "allow more time with --request-timeout"),
    ("PERMISSION_DENIED", "", "does not allow this user to read", "grant the user read permission on the prefix"),
    ("UNAUTHENTICATED", "", "requires a user and a password", _USER),
    ("INVALID_ARGUMENT", "user name is empty", "requires a user and a password", _USER),
    ("INVALID_ARGUMENT", "authentication failed", "rejected the user or password", "check both"),
    ("UNIMPLEMENTED", "", "does not support the v3 API", "upgrade it to etcd 3.5 or newer"),
    ("RESOURCE_EXHAUSTED", _TOO_LARGE, "sent a response that is too large", "scan a part with --prefix"),
)


def explained(url: str, status: str, details: str) -> EtcdError:
    """Return the error for a failed call by its gRPC status; secrets in the details are masked already."""
    for name, part, message, hint in _MEANINGS:
        if status == name and part in details:
            kind = TooLargeError if part == _TOO_LARGE else EtcdError
            return kind(f"{url} {message}", hint)
    kind = CompactedError if _COMPACTED in details else EtcdError
    return kind(f"{url} returned an error: {shown(details or status)}", "see the log of etcd")


_HEADER, _KVS, _MORE, _COUNT = 0x0A, 0x12, 0x18, 0x20
_KEY, _VALUE = 0x0A, 0x2A
_STRINGS = (_KEY, _VALUE)
_REVISION = 3
_MAX_INT64 = 2**63 - 1
_VARINT = 10
"""Bytes of the longest varint."""
_FIELDS = range(64)
"""More fields than any of these messages has, apart from keys and values; a message with more is invalid."""
LAST_KEY = b"\0"
"""The end of a range to the last key."""
_TRUNCATED = "the message is truncated"


class Page(NamedTuple):
    """A page of keys with their values (empty if only keys were requested); `total` counts the whole range."""

    revision: int
    entries: list[tuple[bytes, bytes]]
    more: bool
    total: int
    size: int


class Status(NamedTuple):
    """The version that a member reports, the size of its database in bytes, and the id of its leader, 0 for none."""

    version: bytes
    db_size: int
    leader: int


def parse_range(data: bytes, limit: int) -> Page:
    """Parse the response to a range request for at most `limit` keys."""
    position, size = 0, len(data)
    revision = count = others = 0
    more = False
    entries: list[tuple[bytes, bytes]] = []
    add = entries.append
    try:
        while position < size:
            tag = data[position]
            position += 1
            if tag == _KVS:
                length = data[position]
                position += 1
                if length > 127:
                    length, position = _varint(data, position - 1)
                end = position + length
                add(_entry(data, position, end))
                position = end
                if len(entries) > limit:
                    raise ValueError("the message has more keys than were requested")
                continue
            others += 1
            if others not in _FIELDS:
                raise ValueError("the message has too many fields")
            if tag == _HEADER:
                length, position = _varint(data, position)
                revision = _revision_of(data[position : position + length])
                position += length
            elif tag == _MORE:
                number, position = _varint(data, position)
                more = bool(number)
            elif tag == _COUNT:
                count, position = _varint(data, position)
            else:
                position = _skip(data, position - 1)
    except IndexError:
        raise ValueError(_TRUNCATED) from None
    if position != size:
        raise ValueError(_TRUNCATED)
    if revision > _MAX_INT64 or count > _MAX_INT64:
        raise ValueError("the message has a negative revision or count")
    return Page(revision, entries, more, count, size)


def parse_status(data: bytes) -> Status:
    """Parse the response to a status request."""
    version, db_size, leader = b"", 0, 0
    for number, value in _fields(data):
        if number == 2 and isinstance(value, bytes):
            version = value
        elif number == 3 and isinstance(value, int):
            db_size = min(value, _MAX_INT64)
        elif number == 4 and isinstance(value, int):
            leader = value
    return Status(version, db_size, leader)


def parse_alarms(data: bytes) -> list[int]:
    """Return the kinds of alarms in the response to an alarm request, each once."""
    kinds = set()
    for number, value in _fields(data):
        if number == 2 and isinstance(value, bytes):
            kinds |= {kind for inner, kind in _fields(value) if inner == 2 and isinstance(kind, int)}
    return sorted(kinds)


def parse_token(data: bytes) -> str:
    """Return the token in the response to an authenticate request; empty if there is none. It is ASCII."""
    tokens = [value for number, value in _fields(data) if number == 2 and isinstance(value, bytes)]
    return tokens[-1].decode("ascii") if tokens else ""


def fits(page: Page, start: bytes, end: bytes) -> bool:
    """Return whether the keys of a page are in the range and in order, and are not empty if there are more."""
    keys = [key for key, _ in page.entries]
    if not keys:
        return not page.more
    if any(map(operator.ge, keys, islice(keys, 1, None))):
        return False
    if not end:
        return keys == [start]
    return keys[0] >= start and (end == LAST_KEY or keys[-1] < end)


def prefix_end(prefix: bytes) -> bytes:
    """Return the end of the range of keys with a prefix. etcd: client/v3, GetPrefixRangeEnd."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else LAST_KEY


def _entry(data: bytes, position: int, end: int) -> tuple[bytes, bytes]:
    """Parse key and value of a KeyValue; the key is its first field, and the value is near its end."""
    key = value = b""
    for _ in _FIELDS:
        if position >= end:
            break
        tag = data[position]
        position += 1
        if tag in _STRINGS:
            length = data[position]
            position += 1
            if length > 127:
                length, position = _varint(data, position - 1)
            if tag == _KEY:
                key = data[position : position + length]
            else:
                value = data[position : position + length]
            position += length
        elif not tag & 7 and tag < 128:
            # Revisions, version and lease: numbers that kasc does not need.
            stop = position + _VARINT
            while data[position] > 127:
                position += 1
                if position == stop:
                    raise ValueError("a number is too long")
            position += 1
        else:
            position = _skip(data, position - 1)
    if position != end or not key:
        raise ValueError(_TRUNCATED)
    return key, value


def _varint(data: bytes, position: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 7 * _VARINT, 7):
        byte = data[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & (2**64 - 1), position
    raise ValueError("a number is too long")


def _revision_of(header: bytes) -> int:
    return next((value for number, value in _fields(header) if number == _REVISION and isinstance(value, int)), 0)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of every varint and bytes field of a small message."""
    position = 0
    try:
        for _ in _FIELDS:
            if position >= len(data):
                break
            start = position
            tag, position = _varint(data, position)
            if not tag & 7:
                number, position = _varint(data, position)
                yield tag >> 3, number
            elif tag & 7 == 2:
                length, position = _varint(data, position)
                yield tag >> 3, data[position : position + length]
                position += length
            else:
                position = _skip(data, start)
    except IndexError:
        raise ValueError(_TRUNCATED) from None
    if position != len(data):
        raise ValueError(_TRUNCATED)


def _skip(data: bytes, position: int) -> int:
    """Return the position after the field whose tag is at `position`."""
    tag, position = _varint(data, position)
    kind = tag & 7
    if kind == 0:
        return _varint(data, position)[1]
    if kind == 2:
        length, position = _varint(data, position)
        return position + length
    if kind in (1, 5):
        return position + (8 if kind == 1 else 4)
    raise ValueError("the message has an unknown kind of field")


def address_of(url: str) -> tuple[str, int, bool]:
    """Return host, port and whether to use TLS. Raises EtcdError for an invalid URL."""
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme in ("http", "https") and parts.hostname:
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            return host, parts.port or 2379, parts.scheme == "https"
    except ValueError:
        pass
    raise EtcdError(f"{url!r} is not a valid etcd URL", "write http://HOST:PORT or https://HOST:PORT")
