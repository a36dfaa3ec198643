"""Words of a command line to a server's input: what pod, argv and flags have in common."""

from __future__ import annotations

import os

from compiler.catalog import catalog, nearest
from compiler.diagnostics import Diagnostic, Location
from compiler.flags.arguments import Argument, Word, split_arguments
from compiler.input import ServerInput


def without_program(words: list[Word]) -> list[Word]:
    """The words after a leading program name."""
    if words and os.path.basename(words[0].text) in ("kube-apiserver", "apiserver"):
        return words[1:]
    return words


def arguments_of(words: list[Word], version: str | None, problems: list[Diagnostic]) -> list[Argument]:
    """The flags among the words, for the version that is asked for or the newest."""
    known = catalog(nearest(version))
    flags = known.flags
    arguments, found = split_arguments(
        words, lambda name: flags[name].type if name in flags else None, known.shorthands
    )
    problems += found
    return arguments


def plain_input(
    kind: str, name: str, source: str, words: list[Word], version: str | None, problems: list[Diagnostic]
) -> ServerInput:
    """A ServerInput of a kind that says nothing but flags."""
    start = Location(source, 1, 1, 1, 2)
    return ServerInput(kind, name, start, arguments_of(without_program(words), version, problems))
