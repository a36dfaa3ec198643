"""Words of a command line to a server's input: what pod, argv and flags have in common."""

from __future__ import annotations

import os

from compiler.catalog import catalog, nearest
from compiler.diagnostics import Diagnostic, Location, Problems, diagnose
from compiler.flags.arguments import Argument, Word, may_be_any, split_arguments
from compiler.flags.text import shown
from compiler.input import ServerInput

PROGRAMS = ("kube-apiserver", "apiserver")


def is_program(word: Word) -> bool:
    """Whether a word names kube-apiserver, with or without a path."""
    return os.path.basename(word.text) in PROGRAMS and not word.text.startswith("-")


def without_program(words: list[Word]) -> list[Word]:
    """The words after the program's name, where it comes before all flags; `exec` and such may lead it."""
    for index, word in enumerate(words):
        if is_program(word):
            return words[index + 1 :]
        if word.text.startswith("-"):
            break
    return words


def arguments_of(words: list[Word], version: str | None, problems: list[Diagnostic]) -> list[Argument]:
    """The flags among the words, for the version that is asked for or the newest."""
    known = catalog(nearest(version))
    flags = known.flags

    arguments, found = split_arguments(
        words, lambda name: flags[name].type if name in flags else None, known.shorthands
    )
    problems += found
    problems += _about_unknown(words)
    return arguments


def _about_unknown(words: list[Word]) -> Problems:
    """One note for each variable that only the running server's environment has, at its first use."""
    uses: dict[str, list[Word]] = {}
    for word in words:
        if word.unknown:
            uses.setdefault(word.unknown, []).append(word)
    notes = Problems()
    for name, found in uses.items():
        notes.report("INPUT-05", _unknown_variable, name, found)
    return notes


def _unknown_variable(name: str, uses: list[Word]) -> Diagnostic:
    what = "the argument that uses it is" if len(uses) == 1 else f"the {len(uses)} arguments that use it are"
    first = uses[0]
    at = first.text.find(name)
    location = first.part(at, at + len(name)) if at >= 0 else first.location
    message = f"what {shown(name)[1:-1]} stands for is not known here; {what} not judged"
    if any(map(may_be_any, uses)):
        message = f"{shown(name)[1:-1]} may hold any flags: none is reported as missing, and predictions lack them"
    hint = "write the value itself to have it checked"
    return diagnose("INPUT-05", message, hint, path=first.path, location=location)


def plain_input(
    kind: str, source: str, words: list[Word], version: str | None, problems: list[Diagnostic]
) -> ServerInput:
    """A ServerInput of a kind that says nothing but flags."""
    start = Location(source, 1, 1, 1, 2)
    return ServerInput(kind, "kube-apiserver", start, arguments_of(words, version, problems))
