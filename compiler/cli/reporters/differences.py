"""The reports of `kasc diff`, in every format."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from compiler.changes import overview, report
from compiler.changes.difference import Difference
from compiler.changes.findings import with_changes
from compiler.cli.common import code_for, screen_height, worst
from compiler.cli.reporters import MARKDOWN, write_page, write_report
from compiler.cli.reporters.json import as_data
from compiler.cli.reporters.text import findings, wants_colour, width_of
from compiler.diagnostics import ERROR, Report
from compiler.text import clean_line

_LEAST = 10
"""Lines about the changes for which there is always room."""
_NO_ROLLOUT: dict[str, list[Any]] = {"phases": [], "refused": []}


def publish_difference(options: Namespace, difference: Difference) -> int:
    """Write the difference of two inputs in the selected format. Returns the exit code of `check` for the new one."""
    if options.output != "text":
        return publish_differences(options, [difference])
    width, encoding, colour = width_of(sys.stdout), sys.stdout.encoding or "utf-8", wants_colour(sys.stdout)
    for each in (difference.old, difference.new):
        if each is not None:
            errors = [error for error in each.sorted() if error.severity == ERROR]
            for line in findings(each, errors, colour, width, encoding):
                print(line)
    phases = difference.rollout.text if difference.rollout is not None else ()
    height = None if options.verbose else max(screen_height() - len(phases), _LEAST)
    for line in (*report.as_text(difference.changes, height), *phases):
        print(clean_line(line))
    return code_for(_report_of(difference), options.strict)


def publish_differences(options: Namespace, differences: Sequence[Difference]) -> int:
    """Write the differences from earlier versions. Returns the exit code of `check` for the later ones."""
    reports = [_report_of(each) for each in differences]
    for each in reports:
        each.select(options.select, options.ignore)
    if options.output == "json":
        sys.stdout.write(json.dumps(_data(reports, differences), indent=1) + "\n")
    elif options.output == "text":
        height = None if options.verbose else screen_height()
        for line in overview.as_text(differences, options.since, height):
            print(clean_line(line))
    elif options.output == MARKDOWN:
        from compiler.cli.reporters.markdown import diff

        write_page(diff.render(differences, options.since))
    else:
        write_report(
            options.output, list(map(with_changes, differences)), summary=not options.quiet, strict=options.strict
        )
    return worst(*(code_for(each, options.strict) for each in reports))


def _report_of(difference: Difference) -> Report:
    """Return the report of the new version; an empty one if it was deleted."""
    if difference.new is not None:
        return difference.new
    report = Report(difference.path)
    if difference.old is not None:
        report.read_as, report.kubernetes_version = difference.old.read_as, difference.old.kubernetes_version
    return report


def _data(reports: list[Report], differences: Sequence[Difference]) -> dict[str, Any]:
    data = as_data(reports)
    for file, difference in zip(data["files"], differences, strict=True):
        file["diff"] = {
            "old": _input(difference.old),
            "new": _input(difference.new),
            "changes": report.as_data(difference.changes),
            "rollout": difference.rollout.data if difference.rollout is not None else _NO_ROLLOUT,
        }
    return data


def _input(report: Report | None) -> dict[str, Any] | None:
    if report is None:
        return None
    return {
        "path": report.path,
        "as": report.read_as,
        "kubernetesVersion": report.kubernetes_version,
        "outcome": report.outcome,
    }
