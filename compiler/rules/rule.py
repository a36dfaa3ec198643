"""What a rule is; what a policy is, and the results of checking a server against one."""

from __future__ import annotations

from typing import NamedTuple


class Rule:
    """What every diagnostic of a rule has in common; there is one object for each rule.

    `id` is the short name that kube-apiserver's checks are known by here, and `code` its public form (`ETCD-03`,
    `KASC-ETCD-003`). `severity` is error, warning or note. `stage` says when the rule is enforced, one of
    `texts.STAGES`. `source` names the Kubernetes file and function, or says why kasc has the rule. `of_server` is False
    for the rules of kasc.
    """

    # Not a NamedTuple: making that class takes as long as making all rules, and every run of kasc waits for it.
    __slots__ = ("code", "id", "of_server", "severity", "source", "stage", "title")

    def __init__(
        self, code: str, rule_id: str, title: str, severity: str, stage: str, source: str, of_server: bool
    ) -> None:
        self.code = code
        self.id = rule_id
        self.title = title
        self.severity = severity
        self.stage = stage
        self.source = source
        self.of_server = of_server

    def __repr__(self) -> str:
        return f"<Rule {self.code}>"

    @property
    def family(self) -> str:
        """The family of the rule, which is the first word of its id: `ETCD`."""
        return self.id.partition("-")[0]


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
