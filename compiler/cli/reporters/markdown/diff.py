"""The report of `kasc diff` as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.changes.change import Change
from compiler.changes.difference import Difference
from compiler.changes.overview import NAMED, Entry, entries, facts, listed, summary
from compiler.changes.report import counts, grouped, names_of, safety, shown_value, title_of
from compiler.cli.reporters.github import path_of
from compiler.cli.reporters.markdown import finding_table
from compiler.cli.reporters.markdown.page import Page
from compiler.diagnostics import ERROR, Report
from compiler.text.markdown import code, details, prose, table

_MOST_NAMES = 20
"""Inputs with equal changes that are named in the details."""


def render(differences: Sequence[Difference], since: str | None) -> str:
    """Return the changes, most severe first: of inputs since a reference, or else between two inputs."""
    if since is None:
        return _between_two(differences[0])
    if not differences:
        return Page(f"### kasc diff: no input changed since {code(since)}").text("")
    page = Page(f"### kasc diff: {prose(summary(differences, since))}")
    every = entries(differences)
    page.add_table(("severity", "inputs", "changes", "old and new side by side"), list(map(_row, every)), "row")
    for entry in every:
        if _has_details(entry):
            page.add_details(*_details(entry))
    return page.text(f"kasc diff --since {since}" if code(since).startswith("`") else "kasc diff --since")


def _between_two(difference: Difference) -> str:
    safe = f"; {safety(difference.changes)}" if difference.changes else ""
    page = Page(f"### kasc diff: {counts(difference.changes)}{safe}")
    for report in (difference.old, difference.new):
        if report is not None and report.rejected:
            page.add([f"kube-apiserver rejects {code(path_of(report.path))}:", "", *_errors(report)])
    page.add_table(_COLUMNS, list(_change_rows(difference.changes)), "row")
    if rollout := _rollout(difference):
        page.add_details(details("<b>Rollout</b>", rollout))
    return page.text("kasc diff")


def _row(entry: Entry) -> list[str]:
    first = entry.differences[0]
    safe = "" if not first.changes else "safe" if first.safe_mixed else "**not safe**"
    text = "; ".join(facts(first, with_safety=False))
    return [f"**{entry.label}**", prose(listed(entry.differences)), prose(text), safe]


def _has_details(entry: Entry) -> bool:
    return bool(entry.blocks) or len(entry.differences) > NAMED


def _details(entry: Entry) -> Iterator[list[str]]:
    """Yield the details of an entry: with the rollout, without it."""
    first = entry.differences[0]
    lines: list[str] = []
    if len(entry.differences) > 1:
        names = [code(path_of(each.path)) for each in entry.differences]
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        lines += [f"Inputs: {', '.join(names[:_MOST_NAMES])}{more}", ""]
    if first.new is not None and first.new.rejected:
        lines += [*_errors(first.new), ""]
    if first.changes:
        lines += table(_COLUMNS, _change_rows(first.changes))
    title = f"<b>{entry.label}</b>: {prose(listed(entry.differences))}"
    if rollout := _rollout(first):
        yield details(title, [*lines, "", *rollout])
        lines += ["", "The rollout is left out."]
    yield details(title, lines)


def _errors(report: Report) -> list[str]:
    return finding_table(report, [each for each in report.sorted() if each.severity == ERROR])


def _rollout(difference: Difference) -> list[str]:
    rollout = difference.rollout
    return rollout.markdown.splitlines() if rollout is not None and rollout.data["phases"] else []


_COLUMNS = ("severity", "what", "from", "to", "effect")


def _change_rows(changes: Sequence[Change]) -> Iterator[list[str]]:
    for group in grouped(changes):
        first = group[0]
        where = [at for at in (first.new_at, first.old_at) if at is not None and at.file]
        place = f"<br>{code(f'{path_of(where[0].file)}:{where[0].line}')}" if where and len(group) == 1 else ""
        values = (code(shown_value(value)) if value is not None else "unset" for value in (first.before, first.after))
        unsafe = "" if first.safe_mixed else " **Not safe side by side.**"
        what = f"{prose(title_of(first.kind))} {prose(names_of(group))}{place}"
        yield [first.severity, what, *values, f"{prose(first.effect)}{unsafe}"]
