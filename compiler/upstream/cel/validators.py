"""Validators that run after the type check: duration, timestamp and regex literals, homogeneous lists, format()."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.text import shown
from compiler.upstream.cel.ast import Call, ListLiteral, Literal, MapLiteral, Node, children
from compiler.upstream.cel.checker import Checker
from compiler.upstream.cel.constants import Constant, ConversionError, convert
from compiler.upstream.cel.types import CelProblem, Type


def validate(tree: Node, checker: Checker) -> list[CelProblem]:
    """Return the problems of a tree without type errors."""
    return list(_problems(tree, checker, in_format=False))


def _problems(node: Node, checker: Checker, in_format: bool) -> Iterator[CelProblem]:
    if isinstance(node, Call):
        yield from _call(node, checker)
        in_format = in_format or node.function == "format"
    elif isinstance(node, ListLiteral) and not in_format:
        yield from _homogeneous(node.elements, node.optional, checker)
    elif isinstance(node, MapLiteral) and not in_format:
        optional = frozenset(index for index, entry in enumerate(node.entries) if entry[2])
        yield from _homogeneous([key for key, _, _ in node.entries], frozenset(), checker)
        yield from _homogeneous([value for _, value, _ in node.entries], optional, checker)
    for child in children(node):
        yield from _problems(child, checker, in_format)


def _call(node: Call, checker: Checker) -> Iterator[CelProblem]:
    if node.function == "format" and node.target is not None:
        yield from _format(node, checker)
    literal = node.args[0] if node.args else None
    if not isinstance(literal, Literal):
        return
    if node.function in ("duration", "timestamp"):
        try:
            convert(node.function, Constant(literal.kind, literal.value), checker.settings)
        except ConversionError as error:
            yield CelProblem(error.message, error.hint, literal.offset)
    elif node.function == "matches" and literal.kind == "string":
        from compiler.upstream.go.regexp import InvalidRegexpError, check_regexp

        try:
            check_regexp(str(literal.value), "loose-unicode-names" in checker.settings)
        except InvalidRegexpError as error:
            # In matches(string, pattern) the server parses the string as the pattern.
            hint = error.hint if node.target is not None else "write it as string.matches(pattern)"
            yield CelProblem(error.message, hint, literal.offset)


def _homogeneous(nodes: list[Node], optional: frozenset[int], checker: Checker) -> Iterator[CelProblem]:
    """Yield the first element of a different type; a claim differs from a string. Go: homogeneous literals."""
    before: Type | None = None
    for index, node in enumerate(nodes):
        element_type = checker.final(node)
        if index in optional:
            if not element_type.params:
                message = f"kube-apiserver panics on an element of type {element_type} after ?"
                yield CelProblem(message, "write optional.of(value), or remove the ?", node.offset)
                return
            element_type = element_type.params[0]
        if before is None:
            before = element_type
        elif not before.is_equivalent(element_type):
            message = f"mixed element types: {element_type} after {before}"
            yield CelProblem(message, "use elements of one type, or wrap each in dyn()", node.offset)
            return


def _format(node: Call, checker: Checker) -> Iterator[CelProblem]:
    text, values = node.target, node.args[0]
    if not isinstance(text, Literal) and text is not None and "format-needs-literal" in checker.settings:
        message = "this version of kube-apiserver panics on format() unless it is called on a literal"
        yield CelProblem(message, "call format() on a string literal, or concatenate strings with +", text.offset)
    if not isinstance(text, Literal) or text.kind != "string" or not isinstance(values, ListLiteral):
        return

    yield from check_format(text, values, checker)


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
