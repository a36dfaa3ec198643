"""The report as JUnit XML: one test case for each input, a failure if it has errors, an error if it was not read."""

from __future__ import annotations

import re
from html import escape

from compiler.cli.reporters.summary import unread
from compiler.cli.reporters.text import findings
from compiler.diagnostics import ERROR, WARNING, Diagnostic, Report
from compiler.text import clean, counted

# Characters that printing.clean keeps and XML 1.0 does not allow, not even as references, but for line breaks.
_INVALID_XML = "[^\x09\x0a\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def render(reports: list[Report], strict: bool = False) -> str:
    """Return all reports as one test suite, ASCII only. With `strict`, warnings are failures as well."""
    failing = (ERROR, WARNING) if strict else (ERROR,)
    cases = [_case(report, failing) for report in reports]
    failed = sum(any(map(report.count, failing)) for report in reports if not report.unread)
    numbers = f'tests="{len(reports)}" failures="{failed}" errors="{unread(reports)}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="kasc" {numbers}>',
        f'<testsuite name="kasc" {numbers} skipped="0">',
        *cases,
        "</testsuite>",
        "</testsuites>",
    ]
    return "".join(f"{line}\n" for line in lines).encode("ascii", "xmlcharrefreplace").decode()


def _case(report: Report, failing: tuple[str, ...]) -> str:
    failures = [each for each in report.sorted() if each.severity in failing]
    others = [each for each in report.sorted() if each.severity not in failing]
    lines = [f'<testcase name="{_attribute(report.path)}" classname="kasc.{_attribute(report.read_as or "input")}">']
    if failures or report.hidden(ERROR):
        message, kind = _first(failures, report.hidden(ERROR))
        element = "error" if report.unread else "failure"
        lines.append(f'<{element} message="{_attribute(message)}" type="{kind}">{_text(report, failures)}</{element}>')
    if others:
        lines.append(f"<system-out>{_text(report, others)}</system-out>")
    return "\n".join([*lines, "</testcase>"])


def _first(failures: list[Diagnostic], hidden: int) -> tuple[str, str]:
    """Return message and type of a failure: those of its first finding."""
    if not failures:
        return f"{counted(hidden, 'error')} not shown", ERROR
    more = len(failures) - 1 + hidden
    first = failures[0]
    return f"{first.code}: {first.message}" + (f" (and {more} more)" if more else ""), first.code


def _attribute(text: str) -> str:
    return escape(re.sub(_INVALID_XML, "\ufffd", clean(text)))


def _text(report: Report, chosen: list[Diagnostic]) -> str:
    text = "\n".join(["", *findings(report, chosen), ""])
    return escape(re.sub(_INVALID_XML, "\ufffd", text), quote=False)
