"""Untrusted text, fit for a message."""

from __future__ import annotations

LONGEST = 100


def shown(text: str) -> str:
    """The text in quotes, shortened to 100 characters, with control characters spelled out."""
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    safe = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in cut)
    return '"' + safe.replace('"', '\\"') + '"'
