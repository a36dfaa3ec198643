"""Suggestions of the closest known name."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.bounds import MAX_SUGGESTIONS

_MAX_CHARACTERS = 100
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
    if len(word) > _MAX_CHARACTERS:
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
    if len(word) > _MAX_CHARACTERS:
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
