"""Inputs from texts, for tests of the importers."""

from __future__ import annotations

from typing import NamedTuple

from compiler.diagnostics import Diagnostic, KascError, Location
from compiler.inputs import ServerInput
from compiler.inputs.arguments import ANY
from compiler.inputs.importers import read_detected
from compiler.inputs.importers.detect import detect
from compiler.inputs.source.node import Source


class Read(NamedTuple):
    """What was read of a text: the input, None where nothing sensible could follow, and the findings."""

    text: str
    given: ServerInput | None
    problems: list[Diagnostic]

    @property
    def server(self) -> ServerInput:
        assert self.given is not None, self.problems
        return self.given

    @property
    def flags(self) -> list[tuple[str, str]]:
        """Names and texts of all flags."""
        return [(argument.flag, argument.text) for argument in self.server.arguments if argument.flag != ANY]

    @property
    def rules(self) -> list[str]:
        """The rule, or else the code, of each finding."""
        return [found.rule or found.code for found in self.problems]

    def cut(self, location: Location | None) -> str:
        """The part of the text that a location covers."""
        assert location is not None
        lines = self.text.split("\n")[location.line - 1 : location.end_line]
        lines[-1] = lines[-1][: location.end_column - 1]
        lines[0] = lines[0][location.column - 1 :]
        return "\n".join(lines)

    @property
    def written(self) -> list[tuple[str, str]]:
        """How name and value of each flag are written in the text."""
        return [(self.cut(argument.name_location), self.cut(argument.location)) for argument in self.server.arguments]


def input_of(
    source: Source, path: str, read_as: str | None, version: str | None, problems: list[Diagnostic]
) -> ServerInput:
    """A source as an input, whose kind is detected unless it is given."""
    return read_detected(detect(source, read_as, version, problems), source, path, version, problems)


def read(text: str, read_as: str | None = None, version: str | None = None, name: str = "input") -> Read:
    """A text as an input; never raises for what is wrong with it."""
    problems: list[Diagnostic] = []
    given = None
    try:
        given = input_of(Source(name, text), name, read_as, version, problems)
    except KascError as error:
        problems.append(error.diagnostic)
    return Read(text, given, problems)
