"""`kasc check --fix` and `--diff`: what can be mended is written into the files, or shown."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.commands.common import UsageError, publish, reason
from compiler.commands.copies import StaticPods
from compiler.commands.many import examine_all
from compiler.diagnostics import KascError, Report
from compiler.emit.writing import replace_all, unified
from compiler.examine import Settings
from compiler.filesystem import UTF8_BOM, read_file
from compiler.mending.mend import MendedFile, Mender
from compiler.printing import clean_lines, say
from compiler.reporters.masking import Masked
from compiler.reporters.selection import is_shown
from compiler.reporters.totals import counted
from compiler.source.reading import STANDARD_INPUT, Files, read_source
from compiler.source.roots import root_of


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
