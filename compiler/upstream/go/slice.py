"""Go slices that share an array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

_VALUE = 16
"""Bytes of an interface value."""
_SIZE_CLASSES = (
    *range(16, 257, 16),
    *(288, 320, 352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048),
    *(2304, 2688, 3072, 3200, 3456, 4096),
)
"""Size classes of Go's allocator in bytes. Go: runtime/sizeclasses.go."""


class GoSlice(Generic[T]):
    """A slice of interface values. Copies share the array: appending within the capacity changes the others.

    Go: runtime/slice.go, growslice.
    """

    __slots__ = ("array", "capacity", "length")

    def __init__(self, items: Sequence[T], capacity: int = 0) -> None:
        self.array = list(items)
        self.length = len(items)
        self.capacity = max(capacity, self.length)

    def copy(self) -> GoSlice[T]:
        """Return another slice of the same length on the same array."""
        other: GoSlice[T] = GoSlice([])
        other.array, other.length, other.capacity = self.array, self.length, self.capacity
        return other

    def append(self, *items: T) -> None:
        """Append items, to the shared array if all of them fit, else to a new array."""
        length = self.length + len(items)
        if length > self.capacity:
            self.array = self.array[: self.length]
            self.capacity = _grown(self.capacity, length)
        self.array[self.length : length] = items
        self.length = length

    def __iter__(self) -> Iterator[T]:
        """Yield the items, each read when it is reached; the length is fixed at the start."""
        for index in range(self.length):
            yield self.array[index]


def _grown(capacity: int, length: int) -> int:
    """Return the new capacity; an array of more than 512 bytes with pointers has a header. Go: roundupsize."""
    size = max(2 * capacity, length) * _VALUE
    header = 8 if size > 512 else 0
    return (next((each for each in _SIZE_CLASSES if each >= size + header), size + header) - header) // _VALUE
