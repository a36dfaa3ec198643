"""What kOps refuses and ignores, as diagnostics. A file with many such places has a bounded number of them."""

from __future__ import annotations

from functools import partial

from compiler import rules
from compiler.diagnostics import Diagnostic, Location, Problems, diagnose
from compiler.inputs.dialects.kops.facts import TITLE
from compiler.rules import Rule


def refuse(problems: list[Diagnostic], message: str, hint: str, path: str, location: Location) -> None:
    """Report what kOps refuses; the message continues `kOps refuses`."""
    _report(problems, rules.REFUSED_BY_DISTRIBUTION, f"{TITLE} refuses {message}", hint, path, location)


def fail(problems: list[Diagnostic], message: str, hint: str, path: str, location: Location) -> None:
    """Report a value with which kOps stops with an error."""
    _report(problems, rules.REFUSED_BY_DISTRIBUTION, message, hint, path, location)


def ignore(problems: list[Diagnostic], message: str, hint: str, path: str, location: Location) -> None:
    """Report what has no effect."""
    _report(problems, rules.IGNORED_BY_DISTRIBUTION, message, hint, path, location)


def _report(problems: list[Diagnostic], rule: Rule, message: str, hint: str, path: str, location: Location) -> None:
    make = partial(diagnose, rule, message, hint, path=path, location=location)
    if isinstance(problems, Problems):
        problems.report(rule, make)
    else:
        problems.append(make())
