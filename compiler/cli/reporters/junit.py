"""The report as JUnit XML: one test case an input, which fails if it has errors and is in error if it is unread."""

from __future__ import annotations

import re
from html import escape

from compiler.cli.reporters import counted, unread
from compiler.cli.reporters.text import findings
from compiler.diagnostics import ERROR, WARNING, Diagnostic, Report
from compiler.text import clean

# What text.clean leaves and XML 1.0 cannot hold, not even as a reference. Line breaks separate findings.
_NO_XML = "[^\x09\x0a\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def render(reports: list[Report], strict: bool = False) -> str:
    """All reports as one suite, ASCII only. With `strict`, warnings fail a case as errors do."""
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
    bad = [found for found in report.sorted() if found.severity in failing]
    others = [found for found in report.sorted() if found.severity not in failing]
    lines = [f'<testcase name="{_attribute(report.path)}" classname="kasc.{_attribute(report.read_as or "input")}">']
    if bad or report.hidden(ERROR):
        message, kind = _first(bad, report.hidden(ERROR))
        element = "error" if report.unread else "failure"
        lines.append(f'<{element} message="{_attribute(message)}" type="{kind}">{_text(report, bad)}</{element}>')
    if others:
        lines.append(f"<system-out>{_text(report, others)}</system-out>")
    return "\n".join([*lines, "</testcase>"])


def _first(bad: list[Diagnostic], hidden: int) -> tuple[str, str]:
    """The message and the type of a failure: those of its first finding."""
    if not bad:
        return f"{counted(hidden, 'error')} not shown", ERROR
    more = len(bad) - 1 + hidden
    return f"{bad[0].code}: {bad[0].message}" + (f" (and {more} more)" if more else ""), bad[0].code


def _attribute(text: str) -> str:
    return escape(re.sub(_NO_XML, "\ufffd", clean(text)))


def _text(report: Report, chosen: list[Diagnostic]) -> str:
    text = "\n".join(["", *findings(report, chosen), ""])
    return escape(re.sub(_NO_XML, "\ufffd", text), quote=False)
