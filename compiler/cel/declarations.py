"""Functions, macros and settings of the CEL environment of one Kubernetes version, from data/environment.txt."""

from __future__ import annotations

import os
from typing import NamedTuple

from compiler.cel.types import Type, read_type


class Overload(NamedTuple):
    """One signature of a function; the first argument of a method is its receiver."""

    method: bool
    arguments: tuple[Type, ...]
    result: Type
    open_types: tuple[str, ...]

    def __str__(self) -> str:
        arguments = [str(argument) for argument in self.arguments]
        return f"{arguments[0]}.({', '.join(arguments[1:])})" if self.method else f"({', '.join(arguments)})"


class Declarations:
    """Functions, macros and settings of one Kubernetes version.

    `macros` maps a name and a number of arguments to an expansion.
    """

    def __init__(self, minor: int, sections: dict[str, list[list[str]]]) -> None:
        self.macros = {(row[0], int(row[1])): row[2] for row in _in_version(minor, sections["macros"], 3)}
        self.settings = {row[0]: row[1] for row in _in_version(minor, sections["settings"], 2)}
        self._rows: dict[str, list[list[str]]] = {}
        for row in _in_version(minor, sections["functions"], 4):
            self._rows.setdefault(row[0], []).append(row)
        self._functions: dict[str, list[Overload]] = {}

    def function(self, name: str) -> list[Overload] | None:
        """Return the overloads of a function in the order in which they are tried, None for an unknown function."""
        overloads = self._functions.get(name)
        if overloads is None:
            rows = self._rows.get(name)
            if rows is None:
                return None
            overloads = self._functions[name] = [_overload(row) for row in rows]
        return overloads

    def is_namespace(self, prefix: str) -> bool:
        """Return whether any function is named `prefix.NAME`."""
        return any(name.startswith(f"{prefix}.") for name in self._rows)

    def names(self) -> list[str]:
        """Return the names of all functions and macros that an expression can call."""
        names = [name for name in self._rows if name[0].isalpha() and "@" not in name]
        return [*names, *(name for name, _ in self.macros)]


_loaded: dict[int, Declarations] = {}


def declarations_of(minor: int) -> Declarations:
    """Return the declarations of Kubernetes 1.MINOR, cached."""
    declarations = _loaded.get(minor)
    if declarations is None:
        declarations = _loaded[minor] = Declarations(minor, _sections())
    return declarations


def _sections() -> dict[str, list[list[str]]]:
    path = os.path.join(os.path.dirname(__file__), "data", "environment.txt")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    sections: dict[str, list[list[str]]] = {}
    for block in text.split("\n[")[1:]:
        heading, _, lines = block.partition("]\n")
        sections[heading] = [line.split() for line in lines.split("\n") if line and line[0] != "#"]
    return sections


def _in_version(minor: int, rows: list[list[str]], columns: int) -> list[list[str]]:
    return [row for row in rows if len(row) == columns or _is_in_span(minor, row[columns])]


def _is_in_span(minor: int, span: str) -> bool:
    first, _, last = span.partition("-")
    return int(first[2:]) <= minor and (not last or minor <= int(last[2:]))


def _overload(row: list[str]) -> Overload:
    arguments = () if row[2] == "-" else tuple(read_type(text) for text in row[2].split(";"))
    result = read_type(row[3])
    names: dict[str, None] = {}
    for part in (*arguments, result):
        _collect_params(part, names)
    return Overload(row[1] == "method", arguments, result, tuple(names))


def _collect_params(part: Type, names: dict[str, None]) -> None:
    if part.kind == "param":
        names[part.name] = None
    for param in part.params:
        _collect_params(param, names)
