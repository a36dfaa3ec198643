"""A policy of an organisation, applied to servers.

A rule passes, fails, or needs manual review because a value is not known offline; it does not apply to servers that it
does not select. A rule whose schema is wrong for a version never passes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import NamedTuple

from compiler import rules
from compiler.apiserver.startup import Resolved
from compiler.diagnostics import NOTE, Diagnostic, Location, Report, diagnose
from compiler.policies.deciding import Rules
from compiler.policies.instance import Instance, labels_of
from compiler.policies.outcomes import UNDECIDED, Failure, TooManyStepsError
from compiler.policies.places import Place, place_of
from compiler.policies.reading import LEVELS, PolicyException, PolicyFile, PolicyRule, Selector
from compiler.rules import Rule
from compiler.rules.rule import EXCEPTED, FAIL, MANUAL, NOT_APPLICABLE, PASS, ControlResult, PolicyResult
from compiler.text import shown
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import minor_of

SOON = 14
"""Days before the end of an exception from which on it is reported."""


class Verdict(NamedTuple):
    """The result of a rule for a server: a status, the reason, and the place of the value that is wrong."""

    status: str
    reason: str = ""
    place: Place | None = None


class OwnPolicy:
    """One policy file; `today` is the day that exceptions are compared with."""

    def __init__(self, file: PolicyFile, today: str) -> None:
        self.file = file
        self.today = today
        self._rules = Rules(file.definitions)

    @property
    def key(self) -> str:
        """The path, the content and the day, on which the results depend."""
        import hashlib

        sources = {rule.node.source.text for rule in self.file.rules}
        digest = hashlib.sha256("".join(sorted(sources)).encode(errors="surrogateescape")).hexdigest()
        return f"{self.file.path} {digest} {self.today}"

    def judge(self, instance: Instance, resolved: Resolved, report: Report) -> PolicyResult:
        """Return the results of all rules, and report those that do not pass."""
        file = self.file
        name = resolved.context.input.name
        controls = tuple(self._control(rule, instance, resolved, report) for rule in file.rules)
        return PolicyResult(file.name, file.version, controls, file.title, file=file.path, server=name)

    def verdict(self, rule: PolicyRule, instance: Instance, resolved: Resolved, report: Report) -> Verdict:
        """Return the result of one rule; what is wrong with its schema for this version is reported."""
        context = resolved.context
        left_out = _unselected(rule.select, context.catalog.version, context.input.name, labels_of(context))
        if left_out:
            return Verdict(NOT_APPLICABLE, left_out)
        try:
            if rule.when is not None:
                condition = self._rules.condition(rule.when, rule, context.catalog)
                report.extend(condition.problems)
                outcome = self._rules.decide(condition, instance).outcome
                if condition.problems or outcome is UNDECIDED:
                    return Verdict(MANUAL, "it is not known whether the rule applies")
                if outcome is not None:
                    return Verdict(NOT_APPLICABLE, "the condition of the rule is not met")
            compiled = self._rules.rule(rule, context.catalog)
            report.extend(compiled.problems)
            if compiled.problems:
                return Verdict(MANUAL, f"the rule is wrong: {compiled.problems[0].message}")
            part, outcome, path = self._rules.decide(compiled, instance)
        except TooManyStepsError:
            return Verdict(MANUAL, "the rule takes too many steps for this server")
        if outcome is None:
            return Verdict(PASS)
        place = place_of(resolved, instance, part, path)
        if isinstance(outcome, Failure):
            return Verdict(FAIL, f"{place.subject} {outcome.detail}", place)
        return Verdict(MANUAL, f"{place.subject} is not known", place)

    def problems(self, rule: PolicyRule, version: str) -> list[Diagnostic]:
        """Return what is wrong with the schemas of a rule for a version."""
        facts = catalog(version)
        condition = self._rules.condition(rule.when, rule, facts).problems if rule.when is not None else ()
        return [*condition, *self._rules.rule(rule, facts).problems]

    def lenient(self, rule: PolicyRule, version: str) -> tuple[tuple[Location, str], ...]:
        """Return the keywords of a rule that null meets, with their locations."""
        return self._rules.rule(rule, catalog(version)).lenient

    def _control(self, rule: PolicyRule, instance: Instance, resolved: Resolved, report: Report) -> ControlResult:
        verdict = self.verdict(rule, instance, resolved, report)
        title, name = rule.title, resolved.context.input.name
        result = ControlResult(rule.id, title, verdict.status, verdict.reason, severity=rule.level, why=rule.reason)
        if verdict.status in (PASS, NOT_APPLICABLE):
            return result
        place = verdict.place or Place("", "", "", resolved.context.input.start)
        result = result._replace(fix=rule.remediation, path=place.path, place=place.location)
        exception = self._exception(rule, name)
        if exception is not None and exception.expires >= self.today:
            self._report_end(exception, report)
            return result._replace(status=EXCEPTED, exception=_described(exception))
        reason = verdict.reason
        if exception is not None:
            reason += f"; the exception ended on {exception.expires}"
            result = result._replace(reason=reason, exception=_described(exception))
            report.add(expired(exception))
        if not rule.suppressible:
            report.binding.add(rule.id)
        severity = LEVELS[rule.level] if verdict.status == FAIL else NOTE
        kind = Rule(rule.id, rule.id, title, severity, "review", f"policy {self.file.name}", False)
        message = f"{title}: {reason}"
        report.add(diagnose(kind, message, rule.remediation, path=place.path, flag=place.flag, location=place.location))
        return result

    def _exception(self, rule: PolicyRule, name: str) -> PolicyException | None:
        """Return the exception of a rule for a server that ends last."""
        matching = [each for each in self.file.exceptions if each.rule == rule.id and any(matches(name, each.clusters))]
        return max(matching, key=lambda each: each.expires, default=None)

    def _report_end(self, exception: PolicyException, report: Report) -> None:
        days = days_between(self.today, exception.expires)
        if days <= SOON:
            report.add(ends_soon(exception, days))


class OwnPolicies(NamedTuple):
    """The policy files of one run, which see the same instance of each server."""

    policies: tuple[OwnPolicy, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of the files."""
        return tuple(policy.file.path for policy in self.policies)

    @property
    def key(self) -> str:
        """The keys of all files."""
        return " ".join(policy.key for policy in self.policies)

    def judge(self, resolved: Resolved, report: Report) -> list[PolicyResult]:
        """Return the results of all files, and report the rules that do not pass."""
        instance = Instance(resolved)
        return [policy.judge(instance, resolved, report) for policy in self.policies]


def _described(exception: PolicyException) -> tuple[str, str, str]:
    return exception.reason, exception.approved_by, exception.expires


def expired(exception: PolicyException) -> Diagnostic:
    """Return the finding about an exception that has ended."""
    message = f"the exception of {exception.rule} for {', '.join(exception.clusters)} ended on {exception.expires}"
    hint = "meet the rule and remove the exception, or agree on another date"
    return diagnose(rules.EXPIRED_EXCEPTION, message, hint, location=exception.location)


def ends_soon(exception: PolicyException, days: int) -> Diagnostic:
    """Return the note about an exception that ends within some days."""
    when = "today" if days == 0 else f"in {days} day{'s' if days != 1 else ''}"
    message = (
        f"the exception of {exception.rule} for {', '.join(exception.clusters)} ends {when}, on {exception.expires}"
    )
    hint = "meet the rule and remove the exception, or agree on another date"
    return diagnose(rules.EXCEPTION_ENDS_SOON, message, hint, location=exception.location)


def matches(name: str, globs: tuple[str, ...]) -> Iterator[bool]:
    """Yield for each glob whether a name matches it; `*` stands for any characters."""
    from fnmatch import fnmatchcase

    return (fnmatchcase(name, each) for each in globs)


def _unselected(select: Selector, version: str, name: str, labels: dict[str, str]) -> str:
    """Return why a rule is not about a server; empty if it is."""
    if select.versions and not any(is_version(version, each) for each in select.versions):
        return f"the rule is about Kubernetes {', '.join(select.versions)}"
    if select.names and not any(matches(name, select.names)):
        return f"the rule is about servers named {', '.join(select.names)}"
    for key, glob in select.labels:
        if key not in labels or not any(matches(labels[key], (glob,))):
            return f"the rule is about servers with the label {key}: {shown(glob)}"
    return ""


def is_version(version: str, wanted: str) -> bool:
    """Return whether a version is that of a selector: `1.36`, `>=1.35`, `<=1.35`."""
    minor, other = minor_of(version), minor_of(wanted.lstrip("<>="))
    if wanted.startswith(">="):
        return minor >= other
    return minor <= other if wanted.startswith("<=") else minor == other


def today() -> str:
    """Return the day in UTC: of the machine, or of SOURCE_DATE_EPOCH if a build has to be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    is_set = epoch.isascii() and epoch.isdigit() and len(epoch) <= 11
    return time.strftime("%Y-%m-%d", time.gmtime(int(epoch) if is_set else None))


def days_between(first: str, last: str) -> int:
    """Return the number of days from one day to another."""
    from datetime import date

    return (date.fromisoformat(last) - date.fromisoformat(first)).days
