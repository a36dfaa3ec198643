"""Command lines: `ExecStart=`. systemd: src/core/load-fragment.c, config_parse_exec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from compiler.bounds import MAX_NODES
from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.source.node import too_many_words
from compiler.inputs.systemd.expansion import SpecifierError, Specifiers
from compiler.inputs.systemd.findings import Findings, RefusedError
from compiler.inputs.systemd.unit_file import Assignment
from compiler.inputs.systemd.words import COMMAND, WHITESPACE, QuotingError, extract_leniently
from compiler.text import shown

_UNSAFE = re.compile("[\x00-\x1f\x7f\"'\\\\]")
_PRIVILEGES = frozenset("+!")
"""Prefixes that exclude each other; two exclamation marks count as one prefix."""


class Command(NamedTuple):
    """One command: the path of its program, and the words after the program's name.

    `expands` is false if variables are not replaced. `key_at` is the location of the key that the command is set with.
    """

    path: Word
    words: list[Word]
    expands: bool
    key_at: Location


class _Prefixes(NamedTuple):
    """The prefixes of a path: `-`, `@` and `:`; the others do not matter here."""

    length: int
    ignores_failure: bool = False
    names_program: bool = False
    keeps_variables: bool = False


def commands_of(assignment: Assignment, specifiers: Specifiers, findings: Findings) -> Iterator[Command]:
    """Yield the commands of an assignment that is not empty.

    What systemd ignores is reported. Raises RefusedError for a command that systemd does not accept.
    """
    reader = _Reader(assignment, specifiers, findings)
    while (command := reader.command()) is not None:
        yield command


class _Reader:
    def __init__(self, assignment: Assignment, specifiers: Specifiers, findings: Findings) -> None:
        self.assignment = assignment
        self.text = assignment.value
        self.trace = assignment.trace
        self.specifiers = specifiers
        self.findings = findings
        self.grammar = COMMAND._replace(quotes_inside=specifiers.version.quotes_inside)
        self.position = 0
        self.again = True
        """Whether a semicolon was read, so that another command follows."""

    def command(self) -> Command | None:
        """Read a command, None at the end."""
        while self.again:
            self.again = False
            try:
                first = self._word()
            except QuotingError as error:
                where = self.trace(error.start, error.end)
                self.findings.ignored(f"systemd ignores the command: {error}", "close the quote", where)
                return None
            if first is None:
                return None
            if first.text == ";":
                self.again = True
                continue
            command = self._after(first)
            if command is not None:
                return command
        return None

    def _word(self) -> Word | None:
        """Read a word. Raises QuotingError."""
        extracted = extract_leniently(self.text, self.position, self.trace, self.grammar)
        if extracted is None:
            return None
        self.position = extracted.end
        for start, end in extracted.unknown_escapes:
            if self.findings.is_full:
                self.findings.ignored("", "", None)
                continue
            where = self.trace(start, end)
            if end - start == 1:
                message = "the backslash does not continue the line: systemd passes it as an argument"
                hint = "remove the backslash, or the white space after it if the command continues"
            else:
                message = f"systemd does not know the escape sequence {self.text[start:end]} and keeps the backslash"
                hint = "write \\\\ for a backslash"
            self.findings.ignored(message, hint, where)
        return extracted.word

    def _after(self, first: Word) -> Command | None:
        """Return the command that starts with a word; None if it is ignored and reading ends."""
        prefixes = _prefixes(first.text, self.specifiers.version.prefixes)
        try:
            path = self._path(first, prefixes)
            words = list(self._arguments())
            if prefixes.names_program and not words:
                raise RefusedError("the command has no name of the program", "remove the prefix @", first.location)
        except RefusedError as error:
            if not prefixes.ignores_failure:
                raise
            self.findings.ignored(f"systemd ignores the command: {error}", error.hint, error.location)
            self.again = False
            return None
        words = words[1:] if prefixes.names_program else words
        return Command(path, words, not prefixes.keeps_variables, self.assignment.key_at)

    def _path(self, first: Word, prefixes: _Prefixes) -> Word:
        location = first.part(prefixes.length, len(first.text)) or first.location
        path = self._resolved(Word(first.text[prefixes.length :], location))
        text = path.text
        hint = "write the absolute path of the program"
        if not text:
            raise RefusedError("the command has no program", hint, first.location)
        if _UNSAFE.search(text):
            raise RefusedError(f"{shown(text)} has characters that no program's name may have", hint, location)
        if text.endswith(("/", "/.", "/..")) or text in (".", ".."):
            raise RefusedError(f"{shown(text)} is a directory", hint, location)
        if not text.startswith("/") and ("/" in text or not self.specifiers.version.bare_names):
            raise RefusedError(f"{shown(text)} is not an absolute path", hint, location)
        return path

    def _arguments(self) -> Iterator[Word]:
        """Yield the arguments up to a semicolon that is a word."""
        count = 0
        while self.position < len(self.text):
            if self._separator(";"):
                self.again = True
                return
            start = self.position
            if self._separator("\\;"):
                yield Word(";", self.trace(start, start + 2))
                continue
            try:
                word = self._word()
            except QuotingError as error:
                where = self.trace(error.start, error.end)
                raise RefusedError(str(error), "close the quote", where) from None
            if word is None:
                return
            yield self._resolved(word)
            count += 1
            if count > MAX_NODES:
                raise too_many_words(word.location)

    def _separator(self, text: str) -> bool:
        """Skip a text that is a word, and the white space after it; return whether it was there."""
        end = self.position + len(text)
        if not self.text.startswith(text, self.position) or self.text[end : end + 1].strip(WHITESPACE):
            return False
        while end < len(self.text) and self.text[end] in WHITESPACE:
            end += 1
        self.position = end
        return True

    def _resolved(self, word: Word) -> Word:
        try:
            return self.specifiers.expand(word)
        except SpecifierError as error:
            raise RefusedError(str(error), "write %% for a percent sign", error.location) from None


def _prefixes(text: str, allowed: str) -> _Prefixes:
    """Return the prefixes of a path, each at most once; of `+`, `!` and `!!` only one."""
    flags, privileges = "", ""
    for letter in text:
        if letter not in allowed or letter in flags:
            break
        if letter not in _PRIVILEGES:
            flags += letter
        elif privileges in ("", "!") and letter == (privileges or letter):
            privileges += letter
        else:
            break
    return _Prefixes(len(flags) + len(privileges), "-" in flags, "@" in flags, ":" in flags)
