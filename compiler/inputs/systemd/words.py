"""Words of a unit file: quotes and escape sequences, in both directions.

systemd: src/basic/extract-word.c, extract_first_word; src/basic/escape.c, cunescape_one.
"""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from compiler.bounds import MAX_ARGUMENT, MAX_NODES
from compiler.inputs.arguments import Trace, Word
from compiler.inputs.shell_words import Run, composed
from compiler.inputs.source.node import too_long, too_many_words

WHITESPACE = " \t\n\r"
_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", '"': '"', "'": "'", "s": " ",
}  # fmt: skip
_CODE = re.compile(r"x([0-9A-Fa-f]{2})|([0-7]{3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})")
_CHUNKS = {"": re.compile(r"[^ \t\n\r\\'\"]+"), "'": re.compile(r"[^\\']+"), '"': re.compile(r'[^\\"]+')}
_WHOLE = re.compile(r"([^ \t\n\r\\'\"]+)(?:[ \t\n\r]+|\Z)")
_BARE = re.compile(r"[^ \t\n\r\\]+")


_OPEN = "a quote is not closed"


class QuotingError(Exception):
    """A word cannot be read; the message is the reason, `start` and `end` the span of the cause."""

    def __init__(self, reason: str, start: int, end: int) -> None:
        super().__init__(reason)
        self.start = start
        self.end = end


class Grammar(NamedTuple):
    """How words are read. systemd: ExtractFlags.

    `decodes`: escape sequences of C are decoded; otherwise a backslash only makes the next character literal.
    `keeps_unknown`: an unknown escape sequence stays as it is (EXTRACT_UNESCAPE_RELAX). `closes`: the end of the text
    closes a quote (EXTRACT_RELAX). `quotes_inside`: see Differences.
    """

    decodes: bool = True
    keeps_unknown: bool = False
    closes: bool = False
    quotes_inside: bool = True


COMMAND = Grammar()
"""Words of ExecStart=, Environment= and UnsetEnvironment=."""
NAMES = Grammar(decodes=False)
"""Words of PassEnvironment=."""
VALUE = Grammar(decodes=False, closes=True)
"""The words of a variable's value that replaces `$NAME`. systemd: src/basic/env-util.c, replace_env_argv."""


class Extracted(NamedTuple):
    """A word, the index after it and the white space that follows, and the spans of its unknown escape sequences."""

    word: Word
    end: int
    unknown_escapes: tuple[tuple[int, int], ...] = ()


def split(text: str, base: Trace, grammar: Grammar) -> list[Word]:
    """Return the words of a text, whose trace is `base`.

    Raises QuotingError, and KascError (DOC-02) for more than `MAX_NODES` words or one longer than `MAX_ARGUMENT`.
    """
    words: list[Word] = []
    position = 0
    while (extracted := extract(text, position, base, grammar)) is not None:
        words.append(extracted.word)
        position = extracted.end
        if len(words) > MAX_NODES:
            raise too_many_words(words[-1].location)
    return words


def extract_leniently(text: str, position: int, base: Trace, grammar: Grammar = COMMAND) -> Extracted | None:
    """Return the first word from an index on; one with unknown escape sequences is read again and keeps them.

    Raises QuotingError for a quote that is not closed. systemd: extract_first_word_and_warn.
    """
    try:
        return extract(text, position, base, grammar)
    except QuotingError:
        return extract(text, position, base, grammar._replace(keeps_unknown=True))


def extract(text: str, position: int, base: Trace, grammar: Grammar) -> Extracted | None:
    """Return the first word from an index on, None if there is only white space. Raises QuotingError."""
    start = position
    while start < len(text) and text[start] in WHITESPACE:
        start += 1
    if start == len(text):
        return None
    match = _WHOLE.match(text, start)
    if match is not None:
        return _simple(match, base)
    return _Reader(text, start, base, grammar).read()


def _simple(match: re.Match[str], base: Trace) -> Extracted:
    """Return a word without quotes and escape sequences, which is on one line."""
    if match.end(1) - match.start(1) > MAX_ARGUMENT:
        raise too_long(base(*match.span(1)))
    return Extracted(Word(match[1], base(*match.span(1))), match.end())


class _Reader:
    """Reads one word."""

    def __init__(self, text: str, start: int, base: Trace, grammar: Grammar) -> None:
        self.text = text
        self.start = start
        self.position = start
        self.base = base
        self.grammar = grammar
        self.pieces: list[str] = []
        self.runs: list[Run] = []
        self.length = 0
        self.has_bytes = False
        self.unknown: list[tuple[int, int]] = []

    def read(self) -> Extracted:
        quote, opening = "", self.start
        while self.position < len(self.text):
            letter = self.text[self.position]
            if letter == "\\":
                if not self._escape(quote):
                    return self._word()
            elif quote and letter == quote:
                quote = ""
                self.position += 1
            elif not quote and letter in WHITESPACE:
                return self._word()
            elif not quote and letter in "'\"" and self._opens():
                quote, opening = letter, self.position
                self.position += 1
            else:
                self._chunk(quote)
        if quote and not self.grammar.closes:
            raise QuotingError(_OPEN, opening, len(self.text))
        return self._word()

    def _opens(self) -> bool:
        return self.grammar.quotes_inside or self.position == self.start

    def _chunk(self, quote: str) -> None:
        pattern = _CHUNKS[quote] if quote or self.grammar.quotes_inside else _BARE
        match = pattern.match(self.text, self.position)
        end = match.end() if match else self.position + 1
        self._add(self.text[self.position : end], end, plain=True)

    def _escape(self, quote: str) -> bool:
        """Read an escape sequence; return whether the word goes on."""
        at = self.position
        following = self.text[at + 1 : at + 2]
        if not following:
            if self.grammar.keeps_unknown and (not quote or self.grammar.closes):
                self.unknown.append((at, at + 1))
                self._add("\\", at + 1, plain=True)
            elif not self.grammar.closes:
                raise QuotingError(_OPEN if quote else "a backslash is at the end", at, at + 1)
            self.position = len(self.text)
            return False
        if not self.grammar.decodes:
            self._add(following, at + 2)
            return True
        char, size = _decoded(self.text, at + 1)
        if size:
            self.has_bytes = self.has_bytes or "\ud800" <= char <= "\udfff"
            self._add(char, at + 1 + size)
        elif self.grammar.keeps_unknown:
            self.unknown.append((at, at + 2))
            self._add(f"\\{following}", at + 2, plain=True)
        else:
            raise QuotingError(f"\\{following} is not an escape sequence", at, at + 2)
        return True

    def _add(self, piece: str, end: int, *, plain: bool = False) -> None:
        self.runs.append(Run(self.length, self.position, end, plain))
        self.pieces.append(piece)
        self.length += len(piece)
        self.position = end
        if self.length > MAX_ARGUMENT:
            raise too_long(self.base(self.start, end))

    def _word(self) -> Extracted:
        location = self.base(self.start, self.position)
        text = "".join(self.pieces)
        trace: Trace | None = composed(self.base, self.runs)
        if self.has_bytes:
            text, trace = text.encode(errors="surrogateescape").decode(errors="replace"), lambda start, end: location
        elif location.line == location.end_line and location.end_column - location.column == len(text):
            trace = None
        end = self.position
        while end < len(self.text) and self.text[end] in WHITESPACE:
            end += 1
        return Extracted(Word(text, location, trace=trace), end, tuple(self.unknown))


def _decoded(text: str, at: int) -> tuple[str, int]:
    """Return the character of an escape sequence that follows a backslash, and its length; 0 if it is unknown.

    A byte that is not ASCII is returned as Python's `surrogateescape` does. systemd: cunescape_one.
    """
    simple = _SIMPLE.get(text[at])
    if simple is not None:
        return simple, 1
    match = _CODE.match(text, at)
    if match is None:
        return "", 0
    byte = int(match[1], 16) if match[1] else int(match[2], 8) if match[2] else None
    code = byte if byte is not None else int(match[3] or match[4], 16)
    if code == 0 or (byte is not None and byte > 255) or code > sys.maxunicode:
        return "", 0
    if byte is not None and byte >= 128:
        return chr(0xDC00 + byte), len(match[0])
    if 0xD800 <= code <= 0xDFFF:
        return ("", 0) if match[4] else ("\ufffd", len(match[0]))
    return chr(code), len(match[0])


_UNSAFE = re.compile("[\\x00-\\x20\\x7f\"'\\\\]|\\A[#;]|\\A\\Z")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "%": "%%"}


def quote(argument: str) -> str:
    """Return an argument as a word of ExecStart= that systemd passes on unchanged, whatever it contains.

    Quotes, escape sequences, specifiers (`%`) and variables (`$`) are undone. Every version of systemd reads it, since
    a quoted word is quoted as a whole. Raises ValueError for a NUL character, which no argument can contain.

    >>> print(quote("--feature-gates=A=true"), quote("50% of $x"), quote(""))
    --feature-gates=A=true "50%% of $$x" ""
    """
    return quote_assignment(argument.replace("$", "$$"))


def quote_assignment(assignment: str) -> str:
    """Return an assignment as a word of Environment=, where `$` has no meaning. Raises ValueError as `quote` does."""
    if "\0" in assignment:
        raise ValueError("an argument cannot contain a NUL character")
    if not _UNSAFE.search(assignment):
        return assignment.replace("%", "%%")
    return f'"{_ESCAPED.sub(_escaped, assignment)}"'


_ESCAPED = re.compile('[\\x00-\\x1f\\x7f%"\\\\]')


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\x{ord(match[0]):02x}"
