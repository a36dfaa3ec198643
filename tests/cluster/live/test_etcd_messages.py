"""The messages of etcd: what a real one would send is read, and any other bytes raise ValueError."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.cluster.etcd_messages import Status, parse_alarms, parse_range, parse_status, parse_token
from tests.cluster.live.scripted_etcd import field, page, status, varint

KEYS = st.binary(min_size=1, max_size=300)
INT64 = st.integers(0, 2**63 - 1)


@given(st.lists(st.tuples(KEYS, st.binary(max_size=300)), max_size=20), st.booleans(), INT64, INT64)
def test_pages(pairs: list[tuple[bytes, bytes]], more: bool, count: int, revision: int) -> None:
    data = page(*pairs, more=more, count=count, revision=revision)
    # A field of a later release of etcd, of each kind.
    later = field(20, 1) + field(21, b"x") + varint(22 << 3 | 1) + b"8 bytes." + varint(23 << 3 | 5) + b"four"
    assert parse_range(data + later, len(pairs)) == (revision, pairs, more, count, len(data + later))
    if pairs:
        with pytest.raises(ValueError, match="more keys than were requested"):
            parse_range(data, len(pairs) - 1)


@given(st.text(max_size=30), INT64, st.integers(0, 2**64 - 1))
def test_statuses(version: str, size: int, leader: int) -> None:
    assert parse_status(status(version.encode(), size, leader)) == Status(version.encode(), size, leader)


@given(st.lists(st.integers(0, 5), max_size=10))
def test_alarms(kinds: list[int]) -> None:
    assert parse_alarms(b"".join(field(2, field(1, 9) + field(2, kind)) for kind in kinds)) == sorted(set(kinds))


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for parse in (lambda data: parse_range(data, 10), parse_status, parse_alarms, parse_token):
        with suppress(ValueError):
            parse(data)


@given(st.data())
def test_a_page_that_is_cut_short(data: st.DataObject) -> None:
    whole = page((b"/a", b"x" * 200), (b"/b", b""), more=True)
    cut = data.draw(st.integers(1, len(whole) - 1))
    try:
        parsed = parse_range(whole[:cut], 2)
    except ValueError:
        return
    # The end of a field: what came before is whole.
    assert parsed.entries in ([], [(b"/a", b"x" * 200)], [(b"/a", b"x" * 200), (b"/b", b"")])


@pytest.mark.parametrize("length", [10, 11])
def test_numbers_have_ten_bytes_at_most(length: int) -> None:
    number = b"\xff" * (length - 1) + b"\x01"
    for message in (
        varint(9 << 3) + number, varint(4 << 3) + number, field(2, field(1, b"/a") + varint(3 << 3) + number),
        field(1, varint(9 << 3) + number),
    ):  # fmt: skip
        if length == 10 and message[:1] != varint(4 << 3):
            parse_range(message, 1)
        else:
            with pytest.raises(ValueError, match=r"number|negative"):
                parse_range(message, 1)
