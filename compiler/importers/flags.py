"""Shell words, flag lines and environment files."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic
from compiler.flags.arguments import Word
from compiler.importers.shell_words import split_words
from compiler.importers.words import plain_input
from compiler.input import ServerInput
from compiler.source.node import Source


def read_flags(source: Source, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Flags as a shell would see them; the values of `NAME="..."` lines are split into words of their own."""
    words: list[Word] = []
    for word in split_words(source.text, source.name, 1, 1):
        name, equals, value = word.text.partition("=")
        if word.text == "export" and not words:
            continue
        if equals and name and name[0] != "-" and name.replace("_", "a").isalnum():
            if word.location is not None and value.lstrip().startswith("-"):
                at = word.location
                inner = split_words(value, source.name, at.line, at.column + len(name) + 2)
                words += [each._replace(location=each.location if at.line == at.end_line else at) for each in inner]
        else:
            words.append(word)
    return plain_input("flags", "kube-apiserver", source.name, words, version, problems)
