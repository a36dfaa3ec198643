"""`kasc import INPUT`: write a kasc document that compiles to the same flags."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.artifacts.fileset import write_all
from compiler.artifacts.imported.faithful import CannotImportError, import_input
from compiler.artifacts.imported.writer import NotInTomlError
from compiler.cli.arguments import UsageError
from compiler.cli.common import HAS_ERRORS, publish, settings_from, usage_error, write_text
from compiler.filesystem import reason
from compiler.review.examine import examine
from compiler.text import clean, say


def run(options: Namespace) -> int:
    """Write the document to standard output or to a new file.

    An input with errors is only imported if the document has the same ones.
    """
    path = options.out
    try:
        settings = settings_from(options)
        _check_target(path, options.force)
        examined = examine(options.input, settings)
        form = options.format or ("toml" if path and path.endswith(".toml") else "yaml")
        result = import_input(examined, settings, form, os.path.dirname(path or ""))
    except UsageError as error:
        return usage_error(error)
    except NotInTomlError as error:
        return usage_error(clean(f"{error} contains null, for which TOML has no syntax: use --format yaml"))
    except CannotImportError as error:
        for difference in error.reasons:
            say(f"kasc: cannot import {options.input}: {difference}")
        return HAS_ERRORS
    # Standard output is reserved for the document, or for a report that programs read.
    stream = sys.stderr if not path or options.output == "text" else sys.stdout
    code = publish(options, [examined.report], stream, summary=False)
    if examined.resolved is None and not examined.report.rejected:
        return usage_error(f"{examined.report.path} is a structured file, not a server: nothing to import")
    if result is None:
        if not examined.report.unread and not options.quiet:
            say("nothing is imported: fix the errors of the input first")
        return code
    for note in result.notes:
        say(note)
    if not path:
        write_text(result.text)
        return code
    directory, name = os.path.split(path)
    try:
        write_all(directory or ".", {name: result.text})
    except OSError as error:
        return usage_error(f"cannot write {error.filename or path}: {reason(error)}")
    say(f"{path} written; check it with: kasc check {path}")
    return code


def _check_target(path: str | None, force: bool) -> None:
    """Raise UsageError if a file cannot be written, or must not be overwritten."""
    if path and os.path.isdir(path):
        raise UsageError(f"{path} is a directory: name a file in it")
    if path and os.path.lexists(path) and not force:
        raise UsageError(f"{path} already exists; use --force to overwrite it")
