"""systemd's grammar of unit files: lines, words, specifiers, variables, environment files, drop-ins.

One module for each of systemd's own parsers. Compared with systemd 252 and 257.
"""

from __future__ import annotations

from typing import NamedTuple


class Differences(NamedTuple):
    """What depends on the version of systemd.

    `quotes_inside`: quotes count anywhere in a word, not only at its start. `refuses_specifiers`: a unit with an
    unknown specifier is refused. `comment_ends`: a backslash at the end of a comment of an environment file does not
    continue the comment. `bare_names`: the program's name needs no path. `prefixes` are those of ExecStart=.
    """

    quotes_inside: bool
    refuses_specifiers: bool
    comment_ends: bool
    bare_names: bool
    prefixes: str
    specifiers: str


_SINCE = {"quotes_inside": 220, "refuses_specifiers": 236, "comment_ends": 254, "bare_names": 239}
_PREFIXES = {"-": 1, "@": 1, "+": 231, "!": 235, ":": 244, "|": 258}
_SPECIFIERS = {
    **dict.fromkeys("nNpPiIfcrRhsutHmbv%", 1),
    **dict.fromkeys("UgGTVSCLE", 236),
    **dict.fromkeys("jJ", 240),
    **dict.fromkeys("alq", 244),
    **dict.fromkeys("dyYAMBowW", 250),
    "D": 256,
}
NEWEST = 999
"""The version that is assumed if it is not known: a newer one than any change."""


def differences(version: int) -> Differences:
    """Return what is true of a version of systemd. Sources: NEWS of systemd, and its issues 27975 and 619."""
    return Differences(
        **{name: version >= since for name, since in _SINCE.items()},
        prefixes="".join(prefix for prefix, since in _PREFIXES.items() if version >= since),
        specifiers="".join(letter for letter, since in _SPECIFIERS.items() if version >= since),
    )
