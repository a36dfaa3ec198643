"""Argument lists, shell words, flag lines and environment files."""

from __future__ import annotations

import os
import re

from compiler import rules
from compiler.bounds import MAX_NODES
from compiler.diagnostics import Diagnostic, Location, Problems, diagnose
from compiler.inputs.arguments import Argument, Word, may_be_any, split_arguments
from compiler.inputs.server import ServerInput
from compiler.inputs.shell_words import Splitter, trace_of
from compiler.inputs.source.node import Source, too_many_words
from compiler.text import shown
from compiler.upstream.catalog import catalog, nearest

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
        notes.report(rules.VALUE_KNOWN_ONLY_AT_RUNTIME, _unknown_variable, name, found)
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
    return diagnose(rules.VALUE_KNOWN_ONLY_AT_RUNTIME, message, hint, path=first.path, location=location)


def plain_input(
    kind: str, source: str, words: list[Word], version: str | None, problems: list[Diagnostic]
) -> ServerInput:
    """A ServerInput of a kind that says nothing but flags."""
    start = Location(source, 1, 1, 1, 2)
    return ServerInput(kind, "kube-apiserver", start, arguments_of(words, version, problems))


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
