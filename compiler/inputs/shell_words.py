"""Shell words with their locations. Known variables are expanded; unknown ones are named."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from compiler import rules
from compiler.bounds import MAX_ARGUMENT, MAX_EXPANDED, MAX_NODES
from compiler.diagnostics import KascError, Location, diagnose
from compiler.inputs.arguments import Trace, Word
from compiler.inputs.source.node import Source, expands_too_far, line_starts, too_long, too_many_words

_REFERENCE = r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)|[@*#?0-9]|[({])"
_OPERATOR = r"[0-9]*(?:>>|>\||>&|<<|<&|<>|&>>|&>|[<>])|&&|\|\||;;|[;|&()\n]"
_SEARCHED = 1_000_000
"""Characters scanned without finding the end of a reference, after which references are not scanned any more."""
_ESCAPED = ("$", "`", '"', "\\")
# Characters without special meaning: in double quotes, and in a word without quotes.
_QUOTED = r"[^\"\\$`]+"
_BARE = r"[^ \t\r\n'\"\\$`;|&<>()]*"
_BLANK_OR_NOT = r"[ \t\r\n]|[^ \t\r\n]+"


class Token(NamedTuple):
    """A word, or an operator between words."""

    word: Word
    operator: bool = False


def trace_of(source: Source) -> Trace:
    """Return the trace of a file: start and end index to location."""
    starts = line_starts(source.text)

    def place(index: int) -> tuple[int, int]:
        line = bisect(starts, index)
        return line, index - starts[line - 1] + 1

    return lambda start, end: Location(source.name, *place(start), *place(end))


class Run(NamedTuple):
    """Characters of a word from index `at` on, and the span of the source that they come from.

    In a plain run, each character has its own position; in others, all characters come from the whole span.
    """

    at: int
    start: int
    end: int
    plain: bool


def composed(base: Trace, runs: Sequence[Run]) -> Trace:
    """Return the trace of a string composed of runs of another string, whose trace is `base`."""

    def trace(start: int, end: int) -> Location:
        if not runs:
            return base(0, 0)
        first, last = _run_at(runs, start), _run_at(runs, max(start, end - 1))
        at = first.start + (start - first.at if first.plain else 0)
        if start >= end:
            return base(min(at, first.end), min(at, first.end))
        return base(at, last.start + (end - last.at) if last.plain else last.end)

    return trace


def _run_at(runs: Sequence[Run], index: int) -> Run:
    return runs[max(0, bisect(runs, index, key=attrgetter("at")) - 1)]


class Splitter:
    """Splits a string into words: quotes, backslashes, continued lines, comments, variables.

    `base` is the trace of the string. `variables` may grow between words. With `command`, operators and line ends are
    separate tokens. `used` collects the variables that were expanded. Raises KascError (DOC-02) if a bound on the
    number of words, their length or the expansion is exceeded.
    """

    def __init__(
        self, text: str, base: Trace, variables: Mapping[str, str], *, command: bool = False, comments: bool = True
    ) -> None:
        self.text = text
        self.base = base
        self.variables = variables
        self.command = command
        self.comments = comments
        self.used: set[str] = set()
        self._position = 0
        self._start: int | None = None
        self._pieces: list[str] = []
        self._runs: list[Run] = []
        self._length = 0
        self._unknown = ""
        self._budget = _SEARCHED
        self._room = MAX_EXPANDED
        self._words = 0

    def tokens(self) -> Iterator[Token]:
        """Yield the words in order; raises KascError (INPUT-02) for an unclosed quote."""
        text = self.text
        while self._position < len(text):
            at = self._position
            letter = text[at]
            operator = re.compile(_OPERATOR).match(text, at) if self.command and self._may_be_operator(at) else None
            if operator is not None:
                yield from self._finished()
                self._position = operator.end()
                yield Token(Word(operator[0], self.base(at, operator.end())), operator=True)
            elif letter in " \t\r\n":
                self._position += 1
                yield from self._finished(at)
            elif letter == "#" and self._start is None and self.comments:
                end = text.find("\n", at)
                self._position = end if end >= 0 else len(text)
            elif letter == "\\" and self._line_end(at + 1):
                self._position = at + 1 + self._line_end(at + 1)
            else:
                yield from self._take(letter)
        yield from self._finished()

    def _may_be_operator(self, at: int) -> bool:
        # Digits belong to a redirection if they are a separate word.
        return self.text[at] in ";|&<>()\n" or (self._start is None and self.text[at].isdigit())

    def _line_end(self, at: int) -> int:
        """Return the length of the line end at an index, 0 if there is none."""
        return 2 if self.text.startswith("\r\n", at) else int(self.text.startswith("\n", at))

    def _take(self, letter: str) -> Iterator[Token]:
        at = self._position
        self._start = at if self._start is None else self._start
        if letter == "'":
            end = self._closing(self.text.find("'", at + 1), at)
            self._add(self.text[at + 1 : end], at + 1, end, plain=True)
            self._position = end + 1
        elif letter == '"':
            self._double_quoted(at)
        elif letter == "\\":
            self._position = min(at + 2, len(self.text))
            self._add(self.text[at + 1 : at + 2] or "\\", at, self._position)
        elif letter in "$`":
            yield from self._variable(splits=True)
        else:
            bare = re.compile(_BARE).match(self.text, at + 1)
            self._position = bare.end() if bare else at + 1
            self._add(self.text[at : self._position], at, self._position, plain=True)

    def _double_quoted(self, opening: int) -> None:
        self._position += 1
        while not self.text.startswith('"', self._position):
            at = self._position
            if at >= len(self.text):
                self._closing(-1, opening)
            letter, following = self.text[at], self.text[at + 1 : at + 2]
            if letter == "\\" and self._line_end(at + 1):
                self._position += 1 + self._line_end(at + 1)
            elif letter == "\\" and following in _ESCAPED and following:
                self._add(following, at, at + 2)
                self._position += 2
            elif letter in "$`":
                for _ in self._variable(splits=False):
                    pass
            else:
                quoted = re.compile(_QUOTED).match(self.text, at)
                self._position = quoted.end() if quoted else at + 1
                self._add(self.text[at : self._position], at, self._position, plain=True)
        self._position += 1

    def _variable(self, *, splits: bool) -> Iterator[Token]:
        """Expand a variable; if it `splits`, white space in its value ends a word."""
        at = self._position
        match = re.compile(_REFERENCE).match(self.text, at)
        name = (match[1] or match[2] or "") if match else ""
        if name not in self.variables:
            end = self._computed_end(match.end() if match else at + 1)
            if match or self.text[at] == "`":
                self._unknown = self._unknown or self.text[at:end]
            self._add(self.text[at:end], at, end, plain=True)
            self._position = end
            return
        self.used.add(name)
        value = self.variables[name]
        end = self._position = match.end() if match else at
        self._room -= len(value)
        if self._room < 0:
            raise expands_too_far(self.base(at, end))
        for piece in re.findall(_BLANK_OR_NOT, value) if splits else [value]:
            if splits and piece in " \t\r\n":
                yield from self._finished(end)
            else:
                self._start = at if self._start is None else self._start
                self._add(piece, at, end)

    def _computed_end(self, end: int) -> int:
        """Return the end of a reference; that of `$(...)`, `${...}` and `` `...` `` is after the closing character."""
        opening = self.text[end - 1]
        if opening not in "({`" or (self.text[end - 2 : end - 1] not in ("$", "") and opening != "`"):
            return end
        depth, closing = 1, {"(": ")", "{": "}", "`": "`"}[opening]
        stop = min(len(self.text), end + self._budget)
        for index in range(end, stop):
            if self.text[index] == closing:
                depth -= 1
            elif self.text[index] == opening:
                depth += 1
            if depth == 0:
                return index + 1
        self._budget -= stop - end
        return end

    def _closing(self, end: int, opening: int) -> int:
        if end < 0:
            at = self.base(opening, opening + 1)
            hint = "close the quote, or put a backslash before it"
            raise KascError(diagnose(rules.UNTERMINATED_QUOTE, "unclosed quote", hint, location=at))
        return end

    def _add(self, piece: str, start: int, end: int, *, plain: bool = False) -> None:
        """Add the value of a span of the string to the word; `plain` if it is the span itself."""
        last = self._runs[-1] if self._runs else None
        if last is not None and plain and last.plain and last.end == start:
            self._runs[-1] = last._replace(end=end)
        elif piece:
            self._runs.append(Run(self._length, start, end, plain))
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length > MAX_ARGUMENT:
            raise too_long(self.base(start if self._start is None else self._start, end))

    def _finished(self, end: int | None = None) -> Iterator[Token]:
        """Yield the word that ends before an index, if one was started."""
        if self._start is not None:
            text = "".join(self._pieces)
            location = self.base(self._start, self._position if end is None else end)
            width = location.end_column - location.column if location.line == location.end_line else -1
            trace = None if width == len(text) else composed(self.base, self._runs)
            self._words += 1
            if self._words > MAX_NODES:
                raise too_many_words(location)
            yield Token(Word(text, location, trace=trace, unknown=self._unknown))
        self._start, self._pieces, self._runs, self._length, self._unknown = None, [], [], 0, ""
