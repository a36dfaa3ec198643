"""`kasc compile INPUT...`: check, resolve, write artifacts."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from compiler.artifacts import ARTIFACTS, EVERY
from compiler.cli.batch import changes_of, jobs_for, narrowed, results_of, table
from compiler.cli.common import (
    FINE,
    STALE,
    USAGE,
    Publisher,
    UsageError,
    find_inputs,
    reason,
    settings_from,
    usage_error,
    worst,
    write_text,
)
from compiler.fleet import compiling
from compiler.fleet.compiling import DEFAULT_OUT, DocumentCompiler, Outcome
from compiler.inputs.source import STANDARD_INPUT
from compiler.text import clean_lines, say

if TYPE_CHECKING:
    from compiler.fleet.cache import Cache
    from compiler.fleet.outputs import Outputs
    from compiler.review.examine import Settings

_LISTED = 20
"""Inputs up to which each folder has a line of its own; more of them are counted."""


def run(options: Namespace) -> int:
    """Compile every input; what is refused writes nothing, the others are written all the same."""
    problems: list[str] = []
    try:
        settings = settings_from(options)
        names = _artifact_names(options)
        found = find_inputs(
            options.inputs,
            problems,
            options.out or DEFAULT_OUT,
            servers_only=True,
            verbose=options.verbose,
            root=settings.root,
        )
        # A folder may hold one document today and two tomorrow: each has its own place from the beginning.
        folders = [path for path in options.inputs if os.path.isdir(path)]
        many = len(found) > 1 or bool(folders)
        paths = narrowed(options, found)
        if options.stdout and len(paths) > 1:
            raise UsageError("--stdout prints one artifact of one input")
        _check_prune(options, many)
        jobs = jobs_for(options, len(paths))
        _prepare_output(options, many)
        cache = _cache(options, names, settings, len(paths))
        work = DocumentCompiler(options, names, settings, many, cache, changes_of(options, paths))
    except UsageError as error:
        return usage_error(error)
    tally = _Tally(options, names, len(paths) > _LISTED)
    if many and not options.stdout:
        tally.keep_list()
    try:
        for outcome in results_of(work, paths, jobs):
            tally.add(outcome)
    except UsageError as error:
        problems.append(str(error))
    else:
        for path in tally.overwritten:
            work.targets.clear()
            work([path])
        tally.account_for(found, folders, whole=options.shard is None and options.changed_since is None)
    problems += tally.problems
    if not options.quiet:
        for line in tally.done:
            say(line)
    for problem in problems:
        usage_error(problem)
    judged = FINE
    if tally.inputs:
        judged = tally.publisher.end(summary=not options.stdout and not problems)
    elif options.changed_since is not None and not options.quiet:
        say(f"no input changed since {options.changed_since}")
    tally.print_table()
    return worst(judged, USAGE if problems else FINE, STALE if tally.stale else FINE)


class _Tally:
    """What became of all inputs; `at_once` shows findings as they come, instead of holding them until the end.

    `done` has a line for each folder, `problems` what could not be done; `stale` tells that a folder differs.
    `overwritten` has the inputs whose folder another one took as well.
    """

    def __init__(self, options: Namespace, names: list[str], at_once: bool) -> None:
        self.options = options
        self.names = names
        self.at_once = at_once
        # Standard output belongs to the artifact; and a clean run that writes files says so itself.
        stream = sys.stderr if options.stdout or options.output == "text" else sys.stdout
        self.publisher = Publisher(options, stream, at_once)
        self.outputs: Outputs | None = None
        self.targets: dict[str, str] = {}
        self.done: list[str] = []
        self.problems: list[str] = []
        self.overwritten: list[str] = []
        self.inputs = 0
        self.numbers: dict[str, int] = {}
        self.stale = False

    def keep_list(self) -> None:
        """Keep the list of what lies in the folder of all outputs."""
        from compiler.fleet.outputs import DamagedListError, Outputs

        out = self.options.out or DEFAULT_OUT
        try:
            self.outputs = Outputs(out)
        except DamagedListError as problem:
            self.problems.append(str(problem))
        except OSError as problem:
            self.problems.append(f"{problem.filename or out} cannot be read: {reason(problem)}")

    def add(self, outcome: Outcome | None) -> None:
        """One input, in its turn; None is one that a run about changes leaves out."""
        if outcome is None:
            return
        self.inputs += 1
        self.publisher.add(outcome.report)
        self._count("cached", outcome.cached)
        if outcome.problem:
            self.problems.append(outcome.problem)
        if outcome.state == compiling.SHOWN:
            write_text(outcome.text)
        if outcome.state == compiling.FAILED:
            self._count("failed")
        if outcome.state == compiling.FAILED or not outcome.target:
            return
        first = self.targets.setdefault(outcome.target, outcome.path)
        if first != outcome.path:
            self._count("failed")
            both = f"{first} and {outcome.path}"
            self.problems.append(f"{both} would both write {outcome.target}: give them other names in metadata.name")
            # Another process may have written it in between.
            if outcome.state == compiling.WRITTEN:
                self.overwritten.append(first)
            return
        if self.outputs is not None and outcome.path != STANDARD_INPUT:
            self.outputs.add(os.path.basename(outcome.target), outcome.path, outcome.files, self.names)
        self._count("compiled" if outcome.state == compiling.WRITTEN else outcome.state)
        if outcome.state == compiling.STALE:
            self.stale = True
            self._report_risk(f"{outcome.target} is out of date; the same command without --check writes it")
            # A report for programs has standard output for itself.
            (sys.stdout if self.options.output == "text" else sys.stderr).write(clean_lines(outcome.text))
        elif not self.options.check:
            files = f"{len(outcome.files)} file{'s' if len(outcome.files) != 1 else ''}"
            self._report_risk(f"{outcome.target}: {files} {outcome.state}")

    def account_for(self, found: list[str], folders: list[str], whole: bool) -> None:
        """Find what documents that are gone have left, remove it where that is asked for, and keep the list."""
        if self.outputs is None:
            return
        options, out = self.options, self.outputs.out
        try:
            if options.shard is None:
                self.outputs.find_orphans(found, folders)
            self._count("orphaned", len(self.outputs.orphans))
            prunes = options.prune and not options.check
            if options.prune and options.check and self.outputs.orphans:
                self.stale = True
            for orphan, left in self.outputs.prune() if prunes else [(each, []) for each in self.outputs.orphans]:
                place = os.path.join(out, orphan.name)
                what = f"{place}: {', '.join(orphan.files)}" if orphan.partial else place
                doing = "removed" if prunes else "orphaned; --prune removes it"
                self.done.append(f"{what}: {doing}: {orphan.why}")
                if left and not orphan.partial:
                    self.done.append(f"{', '.join(os.path.join(out, name) for name in left)}: kept, kasc wrote no such")
            if not options.check:
                self.outputs.keep(whole)
        except OSError as problem:
            self.problems.append(f"{problem.filename or out} cannot be written: {reason(problem)}")

    def print_table(self) -> None:
        """The numbers, where there are so many inputs that they are not listed."""
        if self.at_once and not self.options.quiet:
            sys.stderr.write(table(self.numbers, self.options.check))

    def _count(self, name: str, number: int = 1) -> None:
        self.numbers[name] = self.numbers.get(name, 0) + number

    def _report_risk(self, line: str) -> None:
        if not self.at_once:
            self.done.append(line)


def _prepare_output(options: Namespace, many: bool) -> None:
    """Remove what killed runs have left. Raises UsageError if the default output directory is a link."""
    if options.out is None and not options.stdout and os.path.islink(DEFAULT_OUT):
        hint = f"name the output directory with -o, or remove {DEFAULT_OUT}"
        raise UsageError(f"{DEFAULT_OUT} is a symbolic link, and no directory was named: {hint}")
    if options.check or options.stdout:
        return
    from compiler.artifacts.staging import remove_stale

    out = options.out or DEFAULT_OUT
    remove_stale(out)
    if not many:
        remove_stale(os.path.dirname(out.rstrip(os.sep)))


def _check_prune(options: Namespace, many: bool) -> None:
    """Raises UsageError where there is nothing to know orphans by."""
    if not options.prune:
        return
    if options.shard is not None:
        raise UsageError("--prune and --shard do not go together: prune in a job of its own, which sees everything")
    if options.stdout or not many:
        raise UsageError("--prune needs a folder of documents whose outputs lie side by side")


def _cache(options: Namespace, names: list[str], settings: Settings, inputs: int) -> Cache | None:
    """Where former runs left what they found out; small runs need none. Raises UsageError."""
    if options.stdout or options.no_cache or (options.cache is None and inputs <= _LISTED):
        return None
    from compiler.fleet.cache import Cache, default_folder

    host = settings.host
    given: list[Any] = [settings.read_as, settings.version, settings.policy, host.address, host.root, host.mappings]
    given += [settings.root, settings.searched]
    if host.sees_files:
        from compiler.review.risks.certificates import now

        # Warnings of certificates that expire depend on the day.
        given.append(f"{now():%Y-%m-%d}")
    try:
        return Cache(options.cache or default_folder(), [names, options.format, options.explicit, *given])
    except OSError as problem:
        if options.cache is None:
            return None
        raise UsageError(f"--cache {options.cache!r} cannot be used: {reason(problem)}") from None


def _artifact_names(options: Namespace) -> list[str]:
    names = [name.strip() for name in options.emit.split(",")] if options.emit is not None else list(ARTIFACTS)
    for name in names:
        if name not in EVERY:
            from compiler.text.suggest import did_you_mean

            hint = did_you_mean(name, EVERY) or f"write some of {', '.join(EVERY)}"
            raise UsageError(f"--emit {name!r} is not an artifact: {hint}")
    if options.stdout and len(names) != 1:
        raise UsageError(f"--stdout prints one artifact: name it with --emit, one of {', '.join(EVERY)}")
    if options.stdout and (options.check or options.out):
        raise UsageError(f"--stdout writes no files: leave out {'--check' if options.check else '-o'}")
    return names
