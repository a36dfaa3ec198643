"""`kasc compile INPUT...`: check, resolve, write artifacts."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.commands.common import (
    FINE,
    STALE,
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
    write_text,
)
from compiler.emit.artifacts import ARTIFACTS, ON_REQUEST
from compiler.fleet import compiling
from compiler.fleet.compiling import DocumentCompiler, Outcome

_LISTED = 20
"""Inputs up to which each folder has a line of its own; more of them are counted."""


def run(options: Namespace) -> int:
    """Compile every input; what is refused writes nothing, the others are written all the same."""
    try:
        settings = settings_from(options)
        names = _artifact_names(options)
        problems: list[str] = []
        found = find_inputs(options.inputs, problems, options.out or "compiled")
        paths = narrowed(options, found)
        jobs = jobs_for(options, len(paths))
    except UsageError as error:
        return usage_error(error)
    if options.stdout and len(paths) > 1:
        return usage_error("--stdout prints one artifact of one input")
    # A folder may hold one document today and two tomorrow: each of them has its own place from the beginning.
    many = len(found) > 1 or any(os.path.isdir(path) for path in options.inputs)
    work = DocumentCompiler(options, names, settings, many)
    tally = _Tally(options, len(paths) > _LISTED)
    try:
        for outcome in results_of(work, paths, jobs):
            tally.add(outcome)
    except UsageError as error:
        problems.append(str(error))
    for path in tally.overwritten:
        work.targets.clear()
        work(path)
    problems += tally.problems
    if not options.quiet:
        for line in tally.done:
            print(line, file=sys.stderr)
    for problem in problems:
        usage_error(problem)
    judged = tally.publisher.end(summary=not options.stdout and not problems) if paths else FINE
    return worst(judged, USAGE if problems else FINE, STALE if tally.stale else FINE)


class _Tally:
    """What became of all inputs; `at_once` shows findings as they come, instead of holding them until the end.

    `done` has a line for each folder, `problems` what could not be done; `stale` tells that a folder differs.
    `overwritten` has the inputs whose folder another one took as well.
    """

    def __init__(self, options: Namespace, at_once: bool) -> None:
        self.options = options
        self.at_once = at_once
        # Standard output belongs to the artifact; and a clean run that writes files says so itself.
        stream = sys.stderr if options.stdout or options.output == "text" else sys.stdout
        self.publisher = Publisher(options, stream, at_once)
        self.targets: dict[str, str] = {}
        self.done: list[str] = []
        self.problems: list[str] = []
        self.overwritten: list[str] = []
        self.stale = False

    def add(self, outcome: Outcome) -> None:
        """One input, in its turn."""
        self.publisher.add(outcome.report)
        if outcome.problem:
            self.problems.append(outcome.problem)
        if outcome.state == compiling.SHOWN:
            write_text(outcome.text)
        if outcome.state == compiling.FAILED or not outcome.target:
            return
        first = self.targets.setdefault(outcome.target, outcome.path)
        if first != outcome.path:
            both = f"{first} and {outcome.path}"
            self.problems.append(f"{both} would both write {outcome.target}: give them other names in metadata.name")
            # Another process may have written it in between.
            if outcome.state == compiling.WRITTEN:
                self.overwritten.append(first)
            return
        if outcome.state == compiling.STALE:
            self.stale = True
            self._tell(f"{outcome.target} is out of date; the same command without --check writes it")
            # A report for programs has standard output for itself.
            (sys.stdout if self.options.output == "text" else sys.stderr).write(outcome.text)
        elif not self.options.check:
            files = f"{len(outcome.files)} file{'s' if len(outcome.files) != 1 else ''}"
            self._tell(f"{outcome.target}: {files} {outcome.state}")

    def _tell(self, line: str) -> None:
        if not self.at_once:
            self.done.append(line)


def _artifact_names(options: Namespace) -> list[str]:
    names = [name.strip() for name in options.emit.split(",")] if options.emit is not None else list(ARTIFACTS)
    known = (*ARTIFACTS, *ON_REQUEST)
    for name in names:
        if name not in known:
            from compiler.suggest import did_you_mean

            hint = did_you_mean(name, known) or f"write some of {', '.join(known)}"
            raise UsageError(f"--emit {name!r} is not an artifact: {hint}")
    if options.stdout and len(names) != 1:
        raise UsageError(f"--stdout prints one artifact: name it with --emit, one of {', '.join(known)}")
    if options.stdout and (options.check or options.out):
        raise UsageError(f"--stdout writes no files: leave out {'--check' if options.check else '-o'}")
    return names
