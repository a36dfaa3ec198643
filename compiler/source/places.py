"""Places in a text: what index stands in which line and column; and what is said of a file past the bounds."""

from __future__ import annotations

import re
from array import array
from itertools import accumulate

from compiler.bounds import MAX_ARGUMENT, MAX_DEPTH, MAX_EXPANDED, MAX_NODES, MAX_NUMBER
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.source.node import Source, Span

LINE_BREAK = re.compile(r"\r\n?|\n")


def place(text: str, index: int) -> tuple[int, int]:
    """Line and column of an index, both from 1.

    >>> place("ab\\ncd", 4)
    (2, 2)
    """
    line, start = 1, 0
    for found in LINE_BREAK.finditer(text, 0, index):
        line, start = line + 1, found.end()
    return line, index - start + 1


def line_starts(text: str) -> array[int]:
    """The index of each line's first character."""
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    return array("L", accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))


class Lines:
    """A text and where its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = line_starts(text)

    def index(self, line: int, column: int) -> int:
        """The index of a line and column, both from 1; the end of the text where it has no such place.

        >>> Lines("ab\\ncd").index(2, 2)
        4
        """
        return min(self.starts[line - 1] + column - 1, len(self.text)) if line <= len(self.starts) else len(self.text)

    def span(self, location: Location) -> tuple[int, int]:
        """The indices of a location."""
        _, line, column, end_line, end_column = location
        return self.index(line, column), self.index(end_line, end_column)


def location(source: Source, text: str, start: int, end: int) -> Location:
    """The location of a slice of `text`, which is the text of `source` without its byte order mark."""
    return Location(source.name, *place(text, start), *place(text, end))


def at_span(source: Source, span: Span) -> Location:
    """A span as a location."""
    return Location(source.name, *span)


def too_deep(where: Location) -> KascError:
    """The error for what is nested deeper than `MAX_DEPTH`."""
    return KascError(
        diagnose(
            "DOC-02",
            f"mappings and lists are nested deeper than {MAX_DEPTH} levels",
            "no option needs such depth, so look for brackets or indents that were repeated by mistake",
            location=where,
        )
    )


def too_many(where: Location) -> Diagnostic:
    """The finding about a file with more values than `MAX_NODES`; fatal."""
    message = f"the file holds more than {MAX_NODES} values, counted with its aliases expanded"
    return diagnose("DOC-02", message, "split the file, or use fewer aliases of aliases", location=where)


def too_many_words(where: Location | None) -> KascError:
    """The error for a command line of more words than `MAX_NODES`."""
    message = f"the command line has more than {MAX_NODES} words"
    return KascError(diagnose("DOC-02", message, "check that the file is a list of flags", location=where))


def too_long(where: Location) -> KascError:
    """The error for a word or variable of more characters than `MAX_ARGUMENT`."""
    message = f"an argument or variable is longer than {MAX_ARGUMENT} characters, the most that Linux accepts"
    return KascError(diagnose("DOC-02", message, "move the value to a file that a flag names", location=where))


def expands_too_far(where: Location) -> KascError:
    """The error for variables that add more characters than `MAX_EXPANDED`."""
    message = f"the variables expand to more than {MAX_EXPANDED} characters"
    return KascError(diagnose("DOC-02", message, "look for variables that repeat other variables", location=where))


def long_number(where: Location, length: int) -> Diagnostic:
    """The finding about a number with more characters than `MAX_NUMBER`."""
    return diagnose(
        "DOC-06",
        f"a number of {length} characters is too long, the bound is {MAX_NUMBER}",
        "put it into quotes if it is meant as text",
        location=where,
    )


def overflowing(where: Location, text: str) -> Diagnostic:
    """The finding about a float that only infinity could stand for."""
    return diagnose(
        "DOC-06",
        f"the number {text if len(text) <= 40 else text[:37] + '...'} is too large to be held as a float",
        "write a smaller number, or put it into quotes if it is meant as text",
        location=where,
    )


def name_character(char: str) -> str:
    """A character that must not be printed as it is: its code point, as U+0007."""
    return f"U+{ord(char):04X}"


def shown(text: str) -> str:
    """A text of the file in quotes for a message: escaped, and cut where it is long."""
    return repr(text) if len(text) <= 60 else repr(text[:57]) + "..."
