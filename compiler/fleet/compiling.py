"""One document of many, from its file to its folder: what happened is an Outcome, nothing is printed."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import NamedTuple

from compiler.commands.common import fails, keep_selected, reason
from compiler.diagnostics import KascError, Report
from compiler.emit.artifacts import render
from compiler.emit.writing import differences, write_all
from compiler.examine import Examined, Settings, examine
from compiler.source.reading import Files

WRITTEN, UNCHANGED, STALE, FAILED, SHOWN = "written", "unchanged", "stale", "failed", "shown"


class Outcome(NamedTuple):
    """What became of an input.

    `state` tells whether `target` was `written`, was found `unchanged`, or would change (`stale`); `failed` is what
    has errors, or a `problem` in words. `files` are the names below the target. `text` is a diff, or for `shown` the
    artifact.
    """

    path: str
    report: Report
    state: str
    target: str = ""
    files: tuple[str, ...] = ()
    problem: str = ""
    text: str = ""


class DocumentCompiler:
    """Compiles one input after the other as the options ask for. What it reads for several of them it keeps.

    `names` are the artifacts to make; `many` gives every input a folder of its own.
    """

    def __init__(self, options: Namespace, names: list[str], settings: Settings, many: bool) -> None:
        self.options = options
        self.names = names
        self.settings = settings
        self.many = many
        self.files = Files()
        self.targets: dict[str, str] = {}

    def __call__(self, path: str) -> Outcome:
        """Compile one input, and write, compare or give what it compiles to; nothing of what has errors."""
        examined = examine(path, self.settings, self.files)
        report, options = examined.report, self.options
        keep_selected(options, [report])
        if fails(report, options.strict):
            return Outcome(path, report, FAILED)
        if examined.resolved is None:
            problem = f"{report.path} is a structured file, no server: check it with kasc check"
            return Outcome(path, report, FAILED, problem=problem)
        try:
            files = render(examined.resolved, self.names, options.format, options.explicit)
        except KascError as error:
            report.add(error.diagnostic)
            return Outcome(path, report, FAILED)
        if options.stdout:
            return Outcome(path, report, SHOWN, text=_stream_of(files))
        return self._deliver(path, report, self._target(examined), files)

    def _deliver(self, path: str, report: Report, target: str, files: dict[str, str]) -> Outcome:
        names = tuple(files)
        if self.targets.setdefault(target, path) != path:
            return Outcome(path, report, UNCHANGED, target, names)
        try:
            if self.options.check:
                text = differences(target, files)
                return Outcome(path, report, STALE if text else UNCHANGED, target, names, text=text)
            return Outcome(path, report, WRITTEN if write_all(target, files) else UNCHANGED, target, names)
        except OSError as error:
            doing = "read" if self.options.check else "written"
            problem = f"{error.filename or target} cannot be {doing}: {reason(error)}"
            return Outcome(path, report, FAILED, target, names, problem)

    def _target(self, examined: Examined) -> str:
        assert examined.resolved is not None  # noqa: S101
        name = examined.resolved.options.input.name
        if self.options.out and not self.many:
            return str(self.options.out)
        # Whatever an input calls itself, its folder lies in the one that was asked for.
        inside = name.isprintable() and "/" not in name and name not in ("", ".", "..")
        return os.path.join(self.options.out or "compiled", name if inside else "kube-apiserver")


def _stream_of(files: dict[str, str]) -> str:
    """The text of one artifact; several files are YAML documents, each with its name above it."""
    if len(files) == 1:
        return next(iter(files.values()))
    return "".join(f"---\n# {name}\n{text}" for name, text in files.items())
