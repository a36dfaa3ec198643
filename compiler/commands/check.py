"""`kasc check INPUT...`: validate only."""

from __future__ import annotations

from argparse import Namespace

from compiler.commands.common import UsageError, examine_all, find_inputs, publish, settings_from, usage_error


def run(options: Namespace) -> int:
    """Check every input and report."""
    try:
        settings = settings_from(options)
    except UsageError as problem:
        return usage_error(problem)
    paths = find_inputs(options.inputs)
    if not paths:
        return usage_error(f"no input found in {', '.join(options.inputs)}")
    return publish(options, [examined.report for examined in examine_all(paths, settings)])
