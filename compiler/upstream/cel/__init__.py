"""CEL expressions of kube-apiserver's configuration files, compiled as the server does at startup."""

from __future__ import annotations

import sys
from typing import NamedTuple

from compiler.upstream.cel.ast import Call, Ident, Literal, Node, Select, children
from compiler.upstream.cel.checker import Checker
from compiler.upstream.cel.env import CLAIMS, USER, Environment, TypeNames, declarations_of, request_environment
from compiler.upstream.cel.parser import parse
from compiler.upstream.cel.planner import Planner
from compiler.upstream.cel.types import BOOL, CelProblem, InvalidExpressionError
from compiler.upstream.cel.validators import validate

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
