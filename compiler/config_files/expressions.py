"""CEL expressions that stand in structured files."""

from __future__ import annotations

from compiler.cel import Checked, Environment, compile_expression
from compiler.config_files.field import Field
from compiler.source.characters import place_in


def check_expression(field: Field, rule: str, environment: Environment, minor: int, result: str = "") -> Checked | None:
    """The checked expression of a field; None after reporting under a rule what is wrong, each at its character.

    `minor` and `result` are those of `compile_expression`.
    """
    found = compile_expression(field.text, environment, minor, result)
    if isinstance(found, Checked):
        return found
    for problem in found:
        where = place_in(field.node, problem.offset, problem.offset + 1) if field.node else field.location
        field.findings.add(rule, field.path, where, problem.message, problem.hint)
    return None
