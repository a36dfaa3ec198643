"""A resolved server as risks and policies read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.diagnostics import diagnose
from compiler.rules import Rule

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Location, Report
    from compiler.inputs.schema.field import Field


class View:
    """Options and resolved values of one server, with the places in its input."""

    def __init__(self, resolved: Resolved) -> None:
        self.context, self.options, self.config, *_ = resolved
        self.health = resolved.health
        self.flags = self.context.flags
        self.catalog = self.context.catalog
        self.given = self.context.input

    @property
    def alone(self) -> bool:
        """Whether the input is a structured file, of whose server nothing is known."""
        return self.given.read_as == "config-file"

    @property
    def authorizers(self) -> list[str] | None:
        """The types of the authorizers in order; None where they are in a file that cannot be had."""
        chain = self.options.authorization.chain
        return None if chain is None else [authorizer.type for authorizer in chain]

    def file(self, flag: str) -> Field | None:
        """The content of the structured file that a flag names; None where it cannot be had."""
        for found in self.context.config_files:
            if found.root.findings.flag == flag:
                return found.root
        return None

    def place(self, flag: str, element: int | None = None) -> tuple[str, Location | None]:
        """Path and location of a flag or an element of its list; where it is not given, those it would have."""
        spec = self.catalog.flags.get(flag)
        path = self.flags.path(flag, element) or self.given.path_of(flag, self.catalog)
        location = self.flags.location(flag, element)
        return path, location or self.given.section_location(spec.group if spec else "")


_UNKNOWN_VALUE = rules.VALUE_KNOWN_ONLY_AT_RUNTIME.code
_OF_POD = "KASC-POD-"


class Risks(View):
    """The resolved options of one server, and its report.

    Nothing is told of a flag, or of the file that it names, where an error is about it or its value is not known. What
    is missing is not told of where the input has any error or any value that is not known, for it may be what is meant,
    nor where the input is a structured file alone.
    """

    def __init__(self, resolved: Resolved, report: Report) -> None:
        super().__init__(resolved)
        self._report = report
        errors = report.errors()
        self._spoilt = {flag for _, flag in errors} | self.flags.refused
        unknown = any(found.code == _UNKNOWN_VALUE for found in report.diagnostics)
        # An error of the Pod around the server says nothing about its flags.
        partial = any(not code.startswith(_OF_POD) for code, _ in errors)
        self._partial = partial or unknown or self.alone

    def settled(self, *flags: str) -> bool:
        """Whether all the flags have the values that they seem to have."""
        if self._partial and not all(map(self.flags.changed, flags)):
            return False
        return self._spoilt.isdisjoint(flags)

    def report(
        self, rule: Rule, message: str, hint: str, flag: str, element: int | None = None, *, severity: str = ""
    ) -> None:
        """Tell a risk where a flag, or an element of its list, is given, or else where its section is.

        A risk of a flag that is not given is one of something missing.
        """
        if not self.settled(flag) or self._report.passes_over(rule, flag, severity):
            return
        path, location = self.place(flag, element)
        self._report.add(diagnose(rule, message, hint, path=path, flag=flag, location=location, severity=severity))

    def report_location(
        self, rule: Rule, message: str, hint: str, path: str, location: Location | None, flag: str = ""
    ) -> None:
        """Tell a risk at a place of one's own choice."""
        if (not flag or flag not in self._spoilt) and not self._report.passes_over(rule, flag):
            self._report.add(diagnose(rule, message, hint, path=path, flag=flag, location=location))

    def report_field(self, rule: Rule, message: str, hint: str, field: Field, *, severity: str = "") -> None:
        """Tell a risk at a place of a structured file."""
        if field.findings.flag not in self._spoilt:
            field.findings.add(rule, field.path, field.location, message, hint, severity)
