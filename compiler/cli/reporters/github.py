"""Annotations and the step summary of GitHub Actions.

GitHub shows ten annotations of each level for a step and drops the others silently, so kasc counts the others in a
notice. https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from compiler.cli.reporters.summary import Once, in_words, totals
from compiler.diagnostics import NOTE, Diagnostic, Report
from compiler.filesystem import open_to_write, reason, write_to
from compiler.inputs.source import STANDARD_INPUT_NAME
from compiler.text import clean, counted
from compiler.text.markdown import code, prose

LIMIT = 10
"""Annotations of one level that GitHub shows for a step."""
SUMMARY_LIMIT = 900_000
"""Bytes of a summary; GitHub rejects more than 1 MiB for all commands of a step together."""
SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(reports: list[Report], summary: bool = True) -> str:
    """Return the annotations as workflow commands, one a line, then a line with the number of findings."""
    lines = list(_annotations(reports))
    if summary:
        lines.append(in_words(reports))
    return "".join(f"{line}\n" for line in lines)


def _annotations(reports: list[Report]) -> Iterator[str]:
    room = dict.fromkeys(_COMMANDS, LIMIT)
    room[NOTE] -= 1  # for the notice about the others
    dropped = dict.fromkeys(_COMMANDS, 0)
    once = Once()
    for report in reports:
        for diagnostic in once.of(report):
            if room[diagnostic.severity]:
                room[diagnostic.severity] -= 1
                yield _annotation(report, diagnostic)
            else:
                dropped[diagnostic.severity] += 1
    others = [counted(number, severity) for severity, number in dropped.items() if number]
    if others:
        message = f"not annotated: {', '.join(others)}; see the step summary or --output text"
        yield f"::notice title=kasc::{_data(message)}"


def _annotation(report: Report, diagnostic: Diagnostic) -> str:
    properties: dict[str, str | int] = {}
    location = diagnostic.location
    name = location.file if location else report.path
    if name != STANDARD_INPUT_NAME:
        properties["file"] = path_of(name)
    if location:
        properties |= {"line": location.line, "endLine": location.end_line}
        if location.line == location.end_line:  # GitHub rejects columns of a span of several lines
            properties |= {"col": location.column, "endColumn": location.end_column}
    properties["title"] = diagnostic.code
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    text = f"{clean(diagnostic.message)}\n{clean(diagnostic.hint)}" if diagnostic.hint else clean(diagnostic.message)
    return f"::{_COMMANDS[diagnostic.severity]} {listed}::{_data(text)}"


def path_of(name: str) -> str:
    """Return the path of a file relative to the current directory, which is the checkout; unchanged if outside."""
    relative = os.path.relpath(name)
    return name if relative.startswith(os.pardir) else relative


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")


def write_step_summary(reports: list[Report]) -> None:
    """Append tables of inputs and findings to the step summary, if GITHUB_STEP_SUMMARY is set."""
    path = os.environ.get(SUMMARY_VARIABLE)
    if not path:
        return
    try:
        descriptor = open_to_write(path, os.O_APPEND)
        try:
            write_to(descriptor, step_summary(reports).encode(errors="backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError as error:
        print(f"kasc: {SUMMARY_VARIABLE}: cannot write {path}: {reason(error)}", file=sys.stderr)


def step_summary(reports: list[Report]) -> str:
    """Return the tables in GitHub's Markdown."""
    inputs = (_input_row(report) for report in reports)
    once = Once()
    findings = (_finding_row(report, diagnostic) for report in reports for diagnostic in once.of(report))
    lines = [f"### kasc: {prose(in_words(reports))}", ""]
    room = SUMMARY_LIMIT
    tables = [("input | Kubernetes | outcome | errors | warnings | notes", "inputs", inputs)]
    if any(report.diagnostics for report in reports):
        tables.append(("position | finding | code", "findings", findings))
    for heading, noun, rows in tables:
        lines += [f"| {heading} |", f"|{' --- |' * (heading.count('|') + 1)}"]
        omitted = 0
        for row in rows:
            room -= len(row.encode(errors="backslashreplace")) + 1
            if room > 0:
                lines.append(row)
            else:
                omitted += 1
        lines += ["", *([f"{omitted} more {noun} are not listed.", ""] if omitted else [])]
    return "\n".join(lines)


def _input_row(report: Report) -> str:
    numbers = " | ".join(map(str, totals([report]).values()))
    return f"| {code(path_of(report.path))} | {prose(report.kubernetes_version)} | {report.outcome} | {numbers} |"


def _finding_row(report: Report, diagnostic: Diagnostic) -> str:
    hint = f"<br>{prose(diagnostic.hint)}" if diagnostic.hint else ""
    message = f"**{diagnostic.severity}**: {prose(diagnostic.message)}{hint}"
    return f"| {code(place_of(report, diagnostic))} | {message} | {prose(diagnostic.code)} |"


def place_of(report: Report, diagnostic: Diagnostic) -> str:
    """Return the position of a finding, `PATH:LINE:COLUMN`; the path of the input if it has none."""
    at = diagnostic.location
    return f"{path_of(at.file)}:{at.line}:{at.column}" if at is not None and at.file else path_of(report.path)
