"""Look-alike characters: typographic dashes, quotes and spaces, invisible characters, letters of other alphabets.

The character data is Unicode's; the replacements are the ASCII characters that the server's grammars know.
"""

from __future__ import annotations

import re

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u300c\u300d"
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u00b4"
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_FULLWIDTH = "\uff01-\uff5e"
PUNCTUATION = f"[{_DASHES}{_DOUBLE_QUOTES}{_SINGLE_QUOTES}{_SPACES}{_INVISIBLE}{_FULLWIDTH}\u2026]"
"""A pattern for characters that no flag or field value contains on purpose."""
_LETTERS = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420"
        "\u0421\u0422\u0425\u03bf\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u0131\u2044\u2215\u2236\ua789",
        "aeopcyxijsABEKMHOPCTXoABEHIKMNOPTXi//::",
        strict=True,
    )
)
_MAX_NAMED = 3
LOOKALIKES = f"(?:{PUNCTUATION}|[{''.join(_LETTERS)}])"
"""A pattern for invisible characters and those that can be mistaken for an ASCII character."""


def named(char: str) -> str:
    """Return the Unicode name and code point of a character.

    >>> named("\u2013")
    'an en dash (U+2013)'
    """
    import unicodedata

    name = unicodedata.name(char, "").lower() or "a character"
    article = "" if name.startswith("a ") else "an " if name[0] in "aeiou" else "a "
    return f"{article}{name} (U+{ord(char):04X})"


def plain(char: str) -> str:
    """Return the ASCII replacement; empty if the character should be removed.

    >>> [plain(char) for char in "\u2013\u201c\u00a0\u200b\uff1d\u0430"]
    ['-', '"', ' ', '', '=', 'a']
    """
    if re.fullmatch(f"[{_DASHES}]", char):
        return "-"
    if re.fullmatch(f"[{_FULLWIDTH}]", char):
        return chr(ord(char) - 0xFEE0)
    if char == "\u2026":
        return "..."
    if char in _DOUBLE_QUOTES:
        return '"'
    if char in _SINGLE_QUOTES:
        return "'"
    return " " if re.fullmatch(f"[{_SPACES}]", char) else _LETTERS.get(char, "")


def advice(text: str, *, letters: bool = True) -> str:
    """Return what to write instead of the look-alikes in a string, each named once; empty if there are none.

    `letters` includes letters of other alphabets that look like Latin ones.
    """
    if text.isascii():
        return ""
    parts = []
    matches = re.findall(LOOKALIKES, text) if letters else re.findall(PUNCTUATION, text)
    for char in list(dict.fromkeys(matches))[:_MAX_NAMED]:
        instead = plain(char)
        if instead in ("", " "):
            parts.append(f"remove {named(char)}" if not instead else f"write a space for {named(char)}, or remove it")
        elif instead in ('"', "'"):
            parts.append(f"remove {named(char)}, or write {instead}")
        else:
            parts.append(f'write "{instead}" for {named(char)}')
    return "; ".join(parts)
