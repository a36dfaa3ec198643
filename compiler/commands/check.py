"""`kasc check INPUT...`: validate only."""

from __future__ import annotations

from argparse import Namespace

from compiler.commands.common import (
    FINE,
    USAGE,
    UsageError,
    examine_all,
    find_inputs,
    publish,
    settings_from,
    usage_error,
    worst,
)


def run(options: Namespace) -> int:
    """Check every input, mend what is asked for, and report."""
    try:
        settings = settings_from(options)
    except UsageError as error:
        return usage_error(error)
    problems: list[str] = []
    paths = find_inputs(options.inputs, problems)
    if options.fix or options.diff:
        from compiler.commands.mending import check_and_mend

        try:
            judged = check_and_mend(options, paths, settings)
        except UsageError as error:
            return usage_error(error)
    else:
        reports = [examined.report for examined in examine_all(paths, settings)]
        judged = publish(options, reports) if paths else FINE
    for problem in problems:
        usage_error(problem)
    return worst(judged, USAGE if problems else FINE)
