"""A server as the controls of a policy look at it, and what a control finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.policies import FAIL, MANUAL
from compiler.risks.view import View

if TYPE_CHECKING:
    from compiler.config_files.field import Field
    from compiler.pipeline import Resolved


class Finding(NamedTuple):
    """Why a control is not passed: `status` is `fail` or `manual`; the place is a flag or a field of its file."""

    status: str
    message: str
    hint: str
    flag: str
    element: int | None = None
    field: Field | None = None


class Server(View):
    """The resolved options of a server, with what several controls ask for."""

    def __init__(self, resolved: Resolved) -> None:
        super().__init__(resolved)
        self.plugins = self.options.admission.chain()

    def fails(self, flag: str, message: str, hint: str, element: int | None = None) -> Finding:
        """A control that a flag breaks, unless its value is not known."""
        return self.unless_unknown(flag) or Finding(FAIL, message, hint, flag, element)

    def untold(self, flag: str, message: str) -> Finding:
        """A control that the input does not decide."""
        hint = "look for yourself, or show where the server's files are with --files-root"
        return Finding(MANUAL, message, hint, flag)

    def unless_unknown(self, *flags: str) -> Finding | None:
        """None where the flags have values that can be judged."""
        for flag in flags:
            if not self.flags.is_certain(flag):
                return Finding(MANUAL, f"the value of --{flag} cannot be judged", "look for yourself", flag)
        return None

    def fails_in_chain(self, message: str, hint: str, kind: str) -> Finding:
        """A control that the chain of authorizers breaks, with one of its kinds or for want of it."""
        flag, root = "authorization-config", self.file("authorization-config")
        if root is not None:
            entries = root["authorizers"]
            found = next((entry["type"] for entry in entries.items() if entry["type"].text == kind), entries)
            return Finding(FAIL, message, hint, flag, field=found)
        flag = "authorization-mode"
        modes = self.flags.texts(flag)
        return self.fails(flag, message, hint, modes.index(kind) if kind in modes else None)

    def deciding_plugin_flag(self, name: str) -> tuple[str, int | None]:
        """The flag that put an admission plugin where it is, and the element that names it."""
        on, off, legacy = "enable-admission-plugins", "disable-admission-plugins", "admission-control"
        for flag in (off, on, legacy):
            names = self.flags.texts(flag)
            if name in names:
                return flag, names.index(name)
        return (legacy if self.flags.changed(legacy) else on), None
