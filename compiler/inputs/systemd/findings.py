"""What systemd refuses, and what it ignores with a line in its log."""

from __future__ import annotations

from functools import partial

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Location, Problems, diagnose


class Findings(Problems):
    """The findings about a unit and its files."""

    @property
    def is_full(self) -> bool:
        """Whether further findings are only counted, so that their messages do not matter."""
        return len(self) >= MAX_FINDINGS

    def ignored(self, message: str, hint: str, location: Location | None) -> None:
        """Report a part that systemd ignores."""
        make = partial(diagnose, location=location)
        self.report(rules.IGNORED_BY_DISTRIBUTION, make, rules.IGNORED_BY_DISTRIBUTION, message, hint)

    def refused(self, message: str, hint: str, location: Location | None) -> None:
        """Report why systemd does not start the unit."""
        make = partial(diagnose, location=location)
        self.report(rules.REFUSED_BY_DISTRIBUTION, make, rules.REFUSED_BY_DISTRIBUTION, message, hint)

    def undecided(self, message: str, hint: str, location: Location | None) -> None:
        """Report something that is decided outside of the files that kasc reads."""
        make = partial(diagnose, location=location)
        self.report(rules.DECIDED_OUTSIDE_FILE, make, rules.DECIDED_OUTSIDE_FILE, message, hint)


class RefusedError(Exception):
    """systemd stops reading a file; the message is the reason, `hint` what to do."""

    def __init__(self, message: str, hint: str, location: Location | None) -> None:
        super().__init__(message)
        self.hint = hint
        self.location = location
