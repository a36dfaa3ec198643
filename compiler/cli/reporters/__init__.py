"""Reports for people and for programs."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from compiler.diagnostics import Report

FORMATS = ("text", "json", "sarif", "github", "junit")
MARKDOWN = "markdown"
"""A format of the commands whose reports are posted as comments."""
PROMETHEUS = "prometheus"
"""A format of the commands whose results are metrics."""


def write_report(
    form: str,
    reports: list[Report],
    stream: TextIO | None = None,
    summary: bool = True,
    strict: bool = False,
    more: dict[str, Any] | None = None,
) -> None:
    """Write the reports in one of `FORMATS` or as `MARKDOWN`, by default to standard output.

    `summary` adds a line with the number of findings (text, github). With `strict`, warnings count as failures
    (junit). `more` is added to the JSON report.
    """
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    if form == "json":
        from compiler.cli.reporters import json as json_report

        stream.write(json_report.render(reports, more))
    elif form == "sarif":
        from compiler.cli.reporters import sarif

        stream.write(sarif.render(reports))
    elif form == "junit":
        from compiler.cli.reporters import junit

        stream.write(junit.render(reports, strict))
    elif form == "github":
        from compiler.cli.reporters import github

        annotations = github.render(reports, summary)
        stream.write(annotations.encode(encoding, "backslashreplace").decode(encoding))
        github.write_step_summary(reports)
    elif form == MARKDOWN:
        from compiler.cli.reporters import markdown

        write_page(markdown.render(reports), stream)
    else:
        from compiler.cli.reporters import text

        stream.write(text.render(reports, text.wants_colour(stream), summary, text.width_of(stream), encoding))


def write_page(page: str, stream: TextIO | None = None) -> None:
    """Write a page of Markdown, by default to standard output, with the characters escaped that its encoding lacks."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(page.encode(encoding, "backslashreplace").decode(encoding))
