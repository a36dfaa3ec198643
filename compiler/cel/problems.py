"""What is wrong with an expression."""

from __future__ import annotations

from typing import NamedTuple


class CelProblem(NamedTuple):
    """One mistake: what is wrong, what to write instead, and where (characters from the start, from 0)."""

    message: str
    hint: str
    offset: int


class Refused(Exception):  # noqa: N818
    """Raised where nothing more can be said about an expression after a mistake."""

    def __init__(self, message: str, hint: str, offset: int) -> None:
        super().__init__(message)
        self.problem = CelProblem(message, hint, offset)
