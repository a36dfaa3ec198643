"""A resolved server as risks and policies read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.diagnostics import diagnose
from compiler.rules import Rule
from compiler.rules.rule import FAIL, MANUAL

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
        self.input = self.context.input

    @property
    def is_config_file(self) -> bool:
        """Return whether the input is only a structured file, without its server."""
        return self.input.read_as == "config-file"

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
        path = self.flags.path(flag, element) or self.input.path_of(flag, self.catalog)
        location = self.flags.location(flag, element)
        return path, location or self.input.section_location(spec.group if spec else "")


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


class Finding(NamedTuple):
    """Why a control does not pass: `status` is `fail` or `manual`; the position is a flag or a field of its file."""

    status: str
    message: str
    hint: str
    flag: str
    element: int | None = None
    field: Field | None = None


class Server(View):
    """The resolved options of a server, with helpers for controls."""

    def __init__(self, resolved: Resolved) -> None:
        super().__init__(resolved)
        self.plugins = self.options.admission.chain

    def fails(self, flag: str, message: str, hint: str, element: int | None = None) -> Finding:
        """Return a failed control because of a flag; an undecided one if the value of the flag is not known."""
        return self.unless_unknown(flag) or Finding(FAIL, message, hint, flag, element)

    def undetermined(self, flag: str, message: str) -> Finding:
        """Return a control that the input does not decide."""
        hint = "review it manually, or make the server's files available with --files-root"
        return Finding(MANUAL, message, hint, flag)

    def unless_unknown(self, *flags: str) -> Finding | None:
        """Return an undecided control if the value of one of the flags is not known, else None."""
        for flag in flags:
            if not self.flags.is_certain(flag):
                return Finding(MANUAL, f"the value of --{flag} is not known", "review it manually", flag)
        return None

    def fails_in_chain(self, message: str, hint: str, kind: str) -> Finding:
        """Return a failed control because a kind of authorizer is or is not in the chain."""
        flag, root = "authorization-config", self.file("authorization-config")
        if root is not None:
            entries = root["authorizers"]
            field = next((entry["type"] for entry in entries.items() if entry["type"].text == kind), entries)
            return Finding(FAIL, message, hint, flag, field=field)
        flag = "authorization-mode"
        modes = self.flags.texts(flag)
        return self.fails(flag, message, hint, modes.index(kind) if kind in modes else None)

    def deciding_plugin_flag(self, name: str) -> tuple[str, int | None]:
        """Return the flag that decides whether an admission plugin is enabled, and the element that names it."""
        enable, disable, legacy = "enable-admission-plugins", "disable-admission-plugins", "admission-control"
        for flag in (disable, enable, legacy):
            names = self.flags.texts(flag)
            if name in names:
                return flag, names.index(name)
        return (legacy if self.flags.changed(legacy) else enable), None
