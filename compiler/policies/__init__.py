"""Policies: sets of rules that others wrote, by which an input is judged where `--policy` asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from compiler.diagnostics import Report
    from compiler.pipeline import Resolved

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

    result: PolicyResult = import_module(f"compiler.policies.{name}").judge(resolved, report)
    return result
