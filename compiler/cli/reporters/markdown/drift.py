"""The report of `kasc drift` as Markdown."""

from __future__ import annotations

from compiler.cli.reporters.markdown.page import Page
from compiler.cluster.drift.observed import Difference, Drift
from compiler.cluster.drift.report import COLUMNS, cells, not_compared, title
from compiler.text.markdown import code, details, prose


def render(drift: Drift) -> str:
    """Return the differences, and folded below them what was not compared."""
    page = Page(f"### kasc drift: {prose(title(drift))}")
    page.add_table([name.lower() for name in COLUMNS], [_row(each) for each in drift.differences], "difference")
    if drift.not_compared:
        page.add_details(details("Not compared", [f"- {prose(line)}" for line in not_compared(drift)]))
    return page.text("kasc drift")


def _row(difference: Difference) -> list[str]:
    kind, name, declared, live, severity, source = cells(difference)
    return [prose(kind), code(name), code(declared), code(live), severity, prose(source)]
