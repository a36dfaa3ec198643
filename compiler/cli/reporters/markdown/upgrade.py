"""The report of `kasc upgrade` as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.changes.upgrade.hop import Upgrade
from compiler.changes.upgrade.report import COLUMNS, as_text, table_row
from compiler.cli.reporters.github import path_of
from compiler.cli.reporters.markdown.page import Page
from compiler.text import counted
from compiler.text.markdown import details, fenced, prose

_FEW = 40
"""Lines about a hop if there is no room for all."""


def render(upgrades: Sequence[Upgrade], target: str) -> str:
    """Return the upgrades, with those first whose servers do not start."""
    broken = [each for each in upgrades if each.breaks or each.problem]
    title = (
        f"{counted(len(upgrades), 'input')} to Kubernetes {target}: {len(broken) or 'none'} cannot be upgraded as is"
    )
    page = Page(f"### kasc upgrade: {title}")
    ordered = sorted(upgrades, key=lambda each: each not in broken)
    page.add_table([name.lower() for name in COLUMNS], [list(map(prose, table_row(each))) for each in ordered], "row")
    for each in ordered:
        if each.hops:
            summary = f"<b>{prose(path_of(each.report.path))}</b>: {prose(each.old)} to {prose(each.new)}"
            page.add_details(*(details(summary, fenced(as_text(each, height))) for height in (None, _FEW)))
    return page.text("kasc upgrade -v")
