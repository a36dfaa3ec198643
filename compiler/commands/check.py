"""`kasc check INPUT...`: validate only."""

from __future__ import annotations

from argparse import Namespace

from compiler.commands.common import (
    FINE,
    USAGE,
    Publisher,
    UsageError,
    find_inputs,
    jobs_for,
    narrowed,
    results_of,
    settings_from,
    usage_error,
    worst,
)
from compiler.examine import examine
from compiler.source.reading import Files


def run(options: Namespace) -> int:
    """Check every input, mend what is asked for, and report."""
    problems: list[str] = []
    try:
        settings = settings_from(options)
        paths = narrowed(options, find_inputs(options.inputs, problems))
        jobs = jobs_for(options, len(paths))
    except UsageError as error:
        return usage_error(error)
    if options.fix or options.diff:
        from compiler.commands.mending import check_and_mend

        try:
            judged = check_and_mend(options, paths, settings)
        except UsageError as error:
            return usage_error(error)
    else:
        files = Files()
        publisher = Publisher(options, at_once=True)
        try:
            for report in results_of(lambda path: examine(path, settings, files).report, paths, jobs):
                publisher.add(report)
        except UsageError as error:
            problems.append(str(error))
        judged = publisher.end() if paths else FINE
    for problem in problems:
        usage_error(problem)
    return worst(judged, USAGE if problems else FINE)
