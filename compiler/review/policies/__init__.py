"""Policies that kasc ships: the CIS Kubernetes Benchmark and the DISA STIG, as data in `data/NAME.json`.

A control has an id, the code of its rule, whose title names the setting, and a condition (`conditions.py`). `editions`
of a control are those that have it in this form, all by default. The edition of the CIS benchmark for each version of
Kubernetes is in `upstream/catalog/data/behaviours.json`.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from compiler.diagnostics import NOTE, WARNING, Diagnostic, Report, diagnose
from compiler.review import Finding, Server
from compiler.rules import by_code
from compiler.rules.rule import FAIL, NOT_APPLICABLE, PASS, ControlResult, PolicyResult

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.upstream.catalog import Catalog

_DATA = os.path.join(os.path.dirname(__file__), "data")


class Policy(Protocol):
    """What servers are checked against; it can be pickled."""

    @property
    def key(self) -> str:
        """A string that differs between policies with different results."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the results depend on, in addition to kasc."""

    def judge(self, resolved: Resolved, report: Report) -> list[PolicyResult]:
        """Return the results of each policy, and report the controls that do not pass."""


class ShippedPolicy(NamedTuple):
    """A policy of `data`, in an edition; the one for the Kubernetes version of each server if `edition` is empty."""

    name: str
    edition: str = ""

    @property
    def key(self) -> str:
        """The policy as the command line names it."""
        return f"{self.name}@{self.edition}" if self.edition else self.name

    @property
    def files(self) -> tuple[str, ...]:
        """None: the data is a part of kasc."""
        return ()

    def judge(self, resolved: Resolved, report: Report) -> list[PolicyResult]:
        """Return the results of all controls, and report those that do not pass.

        Failed controls are reported as warnings, undecided ones as notes.
        """
        return [self.result(resolved, report)]

    def result(self, resolved: Resolved, report: Report) -> PolicyResult:
        """Return the results of all controls, as `judge` does."""
        data = _load(self.name)
        server = Server(resolved)
        edition = self.edition or _edition(self.name, server.catalog)
        controls = tuple(
            _result(server, data["short"], control, report)
            for control in data["controls"]
            if edition in control.get("editions", (edition,))
        )
        return PolicyResult(self.name, edition, controls, data["title"], _note(self, server.catalog))


def editions(name: str) -> tuple[str, ...]:
    """Return the editions of a shipped policy, oldest first."""
    return tuple(_load(name)["editions"])


@cache
def _load(name: str) -> dict[str, Any]:
    with open(os.path.join(_DATA, f"{name}.json"), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def _edition(name: str, catalog: Catalog) -> str:
    """Return the edition for a version of Kubernetes: that which names it, or the newest one."""
    edition: str = catalog.behaviour("cisBenchmark")["version"] if name == "cis" else editions(name)[-1]
    return edition


def _note(policy: ShippedPolicy, catalog: Catalog) -> str:
    """Return what a reader should know about the edition; empty if it is the one for this version."""
    if policy.name != "cis":
        return ""
    benchmark = catalog.behaviour("cisBenchmark")
    if policy.edition and policy.edition != benchmark["version"]:
        return f"edition {benchmark['version']} is the one for Kubernetes {catalog.version}"
    return "" if benchmark["names"] else f"the benchmark does not name Kubernetes {catalog.version}"


def _result(server: Server, short: str, control: dict[str, Any], report: Report) -> ControlResult:
    from compiler.review.policies.conditions import decide

    title = by_code()[control["code"]].title.partition(": ")[2]
    category = control.get("severity", "")
    finding = decide(server, control["condition"])
    if finding is None:
        return ControlResult(control["id"], title, PASS, severity=category)
    number = f"{control['id']} ({category})" if category else control["id"]
    diagnostic = _diagnostic(server, control["code"], f"{short} {number}: {finding.message}", finding)
    if finding.status != NOT_APPLICABLE:
        report.add(diagnostic)
    return ControlResult(
        control["id"],
        title,
        finding.status,
        finding.message,
        diagnostic.hint,
        category,
        diagnostic.path,
        diagnostic.location,
    )


def _diagnostic(server: Server, code: str, message: str, finding: Finding) -> Diagnostic:
    """Return the diagnostic of a control that does not pass, at the flag or at the field of its file."""
    path, location = server.place(finding.flag, finding.element)
    if finding.field is not None:
        field = finding.field
        path, location = field.findings.full_path(field.path), field.location
    severity = WARNING if finding.status == FAIL else NOTE
    return diagnose(
        by_code()[code],
        message,
        finding.hint,
        path=path,
        flag=finding.flag,
        location=location,
        severity=severity,
    )
