"""Slices as Go has them. The capacities are those that Go's append gives to slices of interface values."""

from __future__ import annotations

import pytest

from compiler.upstream.go.slice import GoSlice


def test_one_by_one_capacity_doubles() -> None:
    found = GoSlice(["a", "b"])
    capacities = []
    for number in range(3, 66):
        found.append(str(number))
        capacities.append(found.capacity)
    assert [capacities.count(capacity) for capacity in (4, 8, 16, 32, 71)] == [2, 4, 8, 16, 33]
    assert list(found) == ["a", "b", *map(str, range(3, 66))]


@pytest.mark.parametrize(("length", "added", "capacity"), [(4, 5, 9), (4, 6, 10), (4, 13, 18), (2, 3, 5), (8, 25, 35)])
def test_many_at_once_are_rounded_up_to_a_size_class(length: int, added: int, capacity: int) -> None:
    """33 values of 16 bytes and a header take 536 bytes; the next larger class has 576."""
    found = GoSlice(list(range(length)))
    found.append(*range(added))
    assert (found.length, found.capacity) == (length + added, capacity)


def test_copies_share_what_is_not_beyond_their_array() -> None:
    seed = GoSlice(["a", "b"])
    seed.append("c")
    one, other = seed.copy(), seed.copy()
    one.append("one")
    other.append("other")
    assert list(one) == ["a", "b", "c", "other"]
    one.append("more")
    other.append("and more")
    assert list(one) == ["a", "b", "c", "other", "more"]
    assert list(other) == ["a", "b", "c", "other", "and more"]
    assert list(seed) == ["a", "b", "c"]


def test_a_loop_sees_what_is_written_before_it_gets_there() -> None:
    seed = GoSlice(["a", "b"])
    seed.append("c")
    one = seed.copy()
    one.append("d")
    seen = []
    for item in one:
        if item == "a":
            seed.copy().append("written over")
        seen.append(item)
    assert seen == ["a", "b", "c", "written over"]
