"""Flags whose value a distribution joins from several fields, with the location of each part."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate

from compiler.diagnostics import Location
from compiler.inputs.arguments import Trace, Word


def joined(
    flag: str,
    parts: Sequence[tuple[str, Location]],
    name_at: Location,
    path: str,
    *,
    separator: str = ",",
    unknown: str = "",
) -> Word:
    """Return a flag of the user whose value is joined from parts; `name_at` is the location of the field."""
    value = separator.join(text for text, _ in parts)
    ends = list(accumulate((len(text) + len(separator) for text, _ in parts), initial=3 + len(flag)))
    return Word(f"--{flag}={value}", name_at, path, _trace(name_at, parts, ends, len(separator)), unknown)


def _trace(name_at: Location, parts: Sequence[tuple[str, Location]], ends: Sequence[int], gap: int) -> Trace:
    def trace(first: int, last: int) -> Location:
        index = bisect(ends, first) - 1
        if 0 <= index < len(parts) and last <= max(ends[index + 1] - gap, first + 1):
            return parts[index][1]
        return name_at

    return trace
