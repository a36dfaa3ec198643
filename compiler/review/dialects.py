"""Findings about the file of a distribution, in the terms of that distribution."""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.context import ServerContext
from compiler.diagnostics import Diagnostic, Report
from compiler.inputs import Dialect

_HABITS = frozenset((rules.FLAG_WITHOUT_EFFECT.code, rules.DEPRECATED_FLAG.code))
"""Findings about a flag that only the one who sets it can remove."""


def in_terms_of(dialect: Dialect, report: Report, context: ServerContext) -> None:
    """Extend the hints about flags by where the distribution sets them, or lets the user set them.

    The fixes are removed: they are those of flags, which the file of a distribution spells in its own way. So are
    findings about flags that the distribution repeats, or passes although they are deprecated or without effect: no
    setting changes that.
    """
    report.diagnostics = [
        _in_terms_of(dialect, each, context)._replace(fix=())
        for each in report.diagnostics
        if not _is_habit(each, context)
    ]


def _is_habit(diagnostic: Diagnostic, context: ServerContext) -> bool:
    uses = context.flags.arguments.get(diagnostic.flag, ())
    users = [use for use in uses if not use.origin]
    if diagnostic.code == rules.FLAG_SET_MORE_THAN_ONCE.code:
        return len(users) < 2
    return bool(uses) and not users and diagnostic.code in _HABITS


def _in_terms_of(dialect: Dialect, diagnostic: Diagnostic, context: ServerContext) -> Diagnostic:
    where = "" if _is_in_file(diagnostic, context) else setting_of(diagnostic.flag, context)
    if not where:
        return diagnostic
    return diagnostic._replace(hint=f"{diagnostic.hint}; {where}" if diagnostic.hint else where)


def setting_of(flag: str, context: ServerContext) -> str:
    """Return where a distribution's file decides a flag; empty if the user sets it, and for other inputs."""
    dialect = context.input.dialect
    if dialect is None or flag not in context.catalog.flags:
        return ""
    uses = context.flags.arguments.get(flag, ())
    setting = context.input.settings.get(flag)
    by_distribution = any(use.origin for use in uses)
    if setting:
        return f"in {dialect.title}, {setting} decides --{flag}"
    if uses and not by_distribution:
        return ""
    if flag in context.input.fixed_flags:
        always = f"{dialect.title} always sets --{flag}, and offers no way to change it"
        return always if uses else f"{dialect.title} offers no way to set --{flag}"
    if uses:
        return f"{dialect.title} sets --{flag}: override it in {dialect.setting}"
    return f"in {dialect.title}, flags are set in {dialect.setting}"


def _is_in_file(diagnostic: Diagnostic, context: ServerContext) -> bool:
    """Return whether a diagnostic is about the content of a structured file, not about the flag that names it."""
    named = any(file.flag == diagnostic.flag for file in context.input.files.values())
    uses = context.flags.arguments.get(diagnostic.flag, ())
    return named and diagnostic.location not in [use.location for use in uses]
