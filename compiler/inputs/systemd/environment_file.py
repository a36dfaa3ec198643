"""Environment files. systemd: src/basic/env-file.c, parse_env_file_internal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.bounds import MAX_ARGUMENT
from compiler.inputs.arguments import Word
from compiler.inputs.shell_words import Run, composed, trace_of
from compiler.inputs.source.node import Source, check_lines, too_long
from compiler.inputs.systemd.findings import Findings
from compiler.inputs.systemd.words import WHITESPACE
from compiler.text import shown

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BEFORE_KEY = re.compile(r"[ \t\n\r]*")
_COMMENT = {True: re.compile(r"[^\n\r]*"), False: re.compile(r"(?:[^\n\r\\]|\\.)*", re.DOTALL)}
_KEY = re.compile(r".[^=\n\r]*", re.DOTALL)
_BLANK = re.compile(r"[ \t]*")
_BARE = re.compile(r"[^\n\r\\]+")
_SINGLE = re.compile(r"[^']*")
_DOUBLE = re.compile(r'[^"\\]+')
_ESCAPED = '"\\`$'
"""Characters that a backslash makes literal in double quotes. systemd: SHELL_NEED_ESCAPE."""


def parse_environment_file(source: Source, findings: Findings, *, comment_ends: bool) -> dict[str, Word]:
    """Return the variables of an environment file; see Differences for `comment_ends`.

    What systemd ignores is reported. Raises KascError (DOC-02) for a value longer than `MAX_ARGUMENT`, or more
    than `MAX_LINES` lines.
    """
    check_lines(source)
    return _Parser(source, findings, comment_ends).run()


class _Parser:
    def __init__(self, source: Source, findings: Findings, comment_ends: bool) -> None:
        self.text = source.text
        self.file = trace_of(source)
        self.findings = findings
        self.comment = _COMMENT[comment_ends]
        self.position = 0
        self.pieces: list[str] = []
        self.runs: list[Run] = []
        self.length = 0
        self.quote_at: int | None = None

    def run(self) -> dict[str, Word]:
        values: dict[str, Word] = {}
        for start, end in self._keys():
            self.position = end + 1
            value = self._value()
            name = self.text[start:end].rstrip(WHITESPACE)
            if _NAME.fullmatch(name):
                values[name] = value
            else:
                where = self.file(start, start + len(name))
                hint = "remove the word export" if name.startswith("export ") else "write NAME=VALUE"
                self.findings.ignored(f"systemd ignores {shown(name)}: it is not a name of a variable", hint, where)
        return values

    def _keys(self) -> Iterator[tuple[int, int]]:
        """Yield the spans of the keys, each before an equals sign; the caller moves on to the end of the value."""
        text = self.text
        while True:
            self._skip(_BEFORE_KEY)
            if self.position >= len(text):
                return
            if text[self.position] in "#;":
                self._skip(self.comment)
                continue
            start = self.position
            self._skip(_KEY)
            if text[self.position : self.position + 1] == "=":
                yield start, self.position
            else:
                line = text[start : self.position].rstrip(WHITESPACE)
                where = self.file(start, start + len(line))
                hint = "write NAME=VALUE, or # before a comment"
                self.findings.ignored(f"systemd ignores {shown(line)}: it is not an assignment", hint, where)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.position)
        self.position = match.end() if match else self.position

    def _value(self) -> Word:
        """Read a value to the end of its line."""
        self.pieces, self.runs, self.length, self.quote_at = [], [], 0, None
        start = self.position
        text = self.text
        while True:
            self._skip(_BLANK)
            letter = text[self.position : self.position + 1]
            if letter in ("'", '"') and letter:
                start = start if self.runs else self.position
                self.quote_at = self.position
                self.position += 1
                (self._single if letter == "'" else self._double)()
            elif not letter or letter in "\n\r":
                return self._word(start, self.position)
            else:
                start = start if self.runs else self.position
                return self._bare(start)

    def _bare(self, start: int) -> Word:
        """Read an unquoted rest of a value, in which quotes are literal."""
        blank_from: int | None = None
        text = self.text
        while self.position < len(text) and text[self.position] not in "\n\r":
            if text[self.position] == "\\":
                blank_from = None
                following = text[self.position + 1 : self.position + 2]
                if following in ("\n", "\r"):
                    self.position += 2
                else:
                    self._add(following, min(self.position + 2, len(text)))
                continue
            match = _BARE.match(text, self.position)
            piece = match[0] if match else text[self.position]
            content = len(piece.rstrip(" \t"))
            self._add(piece[:content], self.position + content, plain=True)
            if content:
                blank_from = None
            if content < len(piece):
                blank_from = len(self.pieces) if blank_from is None else blank_from
                self._add(piece[content:], self.position + len(piece) - content, plain=True)
        end = self.position
        if blank_from is not None:
            end = self.runs[blank_from].start
            del self.pieces[blank_from:], self.runs[blank_from:]
        return self._word(start, end)

    def _single(self) -> None:
        match = _SINGLE.match(self.text, self.position)
        end = match.end() if match else self.position
        self._add(self.text[self.position : end], end, plain=True)
        self._close()

    def _double(self) -> None:
        text = self.text
        while self.position < len(text) and text[self.position] != '"':
            if text[self.position] == "\\":
                following = text[self.position + 1 : self.position + 2]
                end = min(self.position + 2, len(text))
                if following == "\n" or not following:
                    self.position = end
                else:
                    self._add(following if following in _ESCAPED else f"\\{following}", end)
                continue
            match = _DOUBLE.match(text, self.position)
            end = match.end() if match else self.position + 1
            self._add(text[self.position : end], end, plain=True)
        self._close()

    def _close(self) -> None:
        if self.position < len(self.text):
            self.position += 1
            return
        at = self.quote_at or 0
        message = "the quote is not closed: systemd reads the rest of the file as the value"
        self.findings.ignored(message, "close the quote", self.file(at, at + 1))

    def _add(self, piece: str, end: int, *, plain: bool = False) -> None:
        if piece:
            self.runs.append(Run(self.length, self.position, end, plain))
            self.pieces.append(piece)
            self.length += len(piece)
        self.position = end
        if self.length > MAX_ARGUMENT:
            raise too_long(self.file(self.runs[0].start, end))

    def _word(self, start: int, end: int) -> Word:
        where = self.file(start, max(start, end))
        text = "".join(self.pieces)
        return Word(text, where, trace=composed(self.file, self.runs) if self.runs else None)
