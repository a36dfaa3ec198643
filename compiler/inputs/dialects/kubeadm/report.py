"""Findings about kubeadm's configuration: what it refuses, and what it ignores."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from compiler import rules
from compiler.diagnostics import Diagnostic, Location, Problems, diagnose
from compiler.inputs.source.node import Node
from compiler.rules import Rule

TITLE = "kubeadm"


class Reporter:
    """Adds findings to `problems`. What an earlier program refuses is not refused once more."""

    def __init__(self, problems: list[Diagnostic]) -> None:
        self.problems = problems
        self.refused = {each.location for each in problems if each.code == rules.REFUSED_BY_DISTRIBUTION.code}

    def refuse(self, message: str, hint: str, at: Node | Location, path: str = "") -> None:
        """Report a part of the configuration with which kube-apiserver is not started."""
        if (at if isinstance(at, Location) else opening_of(at)) not in self.refused:
            self._report(rules.REFUSED_BY_DISTRIBUTION, message, hint, at, path)

    def ignore(self, message: str, hint: str, at: Node | Location, path: str = "", severity: str = "") -> None:
        """Report a part of the configuration that has no effect."""
        self._report(rules.IGNORED_BY_DISTRIBUTION, message, hint, at, path, severity)

    def outside(self, message: str, hint: str, at: Node | Location, path: str = "") -> None:
        """Report a part of the configuration that is decided outside of the file."""
        self._report(rules.DECIDED_OUTSIDE_FILE, message, hint, at, path)

    def extend(self, problems: Iterable[Diagnostic]) -> None:
        """Add findings that are reported already."""
        self.problems += problems

    def _report(self, rule: Rule, message: str, hint: str, at: Node | Location, path: str, severity: str = "") -> None:
        where = at if isinstance(at, Location) else opening_of(at)
        make = partial(diagnose, rule, message, hint, path=path, location=where, severity=severity)
        if isinstance(self.problems, Problems):
            self.problems.report(rule, make)
        else:
            self.problems.append(make())


def opening_of(node: Node) -> Location:
    """Return the location of a scalar, or of the start of a mapping or list."""
    where = node.location
    if isinstance(node.value, dict | list):
        return where._replace(end_line=where.line, end_column=where.column + 1)
    return where
