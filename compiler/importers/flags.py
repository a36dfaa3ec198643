"""Shell words, flag lines and environment files."""

from __future__ import annotations

import re

from compiler.diagnostics import Diagnostic, Location
from compiler.flags.arguments import Word
from compiler.importers.shell_words import Splitter, trace_of
from compiler.importers.words import plain_input, without_program
from compiler.input import ServerInput
from compiler.source.node import Source

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_OPERATOR = r"&&|\|\|?|;|&|[0-9]*[<>].*|&>.*"


def read_flags(source: Source, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Flags as a shell would see them.

    The values of assignments, `NAME="..."`, are split into words of their own where they hold flags; those that
    another value refers to count there.
    """
    variables: dict[str, str] = {}
    assigned: dict[str, list[Word]] = {}
    words: list[Word] = []
    splitter = Splitter(source.text, trace_of(source), variables)
    for word, _ in splitter.tokens():
        name, equals, value = word.text.partition("=")
        if word.trace is None and re.fullmatch(_OPERATOR, word.text):
            break
        if equals and re.fullmatch(_NAME, name):
            variables[name] = value
            assigned[name] = _flags_of(word, len(name) + 1)
        elif word.text != "export":
            words.append(word)
    found = [word for name, listed in assigned.items() if name not in splitter.used for word in listed]
    return plain_input("flags", source.name, [*found, *without_program(words)], version, problems)


def _flags_of(word: Word, start: int) -> list[Word]:
    """The words of an assignment's value, which begins at an index; none where it holds no flags."""
    text, location = word.text[start:], word.location
    if not text.lstrip().startswith("-") or location is None:
        return []

    def base(first: int, last: int) -> Location:
        return word.part(start + first, start + last) or location

    return [inner for inner, _ in Splitter(text, base, {}, comments=False).tokens()]
