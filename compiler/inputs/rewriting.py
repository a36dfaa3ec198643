"""Words with some of their characters replaced, which keep the places of the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.bounds import MAX_ARGUMENT
from compiler.diagnostics import Location
from compiler.inputs.arguments import Trace, Word
from compiler.inputs.shell_words import Run, composed
from compiler.inputs.source.node import too_long


class Replacement(NamedTuple):
    """A span of a word and the text that replaces it; `unknown` names it if the text is only known at run time."""

    start: int
    end: int
    text: str
    unknown: str = ""


def rewritten(word: Word, replacements: Iterable[Replacement]) -> Word:
    """Return a word with some of its spans replaced. Raises KascError (DOC-02) if it becomes too long."""
    pieces: list[str] = []
    runs: list[Run] = []
    position, length, unknown = 0, 0, word.unknown
    for start, end, text, name in (*replacements, Replacement(len(word.text), len(word.text), "")):
        kept = word.text[position:start]
        for piece, first, last, plain in ((kept, position, start, True), (text, start, end, False)):
            if piece:
                runs.append(Run(length, first, last, plain))
                pieces.append(piece)
                length += len(piece)
        position, unknown = end, unknown or name
    if length > MAX_ARGUMENT:
        raise too_long(location_of(word))
    return word._replace(text="".join(pieces), trace=composed(trace_of_word(word), runs), unknown=unknown)


def location_of(word: Word) -> Location:
    """Return the location of a word."""
    return word.location or Location("", 1, 1, 1, 1)


def trace_of_word(word: Word) -> Trace:
    """Return the trace of a word's characters."""
    whole = location_of(word)
    return lambda start, end: word.part(start, end) or whole
