"""The words of a command line that a distribution assembles, with their locations in its configuration."""

from __future__ import annotations

from functools import partial

from compiler.diagnostics import Location
from compiler.inputs.arguments import Trace, Word
from compiler.inputs.importers.flags import NODE_ADDRESS, POD_ADDRESS
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node

__all__ = ["NODE_ADDRESS", "POD_ADDRESS", "given", "set_by"]


def set_by(flag: str, value: str, at: Node | Location, origin: str, path: str = "", unknown: str = "") -> Word:
    """Return a flag that a distribution sets.

    `at` is the field that decides the value, at `path`, or the place of the section. `origin` is the title of the
    distribution. `unknown` names a variable in the value that is only known on the node.
    """
    where = at if isinstance(at, Location) else _start_or_whole(at)
    return Word(f"--{flag}={value}", where, path, partial(_always, where), unknown, origin)


def given(
    flag: str,
    value: Node | str,
    path: str,
    name_at: Location | None = None,
    at: Location | None = None,
    unknown: str = "",
) -> Word:
    """Return a flag that the user sets, with the locations of its name and of the parts of its value.

    `name_at` is the location of the name in the file, by default that of the value. A value that is not a node is
    located at `at`.
    """
    if isinstance(value, str):
        where = at or name_at
        if where is None:
            raise ValueError("a value without a node needs a location")
        text, inside = value, partial(_always, where)
    else:
        where = value.location
        text = value.value if isinstance(value.value, str) else value.text
        inside = partial(place_in, value)
    return Word(f"--{flag}={text}", where, path, _split_at(3 + len(flag), name_at or where, inside), unknown)


def _split_at(start: int, name_at: Location, inside: Trace) -> Trace:
    """Return the trace of `--name=value`, in which the value starts at an index."""

    def trace(first: int, last: int) -> Location:
        return name_at if first < start - 1 else inside(max(first - start, 0), max(last - start, 0))

    return trace


def _always(where: Location, _first: int, _last: int) -> Location:
    return where


def _start_or_whole(node: Node) -> Location:
    """Return the location of a scalar, or the start of a mapping or list."""
    where = node.location
    if isinstance(node.value, dict | list):
        return where._replace(end_line=where.line, end_column=where.column + 1)
    return where
