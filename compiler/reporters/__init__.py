"""Reports for people and for programs."""

from __future__ import annotations

import sys
from typing import TextIO

from compiler.diagnostics import Report


def write_report(form: str, reports: list[Report], stream: TextIO | None = None, summary: bool = True) -> None:
    """Write the reports in one of the forms; `summary` adds the last line of the text form."""
    stream = stream or sys.stdout
    if form == "json":
        from compiler.reporters import json_report

        stream.write(json_report.render(reports))
    else:
        from compiler.reporters import text

        encoding = stream.encoding or "utf-8"
        stream.write(text.render(reports, text.wants_colour(stream), summary, text.width_of(stream), encoding))
