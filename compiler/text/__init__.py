"""Untrusted strings, made safe for messages, terminals and CI logs; suggestions for misspelled names."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

from compiler.bounds import MAX_SUGGESTIONS
from compiler.text.redaction import hide

MAX_CHARACTERS = 100
_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def shown(text: str) -> str:
    """Return the string in quotes, shortened to 100 characters, control characters escaped and secrets redacted."""
    return f'"{shown_bare(text)}"'


def shown_bare(text: str) -> str:
    """Return the string as `shown` does, without the quotes around it: for values in flags to write."""
    text = hide(text)
    cut = text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
    safe = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in cut)
    return safe.replace('"', '\\"')


def trimmed(text: str) -> str:
    """Return the string without surrounding white space. Go: strings.TrimSpace.

    Python's str.strip would also remove the separators U+001C to U+001F.
    """
    return text.strip(_SPACES)


UNPRINTABLE = "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
"""Control characters other than the tab, bidirectional controls, and invisible characters."""
# Commands of CI systems: '::' at the start of a line and '##[' anywhere in GitHub Actions, '##vso[' in Azure Pipelines.
_COMMAND = r"\A(\s*):(?=:)|#(?=#(?:\[|vso\[))"


def clean(text: str) -> str:
    """Return a string on one line, with characters escaped that would move the cursor or hide other text."""
    return re.sub(UNPRINTABLE, _escaped, text.replace("\t", " "))


def clean_line(text: str) -> str:
    """Return a line of output, cleaned and with commands of CI systems escaped."""
    return escape_commands(clean(text))


def clean_lines(text: str) -> str:
    """Return lines of output, for example a diff, cleaned as by `clean_line` except for tabs."""
    lines = ("\t".join(map(clean, line.split("\t"))) for line in text.split("\n"))
    return "\n".join(map(escape_commands, lines))


def clean_path(name: str) -> str:
    """Return a path for the start of a line, cleaned and not recognized as a command by CI systems."""
    return clean(f"./{name}" if name.startswith((":", "#")) else name)


def say(text: str) -> None:
    """Print a line to standard error."""
    print(clean_line(text), file=sys.stderr)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 input`, `2 inputs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines, with the columns two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def escape_commands(line: str) -> str:
    """Return a line with commands of CI systems escaped."""
    return re.sub(_COMMAND, lambda match: f"{match[1] or ''}\\u{ord(match[0][-1]):04x}", line)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


_LONGEST_WORD = 100
"""Longer words get no suggestion."""


class Suggestion(str):
    """A hint that is safe to apply automatically: in the location of the diagnostic, replace `old` with `new`."""

    old: str
    new: str

    def __new__(cls, text: str, old: str, new: str) -> Suggestion:
        """Return the text of the hint with its edit."""
        suggestion = super().__new__(cls, text)
        suggestion.old, suggestion.new = old, new
        return suggestion


def closest(word: str, candidates: Iterable[str]) -> str:
    """Return the candidate closest to `word`, empty if none is close.

    A candidate that differs only in case, dashes or underscores always wins.
    """
    if len(word) > _LONGEST_WORD:
        return ""
    names = list(candidates)
    return only_one(word, names) or _near(word, names)


def _near(word: str, names: list[str]) -> str:
    if not word:
        return ""
    normalized = _normalize(word)
    for name in names:
        if _normalize(name) == normalized:
            return name
    from difflib import get_close_matches

    near = get_close_matches(word, names, n=1, cutoff=0.75) or get_close_matches(word.lower(), names, n=1, cutoff=0.75)
    return near[0] if near else ""


def only_one(word: str, candidates: Iterable[str]) -> str:
    """Return the only candidate that `word` can be a typo of, empty if there is none or more than one.

    A typo is one inserted, missing, wrong or transposed letter, or two of them in a long word; if a second candidate is
    nearly as close, neither counts. Digits are never considered typos: v2 does not mean v1.

    >>> only_one("RBCA", ["ABAC", "RBAC"]), only_one("BAC", ["ABAC", "RBAC"]), only_one("v2", ["v1", "v1beta1"])
    ('RBAC', '', '')
    """
    names = [name for name in dict.fromkeys(candidates) if name]
    normalized = _normalize(word)
    same = [name for name in names if _normalize(name) == normalized]
    if same:
        return same[0] if len(same) == 1 else ""
    digits = [letter for letter in normalized if letter.isdigit()]
    ranked = sorted((_distance(normalized, _normalize(name), 4), name) for name in names)
    if not ranked:
        return ""
    nearest, name = ranked[0]
    size = min(len(normalized), len(_normalize(name)))
    is_typo = nearest <= (2 if size >= 8 else 1 if size >= 3 else 0)
    is_unique = len(ranked) < 2 or ranked[1][0] >= 2 * nearest
    return name if is_typo and is_unique and digits == [letter for letter in name if letter.isdigit()] else ""


def did_you_mean(word: str, candidates: Iterable[str], spelling: str = "{}") -> str:
    """Return `did you mean NAME?` with NAME formatted by `spelling`, empty if no candidate is close.

    It is a Suggestion if the word can only be a typo of NAME.
    """
    if len(word) > _LONGEST_WORD:
        return ""
    names = list(candidates)
    if name := only_one(word, names):
        return Suggestion(f"did you mean {spelling.format(name)}?", spelling.format(word), spelling.format(name))
    name = _near(word, names)
    return f"did you mean {spelling.format(name)}?" if name else ""


class Suggestions:
    """Suggestions for the first unknown words of one input; further ones get none to save time."""

    def __init__(self) -> None:
        self.remaining = MAX_SUGGESTIONS

    def closest(self, word: str, candidates: Iterable[str]) -> str:
        """As `closest`."""
        return closest(word, candidates) if self._next() else ""

    def did_you_mean(self, word: str, candidates: Iterable[str], spelling: str = "{}") -> str:
        """As `did_you_mean`."""
        return did_you_mean(word, candidates, spelling) if self._next() else ""

    def _next(self) -> bool:
        self.remaining -= 1
        return self.remaining >= 0


def _normalize(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "").replace(" ", "")


def _distance(one: str, other: str, limit: int) -> int:
    """Return the edit distance with transpositions, at most `limit`."""
    if abs(len(one) - len(other)) >= limit:
        return limit
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, above, row = above, row, [i]
        for j, target in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != target))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == target:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) >= limit:
            return limit
    return min(row[-1], limit)
