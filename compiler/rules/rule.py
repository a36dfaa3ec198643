"""What a rule is; what a policy is, and the results of checking a server against one."""

from __future__ import annotations

import re
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


SHIPPED = ("cis", "stig")
"""Names of the policies that kasc ships."""
_FAMILIES = tuple(f"KASC-{name.upper()}-" for name in SHIPPED)


OWN_ID = "[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+"
"""The id of a rule that an organisation writes, which is also the code of its findings."""


def is_own(code: str) -> bool:
    """Return whether a code is the id of a rule that an organisation writes."""
    return not code.startswith("KASC-") and re.fullmatch(OWN_ID, code) is not None


def is_shipped(name: str) -> bool:
    """Return whether a word names a policy that kasc ships, with or without an edition: `cis@1.12`."""
    return name.partition("@")[0] in SHIPPED


def is_of_policy(code: str) -> bool:
    """Return whether a code is that of a control: of a shipped policy, or of one that an organisation writes."""
    return code.startswith(_FAMILIES) or is_own(code)


def is_breach(code: str) -> bool:
    """Return whether an error with a code is about a policy: the server starts anyway."""
    return is_own(code) or code.startswith("KASC-POLICY-")


PASS, FAIL, MANUAL, NOT_APPLICABLE, EXCEPTED = "pass", "fail", "manual", "not-applicable", "excepted"
STATUSES = (PASS, FAIL, MANUAL, NOT_APPLICABLE, EXCEPTED)


class ControlResult(NamedTuple):
    """The result of one control.

    `status` is `pass`, `fail`, `manual` if the input does not decide it, `not-applicable`, or `excepted` if the policy
    has an exception for the server. `reason` says why it does not pass, `fix` what to do. `severity` is that of the
    policy, for example CAT I or enforce. `path` and `place` (file, line, column, end line, end column) are the position
    in the input. `why` says why an organisation has the rule; `exception` has its reason, who approved it, and its last
    day.
    """

    id: str
    title: str
    status: str
    reason: str = ""
    fix: str = ""
    severity: str = ""
    path: str = ""
    place: tuple[str, int, int, int, int] | None = None
    why: str = ""
    exception: tuple[str, str, str] | None = None


class PolicyResult(NamedTuple):
    """The result of a policy for one server.

    `version` is the edition, `note` what to know about it. `file` is the path of a policy that an organisation writes,
    `server` the name of the server.
    """

    name: str
    version: str
    controls: tuple[ControlResult, ...]
    title: str
    note: str = ""
    file: str = ""
    server: str = ""

    def count(self, status: str) -> int:
        """Return the number of controls with a status."""
        return sum(each.status == status for each in self.controls)

    def in_words(self) -> str:
        """Return the counts: `DISA Kubernetes STIG, API server (V2R6): 20 of 35 controls pass, 3 fail`."""
        words = [f"{self.count(PASS)} of {len(self.controls)} controls pass"]
        if failed := self.count(FAIL):
            words.append(f"{failed} fail{'s' if failed == 1 else ''}")
        if undecided := self.count(MANUAL):
            words.append(f"{undecided} need{'s' if undecided == 1 else ''} manual review")
        if others := self.count(NOT_APPLICABLE):
            words.append(f"{others} not applicable")
        if excepted := self.count(EXCEPTED):
            words.append(f"{excepted} excepted")
        note = f"; {self.note}" if self.note else ""
        version = f" ({self.version})" if self.version else ""
        return f"{self.title}{version}: {', '.join(words)}{note}"

    def listed(self) -> list[str]:
        """Return one line for each control, with the reason if it does not pass; then the counts."""
        lines = [
            f"{one.id:8} {one.status:14}  {one.title}{f': {one.reason}' if one.reason else ''}" for one in self.controls
        ]
        return [*lines, self.in_words()]
