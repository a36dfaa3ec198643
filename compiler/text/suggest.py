"""Did you mean: the closest known name."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.bounds import MAX_SUGGESTIONS

_LONGEST = 100
"""Characters of a word that can be meant for a known one."""


class Suggestion(str):
    """A hint that is so sure that it can be followed without thinking: in what the finding is about, `new` takes the
    place of `old`.
    """

    old: str
    new: str

    def __new__(cls, text: str, old: str, new: str) -> Suggestion:
        """The hint's text with the edit that it stands for."""
        made = super().__new__(cls, text)
        made.old, made.new = old, new
        return made


def closest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that `word` most likely stands for, empty where none is near.

    A spelling that differs in case, dashes or underscores alone always wins.
    """
    if len(word) > _LONGEST:
        return ""
    names = list(candidates)
    return only_one(word, names) or _near(word, names)


def _near(word: str, names: list[str]) -> str:
    if not word:
        return ""
    squeezed = _squeeze(word)
    for name in names:
        if _squeeze(name) == squeezed:
            return name
    from difflib import get_close_matches

    near = get_close_matches(word, names, n=1, cutoff=0.75) or get_close_matches(word.lower(), names, n=1, cutoff=0.75)
    return near[0] if near else ""


def only_one(word: str, candidates: Iterable[str]) -> str:
    """The only candidate that `word` can be a slip of the keyboard for; empty where there is none, or several.

    That is one letter too many, too few, wrong or swapped with the next one, or two of them in a long word; where a
    second candidate is nearly as close, neither counts. Digits are never taken for a slip: v2 does not mean v1.

    >>> only_one("RBCA", ["ABAC", "RBAC"]), only_one("BAC", ["ABAC", "RBAC"]), only_one("v2", ["v1", "v1beta1"])
    ('RBAC', '', '')
    """
    names = [name for name in dict.fromkeys(candidates) if name]
    squeezed = _squeeze(word)
    same = [name for name in names if _squeeze(name) == squeezed]
    if same:
        return same[0] if len(same) == 1 else ""
    digits = [letter for letter in squeezed if letter.isdigit()]
    ranked = sorted((_distance(squeezed, _squeeze(name), 4), name) for name in names)
    if not ranked:
        return ""
    nearest, name = ranked[0]
    size = min(len(squeezed), len(_squeeze(name)))
    sure = nearest <= (2 if size >= 8 else 1 if size >= 3 else 0)
    alone = len(ranked) < 2 or ranked[1][0] >= 2 * nearest
    return name if sure and alone and digits == [letter for letter in name if letter.isdigit()] else ""


def did_you_mean(word: str, candidates: Iterable[str], spelling: str = "{}") -> str:
    """`did you mean NAME?`, the name written as `spelling` says; empty where nothing is near.

    It is a Suggestion where NAME is the only one that can be meant.
    """
    if len(word) > _LONGEST:
        return ""
    names = list(candidates)
    if name := only_one(word, names):
        return Suggestion(f"did you mean {spelling.format(name)}?", spelling.format(word), spelling.format(name))
    name = _near(word, names)
    return f"did you mean {spelling.format(name)}?" if name else ""


class Suggestions:
    """The same for the first unknown words of one input, empty for those after them: each search takes milliseconds."""

    def __init__(self) -> None:
        self.left = MAX_SUGGESTIONS

    def closest(self, word: str, candidates: Iterable[str]) -> str:
        """As `closest`."""
        return closest(word, candidates) if self._next() else ""

    def did_you_mean(self, word: str, candidates: Iterable[str], spelling: str = "{}") -> str:
        """As `did_you_mean`."""
        return did_you_mean(word, candidates, spelling) if self._next() else ""

    def _next(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _squeeze(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "").replace(" ", "")


def _distance(one: str, other: str, limit: int) -> int:
    """How many letters have to be put in, left out, replaced or swapped with the next one; at most `limit`."""
    if abs(len(one) - len(other)) >= limit:
        return limit
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, above, row = above, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) >= limit:
            return limit
    return min(row[-1], limit)
