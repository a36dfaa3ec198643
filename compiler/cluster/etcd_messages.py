"""The answers of etcd, parsed without copying what nobody reads, and without trusting any of it.

etcd: api/etcdserverpb/rpc.proto, RangeResponse, StatusResponse, AlarmResponse, AuthenticateResponse;
api/mvccpb/kv.proto, KeyValue. Every function raises ValueError for bytes that are not a valid message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_HEADER, _KVS, _MORE, _COUNT = 0x0A, 0x12, 0x18, 0x20
_KEY, _VALUE = 0x0A, 0x2A
_STRINGS = (_KEY, _VALUE)
_REVISION = 3
_LARGEST_INT64 = 2**63 - 1
_VARINT = 10
"""Bytes of the longest varint."""
_FIELDS = range(64)
"""More fields than any of these messages has, apart from keys and values: the rest would be work for nothing."""
_CUT_SHORT = "the message is cut short"


class Page(NamedTuple):
    """`entries` holds keys with their values (empty if only keys were requested); `total` all keys of the range."""

    revision: int
    entries: list[tuple[bytes, bytes]]
    more: bool
    total: int
    size: int


class Status(NamedTuple):
    """A member's version as it reports it, size of its database in bytes, and id of its leader; 0 means none."""

    version: bytes
    db_size: int
    leader: int


def parse_range(data: bytes, most: int) -> Page:
    """Parse the answer to a range request for at most `most` keys."""
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
                if len(entries) > most:
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
        raise ValueError(_CUT_SHORT) from None
    if position != size:
        raise ValueError(_CUT_SHORT)
    if revision > _LARGEST_INT64 or count > _LARGEST_INT64:
        raise ValueError("the message has a negative revision or count")
    return Page(revision, entries, more, count, size)


def parse_status(data: bytes) -> Status:
    """Parse the answer to a status request."""
    version, db_size, leader = b"", 0, 0
    for number, value in _fields(data):
        if number == 2 and isinstance(value, bytes):
            version = value
        elif number == 3 and isinstance(value, int):
            db_size = min(value, _LARGEST_INT64)
        elif number == 4 and isinstance(value, int):
            leader = value
    return Status(version, db_size, leader)


def parse_alarms(data: bytes) -> list[int]:
    """The kinds of the alarms in the answer to an alarm request, each once."""
    found = set()
    for number, value in _fields(data):
        if number == 2 and isinstance(value, bytes):
            found |= {kind for inner, kind in _fields(value) if inner == 2 and isinstance(kind, int)}
    return sorted(found)


def parse_token(data: bytes) -> str:
    """The token in the answer to an authenticate request; empty if there is none that a header could carry."""
    tokens = [value for number, value in _fields(data) if number == 2 and isinstance(value, bytes)]
    return tokens[-1].decode("ascii") if tokens else ""


def _entry(data: bytes, position: int, end: int) -> tuple[bytes, bytes]:
    """Key and value of one KeyValue; the key is its first field, and the value is near its end."""
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
            # Revisions, version and lease are numbers, which nobody reads.
            stop = position + _VARINT
            while data[position] > 127:
                position += 1
                if position == stop:
                    raise ValueError("a number is too long")
            position += 1
        else:
            position = _skip(data, position - 1)
    if position != end or not key:
        raise ValueError(_CUT_SHORT)
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
    """Number and value of every field of a small message; fields of other wire types are left out."""
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
        raise ValueError(_CUT_SHORT) from None
    if position != len(data):
        raise ValueError(_CUT_SHORT)


def _skip(data: bytes, position: int) -> int:
    """The position after a field that nobody reads, whose tag is at `position`."""
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
