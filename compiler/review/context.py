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
    """Options and resolved values of one server, with their positions in the input."""

    def __init__(self, resolved: Resolved) -> None:
        self.context, self.options, self.config, *_ = resolved
        self.health = resolved.health
        self.flags = self.context.flags
        self.catalog = self.context.catalog
        self.given = self.context.input

    @property
    def is_config_file(self) -> bool:
        """Return whether the input is only a structured file, without its server."""
        return self.given.read_as == "config-file"

    @property
    def authorizers(self) -> list[str] | None:
        """Return the types of the authorizers in order; None if they are in a file that is not available."""
        chain = self.options.authorization.chain
        return None if chain is None else [authorizer.type for authorizer in chain]

    def file(self, flag: str) -> Field | None:
        """Return the content of the structured file that a flag names; None if it is not available."""
        for file in self.context.config_files:
            if file.root.findings.flag == flag:
                return file.root
        return None

    def place(self, flag: str, element: int | None = None) -> tuple[str, Location | None]:
        """Return path and location of a flag or an element of its list; if it is not set, those that it would have."""
        spec = self.catalog.flags.get(flag)
        path = self.flags.path(flag, element) or self.given.path_of(flag, self.catalog)
        location = self.flags.location(flag, element)
        return path, location or self.given.section_location(spec.group if spec else "")


_UNKNOWN_VALUE = rules.VALUE_KNOWN_ONLY_AT_RUNTIME.code
_OF_POD = "KASC-POD-"


class Risks(View):
    """The resolved options of one server, and its report.

    Risks of a flag, or of the file that it names, are not reported if there is an error about it or its value is not
    known. Risks of a flag that is not set are not reported if the input has any error or unknown value, which may be
    about that flag, nor if it is only a structured file.
    """

    def __init__(self, resolved: Resolved, report: Report) -> None:
        super().__init__(resolved)
        self._report = report
        errors = report.errors()
        self._invalid = {flag for _, flag in errors} | self.flags.refused
        unknown = any(each.code == _UNKNOWN_VALUE for each in report.diagnostics)
        # Errors about the Pod do not affect the flags.
        partial = any(not code.startswith(_OF_POD) for code, _ in errors)
        self._partial = partial or unknown or self.is_config_file

    def settled(self, *flags: str) -> bool:
        """Return whether the values of all the flags are known."""
        if self._partial and not all(map(self.flags.changed, flags)):
            return False
        return self._invalid.isdisjoint(flags)

    def report(
        self, rule: Rule, message: str, hint: str, flag: str, element: int | None = None, *, severity: str = ""
    ) -> None:
        """Report a risk at a flag or an element of its list; at its section if the flag is not set."""
        if not self.settled(flag) or self._report.drops(rule, flag, severity):
            return
        path, location = self.place(flag, element)
        self._report.add(diagnose(rule, message, hint, path=path, flag=flag, location=location, severity=severity))

    def report_location(
        self, rule: Rule, message: str, hint: str, path: str, location: Location | None, flag: str = ""
    ) -> None:
        """Report a risk at a given path and location."""
        if (not flag or flag not in self._invalid) and not self._report.drops(rule, flag):
            self._report.add(diagnose(rule, message, hint, path=path, flag=flag, location=location))

    def report_field(self, rule: Rule, message: str, hint: str, field: Field, *, severity: str = "") -> None:
        """Report a risk at a field of a structured file."""
        if field.findings.flag not in self._invalid:
            field.findings.add(rule, field.path, field.location, message, hint, severity)
