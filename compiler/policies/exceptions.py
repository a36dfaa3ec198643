"""Exceptions that had no effect in a whole run."""

from __future__ import annotations

from collections.abc import Iterable

from compiler import rules
from compiler.diagnostics import Diagnostic, Report, diagnose
from compiler.policies.judging import OwnPolicies, matches
from compiler.policies.reading import READ_AS, PolicyException
from compiler.rules.rule import NOT_APPLICABLE, PASS
from compiler.upstream.catalog.facts import nearest


class Exceptions:
    """The exceptions of the policies of a run, and which of them a server needed.

    With `searched`, the inputs are whole directories, so that an exception for no server of them is unused as well.
    """

    def __init__(self, policies: Iterable[object], searched: bool) -> None:
        own = [policy for each in policies if isinstance(each, OwnPolicies) for policy in each.policies]
        self._files = {policy.file.path: policy.file for policy in own}
        self._searched = searched
        self._met: set[PolicyException] = set()
        self._needed: set[PolicyException] = set()

    def add(self, report: Report) -> None:
        """Add the results of one more input."""
        for result in report.policies:
            file = self._files.get(result.file)
            status = {control.id: control.status for control in result.controls}
            for exception in file.exceptions if file is not None else ():
                if any(matches(result.server, exception.clusters)):
                    is_met = status.get(exception.rule) in (PASS, NOT_APPLICABLE)
                    (self._met if is_met else self._needed).add(exception)

    def reports(self) -> list[Report]:
        """Return a report for each policy file with exceptions that no server needed."""
        reports = []
        for path, file in self._files.items():
            report = Report(path)
            report.read_as, report.kubernetes_version = READ_AS, nearest(None)
            report.extend(
                _unused(each, each in self._met)
                for each in file.exceptions
                if each not in self._needed and (each in self._met or self._searched)
            )
            if report.diagnostics:
                reports.append(report)
        return reports


def _unused(exception: PolicyException, is_met: bool) -> Diagnostic:
    """Return the note about an exception: the servers that it names meet the rule, or there are none."""
    clusters = ", ".join(exception.clusters)
    why = (
        f"{clusters} meet{'s' if len(exception.clusters) == 1 else ''} the rule"
        if is_met
        else f"there is no server named {clusters}"
    )
    message = f"the exception of {exception.rule} is unused: {why}"
    hint = "remove it" if is_met else "remove it, or name a server as its metadata.name does"
    return diagnose(rules.UNUSED_EXCEPTION, message, hint, location=exception.location)
