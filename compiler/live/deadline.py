"""The time that one command may spend on servers, for all of its requests together."""

from __future__ import annotations

import time

LONGEST_REQUEST = 10.0
"""Seconds that one answer may take unless the user says otherwise."""
_SHORTEST = 0.02
"""Seconds that are too few for any request."""


class Deadline:
    """The end of a period of `seconds` that begins now; a single request gets at most `request` seconds of it.

    Unless given, `request` is 10 seconds, and no more than a third of the period, so that one request that gets no
    answer leaves time for others.
    """

    def __init__(self, seconds: float, request: float | None = None) -> None:
        self.seconds = seconds
        self.request = min(seconds, request or min(LONGEST_REQUEST, seconds / 3))
        self.end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds until the end, 0 after it."""
        return max(0.0, self.end - time.monotonic())

    def next_request(self) -> float:
        """Seconds that a request may take that begins now; 0 when no time is left."""
        return 0.0 if self.over else min(self.request, self.remaining())

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return self.remaining() < _SHORTEST
