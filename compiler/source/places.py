"""Positions in a text: indices to lines and columns and back; and the errors for exceeded bounds."""

from __future__ import annotations

import re
from array import array
from itertools import accumulate

from compiler.bounds import MAX_ARGUMENT, MAX_DEPTH, MAX_EXPANDED, MAX_NODES, MAX_NUMBER
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.source.node import Source, Span

LINE_BREAK = re.compile(r"\r\n?|\n")
QUOTE_STRING = "quote it if it is meant as a string"
"""The hint for a scalar that was probably meant as a string."""


def place(text: str, index: int) -> tuple[int, int]:
    """Return the line and column of an index, both from 1.

    >>> place("ab\\ncd", 4)
    (2, 2)
    """
    line, start = 1, 0
    for match in LINE_BREAK.finditer(text, 0, index):
        line, start = line + 1, match.end()
    return line, index - start + 1


def line_starts(text: str) -> array[int]:
    """Return the index of each line's first character."""
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    return array("L", accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))


class Lines:
    """A text and the indices at which its lines start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = line_starts(text)

    def index(self, line: int, column: int) -> int:
        """Return the index of a line and column, both from 1; the length of the text if it has no such position.

        >>> Lines("ab\\ncd").index(2, 2)
        4
        """
        return min(self.starts[line - 1] + column - 1, len(self.text)) if line <= len(self.starts) else len(self.text)

    def span(self, location: Location) -> tuple[int, int]:
        """Return the start and end index of a location."""
        _, line, column, end_line, end_column = location
        return self.index(line, column), self.index(end_line, end_column)


def location(source: Source, text: str, start: int, end: int) -> Location:
    """Return the location of a slice of `text`, which is the text of `source` without its byte order mark."""
    return Location(source.name, *place(text, start), *place(text, end))


def at_span(source: Source, span: Span) -> Location:
    """Return a span of a source as a location."""
    return Location(source.name, *span)


def too_deep(where: Location) -> KascError:
    """Return the error for values nested deeper than `MAX_DEPTH`."""
    return KascError(
        diagnose(
            "DOC-02",
            f"mappings and lists are nested deeper than {MAX_DEPTH} levels",
            "no option needs this depth: look for brackets or indentation repeated by mistake",
            location=where,
        )
    )


def too_many(where: Location) -> Diagnostic:
    """Return the diagnostic for a file with more values than `MAX_NODES`, which cannot be read further."""
    message = f"the file has more than {MAX_NODES} values, with aliases expanded"
    return diagnose("DOC-02", message, "split the file, or use fewer aliases of aliases", location=where)


def too_many_words(where: Location | None) -> KascError:
    """Return the error for a command line of more words than `MAX_NODES`."""
    message = f"the command line has more than {MAX_NODES} words"
    return KascError(diagnose("DOC-02", message, "check that the file is a list of flags", location=where))


def too_long(where: Location) -> KascError:
    """Return the error for a word or variable longer than `MAX_ARGUMENT`."""
    message = f"an argument or variable is longer than {MAX_ARGUMENT} characters, the most that Linux accepts"
    return KascError(diagnose("DOC-02", message, "move the value to a file that a flag names", location=where))


def expands_too_far(where: Location) -> KascError:
    """Return the error for variables that add more characters than `MAX_EXPANDED`."""
    message = f"the variables expand to more than {MAX_EXPANDED} characters"
    return KascError(diagnose("DOC-02", message, "look for variables that repeat other variables", location=where))


def long_number(where: Location, length: int) -> Diagnostic:
    """Return the diagnostic for a number with more characters than `MAX_NUMBER`."""
    return diagnose(
        "DOC-06",
        f"the number has {length} characters, more than the limit of {MAX_NUMBER}",
        QUOTE_STRING,
        location=where,
    )


def overflowing(where: Location, text: str) -> Diagnostic:
    """Return the diagnostic for a number that overflows a float."""
    return diagnose(
        "DOC-06",
        f"the number {text if len(text) <= 40 else text[:37] + '...'} overflows a 64-bit float",
        f"write a smaller number, or {QUOTE_STRING}",
        location=where,
    )


def code_point(char: str) -> str:
    """Return the code point of a character that cannot be printed, for example U+0007."""
    return f"U+{ord(char):04X}"


def quoted(text: str) -> str:
    """Return a string of the file in quotes for a message: escaped, and truncated if it is long."""
    return repr(text) if len(text) <= 60 else repr(text[:57]) + "..."
