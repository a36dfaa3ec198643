"""Policies: sets of rules published by others, selected with `--policy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.review.context import View

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Report
    from compiler.inputs.schema.field import Field


TITLES = {"cis": "CIS Kubernetes Benchmark, section 1.2"}
"""Name of a policy -> its title."""
PASS, FAIL, MANUAL = "pass", "fail", "manual"


class ControlResult(NamedTuple):
    """The result of one control: number, title, and `pass`, `fail`, or `manual` if the input does not decide it."""

    id: str
    title: str
    status: str
    reason: str = ""


class PolicyResult(NamedTuple):
    """The result of a policy for one server; `version` is the edition for its Kubernetes version."""

    name: str
    version: str
    controls: tuple[ControlResult, ...]

    def in_words(self) -> str:
        """Return the counts: `CIS Kubernetes Benchmark, section 1.2 (1.12): 27 of 30 controls pass, 3 fail`."""
        count = {status: sum(one.status == status for one in self.controls) for status in (PASS, FAIL, MANUAL)}
        words = [f"{count[PASS]} of {len(self.controls)} controls pass"]
        if count[FAIL]:
            words.append(f"{count[FAIL]} fail{'s' if count[FAIL] == 1 else ''}")
        if count[MANUAL]:
            words.append(f"{count[MANUAL]} need{'s' if count[MANUAL] == 1 else ''} manual review")
        return f"{TITLES[self.name]} ({self.version}): {', '.join(words)}"

    def listed(self) -> list[str]:
        """Return one line for each control, with the reason if it does not pass; then the sum."""
        lines = [
            f"{one.id:8} {one.status:6}  {one.title}{f': {one.reason}' if one.reason else ''}" for one in self.controls
        ]
        return [*lines, self.in_words()]


def judge(name: str, resolved: Resolved, report: Report) -> PolicyResult:
    """Check a server against a policy; failed controls are reported as warnings, undecided ones as notes."""
    from importlib import import_module

    result: PolicyResult = import_module(f"compiler.review.{name}").judge(resolved, report)
    return result


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
        self.plugins = self.options.admission.chain()

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
