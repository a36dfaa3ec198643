"""Check of a format string against its arguments.

Source: cel-go ext/formatting.go (parseFormatString with stringFormatChecker).
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cel.checker import Checker
from compiler.cel.problems import CelProblem
from compiler.cel.tree import ListLiteral, Literal, MapLiteral, Node
from compiler.flags.text import shown

_PRINTABLE = (
    "list",
    "map",
    "int",
    "uint",
    "double",
    "bool",
    "string",
    "timestamp",
    "bytes",
    "duration",
    "type",
    "null",
)
_ACCEPTED = {
    "s": _PRINTABLE,
    "d": ("int", "uint"),
    "f": ("double", "string"),
    "e": ("double", "string"),
    "b": ("int", "uint", "bool"),
    "x": ("int", "uint", "string", "bytes"),
    "X": ("int", "uint", "string", "bytes"),
    "o": ("int", "uint"),
}


def check_format(text: Literal, values: ListLiteral, checker: Checker) -> Iterator[CelProblem]:
    """Yield the first problem of `'text'.format([values])`, if any."""
    pattern = str(text.value)
    position, used = 0, 0
    while (position := pattern.find("%", position)) >= 0:
        if pattern.startswith("%%", position):
            position += 2
            continue
        verb, end, message = _clause(pattern, position)
        if not message and used >= len(values.elements):
            message = f"missing argument for format clause {used + 1}"
        if message:
            hint = "write one clause for each argument, for example %s or %d, and %% for a literal %"
            yield CelProblem(message, hint, text.offset)
            return
        mismatch = _mismatch(values.elements[used], verb, checker)
        if mismatch is not None:
            yield _mismatch_problem(mismatch, verb, checker)
            return
        used += 1
        position = end
    if len(values.elements) > used:
        message = f"format() has {len(values.elements)} arguments, but the format string has {used} clauses"
        yield CelProblem(message, "write one clause for each argument, for example %s", values.offset)


def _clause(pattern: str, start: int) -> tuple[str, int, str]:
    """Return the verb of a clause, its end and an error message, empty for a valid clause."""
    position = start + 1
    if position == len(pattern):
        return "", position, "the format string ends with an incomplete clause"
    if pattern[position] == ".":
        digits = position + 1
        position = digits
        while position < len(pattern) and pattern[position] in "0123456789":
            position += 1
        precision = pattern[digits:position]
        if position == len(pattern) or not precision or len(precision.lstrip("0")) > 19 or int(precision) >= 2**63:
            return "", position, f"invalid precision in {shown(pattern[start:position])}"
    verb = pattern[position]
    message = "" if verb in _ACCEPTED else f"{shown(pattern[start : position + 1])} is not a valid format clause"
    return verb, position + 1, message


def _mismatch(node: Node, verb: str, checker: Checker) -> Node | None:
    """Return the node whose type the clause does not accept; %s also checks the elements of list and map literals."""
    kind = checker.final(node).kind
    if kind != "dyn" and kind not in _ACCEPTED[verb]:
        return node
    if verb != "s":
        return None
    parts: list[Node] = []
    if isinstance(node, ListLiteral):
        parts = node.elements
    elif isinstance(node, MapLiteral):
        parts = [part for key, value, _ in node.entries for part in (key, value)]
    mismatches = (_mismatch(part, verb, checker) for part in parts)
    return next((mismatch for mismatch in mismatches if mismatch is not None), None)


def _mismatch_problem(node: Node, verb: str, checker: Checker) -> CelProblem:
    actual = checker.final(node)
    hint = "write %s, or a value of another type"
    if actual.kind == "any":
        hint = "wrap the claim: string(...) or dyn(...)"
    elif verb == "s":
        hint = "write a value that has a string form"
    return CelProblem(f"%{verb} does not accept a value of type {actual}", hint, node.offset)
