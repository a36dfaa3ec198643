"""Untrusted text, fit for a message."""

from __future__ import annotations

from compiler.redaction import hide

LONGEST = 100
_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def shown(text: str) -> str:
    """The text in quotes, shortened to 100 characters, with control characters spelled out and secrets hidden."""
    text = hide(text)
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    safe = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in cut)
    return '"' + safe.replace('"', '\\"') + '"'


def trimmed(text: str) -> str:
    """The text without surrounding white space, as Go's strings.TrimSpace sees it.

    Python's own strip would also take the separators U+001C to U+001F.
    """
    return text.strip(_SPACES)
