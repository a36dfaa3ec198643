"""The outcome of checking a value: None if it conforms, UNDECIDED if that is not known, else a Failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


class Failure(NamedTuple):
    """Why a value does not conform: the path of the value that is wrong, below the one that was checked.

    `words` returns the reason; most failures are of conditions and alternatives, which nobody reads.
    """

    path: Path
    words: Callable[[], str]

    @property
    def detail(self) -> str:
        """The reason, to be read after the name of the value."""
        return self.words()

    def below(self, step: str | int) -> Failure:
        """Return the same failure as a value around it sees it."""
        return Failure((step, *self.path), self.words)


class _Undecided:
    """A value that is not known offline, and the outcome of checking one."""

    def __repr__(self) -> str:
        return "UNDECIDED"


UNDECIDED: Final = _Undecided()
Outcome: TypeAlias = Failure | _Undecided | None


class TooManyStepsError(Exception):
    """A rule takes more steps for a value than `Steps` allows."""


class Steps:
    """The steps that one rule may take for one server."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, number: int) -> None:
        """Take some steps. Raises TooManyStepsError."""
        self.left -= number
        if self.left < 0:
            raise TooManyStepsError


def is_unknown(value: Any) -> bool:
    """Return whether a value of an instance is not known."""
    return value is UNDECIDED
