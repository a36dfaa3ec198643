"""Policies: sets of rules published by others, selected with `--policy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.review.context import View

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Report
    from compiler.inputs.schema.field import Field


TITLES = {"cis": "CIS Kubernetes Benchmark, section 1.2"}
"""Name of a policy -> what it is."""
PASS, FAIL, MANUAL = "pass", "fail", "manual"


class Judged(NamedTuple):
    """One control: its number, its title, and `pass`, `fail`, or `manual` where the input does not tell."""

    id: str
    title: str
    status: str
    reason: str = ""


class PolicyResult(NamedTuple):
    """What a policy says of one server; `version` is the edition that belongs to its Kubernetes version."""

    name: str
    version: str
    controls: tuple[Judged, ...]

    def in_words(self) -> str:
        """`CIS Kubernetes Benchmark, section 1.2 (1.12): 27 of 30 controls pass, 2 fail, 1 is to be judged by hand`."""
        count = {status: sum(one.status == status for one in self.controls) for status in (PASS, FAIL, MANUAL)}
        words = [f"{count[PASS]} of {len(self.controls)} controls pass"]
        if count[FAIL]:
            words.append(f"{count[FAIL]} fail{'s' if count[FAIL] == 1 else ''}")
        if count[MANUAL]:
            words.append(f"{count[MANUAL]} {'is' if count[MANUAL] == 1 else 'are'} to be judged by hand")
        return f"{TITLES[self.name]} ({self.version}): {', '.join(words)}"

    def listed(self) -> list[str]:
        """A line for each control, with the reason where it is not passed; then the sum."""
        lines = [
            f"{one.id:8} {one.status:6}  {one.title}{f': {one.reason}' if one.reason else ''}" for one in self.controls
        ]
        return [*lines, self.in_words()]


def judge(name: str, resolved: Resolved, report: Report) -> PolicyResult:
    """Judge a server by a policy. What fails is a warning in the report, what the input does not tell a note."""
    from importlib import import_module

    result: PolicyResult = import_module(f"compiler.review.{name}").judge(resolved, report)
    return result


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
