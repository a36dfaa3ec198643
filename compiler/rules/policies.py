"""Policies, which are sets of rules published by others, and the results of checking a server against one."""

from __future__ import annotations

from typing import NamedTuple

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
