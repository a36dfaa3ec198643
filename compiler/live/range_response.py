"""The answer to a range request of etcd, taken apart without copying what nobody looks at.

etcd: api/etcdserverpb/rpc.proto, RangeResponse; api/mvccpb/kv.proto, KeyValue.
"""

from __future__ import annotations

from typing import NamedTuple

_HEADER, _KVS, _MORE, _COUNT = 0x0A, 0x12, 0x18, 0x20
_KEY, _VALUE = 0x0A, 0x2A
_TEXTS = (_KEY, _VALUE)
_REVISION = 0x18


class Page(NamedTuple):
    """`entries` holds keys with their values (empty where only keys were asked for); `total` all keys of the range."""

    revision: int
    entries: list[tuple[bytes, bytes]]
    more: bool
    total: int
    size: int


def parse_range(data: bytes) -> Page:
    """Take one answer apart. Raises ValueError for what is none."""
    position, size = 0, len(data)
    revision = count = 0
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
            elif tag == _HEADER:
                length, position = _varint(data, position)
                revision = _field(data, position, position + length, _REVISION)
                position += length
            elif tag == _MORE:
                number, position = _varint(data, position)
                more = bool(number)
            elif tag == _COUNT:
                count, position = _varint(data, position)
            else:
                position = _skip(data, position, tag)
    except IndexError:
        raise ValueError("the answer of etcd is cut short") from None
    if position != size:
        raise ValueError("the answer of etcd is cut short")
    return Page(revision, entries, more, count, size)


def _entry(data: bytes, position: int, end: int) -> tuple[bytes, bytes]:
    """Key and value of one KeyValue; the key is its first field, and the value stands near its end."""
    key = value = b""
    while position < end:
        tag = data[position]
        position += 1
        if tag in _TEXTS:
            length = data[position]
            position += 1
            if length > 127:
                length, position = _varint(data, position - 1)
            if tag == _KEY:
                key = data[position : position + length]
            else:
                value = data[position : position + length]
            position += length
        else:
            # Revisions, version and lease are numbers.
            while data[position] > 127:
                position += 1
            position += 1
    return key, value


def _varint(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, position
        shift += 7


def _field(data: bytes, position: int, end: int, wanted: int) -> int:
    """A number of a message of numbers; 0 where it is not there."""
    while position < end:
        tag = data[position]
        number, position = _varint(data, position + 1)
        if tag == wanted:
            return number
    return 0


def _skip(data: bytes, position: int, tag: int) -> int:
    """The position behind a field that nobody asked for."""
    kind = tag & 7
    if kind == 0:
        return _varint(data, position)[1]
    if kind == 2:
        length, position = _varint(data, position)
        return position + length
    raise ValueError("the answer of etcd holds an unknown kind of field")
