"""Reports as Markdown, for comments on pull requests and merge requests: a table, and details that are folded."""

from __future__ import annotations

from compiler.cli.reporters.github import path_of, place_of
from compiler.cli.reporters.markdown.page import Page
from compiler.cli.reporters.summary import Once, in_words, totals
from compiler.diagnostics import SEVERITIES, Diagnostic, Report
from compiler.text import counted
from compiler.text.markdown import code, details, prose, table

_COLUMNS = ("input", "Kubernetes", "outcome", "errors", "warnings", "notes")


def render(reports: list[Report]) -> str:
    """Return the findings of all reports, with the inputs that have the most severe ones first."""
    page = Page(f"### kasc: {prose(in_words(reports))}")
    listed = sorted((each for each in reports if any(each.all()) or each.policies), key=_order)
    page.add_table(_COLUMNS, [_row(each) for each in listed], "input")
    if silent := len(reports) - len(listed):
        page.add([f"{counted(silent, 'input')} without findings."])
    once = Once()
    for each in listed:
        page.add_details(_details(each, once.of(each)))
    return page.text("kasc check")


def _order(report: Report) -> tuple[int, ...]:
    return tuple(-number for number in totals([report]).values())


def _row(report: Report) -> list[str]:
    numbers = map(str, totals([report]).values())
    return [code(path_of(report.path)), prose(report.kubernetes_version), report.outcome, *numbers]


def _details(report: Report, findings: list[Diagnostic]) -> list[str]:
    counts = [counted(number, severity) for severity, number in totals([report]).items() if number]
    lines = finding_table(report, findings) if findings else []
    lines += [line for result in report.policies for line in ("", f"{prose(result.in_words())}.")]
    return details(f"<b>{prose(path_of(report.path))}</b>: {', '.join(counts) or 'no findings'}", lines)


def finding_table(report: Report, findings: list[Diagnostic]) -> list[str]:
    """Return the lines of a table of findings, most severe first."""
    ordered = sorted(findings, key=lambda each: SEVERITIES.index(each.severity))
    return table(("severity", "finding", "place", "code"), [_finding(report, each) for each in ordered])


def _finding(report: Report, diagnostic: Diagnostic) -> list[str]:
    hint = f"<br>{prose(diagnostic.hint)}" if diagnostic.hint else ""
    place = code(place_of(report, diagnostic))
    return [diagnostic.severity, f"{prose(diagnostic.message)}{hint}", place, prose(diagnostic.code)]
