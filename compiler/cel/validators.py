"""Validators that run after the type check: duration, timestamp and regex literals, homogeneous lists, format().

Sources: cel-go cel/validator.go and ext/formatting.go (stringFormatValidator).
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cel.checker import Checker
from compiler.cel.constants import Constant, ConversionError, convert
from compiler.cel.problems import CelProblem
from compiler.cel.tree import Call, ListLiteral, Literal, MapLiteral, Node, children
from compiler.cel.types import Type


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
        from compiler.flags.go_regexp import InvalidRegexpError, check_regexp

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
    from compiler.cel.format_clauses import check_format

    yield from check_format(text, values, checker)
