"""What all option groups share: access to the flags and to the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar
from weakref import proxy

from compiler.diagnostics import diagnose
from compiler.flags.text import shown
from compiler.suggest import did_you_mean

if TYPE_CHECKING:
    from compiler.config_files.reading import NamedFile
    from compiler.options.run import ServerRunOptions
    from compiler.resolved import ResolvedConfig


class OptionGroup:
    """One named flag set of the server, with the server's three steps.

    `complete` fills in what was left open, `validate` reports what the server would refuse, `apply_to` adds to the
    resolved config. A group that has nothing to do in a step leaves it as it is here.
    """

    name: ClassVar[str]

    def __init__(self, run: ServerRunOptions) -> None:
        # The options own their groups. A cycle would hold the memory of many documents until a collection finds it.
        self.run: ServerRunOptions = proxy(run)
        self.flags = run.flags

    def complete(self) -> None:
        """Fill in what was left open, before validation."""

    def validate(self) -> None:
        """Report everything in this group that the server would refuse."""

    def apply_to(self, config: ResolvedConfig) -> None:
        """Add this group's part to the resolved config."""

    def named(self, flag: str, path: str | None = None, element: int | None = None) -> NamedFile:
        """The file that a flag, or an element of its list, names; `path` where that is not the flag's text itself."""
        from compiler.config_files.reading import named_by_flag

        return named_by_flag(self, flag, self.flags.text(flag) if path is None else path, element)

    def refuse(self, rule: str, message: str, hint: str, flag: str, element: int | None = None) -> None:
        """Report a broken rule, with the rule's severity, where a flag (or an element of its list) was given.

        Where the flag was not given, the place is the group's section, or else the start of the input.
        """
        run = self.run
        if run.report.passes_over(rule, flag):
            return
        path = self.flags.path(flag, element) or run.input.path_of(flag, run.catalog)
        location = self.flags.location(flag, element) or run.input.section_location(self.name)
        run.report.add(diagnose(rule, message, hint, path=path, flag=flag, location=location))

    def refuse_word(self, rule: str, flag: str, words: Sequence[str]) -> None:
        """Report a word that is none of those that a flag knows."""
        value = self.flags.text(flag)
        *others, last = words
        hint = did_you_mean(value, words) or f"write {', '.join(others)}{' or ' if others else ''}{last}"
        self.refuse(rule, f"--{flag} {shown(value)} is not known", hint, flag)

    def refuse_negative(self, rule: str, flag: str, hint: str = "write 0 or more") -> None:
        """Report a number or duration below zero."""
        if self.flags.number(flag) < 0:
            self.refuse(rule, f"--{flag} {self.flags.given(flag)} is negative", hint, flag)
