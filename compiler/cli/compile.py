"""`kasc compile INPUT...`: check, resolve, write artifacts."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from compiler.artifacts import ARTIFACTS, EVERY
from compiler.artifacts.staging import remove_stale
from compiler.artifacts.targets import conflict, with_companions
from compiler.cli.arguments import UsageError
from compiler.cli.batch import changes_of, in_shard, jobs_for, results_of, table
from compiler.cli.common import (
    FINE,
    STALE,
    USAGE,
    Publisher,
    find_inputs,
    settings_from,
    usage_error,
    worst,
    write_text,
)
from compiler.filesystem import reason
from compiler.fleet import compiling
from compiler.fleet.compiling import DEFAULT_OUT, DocumentCompiler, Outcome, OutputSettings
from compiler.inputs.source import STANDARD_INPUT
from compiler.text import clean_lines, did_you_mean, say

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.fleet.cache import Cache
    from compiler.fleet.outputs import Outputs
    from compiler.review.examine import Settings

_LISTED = 20
"""Number of inputs up to which every output directory is listed; above it they are only counted."""


def run(options: Namespace) -> int:
    """Compile every input; an input with errors writes nothing and does not affect the others."""
    problems: list[str] = []
    try:
        settings = settings_from(options)
        names = _artifact_names(options)
        inputs = find_inputs(
            options.inputs,
            problems,
            options.out or DEFAULT_OUT,
            servers_only=True,
            verbose=options.verbose,
            root=settings.root,
        )
        # A directory with one document may get a second one: each document has its own output directory from the start.
        directories = [path for path in options.inputs if os.path.isdir(path)]
        is_batch = len(inputs) > 1 or bool(directories)
        paths = in_shard(options, inputs)
        if options.stdout and len(paths) > 1:
            raise UsageError("--stdout needs exactly one input")
        _check_prune(options, is_batch)
        jobs = jobs_for(options, len(paths))
        _prepare_output(options, is_batch)
        section = _section(options, names, settings, paths)
        cache = _cache(options, names, settings, len(paths)) if section is None else None
        changes = changes_of(options, paths, settings.policy_files)
        work = DocumentCompiler(_output(options, names, is_batch), settings, cache, changes, section)
    except UsageError as error:
        return usage_error(error)
    tally = _Tally(options, names, len(paths) > _LISTED)
    if is_batch and not options.stdout:
        tally.load_outputs()
    try:
        for outcome in results_of(work, paths, jobs):
            tally.add(outcome)
    except UsageError as error:
        problems.append(str(error))
    else:
        for path in tally.overwritten:
            work.targets.clear()
            work([path])
        tally.finish(inputs, directories, complete=options.shard is None and options.changed_since is None)
    problems += tally.problems
    if not options.quiet:
        for line in tally.lines:
            say(line)
    for problem in problems:
        usage_error(problem)
    code = FINE
    if tally.inputs:
        code = tally.publisher.end(summary=not options.stdout and not problems)
    elif options.changed_since is not None and not options.quiet:
        say(f"no input changed since {options.changed_since}")
    tally.print_table()
    return worst(code, USAGE if problems else FINE, STALE if tally.stale else FINE)


class _Tally:
    """Summary of the outcomes of a run; with `at_once` findings are streamed instead of printed at the end.

    `lines` has a line for each output directory, `problems` the error messages; `stale` means that a directory is out
    of date. `overwritten` has the inputs whose output directory another input has claimed as well.
    """

    def __init__(self, options: Namespace, names: list[str], at_once: bool) -> None:
        self.options = options
        self.names = names
        self.at_once = at_once
        # Standard output is for the artifact, or for a report that programs read.
        stream = sys.stderr if options.stdout or options.output == "text" else sys.stdout
        self.publisher = Publisher(options, stream, at_once)
        self.outputs: Outputs | None = None
        self.targets: dict[str, str] = {}
        self.lines: list[str] = []
        self.problems: list[str] = []
        self.overwritten: list[str] = []
        self.inputs = 0
        self.numbers: dict[str, int] = {}
        self.stale = False

    def load_outputs(self) -> None:
        """Read the list of output directories."""
        from compiler.fleet.outputs import Outputs, OutputsError

        out = self.options.out or DEFAULT_OUT
        try:
            self.outputs = Outputs(out)
        except OutputsError as error:
            self.problems.append(str(error))
        except OSError as error:
            self.problems.append(f"cannot read {error.filename or out}: {reason(error)}")

    def add(self, outcome: Outcome | None) -> None:
        """Add the next input; None is one that has not changed (--changed-since)."""
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
            hint = "give them different names, in a document in metadata.name, or compile each with -o"
            self.problems.append(f"{both} both compile to {outcome.target}: {hint}")
            # The processes are independent: this input may have overwritten the first one.
            if outcome.state == compiling.WRITTEN:
                self.overwritten.append(first)
            return
        if self.outputs is not None and outcome.path != STANDARD_INPUT:
            self.outputs.add(os.path.basename(outcome.target), outcome.path, outcome.files, self.names)
        self._count("compiled" if outcome.state == compiling.WRITTEN else outcome.state)
        if outcome.state == compiling.STALE:
            self.stale = True
            self._add_line(f"{outcome.target} is out of date; run the same command without --check to update it")
            # Standard output is reserved for reports that programs read.
            (sys.stdout if self.options.output == "text" else sys.stderr).write(clean_lines(outcome.text))
        elif not self.options.check:
            files = f"{len(outcome.files)} file{'s' if len(outcome.files) != 1 else ''}"
            self._add_line(f"{outcome.target}: {files} {outcome.state}")

    def finish(self, inputs: list[str], directories: list[str], complete: bool) -> None:
        """Find the orphaned artifacts of removed documents, with --prune delete them, and save the list of outputs.

        `complete` means that the run was about all documents, not about some of them.
        """
        if self.outputs is None:
            return
        options, out = self.options, self.outputs.out
        try:
            if options.shard is None:
                self.outputs.find_orphans(inputs, directories)
            self._count("orphaned", len(self.outputs.orphans))
            prune = options.prune and not options.check
            if options.prune and options.check and self.outputs.orphans:
                self.stale = True
            for orphan, remaining in self.outputs.prune() if prune else [(each, []) for each in self.outputs.orphans]:
                place = os.path.join(out, orphan.name)
                files = f"{place}: {', '.join(orphan.files)}" if orphan.partial else place
                action = "removed" if prune else "orphaned; --prune removes it"
                self.lines.append(f"{files}: {action}: {orphan.why}")
                if remaining and not orphan.partial:
                    names = ", ".join(os.path.join(out, name) for name in remaining)
                    self.lines.append(f"{names}: kept, not written by kasc")
            if not options.check:
                self.outputs.save(complete)
        except OSError as error:
            self.problems.append(f"cannot write {error.filename or out}: {reason(error)}")

    def print_table(self) -> None:
        """Print the counts if there are too many inputs to list them."""
        if self.at_once and not self.options.quiet:
            sys.stderr.write(table(self.numbers, self.options.check))

    def _count(self, name: str, number: int = 1) -> None:
        self.numbers[name] = self.numbers.get(name, 0) + number

    def _add_line(self, line: str) -> None:
        if not self.at_once:
            self.lines.append(line)


def _section(
    options: Namespace, names: list[str], settings: Settings, paths: list[str]
) -> Callable[[Resolved], dict[str, Any]] | None:
    """Return what makes the section about changes from --against, None without it. Raises UsageError."""
    if options.against is None:
        return None
    if "report" not in names or len(paths) != 1:
        raise UsageError("--against needs exactly one input, and the artifact that shows changes: --emit report")
    from compiler.changes.page import NotComparableError, section_against

    try:
        return section_against(options.against, settings)
    except NotComparableError as error:
        raise UsageError(f"cannot compare with --against {options.against!r}: {error}") from None


def _output(options: Namespace, names: list[str], is_batch: bool) -> OutputSettings:
    return OutputSettings(
        artifacts=tuple(names),
        directory=options.out or "",
        format=options.format,
        explicit=options.explicit,
        check=options.check,
        stdout=options.stdout,
        is_batch=is_batch,
        strict=options.strict,
        select=options.select,
        ignore=options.ignore,
    )


def _prepare_output(options: Namespace, is_batch: bool) -> None:
    """Remove temporary files of killed runs. Raises UsageError if the default output directory is a symbolic link."""
    if options.out is None and not options.stdout and os.path.islink(DEFAULT_OUT):
        hint = f"name the output directory with -o, or remove {DEFAULT_OUT}"
        raise UsageError(f"the default output directory {DEFAULT_OUT} is a symbolic link: {hint}")
    if options.check or options.stdout:
        return
    out = options.out or DEFAULT_OUT
    remove_stale(out)
    if not is_batch:
        remove_stale(os.path.dirname(out.rstrip(os.sep)))


def _check_prune(options: Namespace, is_batch: bool) -> None:
    """Raise UsageError if the run cannot find orphaned artifacts."""
    if not options.prune:
        return
    if options.shard is not None:
        raise UsageError("--prune cannot be combined with --shard: prune in a separate job, without --shard")
    if options.stdout or not is_batch:
        raise UsageError("--prune needs a directory of documents, and an output directory")


def _cache(options: Namespace, names: list[str], settings: Settings, inputs: int) -> Cache | None:
    """Return the cache, None if it is disabled or the run is small. Raises UsageError."""
    if options.stdout or options.no_cache or (options.cache is None and inputs <= _LISTED):
        return None
    from compiler.fleet.cache import Cache, default_directory

    host = settings.host
    policies = [policy.key for policy in settings.policies]
    key: list[Any] = [settings.read_as, settings.version, policies, host.address, host.root, host.mappings]
    key += [settings.root, settings.searched, settings.release]
    if host.sees_files:
        from compiler.review.risks.certificates import now

        # Warnings about certificates that expire depend on the day.
        key.append(f"{now():%Y-%m-%d}")
    try:
        return Cache(options.cache or default_directory(), [names, options.format, options.explicit, *key])
    except OSError as error:
        if options.cache is None:
            return None
        raise UsageError(f"cannot use --cache {options.cache!r}: {reason(error)}") from None


def _artifact_names(options: Namespace) -> list[str]:
    names = [name.strip() for name in options.emit.split(",")] if options.emit is not None else list(ARTIFACTS)
    for name in names:
        if name not in EVERY:
            hint = did_you_mean(name, EVERY) or f"artifacts are {', '.join(EVERY)}"
            raise UsageError(f"unknown artifact {name!r} in --emit: {hint}")
    if problem := conflict(names):
        raise UsageError(problem)
    if options.stdout and len(names) != 1:
        raise UsageError(f"--stdout prints a single artifact: name it with --emit, one of {', '.join(EVERY)}")
    if options.stdout and (options.check or options.out):
        raise UsageError(f"--stdout cannot be combined with {'--check' if options.check else '-o'}")
    return names if options.stdout else with_companions(names)
