"""`kasc compile INPUT...`: check, resolve, write artifacts."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import TextIO

from compiler.commands.common import (
    FINE,
    STALE,
    UsageError,
    examine_all,
    find_inputs,
    publish,
    settings_from,
    usage_error,
)
from compiler.diagnostics import KascError, Report
from compiler.emit.artifacts import ARTIFACTS, render
from compiler.emit.writing import differences, write_all
from compiler.examine import Examined


def run(options: Namespace) -> int:
    """Compile every input; what is refused writes nothing, the others are written all the same."""
    try:
        settings = settings_from(options)
        names = _artifact_names(options)
    except UsageError as problem:
        return usage_error(problem)
    paths = find_inputs(options.inputs)
    if not paths:
        return usage_error(f"no input found in {', '.join(options.inputs)}")
    if options.stdout and len(paths) > 1:
        return usage_error("--stdout prints one artifact of one input")
    reports: list[Report] = []
    targets: dict[str, str] = {}
    code = FINE
    for examined in examine_all(paths, settings):
        reports.append(examined.report)
        if examined.resolved is None or examined.report.rejected:
            continue
        try:
            files = render(examined.resolved, names, options.format, options.explicit)
        except KascError as error:
            examined.report.add(error.diagnostic)
            continue
        if options.stdout:
            sys.stdout.write(_stream_of(files))
            continue
        target = _target(options, examined, len(paths))
        if target in targets:
            message = f"{examined.report.path} and {targets[target]} would both write {target}; give them other names"
            code = max(code, usage_error(message))
            continue
        targets[target] = examined.report.path
        # A report for programs has standard output for itself.
        changes = sys.stdout if options.output == "text" else sys.stderr
        code = max(code, _deliver(target, files, changes if options.check else None, options.quiet))
    # Standard output belongs to the artifact; and a clean run that writes files says so itself.
    stream = sys.stderr if options.stdout or options.output == "text" else sys.stdout
    judged = publish(options, reports, stream, summary=not options.stdout)
    return max(code, judged) if code != STALE else judged or STALE


def _artifact_names(options: Namespace) -> list[str]:
    names = options.emit.split(",") if options.emit else list(ARTIFACTS)
    for name in names:
        if name not in ARTIFACTS:
            from compiler.suggest import did_you_mean

            hint = did_you_mean(name, ARTIFACTS) or f"write some of {', '.join(ARTIFACTS)}"
            raise UsageError(f"--emit {name!r} is not an artifact: {hint}")
    if options.stdout and len(names) != 1:
        raise UsageError("--stdout prints one artifact: name it with --emit")
    return names


def _target(options: Namespace, examined: Examined, inputs: int) -> str:
    assert examined.resolved is not None  # noqa: S101
    name = examined.resolved.options.input.name
    if options.out and inputs == 1:
        return str(options.out)
    # Whatever an input calls itself, its folder lies in the one that was asked for.
    inside = name.isprintable() and "/" not in name and name not in ("", ".", "..")
    return os.path.join(options.out or "compiled", name if inside else "kube-apiserver")


def _stream_of(files: dict[str, str]) -> str:
    """The text of one artifact; several files are YAML documents, each with its name above it."""
    if len(files) == 1:
        return next(iter(files.values()))
    return "".join(f"---\n# {name}\n{text}" for name, text in files.items())


def _deliver(target: str, files: dict[str, str], changes: TextIO | None, quiet: bool) -> int:
    """Write the files; or where `changes` is given, say there in what the folder differs. The exit code of either."""
    try:
        if changes is not None:
            text = differences(target, files)
            changes.write(text)
            return STALE if text else FINE
        write_all(target, files)
    except OSError as problem:
        message = (problem.strerror or str(problem)).lower()
        return usage_error(f"{problem.filename or target} cannot be written: {message}")
    if not quiet:
        print(f"{target}: {len(files)} files written", file=sys.stderr)
    return FINE
