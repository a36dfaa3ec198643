"""Did you mean: the closest known name."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that `word` most likely stands for, empty where none is near.

    A spelling that differs in case, dashes or underscores alone always wins.
    """
    names = list(candidates)
    squeezed = _squeeze(word)
    for name in names:
        if _squeeze(name) == squeezed:
            return name
    from difflib import get_close_matches

    near = get_close_matches(word, names, n=1, cutoff=0.75) or get_close_matches(word.lower(), names, n=1, cutoff=0.75)
    return near[0] if near else ""


def did_you_mean(word: str, candidates: Iterable[str], spelling: str = "{}") -> str:
    """`did you mean NAME?`, the name written as `spelling` says; empty where nothing is near."""
    name = closest(word, candidates)
    return f"did you mean {spelling.format(name)}?" if name else ""


def _squeeze(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "").replace(" ", "")
