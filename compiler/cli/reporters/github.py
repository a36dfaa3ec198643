"""Annotations and the step summary of GitHub Actions.

GitHub takes ten annotations of each kind from a step and drops the others without a word; so the others are counted
in one notice. https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from compiler.cli.reporters import Once, counted, in_words, totals
from compiler.diagnostics import NOTE, Diagnostic, Report
from compiler.filesystem import open_to_write, write_to
from compiler.inputs.source import STANDARD_INPUT_NAME
from compiler.text import clean

LIMIT = 10
"""Annotations of one kind that a step may have."""
SUMMARY_LIMIT = 900_000
"""Bytes of a summary; GitHub refuses what is longer than a mebibyte, all steps' writing into one file together."""
SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(reports: list[Report], summary: bool = True) -> str:
    """The annotations as workflow commands, a line each, then a line that counts all findings."""
    lines = list(_annotations(reports))
    if summary:
        lines.append(in_words(reports))
    return "".join(f"{line}\n" for line in lines)


def _annotations(reports: list[Report]) -> Iterator[str]:
    room = dict.fromkeys(_COMMANDS, LIMIT)
    room[NOTE] -= 1  # for the notice that counts the rest
    left = dict.fromkeys(_COMMANDS, 0)
    once = Once()
    for report in reports:
        for found in once.of(report):
            if room[found.severity]:
                room[found.severity] -= 1
                yield _annotation(report, found)
            else:
                left[found.severity] += 1
    rest = [counted(number, severity) for severity, number in left.items() if number]
    if rest:
        message = f"not annotated: {', '.join(rest)}; the summary of the step lists them, and so does --output text"
        yield f"::notice title=kasc::{_data(message)}"


def _annotation(report: Report, found: Diagnostic) -> str:
    properties: dict[str, str | int] = {}
    location = found.location
    name = location.file if location else report.path
    if name != STANDARD_INPUT_NAME:
        properties["file"] = path_of(name)
    if location:
        properties |= {"line": location.line, "endLine": location.end_line}
        if location.line == location.end_line:  # columns of several lines are taken for a mistake
            properties |= {"col": location.column, "endColumn": location.end_column}
    properties["title"] = found.code
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    text = f"{clean(found.message)}\n{clean(found.hint)}" if found.hint else clean(found.message)
    return f"::{_COMMANDS[found.severity]} {listed}::{_data(text)}"


def path_of(name: str) -> str:
    """A file's path from the current folder, which is the checkout's; as it is for what lies elsewhere."""
    inside = os.path.relpath(name)
    return name if inside.startswith(os.pardir) else inside


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")


def write_step_summary(reports: list[Report]) -> None:
    """Add tables of inputs and findings to the step's summary, where GitHub says where that is."""
    path = os.environ.get(SUMMARY_VARIABLE)
    if not path:
        return
    try:
        descriptor = open_to_write(path, os.O_APPEND)
        try:
            write_to(descriptor, step_summary(reports).encode(errors="backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError as problem:
        print(f"kasc: {SUMMARY_VARIABLE}: {path} cannot be written: {problem.strerror}", file=sys.stderr)


def step_summary(reports: list[Report]) -> str:
    """The tables, in GitHub's Markdown."""
    inputs = (_input_row(report) for report in reports)
    once = Once()
    findings = (_finding_row(report, found) for report in reports for found in once.of(report))
    lines = [f"### kasc: {_cell(in_words(reports))}", ""]
    room = SUMMARY_LIMIT
    tables = [("input | Kubernetes | outcome | errors | warnings | notes", "inputs", inputs)]
    if any(report.diagnostics for report in reports):
        tables.append(("place | finding | code", "findings", findings))
    for heading, what, rows in tables:
        lines += [f"| {heading} |", f"|{' --- |' * (heading.count('|') + 1)}"]
        cut = 0
        for row in rows:
            room -= len(row.encode(errors="backslashreplace")) + 1
            if room > 0:
                lines.append(row)
            else:
                cut += 1
        lines += ["", *([f"{cut} more {what} are not listed.", ""] if cut else [])]
    return "\n".join(lines)


def _input_row(report: Report) -> str:
    numbers = " | ".join(map(str, totals([report]).values()))
    return f"| {_cell(path_of(report.path))} | {_cell(report.kubernetes_version)} | {report.outcome} | {numbers} |"


def _finding_row(report: Report, found: Diagnostic) -> str:
    location = found.location
    place = f"{path_of(location.file)}:{location.line}:{location.column}" if location else path_of(report.path)
    hint = f"<br>{_cell(found.hint)}" if found.hint else ""
    return f"| {_cell(place)} | **{found.severity}**: {_cell(found.message)}{hint} | {_cell(found.code)} |"


def _cell(text: str) -> str:
    """A text as it is, whatever Markdown would make of its characters."""
    return re.sub(r"([\\`*_\[\]<>|&#~@])", r"\\\1", clean(text))
