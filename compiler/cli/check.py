"""`kasc check INPUT...`: validate only, and apply safe fixes with `--fix`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler import rules
from compiler.artifacts.differences import unified
from compiler.artifacts.fileset import replace_all
from compiler.cli.batch import changes_of, examine_all, jobs_for, narrowed, results_of
from compiler.cli.common import (
    FINE,
    USAGE,
    Publisher,
    UsageError,
    find_inputs,
    publish,
    reason,
    settings_from,
    usage_error,
    worst,
)
from compiler.cli.reporters import counted, is_shown
from compiler.diagnostics import KascError, Location, Report, diagnose
from compiler.filesystem import UTF8_BOM, read_file, root_of
from compiler.inputs.masking import Masked
from compiler.inputs.source import STANDARD_INPUT, Files, read_source
from compiler.review.examine import Settings, examine
from compiler.review.fixes import MendedFile, Mender
from compiler.text import clean_lines, say

if TYPE_CHECKING:
    from compiler.fleet.fingerprints import Seen
    from compiler.fleet.selection import Changes


class StaticPods:
    """The static Pods of the inputs of a run.

    The kubelet reads every file of its manifests directory whose name does not begin with a dot, whatever its ending,
    and no directory below it. Kubernetes: pkg/kubelet/config/file.go, extractFromDir.
    """

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], str] = {}

    def add(self, report: Report) -> None:
        """One more input; its report gets a warning if a file beside it declares the same Pod."""
        directory, name = os.path.split(report.path)
        if not report.static_pod or name.startswith("."):
            return
        first = self.files.setdefault((os.path.abspath(directory), report.static_pod), name)
        if first != name:
            message = (
                f"{first} in the same directory declares the static Pod {report.static_pod} as well: in a manifests "
                "directory the kubelet reads both files and runs either of them"
            )
            hint = "move the copy that is not meant to run to another directory"
            report.add(diagnose(rules.DUPLICATE_STATIC_POD, message, hint, location=Location(report.path, 1, 1, 1, 2)))


def check_and_mend(options: Namespace, paths: list[str], settings: Settings) -> int:
    """Mend the inputs and report what is left; with `--diff`, show the mends and report what there is.

    Raises UsageError for what cannot be written.
    """
    texts: dict[str, str] = {}
    if STANDARD_INPUT in paths:
        if not options.diff:
            raise UsageError("standard input cannot be mended in place: give a file, or --diff instead of --fix")
        try:
            texts[STANDARD_INPUT] = read_source(STANDARD_INPUT).text
        except KascError as error:
            raise UsageError(error.diagnostic.message) from None
    for path in paths:
        if path != STANDARD_INPUT and (refusal := root_of(path, settings.root, settings.searched).refusal(path)):
            raise UsageError(f"{path} cannot be fixed: {refusal}; name the file itself, or allow it with --root DIR")
    mender = Mender(settings, lambda found: is_shown(found, options.select, options.ignore), texts)
    for path in paths:
        mender.mend(path)
    mended = [file for file in mender.files.values() if file.before != file.after]
    if options.diff:
        # A report for programs has standard output for itself.
        changes, report = (sys.stdout, sys.stderr) if options.output == "text" else (sys.stderr, sys.stdout)
        changes.write(clean_lines("".join(map(_difference, mended))))
        return publish(options, _reports(paths, settings, Files(texts)), report)
    _write(mended)
    if not options.quiet:
        for file in mended:
            say(f"{file.name}: {counted(file.mends, 'mend')}")
    return publish(options, _reports(paths, settings))


def _reports(paths: list[str], settings: Settings, files: Files | None = None) -> list[Report]:
    pods = StaticPods()
    reports = [each.report for each in examine_all(paths, settings, files)]
    for report in reports:
        pods.add(report)
    return reports


def _difference(file: MendedFile) -> str:
    before, after = (Masked(file.name, text).text() for text in (file.before, file.after))
    return unified(before, after, file.name, file.name)


def _write(mended: list[MendedFile]) -> None:
    """All files or none. Raises UsageError where one cannot be written, or changed in the meantime."""
    texts: dict[str, str] = {}
    try:
        for file in mended:
            path = os.path.realpath(file.name)  # a link stays one
            data = read_file(path)
            if data.removeprefix(UTF8_BOM) != file.before.encode():
                raise UsageError(f"{file.name} was changed by something else in the meantime: run kasc again")
            texts[path] = ("\ufeff" if data.startswith(UTF8_BOM) else "") + file.after
        replace_all(texts)
    except OSError as problem:
        raise UsageError(f"{problem.filename} cannot be written: {reason(problem)}") from None


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
    publisher = Publisher(options, at_once=True)
    work = Checker(settings, changes)
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


class Checker:
    """The work of a process: check a few inputs. It can be pickled."""

    def __init__(self, settings: Settings, changes: Changes | None) -> None:
        self.settings = settings
        self.changes = changes
        self.files = Files()
        self.seen: Seen | None = None
        if changes is not None:
            from compiler.fleet.fingerprints import Seen

            self.seen = Seen(self.files, settings.host)

    def __call__(self, paths: Sequence[str]) -> list[tuple[Report, bool] | None]:
        """Return the report of each input and whether it is published; None for an unchanged one that nothing needs."""
        if self.seen is not None:
            self.seen.forget()
        return [self._check(path) for path in paths]

    def _check(self, path: str) -> tuple[Report, bool] | None:
        if self.seen is None or self.changes is None:
            return examine(path, self.settings, self.files).report, True
        self.seen.turn_to(path)
        report = examine(path, self.settings, self.files).report
        touched = self.changes.touches([path, *self.seen.paths(path)])
        return (report, touched) if touched or report.static_pod else None
