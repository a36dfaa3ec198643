"""`kasc diff`: what a change of the configuration does to a running cluster."""

from __future__ import annotations

from argparse import Namespace

from compiler.changes.difference import Difference, difference, planned
from compiler.changes.inputs import compare_inputs
from compiler.changes.rollout import rollout_of
from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, STALE, USAGE, publish, settings_from, usage_error, worst
from compiler.cli.phases import write_phases
from compiler.cli.reporters.differences import publish_difference, publish_differences
from compiler.diagnostics import Report
from compiler.review.examine import Settings


def run(options: Namespace) -> int:
    """Compare two inputs, or with `--since` inputs with their earlier versions, and report the changes."""
    problems: list[str] = []
    try:
        settings = settings_from(options)
        if options.since is None:
            return _compare_two(options, settings)
        if options.write_phases:
            raise UsageError("--write-phases needs two inputs, OLD and NEW, not --since")
        from compiler.cli.since import differences_since

        differences = differences_since(options, settings, problems)
    except UsageError as error:
        return usage_error(error)
    code = publish_differences(options, differences)
    for problem in problems:
        usage_error(problem)
    return worst(code, _code(options, differences), USAGE if problems else FINE)


def _compare_two(options: Namespace, settings: Settings) -> int:
    """Compare OLD and NEW. Raises UsageError."""
    if len(options.inputs) != 2:
        raise UsageError("name two inputs, OLD and NEW, or a commit: kasc diff --since REF [PATH...]")
    old_path, new_path = options.inputs
    old, new, comparison = compare_inputs(old_path, new_path, settings)
    result = difference(new.report.path, old, new, comparison)
    if comparison is None or result is None:
        return _not_comparable(options, [each.report for each in (old, new) if each.resolved is None])
    rollout = rollout_of(comparison)
    result = result._replace(rollout=planned(rollout, options.verbose))
    code = publish_difference(options, result)
    written = write_phases(options.write_phases, rollout) if options.write_phases else FINE
    return worst(code, written, _code(options, [result]))


def _not_comparable(options: Namespace, reports: list[Report]) -> int:
    """Report the inputs that are not servers."""
    code = publish(options, reports)
    for report in reports:
        if not report.rejected:
            code = usage_error(f"{report.path} is a structured file, not a server: nothing to compare")
    return worst(code, USAGE)


def _code(options: Namespace, differences: list[Difference]) -> int:
    return STALE if options.exit_code and any(each.differs for each in differences) else FINE
