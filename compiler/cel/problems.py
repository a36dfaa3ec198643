"""Errors of an expression."""

from __future__ import annotations

from typing import NamedTuple


class CelProblem(NamedTuple):
    """One error: message, hint, and offset in characters from the start of the expression."""

    message: str
    hint: str
    offset: int


class InvalidExpressionError(Exception):
    """An error after which the expression cannot be checked further."""

    def __init__(self, message: str, hint: str, offset: int) -> None:
        super().__init__(message)
        self.problem = CelProblem(message, hint, offset)
