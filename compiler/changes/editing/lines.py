"""The lines of a text around an index."""

from __future__ import annotations


def line_break_of(text: str) -> str:
    """Return how the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def line_start(text: str, index: int) -> int:
    """Return the index of the first character of a line.

    >>> line_start("ab\\ncd", 4)
    3
    """
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1


def line_end(text: str, index: int) -> int:
    """Return the index of the break at the end of a line, or of the end of the text."""
    stop = text.find("\n", index)
    stop = len(text) if stop < 0 else stop
    mark = text.find("\r", index, stop)
    return stop if mark < 0 else mark


def after_break(text: str, index: int) -> int:
    """Return the index after the break of a line, of which `index` is the first character."""
    return index + (2 if text.startswith("\r\n", index) else 1 if index < len(text) else 0)
