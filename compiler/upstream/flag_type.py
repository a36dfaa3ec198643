"""Base class of the flag types. pflag: flag.go, Value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from compiler.text import trimmed

Span = tuple[int, int]
"""A range of characters in a string; the end is exclusive."""


class ValueType:
    """One flag type. `zero` is the value of an unset flag; of a type that `accumulates`, every use counts."""

    zero: Any = ""
    accumulates = False

    def set(self, current: Any, text: str, first: bool) -> Any:
        """Return the value after another use of the flag; `first` if it is the first one.

        Of a type that accumulates, return the value of this use alone. Raise InvalidValueError.
        """
        return text

    def joined(self, values: Sequence[Any]) -> Any:
        """Return the value after several uses, by those of each alone; the time is linear in their number."""
        return values[-1]

    def format(self, value: Any) -> list[str]:
        """Return the strings, one for each use of the flag, that parse to the value."""
        return [str(value)]

    def default(self, text: str) -> Any:
        """Return the value of a recorded default, which is the output of Go's String method."""
        return self.set(self.zero, text, True)

    def parse(self, texts: Sequence[str]) -> Any:
        """Return the value after all uses of a flag. Raise InvalidValueError."""
        if self.accumulates:
            return self.joined([self.set(self.zero, text, True) for text in texts])
        value = self.zero
        for index, text in enumerate(texts):
            value = self.set(value, text, index == 0)
        return value

    def elements(self, text: str) -> list[Span]:
        """Return the ranges of the elements in one use of the flag. Raise InvalidValueError."""
        return [(0, len(text))]

    def keys(self, text: str) -> list[str]:
        """Return the key of each element of a map. Raise InvalidValueError."""
        return []


def comma_separated(text: str) -> Iterator[Span]:
    """Yield the ranges of the comma-separated parts."""
    start = 0
    for part in text.split(","):
        yield start, start + len(part)
        start += len(part) + 1


def non_empty(text: str) -> list[Span]:
    """Return the ranges of the non-empty parts, without surrounding white space."""
    spans = []
    for start, end in comma_separated(text):
        part = text[start:end]
        if part:
            inner = trimmed(part)
            lead = part.index(inner)
            spans.append((start + lead, start + lead + len(inner)))
    return spans


class String(ValueType):
    """pflag: string.go. Commas have no meaning to the flag, but to some validations of its value."""

    def elements(self, text: str) -> list[Span]:
        """Return the ranges of the comma-separated parts."""
        return list(comma_separated(text))
