"""`kasc compile INPUT...`: check, resolve, write artifacts."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.commands.common import (
    FINE,
    STALE,
    USAGE,
    UsageError,
    examine_all,
    fails,
    find_inputs,
    keep_selected,
    publish,
    reason,
    settings_from,
    usage_error,
    worst,
    write_text,
)
from compiler.diagnostics import KascError, Report
from compiler.emit.artifacts import ARTIFACTS, ON_REQUEST, render
from compiler.emit.writing import differences, write_all
from compiler.examine import Examined


def run(options: Namespace) -> int:
    """Compile every input; what is refused writes nothing, the others are written all the same."""
    try:
        settings = settings_from(options)
        names = _artifact_names(options)
    except UsageError as error:
        return usage_error(error)
    problems: list[str] = []
    paths = find_inputs(options.inputs, problems, options.out or "compiled")
    if options.stdout and len(paths) > 1:
        return usage_error("--stdout prints one artifact of one input")
    # A folder may hold one document today and two tomorrow: each of them has its own place from the beginning.
    many = len(paths) > 1 or any(os.path.isdir(path) for path in options.inputs)
    delivery = _Delivery(options, names, many)
    reports: list[Report] = []
    for examined in examine_all(paths, settings):
        reports.append(examined.report)
        delivery.deliver(examined)
    problems += delivery.problems
    if not options.quiet:
        for line in delivery.done:
            print(line, file=sys.stderr)
    for problem in problems:
        usage_error(problem)
    judged = FINE
    if paths:
        # Standard output belongs to the artifact; and a clean run that writes files says so itself.
        stream = sys.stderr if options.stdout or options.output == "text" else sys.stdout
        judged = publish(options, reports, stream, summary=not options.stdout and not problems)
    return worst(judged, USAGE if problems else FINE, STALE if delivery.stale else FINE)


class _Delivery:
    """Writes, prints or compares what each input compiles to.

    `done` has a line for each folder, `problems` what could not be done; `stale` tells that a folder differs.
    """

    def __init__(self, options: Namespace, names: list[str], many: bool) -> None:
        self.options = options
        self.names = names
        self.many = many
        self.targets: dict[str, str] = {}
        self.done: list[str] = []
        self.problems: list[str] = []
        self.stale = False

    def deliver(self, examined: Examined) -> None:
        """The artifacts of one input; nothing of what has errors."""
        report, options = examined.report, self.options
        keep_selected(options, [report])
        if fails(report, options.strict):
            return
        if examined.resolved is None:
            self.problems.append(f"{report.path} is a structured file, no server: check it with kasc check")
            return
        try:
            files = render(examined.resolved, self.names, options.format, options.explicit)
        except KascError as error:
            report.add(error.diagnostic)
            return
        if options.stdout:
            write_text(_stream_of(files))
            return
        target = _target(options, examined, self.many)
        if target in self.targets:
            both = f"{self.targets[target]} and {report.path}"
            self.problems.append(f"{both} would both write {target}: give them other names in metadata.name")
            return
        self.targets[target] = report.path
        try:
            if options.check:
                self._compare(target, files)
            else:
                write_all(target, files)
                self.done.append(f"{target}: {len(files)} file{'s' if len(files) != 1 else ''} written")
        except OSError as error:
            doing = "read" if options.check else "written"
            self.problems.append(f"{error.filename or target} cannot be {doing}: {reason(error)}")

    def _compare(self, target: str, files: dict[str, str]) -> None:
        text = differences(target, files)
        if not text:
            return
        self.stale = True
        self.done.append(f"{target} is out of date; the same command without --check writes it")
        # A report for programs has standard output for itself.
        (sys.stdout if self.options.output == "text" else sys.stderr).write(text)


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


def _target(options: Namespace, examined: Examined, many: bool) -> str:
    assert examined.resolved is not None  # noqa: S101
    name = examined.resolved.options.input.name
    if options.out and not many:
        return str(options.out)
    # Whatever an input calls itself, its folder lies in the one that was asked for.
    inside = name.isprintable() and "/" not in name and name not in ("", ".", "..")
    return os.path.join(options.out or "compiled", name if inside else "kube-apiserver")


def _stream_of(files: dict[str, str]) -> str:
    """The text of one artifact; several files are YAML documents, each with its name above it."""
    if len(files) == 1:
        return next(iter(files.values()))
    return "".join(f"---\n# {name}\n{text}" for name, text in files.items())
