"""What every flag type has: a zero, a way to take one more use of the flag, and texts that give a value again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Span = tuple[int, int]
"""Where something stands in a text; the end is exclusive."""


class ValueType:
    """One flag type. `zero` is its value before anything is set."""

    zero: Any = ""

    def set(self, current: Any, text: str, first: bool) -> Any:
        """The value after one more use of the flag; `first` where the flag was not given before.

        Raises InvalidValueError.
        """
        return text

    def format(self, value: Any) -> list[str]:
        """Texts, one for each use of the flag, that give the value again."""
        return [str(value)]

    def default(self, text: str) -> Any:
        """The value of a recorded default, which is the text of Go's String method."""
        return self.set(self.zero, text, True)

    def parse(self, texts: Sequence[str]) -> Any:
        """The value after all uses of a flag. Raises InvalidValueError."""
        value = self.zero
        for index, text in enumerate(texts):
            value = self.set(value, text, index == 0)
        return value

    def elements(self, text: str) -> list[Span]:
        """Where the elements of one use of the flag stand in its text. Raises InvalidValueError."""
        return [(0, len(text))]

    def keys(self, text: str) -> list[str]:
        """The key of each of the elements, for a map. Raises InvalidValueError."""
        return []
