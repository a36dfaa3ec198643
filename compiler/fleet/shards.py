"""A stable split of many inputs over the jobs of a CI matrix."""

from __future__ import annotations

import os
import re
import zlib

_MOST = 10_000


class Shard(tuple[int, int]):
    """Number (from 1) and count of shards."""

    __slots__ = ()

    def holds(self, path: str) -> bool:
        """Whether an input belongs to this shard.

        Only the path counts, as it is seen from the current folder: all jobs of a matrix agree on it without talking
        to one another, and a new document moves no other.
        """
        number, count = self
        seen = os.path.relpath(path).replace(os.sep, "/")
        return zlib.crc32(os.fsencode(seen)) % count == number - 1


def shard_of(text: str) -> Shard:
    """A shard as the command line has it: `2/8`. Raises ValueError with what is wrong."""
    told = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text, re.ASCII)
    if told is None:
        raise ValueError("write I/N, such as 1/4 for the first of four")
    number, count = map(int, told.groups())
    if not 1 <= count <= _MOST:
        raise ValueError(f"the number of shards is from 1 to {_MOST}")
    if not 1 <= number <= count:
        raise ValueError(f"shards are counted from 1 to {count}")
    return Shard((number, count))
