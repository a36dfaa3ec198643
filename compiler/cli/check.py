"""`kasc check INPUT...`: validate only, and apply safe fixes with `--fix`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler import rules
from compiler.cli.arguments import UsageError
from compiler.cli.batch import changes_of, examine_all, in_shard, jobs_for, results_of
from compiler.cli.common import FINE, USAGE, Publisher, find_inputs, publish, settings_from, usage_error, worst
from compiler.cli.writing import difference, require_writable, write_all
from compiler.diagnostics import KascError, Location, Report, diagnose, is_selected
from compiler.inputs.source import STANDARD_INPUT, Files, read_source
from compiler.review.examine import Settings, examine
from compiler.text import clean_lines, say

if TYPE_CHECKING:
    from compiler.fleet.fingerprints import DependencyTracker
    from compiler.fleet.selection import Changes
    from compiler.policies.exceptions import Exceptions


class StaticPods:
    """The static Pods among the inputs of a run.

    The kubelet reads every file of its manifest directory whose name does not start with a dot, whatever its
    extension, and no subdirectories. Kubernetes: pkg/kubelet/config/file.go, extractFromDir.
    """

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], str] = {}

    def add(self, report: Report) -> None:
        """Add an input; its report gets a warning if another file in the same directory declares the same Pod."""
        directory, name = os.path.split(report.path)
        if not report.static_pod or name.startswith("."):
            return
        first = self.files.setdefault((os.path.abspath(directory), report.static_pod), name)
        if first != name:
            message = (
                f"{first} in the same directory declares the static Pod {report.static_pod} as well: the kubelet reads "
                "both files of a manifest directory and runs either of them"
            )
            hint = "move the copy that should not run to another directory"
            report.add(diagnose(rules.DUPLICATE_STATIC_POD, message, hint, location=Location(report.path, 1, 1, 1, 2)))


def check_and_fix(options: Namespace, paths: list[str], settings: Settings) -> int:
    """Fix the inputs and report the remaining findings; with `--diff`, show the fixes and report all findings.

    Returns the exit code. Raises UsageError for files that cannot be written.
    """
    from compiler.review.fixes import Fixer

    texts: dict[str, str] = {}
    if STANDARD_INPUT in paths:
        if not options.diff:
            raise UsageError("standard input cannot be fixed in place: pass a file, or use --diff instead of --fix")
        try:
            texts[STANDARD_INPUT] = read_source(STANDARD_INPUT).text
        except KascError as error:
            raise UsageError(error.diagnostic.message) from None
    require_writable(paths, settings)
    fixer = Fixer(settings, lambda diagnostic: is_selected(diagnostic.code, options.select, options.ignore), texts)
    for path in paths:
        fixer.fix(path)
    fixed = [file for file in fixer.files.values() if file.before != file.after]
    if options.diff:
        # Standard output is reserved for reports that programs read.
        changes, report = (sys.stdout, sys.stderr) if options.output == "text" else (sys.stderr, sys.stdout)
        changes.write(clean_lines("".join(map(difference, fixed))))
        return publish(options, _reports(paths, settings, Files(texts)), report)
    write_all(fixed)
    if not options.quiet:
        for file in fixed:
            say(f"{file.name}: {file.fixes} {'fix' if file.fixes == 1 else 'fixes'}")
    return publish(options, _reports(paths, settings))


def _reports(paths: list[str], settings: Settings, files: Files | None = None) -> list[Report]:
    pods = StaticPods()
    reports = [each.report for each in examine_all(paths, settings, files)]
    for report in reports:
        pods.add(report)
    return reports


def run(options: Namespace) -> int:
    """Check every input, with --fix or --diff fix them, and report."""
    problems: list[str] = []
    try:
        settings = settings_from(options)
        paths = in_shard(options, find_inputs(options.inputs, problems, verbose=options.verbose, root=settings.root))
        jobs = jobs_for(options, len(paths))
        changes = changes_of(options, paths, settings.policy_files)
    except UsageError as error:
        return usage_error(error)
    if options.fix or options.diff:
        if changes is not None:
            return usage_error("--changed-since cannot be combined with --fix or --diff")

        try:
            code = check_and_fix(options, paths, settings)
        except UsageError as error:
            return usage_error(error)
    else:
        code = _check(options, paths, settings, jobs, changes, problems)
    for problem in problems:
        usage_error(problem)
    return worst(code, USAGE if problems else FINE)


def _check(
    options: Namespace, paths: list[str], settings: Settings, jobs: int, changes: Changes | None, problems: list[str]
) -> int:
    publisher = Publisher(options, at_once=True)
    work = Checker(settings, changes)
    inputs = 0
    pods = StaticPods()
    # A part of the inputs does not show that an exception is unused.
    is_part = changes is not None or options.shard is not None
    exceptions = _exceptions(settings) if settings.policy_files and not is_part else None
    try:
        for result in results_of(work, paths, jobs):
            if result is None:
                continue
            report, is_changed = result
            pods.add(report)
            if is_changed:
                inputs += 1
                publisher.add(report)
            if exceptions is not None:
                exceptions.add(report)
    except UsageError as error:
        problems.append(str(error))
    for report in exceptions.reports() if exceptions is not None else ():
        publisher.add(report)
    if inputs:
        return publisher.end()
    if changes is not None and not options.quiet:
        say(f"no input changed since {changes.ref}")
    return FINE


def _exceptions(settings: Settings) -> Exceptions:
    from compiler.policies.exceptions import Exceptions

    return Exceptions(settings.policies, bool(settings.searched))


class Checker:
    """The work of a process: check a few inputs. It can be pickled."""

    def __init__(self, settings: Settings, changes: Changes | None) -> None:
        self.settings = settings
        self.changes = changes
        self.files = Files()
        self.tracker: DependencyTracker | None = None
        if changes is not None:
            from compiler.fleet.fingerprints import DependencyTracker

            self.tracker = DependencyTracker(self.files, settings.host)

    def __call__(self, paths: Sequence[str]) -> list[tuple[Report, bool] | None]:
        """Return the report of each input and whether to publish it; None for unchanged inputs.

        The report of an unchanged static Pod is needed to find copies of it.
        """
        if self.tracker is not None:
            self.tracker.clear()
        return [self._check(path) for path in paths]

    def _check(self, path: str) -> tuple[Report, bool] | None:
        if self.tracker is None or self.changes is None:
            return examine(path, self.settings, self.files).report, True
        self.tracker.start(path)
        report = examine(path, self.settings, self.files).report
        is_changed = self.changes.touches([path, *self.tracker.paths(path)])
        return (report, is_changed) if is_changed or report.static_pod else None
