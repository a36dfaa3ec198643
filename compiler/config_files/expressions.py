"""CEL expressions in structured configuration files."""

from __future__ import annotations

from compiler.cel import CompiledExpression, Environment, compile_expression
from compiler.config_files.field import Field
from compiler.source.characters import place_in


def check_expression(
    field: Field, rule: str, environment: Environment, minor: int, result: str = ""
) -> CompiledExpression | None:
    """Return the compiled expression of a field, or None after reporting its problems under a rule.

    `minor` and `result` are those of `compile_expression`.
    """
    compiled = compile_expression(field.text, environment, minor, result)
    if isinstance(compiled, CompiledExpression):
        return compiled
    for problem in compiled:
        where = place_in(field.node, problem.offset, problem.offset + 1) if field.node else field.location
        field.findings.add(rule, field.path, where, problem.message, problem.hint)
    return None
