"""One expression from its text to its verdict.

Sources: k8s.io/apiserver pkg/authentication/cel/compile.go and pkg/authorization/cel/compile.go.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from compiler.cel.checker import Checker
from compiler.cel.declarations import declarations_of
from compiler.cel.environments import Environment, TypeNames
from compiler.cel.parser import parse
from compiler.cel.problems import CelProblem, Refused
from compiler.cel.program import Planner
from compiler.cel.tree import Call, Ident, Literal, Node, Select, children
from compiler.cel.types import BOOL
from compiler.cel.validators import validate

_FRAMES = 20_000
"""Deep enough for the deepest expression that the parser lets through."""


class Checked(NamedTuple):
    """An expression that the server takes: the type of its result, such as `bool` or `list(string)`, and its tree."""

    type: str
    tree: Node

    def selects(self, variable: str, field: str) -> bool:
        """Whether `variable.field` or `variable.?field` stands anywhere in the expression.

        Tests with has() count, indexes do not. Go: hasSelectExp in pkg/apis/apiserver/validation/validation.go.
        """
        return _selects(self.tree, variable, field)


def compile_expression(
    expression: str, environment: Environment, minor: int, result: str = ""
) -> Checked | list[CelProblem]:
    """The checked expression, or what is wrong with it, in the order of its text.

    `minor` is the minor version of the server's binary: what it emulates makes no difference. `result` is "bool"
    where the expression has to give a truth value, and empty where any type will do.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        return _compiled(expression, environment, minor, result)
    except Refused as refused:
        return [refused.problem]
    finally:
        sys.setrecursionlimit(before)


def _compiled(expression: str, environment: Environment, minor: int, result: str) -> Checked | list[CelProblem]:
    declarations = declarations_of(minor)
    tree = parse(expression, declarations)
    names = TypeNames(environment)
    checker = Checker(environment, declarations, names)
    checker.check(tree)
    problems = checker.problems or validate(tree, checker)
    if problems:
        return sorted(problems, key=lambda problem: problem.offset)
    found = checker.final(tree)
    if result == "bool" and (found.kind != "bool" or found.nullable):
        return [CelProblem(f"the expression gives {found}, but it has to give bool", _result_hint(found.kind), 0)]
    Planner(checker, names).plan(tree)
    return Checked(str(found), tree)


def _result_hint(kind: str) -> str:
    if kind in ("any", "dyn"):
        return "compare the value with something, such as == true or == 'value'"
    return "compare it with something, such as == 'value'" if kind != BOOL.kind else "use the value itself"


def _selects(node: Node, variable: str, field: str) -> bool:
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, Select) and not node.resolved:
            if node.field == field and isinstance(node.operand, Ident) and node.operand.name == variable:
                return True
        elif isinstance(node, Call) and node.function == "_?._" and node.target is None:
            operand, name = node.args
            named = isinstance(operand, Ident) and operand.name == variable
            if named and isinstance(name, Literal) and name.value == field:
                return True
        stack += children(node)
    return False
