"""`kasc check INPUT...`: validate only."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.commands.common import (
    FINE,
    USAGE,
    Publisher,
    UsageError,
    find_inputs,
    settings_from,
    usage_error,
    worst,
)
from compiler.commands.copies import StaticPods
from compiler.commands.many import changes_of, jobs_for, narrowed, results_of
from compiler.diagnostics import Report
from compiler.examine import Settings, examine_some
from compiler.printing import say
from compiler.source.reading import Files

if TYPE_CHECKING:
    from compiler.fleet.changes import Changes


def run(options: Namespace) -> int:
    """Check every input, mend what is asked for, and report."""
    problems: list[str] = []
    try:
        settings = settings_from(options)
        paths = narrowed(options, find_inputs(options.inputs, problems, verbose=options.verbose, root=settings.root))
        jobs = jobs_for(options, len(paths))
        changes = changes_of(options, paths)
    except UsageError as error:
        return usage_error(error)
    if options.fix or options.diff:
        if changes is not None:
            return usage_error("--changed-since only reports: leave it out where mends are written")
        from compiler.commands.mending import check_and_mend

        try:
            judged = check_and_mend(options, paths, settings)
        except UsageError as error:
            return usage_error(error)
    else:
        judged = _check(options, paths, settings, jobs, changes, problems)
    for problem in problems:
        usage_error(problem)
    return worst(judged, USAGE if problems else FINE)


def _check(
    options: Namespace, paths: list[str], settings: Settings, jobs: int, changes: Changes | None, problems: list[str]
) -> int:
    files = Files()
    publisher = Publisher(options, at_once=True)
    seen = None
    if changes is not None:
        from compiler.fleet.seen import Seen

        seen = Seen(files, settings.host)

    def work(some: Sequence[str]) -> list[tuple[Report, bool] | None]:
        """The report of each input, and whether it is published; None for an unchanged one that nothing needs."""
        if seen is None or changes is None:
            return [(each.report, True) for each in examine_some(some, settings, files)]
        seen.forget()
        every = examine_some(some, settings, files, seen.turn_to)
        touched = [changes.touches([path, *seen.paths(path)]) for path in some]
        return [
            (each.report, touch) if touch or each.report.static_pod else None
            for each, touch in zip(every, touched, strict=True)
        ]

    inputs = 0
    pods = StaticPods()
    try:
        for result in results_of(work, paths, jobs):
            if result is None:
                continue
            report, touched = result
            pods.add(report)
            if touched:
                inputs += 1
                publisher.add(report)
    except UsageError as error:
        problems.append(str(error))
    if inputs:
        return publisher.end()
    if changes is not None and not options.quiet:
        say(f"no input changed since {changes.ref}")
    return FINE
