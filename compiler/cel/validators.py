"""What the server checks once types are settled: literals of durations, timestamps and patterns, mixed lists, format().

Sources: cel-go cel/validator.go and ext/formatting.go (stringFormatValidator).
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cel.checker import Checker
from compiler.cel.constants import Constant, NotConvertible, converted
from compiler.cel.problems import CelProblem
from compiler.cel.tree import Call, ListLiteral, Literal, MapLiteral, Node, children
from compiler.cel.types import Type


def validate(tree: Node, checker: Checker) -> list[CelProblem]:
    """What is wrong with a tree whose types are good."""
    return list(_problems(tree, checker, in_format=False))


def _problems(node: Node, checker: Checker, in_format: bool) -> Iterator[CelProblem]:
    if isinstance(node, Call):
        yield from _call(node, checker)
        in_format = in_format or node.function == "format"
    elif isinstance(node, ListLiteral) and not in_format:
        yield from _same(node.elements, node.optional, checker)
    elif isinstance(node, MapLiteral) and not in_format:
        optional = frozenset(index for index, entry in enumerate(node.entries) if entry[2])
        yield from _same([key for key, _, _ in node.entries], frozenset(), checker)
        yield from _same([value for _, value, _ in node.entries], optional, checker)
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
            converted(node.function, Constant(literal.kind, literal.value), checker.settings)
        except NotConvertible as refused:
            yield CelProblem(refused.message, refused.hint, literal.offset)
    elif node.function == "matches" and literal.kind == "string":
        from compiler.flags.go_regexp import RegexpRefused, check_regexp

        try:
            check_regexp(str(literal.value), "loose-unicode-names" in checker.settings)
        except RegexpRefused as refused:
            # In matches(text, pattern) it is the text that the server reads as a pattern here.
            hint = refused.hint if node.target is not None else "write it as text.matches(pattern)"
            yield CelProblem(refused.message, hint, literal.offset)


def _same(nodes: list[Node], optional: frozenset[int], checker: Checker) -> Iterator[CelProblem]:
    """All elements have to be of one type, and a claim is of another type than any text. Go: homogeneous literals."""
    before: Type | None = None
    for index, node in enumerate(nodes):
        found = checker.final(node)
        if index in optional:
            if not found.params:
                message = f"the server breaks down on an element that is written with ? and gives {found}"
                yield CelProblem(message, "write optional.of(value), or leave out the ?", node.offset)
                return
            found = found.params[0]
        if before is None:
            before = found
        elif not before.is_equivalent(found):
            message = f"this gives {found}, but what comes before it in the list or map gives {before}"
            yield CelProblem(message, "give all elements one type, or wrap each in dyn()", node.offset)
            return


def _format(node: Call, checker: Checker) -> Iterator[CelProblem]:
    text, values = node.target, node.args[0]
    if not isinstance(text, Literal) and text is not None and "format-needs-literal" in checker.settings:
        message = "this version of the server breaks down on format() unless it is called on a literal"
        yield CelProblem(message, "call format() on a text in quotes, or join texts with +", text.offset)
    if not isinstance(text, Literal) or text.kind != "string" or not isinstance(values, ListLiteral):
        return
    from compiler.cel.format_clauses import check_format

    yield from check_format(text, values, checker)
