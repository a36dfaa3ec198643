"""The clauses of a format string held against its arguments.

Source: cel-go ext/formatting.go (parseFormatString with stringFormatChecker).
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cel.checker import Checker
from compiler.cel.problems import CelProblem
from compiler.cel.tree import ListLiteral, Literal, MapLiteral, Node
from compiler.flags.text import shown

_TEXTS = ("list", "map", "int", "uint", "double", "bool", "string", "timestamp", "bytes", "duration", "type", "null")
_TAKEN = {
    "s": _TEXTS,
    "d": ("int", "uint"),
    "f": ("double", "string"),
    "e": ("double", "string"),
    "b": ("int", "uint", "bool"),
    "x": ("int", "uint", "string", "bytes"),
    "X": ("int", "uint", "string", "bytes"),
    "o": ("int", "uint"),
}


def check_format(text: Literal, values: ListLiteral, checker: Checker) -> Iterator[CelProblem]:
    """The first thing that is wrong with `'text'.format([values])`, if any."""
    pattern = str(text.value)
    position, used = 0, 0
    while (position := pattern.find("%", position)) >= 0:
        if pattern.startswith("%%", position):
            position += 2
            continue
        letter, end, wrong = _clause(pattern, position)
        if not wrong and used >= len(values.elements):
            wrong = f"there is no argument for clause {used + 1} of the format"
        if wrong:
            yield CelProblem(wrong, "write clauses such as %s or %d, one for each argument; %% for a %", text.offset)
            return
        bad = _misfit(values.elements[used], letter, checker)
        if bad is not None:
            yield _mismatch(bad, letter, checker)
            return
        used += 1
        position = end
    if len(values.elements) > used:
        message = f"format() is given {len(values.elements)} arguments, but the text has {used} clauses"
        yield CelProblem(message, "write one clause such as %s for each argument", values.offset)


def _clause(pattern: str, start: int) -> tuple[str, int, str]:
    """The letter of a clause, where it ends, and what is wrong with it."""
    position = start + 1
    if position == len(pattern):
        return "", position, "the format ends in a lone %"
    if pattern[position] == ".":
        digits = position + 1
        position = digits
        while position < len(pattern) and pattern[position] in "0123456789":
            position += 1
        written = pattern[digits:position]
        if position == len(pattern) or not written or len(written.lstrip("0")) > 19 or int(written) >= 2**63:
            return "", position, f"the precision of {shown(pattern[start:position])} is not one"
    letter = pattern[position]
    wrong = "" if letter in _TAKEN else f"{shown(pattern[start : position + 1])} is no clause of a format"
    return letter, position + 1, wrong


def _misfit(node: Node, letter: str, checker: Checker) -> Node | None:
    """The node whose type the clause does not take; %s looks into lists and maps that are written out."""
    found = checker.final(node)
    if found.kind != "dyn" and found.kind not in _TAKEN[letter]:
        return node
    if letter != "s":
        return None
    parts: list[Node] = []
    if isinstance(node, ListLiteral):
        parts = node.elements
    elif isinstance(node, MapLiteral):
        parts = [part for key, value, _ in node.entries for part in (key, value)]
    return next((bad for part in parts if (bad := _misfit(part, letter, checker)) is not None), None)


def _mismatch(node: Node, letter: str, checker: Checker) -> CelProblem:
    found = checker.final(node)
    hint = "write %s, or another value"
    if found.kind == "any":
        hint = "wrap the claim: string(...) or dyn(...)"
    elif letter == "s":
        hint = "write a value that can be shown as text"
    return CelProblem(f"%{letter} cannot show a value of type {found}", hint, node.offset)
