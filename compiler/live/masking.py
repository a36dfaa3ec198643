"""Secrets that kasc sends to a server never come back out: a server may echo whatever it was sent."""

from __future__ import annotations

import re

from compiler.redaction import HIDDEN


class Mask:
    """A function that replaces secrets in a string that a server sent, in whatever case the server wrote them.

    Apply it where bytes become strings, before anything is cut or quoted, and again after every further decoding.
    """

    def __init__(self, *secrets: str) -> None:
        # The longest first: one secret may be the beginning of another.
        parts = sorted(map(re.escape, filter(None, secrets)), key=len, reverse=True)
        self._pattern = re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def __call__(self, text: str) -> str:
        """Return the string without the secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern is not None else text
