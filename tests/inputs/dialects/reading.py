"""Configurations of distributions as text: the arguments that kasc makes of them, and what it reports."""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from compiler import resolve
from compiler.diagnostics import Diagnostic, Location
from compiler.inputs import Host, ServerInput
from compiler.inputs.arguments import Argument
from compiler.inputs.dialects import Request, read_dialect
from compiler.inputs.importers.pod import parse_manifests
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.review.examine import Settings
from tests.inputs.dialects import Result, result

NAME = "input.yaml"


class Reading(NamedTuple):
    """The server of a text, and the diagnostics of its importer."""

    server: ServerInput
    problems: list[Diagnostic]

    @property
    def words(self) -> list[str]:
        """The arguments as words of a command line, in order."""
        return [f"--{each.flag}={each.text}" for each in self.server.arguments]

    def argument(self, flag: str) -> Argument:
        """Return the last use of a flag."""
        return next(each for each in reversed(self.server.arguments) if each.flag == flag)

    def values(self, flag: str) -> list[str]:
        """Return the values of a flag in order."""
        return [each.text for each in self.server.arguments if each.flag == flag]

    def messages(self, *codes: str) -> list[str]:
        """Return the messages of diagnostics with these numbers of DIST, by default the refusals."""
        wanted = {f"KASC-DIST-00{code}" for code in codes or ("1",)}
        return [each.message for each in self.problems if each.code in wanted]


def read(text: str, kind: str, release: str = "", version: str | None = None, address: str = "") -> Reading:
    """Read a text as the file of a distribution."""
    source, problems = Source(NAME, text), list[Diagnostic]()
    roots = parse_manifests(source, problems)
    request = Request(kind, release, version, source, roots, NAME, Host(address), Files({}), problems)
    return Reading(read_dialect(request), problems)


def examined(text: str, kind: str | None, release: str = "", version: str | None = None) -> Result:
    """Return the outcome for a text, with the flags that the server gets."""
    return result(resolve(NAME, Settings(read_as=kind, release=release, version=version), texts={NAME: text}))


def at(text: str, part: str) -> Location:
    """Return the location of the only occurrence of a part of a text on one line."""
    assert text.count(part) == 1, part
    line = text[: text.index(part)].count("\n") + 1
    column = text.index(part) - (text.rfind("\n", 0, text.index(part)) + 1) + 1
    return Location(NAME, line, column, line, column + len(part))


def mutated(text: str, seed: int) -> str:
    """Return a text with a few lines removed, repeated, moved or changed."""
    chance = random.Random(seed)
    lines = text.split("\n")
    for _ in range(chance.randrange(1, 6)):
        index = chance.randrange(len(lines))
        line = lines[index]
        change = chance.randrange(6)
        if change == 0:
            del lines[index]
        elif change == 1:
            lines.insert(index, line)
        elif change == 2:
            lines[index] = re.sub(r"[:\w]", lambda _: chance.choice("a1:{}[]\"'- "), line, count=1)
        elif change == 3:
            lines[index] = f"{line.partition(':')[0]}: {chance.choice(VALUES)}"
        elif change == 4:
            lines[index] = f"  {line}"
        else:
            lines[index] = line.lstrip()
        lines = lines or [""]
    return "\n".join(lines)


VALUES = (
    *("null", "[]", "{}", "[a, 1, null]", "{a: {b: 1}}", "-1", "1.5", "1e99", "true", '""', "'é\\u0000'", "~", "0x10"),
    *("2026-01-01", "!!binary aGk=", "99999999999999999999", "1h", "{{ a }}", "{{ kube_version }}", "&a [*a]"),
)
