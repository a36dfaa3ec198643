"""An argument list: one argument a line, verbatim."""

from __future__ import annotations

from compiler.bounds import MAX_NODES
from compiler.diagnostics import Diagnostic, Location
from compiler.flags.arguments import Word
from compiler.importers.words import plain_input, without_program
from compiler.input import ServerInput
from compiler.source.node import Source
from compiler.source.places import too_many_words


def read_argv(source: Source, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Every line that is not empty and not a comment is one argument; nothing in it is special."""
    words = []
    for number, line in enumerate(source.text.split("\n"), 1):
        text = line.removesuffix("\r")
        if text and not text.startswith("#"):
            words.append(Word(text, Location(source.name, number, 1, number, 1 + len(text))))
        if len(words) > MAX_NODES:
            raise too_many_words(words[-1].location)
    return plain_input("argv", source.name, without_program(words), version, problems)
