"""`kasc diff OLD NEW`: what a change of the configuration does to a running cluster."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from compiler.changes.inputs import Compared, compare_inputs
from compiler.changes.rollout import rollout_of
from compiler.cli.arguments import UsageError
from compiler.cli.common import (
    FINE,
    HAS_ERRORS,
    STALE,
    USAGE,
    publish,
    screen_height,
    settings_from,
    usage_error,
    worst,
)
from compiler.cli.phases import write_phases
from compiler.diagnostics import Report

if TYPE_CHECKING:
    from compiler.changes.change import Comparison
    from compiler.changes.rollout import Rollout


def run(options: Namespace) -> int:
    """Compare two inputs and report the changes."""
    try:
        settings = settings_from(options)
    except UsageError as error:
        return usage_error(error)
    compared = compare_inputs(options.old, options.new, settings)
    comparison = compared.comparison
    if comparison is None:
        return _not_comparable(options, compared)
    rollout = rollout_of(comparison)
    if options.output == "json":
        _write_json(compared, comparison, rollout)
    elif options.output == "text":
        _write_text(options, compared, comparison, rollout)
    else:
        publish(options, [compared.new.report], summary=False)
    return worst(
        write_phases(options.write_phases, rollout) if options.write_phases else FINE,
        HAS_ERRORS if compared.new.report.fails(options.strict) else FINE,
        STALE if options.exit_code and comparison.changes else FINE,
    )


def _not_comparable(options: Namespace, compared: Compared) -> int:
    """Report the input that is not a server."""
    reports = [each.report for each in (compared.old, compared.new) if each.resolved is None]
    code = publish(options, reports)
    for report in reports:
        if not report.rejected:
            code = usage_error(f"{report.path} is a structured file, not a server: nothing to compare")
    return worst(code, USAGE)


def _write_json(compared: Compared, comparison: Comparison, rollout: Rollout) -> None:
    import json

    from compiler.changes.report import as_data
    from compiler.changes.rollout.report import as_data as rollout_data
    from compiler.cli.reporters.json import as_data as report_data

    data = report_data([compared.new.report])
    data["files"][0]["diff"] = {
        "old": _input_data(compared.old.report),
        "new": _input_data(compared.new.report),
        "changes": as_data(comparison),
        "rollout": rollout_data(rollout),
    }
    sys.stdout.write(json.dumps(data, indent=1) + "\n")


def _input_data(report: Report) -> dict[str, Any]:
    return {
        "path": report.path,
        "as": report.read_as,
        "kubernetesVersion": report.kubernetes_version,
        "outcome": report.outcome,
    }


def _write_text(options: Namespace, compared: Compared, comparison: Comparison, rollout: Rollout) -> None:
    from compiler.changes.report import as_text
    from compiler.changes.rollout.report import as_text as rollout_text
    from compiler.cli.reporters.text import findings, wants_colour, width_of
    from compiler.text import clean_line

    width, encoding = width_of(sys.stdout), sys.stdout.encoding or "utf-8"
    for report in (compared.old.report, compared.new.report):
        errors = [each for each in report.sorted() if each.severity == "error"]
        for line in findings(report, errors, wants_colour(sys.stdout), width, encoding):
            print(line)
    phases = rollout_text(rollout, options.verbose)
    for line in (*as_text(comparison, None if options.verbose else max(screen_height() - len(phases), 10)), *phases):
        print(clean_line(line))
