"""Changes as diagnostics, for the reports that list findings by place: SARIF, annotations and JUnit.

Their rules have stable codes, one for each kind of change: `KASC-DIFF-ISSUER`.
"""

from __future__ import annotations

from compiler.changes.change import BEHAVIOUR, BREAKING, COSMETIC, DATA_LOSS, KINDS, PLAN, Change
from compiler.changes.difference import DELETED, UNDECLARED, Difference
from compiler.changes.report import names_of, shown_value, title_of
from compiler.diagnostics import ERROR, NOTE, WARNING, Diagnostic, Location, Report, diagnose
from compiler.rules import Rule

_LEVELS = {DATA_LOSS: ERROR, BREAKING: ERROR, PLAN: WARNING, BEHAVIOUR: NOTE, COSMETIC: NOTE}
_SOURCE = "compares two configurations"


def _rule(name: str, title: str) -> Rule:
    return Rule(f"KASC-DIFF-{name.upper()}", f"DIFF-{name}", title, NOTE, "review", _SOURCE, of_server=False)


_OF_KIND = {kind: _rule(kind, f"change: {title_of(kind)}") for kind in KINDS}
_DELETED = _rule(DELETED, "deleted declaration of a cluster")
RULES = {rule.code: rule for rule in (*_OF_KIND.values(), _DELETED)}
"""The rules of changes by code."""


def with_changes(difference: Difference) -> Report:
    """Return a report with the findings of the new version and a diagnostic for each change.

    A change is where the new version sets the value; without such a place, at the start of the input.
    """
    report = Report(difference.path)
    last, new = difference.new or difference.old, difference.new
    if last is not None:
        report.read_as, report.kubernetes_version = last.read_as, last.kubernetes_version
    if new is not None:
        report.extend(new.diagnostics)
        report.deselected, report.policies = list(new.deselected), new.policies
        report.unread = new.unread
        report.unlisted.update(new.unlisted)
        report.root, report.texts, report.concealed = new.root, new.texts, new.concealed
    if difference.status == DELETED:
        report.add(diagnose(_DELETED, UNDECLARED, severity=WARNING, location=_start(difference.path)))
    report.extend(_diagnostic(change, difference.path) for change in difference.changes)
    return report


def _diagnostic(change: Change, path: str) -> Diagnostic:
    at = change.new_at if change.new_at is not None and change.new_at.file else _start(path)
    values = f"{shown_value(change.before)} -> {shown_value(change.after)}"
    unsafe = "" if change.safe_mixed else " Servers with the old and the new configuration must not run side by side."
    message = f"{change.severity}: {title_of(change.kind)} {names_of([change])}: {values}. {change.effect}{unsafe}"
    return diagnose(_OF_KIND[change.kind], message, severity=_LEVELS[change.severity], location=at)


def _start(path: str) -> Location:
    return Location(path, 1, 1, 1, 2)
