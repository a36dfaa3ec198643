"""CEL expressions of kube-apiserver's configuration files, compiled as the server does at startup."""

from __future__ import annotations

import sys
from typing import NamedTuple

from compiler.text import shown
from compiler.upstream.cel.ast import Call, Ident, ListLiteral, Literal, MapLiteral, Message, Node, Select, children
from compiler.upstream.cel.checker import Checker
from compiler.upstream.cel.constants import CONVERSIONS, Constant, ConversionError, convert
from compiler.upstream.cel.env import CLAIMS, USER, Environment, TypeNames, declarations_of, request_environment
from compiler.upstream.cel.parser import parse
from compiler.upstream.cel.types import BOOL, CelProblem, InvalidExpressionError
from compiler.upstream.cel.validators import validate

_INDEX_OPERATORS = ("_[_]", "_[?_]")
_KEY_KINDS = ("bool", "double", "int", "string", "uint")
_MATCHERS = ("matches", "find", "findAll")


class Planner:
    """Plans the program of a checked tree."""

    def __init__(self, checker: Checker, names: TypeNames) -> None:
        self._checker = checker
        self._names = names

    def plan(self, node: Node) -> Constant | None:
        """Return the value of a constant node, None for other nodes. Raise InvalidExpressionError if it has none."""
        if isinstance(node, Literal):
            return Constant(node.kind, node.value)
        if isinstance(node, Ident):
            return self._ident(node)
        if isinstance(node, Select) and node.resolved:
            return self._ident(node.resolved)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, ListLiteral):
            return self._list(node)
        if isinstance(node, MapLiteral):
            return self._map(node)
        if isinstance(node, Message) and not (self._names.configured(node.name) or self._names.built_in(node.name)):
            raise InvalidExpressionError(
                f"cannot build a message of type {shown(node.name)}", "write the value itself", node.offset
            )
        for part in children(node):
            self.plan(part)
        return None

    def _ident(self, node: Ident) -> Constant | None:
        if node.constant is not None:
            return Constant("int", node.constant)
        if self._checker.final(node).kind != "type":
            return None
        named = self._names.declared(node.name) or self._names.registered(node.name)
        if named is None:
            message = f"{shown(node.name)} is a type that cannot be used as a value"
            raise InvalidExpressionError(message, "compare with type(...) of a value", node.offset)
        return Constant("type", named)

    def _call(self, node: Call) -> Constant | None:
        parts = node.args if node.target is None else [node.target, *node.args]
        values = [self.plan(part) for part in parts]
        if node.function in _INDEX_OPERATORS:
            self._index(node.args[1], values[1])
        elif node.function in CONVERSIONS and len(values) == 1 and values[0] is not None:
            try:
                return convert(node.function, values[0], self._checker.settings)
            except ConversionError as error:
                raise InvalidExpressionError(error.message, error.hint, parts[0].offset) from None
        elif node.function == "@in" and node.matched == 1 and node.first == 0:
            return self._member(node, values[1])
        elif node.function in _MATCHERS and len(values) > 1:
            self._pattern(parts[1], values[1])
        return None

    def _index(self, node: Node, value: Constant | None) -> None:
        if value is not None and value.kind not in _KEY_KINDS:
            message = f"a constant of type {value.kind} cannot be used as an index"
            raise InvalidExpressionError(message, "write a string, a number or a bool", node.offset)

    def _member(self, node: Call, value: Constant | None) -> Constant | None:
        if value is None:
            return None
        if value.kind != "list":
            raise InvalidExpressionError(str(value.value), "write a list of valid elements", node.args[1].offset)
        return None if value.value else Constant("bool", False)

    def _pattern(self, node: Node, value: Constant | None) -> None:
        if value is None or value.kind != "string":
            return
        from compiler.upstream.go.regexp import InvalidRegexpError, check_regexp

        try:
            check_regexp(value.value, "loose-unicode-names" in self._checker.settings)
        except InvalidRegexpError as error:
            raise InvalidExpressionError(error.message, error.hint, node.offset) from None

    def _list(self, node: ListLiteral) -> Constant | None:
        values = [self.plan(element) for element in node.elements]
        known = [value for value in values if value is not None]
        if len(known) != len(values):
            return None
        for index, value in enumerate(known):
            if value.kind == "error":
                return value
            if index in node.optional:
                return Constant("error", "an element after ? must be an optional value")
        return Constant("list", known)

    def _map(self, node: MapLiteral) -> Constant | None:
        values = [(self.plan(key), self.plan(value)) for key, value, _ in node.entries]
        known = [(key, value) for key, value in values if key is not None and value is not None]
        if len(known) != len(values):
            return None
        for (key, value), (key_node, _, optional) in zip(known, node.entries, strict=True):
            if "error" in (key.kind, value.kind):
                return key if key.kind == "error" else value
            if optional:
                return Constant("error", "the value of a key after ? must be an optional value")
            if key.kind == "bytes":
                message = "kube-apiserver panics on a constant map with bytes keys"
                raise InvalidExpressionError(message, "write the keys as strings", key_node.offset)
        return Constant("map", known)


_FRAMES = 20_000
"""Recursion limit that suits the deepest expression the parser accepts."""


class CompiledExpression(NamedTuple):
    """A valid expression: its output type, for example `bool` or `list(string)`, and its syntax tree."""

    type: str
    tree: Node

    def selects(self, variable: str, field: str) -> bool:
        """Return whether the expression contains `variable.field` or `variable.?field`.

        has() counts, indexing does not. Go: hasSelectExp in pkg/apis/apiserver/validation/validation.go.
        """
        return _selects(self.tree, variable, field)


def compile_expression(
    expression: str, environment: Environment, minor: int, result: str = ""
) -> CompiledExpression | list[CelProblem]:
    """Return the compiled expression, or its problems in source order.

    `minor` is the minor version of the server's binary; the emulated version makes no difference. `result` is "bool" if
    the expression must evaluate to bool, and empty if any type is accepted.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        return _compile(expression, environment, minor, result)
    except InvalidExpressionError as error:
        return [error.problem]
    finally:
        sys.setrecursionlimit(before)


def _compile(
    expression: str, environment: Environment, minor: int, result: str
) -> CompiledExpression | list[CelProblem]:
    declarations = declarations_of(minor)
    tree = parse(expression, declarations)
    names = TypeNames(environment)
    checker = Checker(environment, declarations, names)
    checker.check(tree)
    problems = checker.problems or validate(tree, checker)
    if problems:
        return sorted(problems, key=lambda problem: problem.offset)
    output = checker.final(tree)
    if result == "bool" and (output.kind != "bool" or output.nullable):
        return [
            CelProblem(f"the expression evaluates to {output}; it must evaluate to bool", _result_hint(output.kind), 0)
        ]
    Planner(checker, names).plan(tree)
    return CompiledExpression(str(output), tree)


def _result_hint(kind: str) -> str:
    if kind in ("any", "dyn"):
        return "compare the value with a constant, for example == true or == 'value'"
    return "compare it with a constant, for example == 'value'" if kind != BOOL.kind else "use the value itself"


def _selects(node: Node, variable: str, field: str) -> bool:
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, Select) and not node.resolved:
            if node.field == field and isinstance(node.operand, Ident) and node.operand.name == variable:
                return True
        elif isinstance(node, Call) and node.function == "_?._" and node.target is None:
            operand, name = node.args
            is_variable = isinstance(operand, Ident) and operand.name == variable
            if is_variable and isinstance(name, Literal) and name.value == field:
                return True
        stack += children(node)
    return False


__all__ = [
    "CLAIMS",
    "USER",
    "CelProblem",
    "CompiledExpression",
    "Environment",
    "compile_expression",
    "request_environment",
]
