"""Reports for people and for programs."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from compiler.diagnostics import Report


def write_report(
    form: str,
    reports: list[Report],
    stream: TextIO | None = None,
    summary: bool = True,
    strict: bool = False,
    more: dict[str, Any] | None = None,
) -> None:
    """Write the reports in one of the forms.

    `summary` adds the line that counts all findings, in the forms for people. With `strict`, warnings fail as errors
    do, where a form tells what failed. `more` is added to the JSON report.
    """
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    if form == "json":
        from compiler.reporters import json_report

        stream.write(json_report.render(reports, more))
    elif form == "sarif":
        from compiler.reporters import sarif

        stream.write(sarif.render(reports))
    elif form == "junit":
        from compiler.reporters import junit

        stream.write(junit.render(reports, strict))
    elif form == "github":
        from compiler.reporters import github

        told = github.render(reports, summary)
        stream.write(told.encode(encoding, "backslashreplace").decode(encoding))
        github.write_step_summary(reports)
    else:
        from compiler.reporters import text

        stream.write(text.render(reports, text.wants_colour(stream), summary, text.width_of(stream), encoding))
