"""The one memo of a run over many inputs: the texts of artifact parts that servers have in common.

A part of an artifact is a function and the frozen values that it is computed from, sections of the resolved config for
the most part; servers for which these are equal have the same text.
"""

from __future__ import annotations

from compiler.artifacts.yamlio import Part, part_text

_MOST_CHARACTERS = 4 * 1024 * 1024
_ENTRY = 256
"""Characters that an entry counts for in addition to its text."""


class PartTexts:
    """The texts of parts by part and indent. A text is kept when it is needed for the second time: most never are."""

    def __init__(self) -> None:
        self._texts: dict[tuple[Part, str], str] = {}
        self._size = 0
        self._needed_once: set[int] = set()

    def __call__(self, part: Part, indent: str = "") -> str:
        """Return the text of a part as `part_text` does."""
        key = (part, indent)
        text = self._texts.get(key)
        if text is None:
            text = part_text(part, indent)
            self._keep(key, text)
        return text

    def _keep(self, key: tuple[Part, str], text: str) -> None:
        if self._size > _MOST_CHARACTERS or len(self._needed_once) > _MOST_CHARACTERS // 64:
            self._texts.clear()
            self._needed_once.clear()
            self._size = 0
        number = hash(key)
        if number in self._needed_once:
            self._size += len(text) + _ENTRY
            self._texts[key] = text
        else:
            self._needed_once.add(number)
