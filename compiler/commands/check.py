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
    """Check every input and report."""
    try:
        settings = settings_from(options)
    except UsageError as error:
        return usage_error(error)
    problems: list[str] = []
    paths = find_inputs(options.inputs, problems)
    reports = [examined.report for examined in examine_all(paths, settings)]
    for problem in problems:
        usage_error(problem)
    judged = publish(options, reports) if paths else FINE
    return worst(judged, USAGE if problems else FINE)
