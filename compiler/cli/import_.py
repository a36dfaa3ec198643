"""`kasc import INPUT`: write a kasc document that compiles to the same flags."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.apiserver.startup import Resolved
from compiler.artifacts.files import check_secrets, written_value
from compiler.artifacts.fileset import write_all
from compiler.artifacts.flags import effective_arguments
from compiler.artifacts.imported import Imported, imported
from compiler.artifacts.imported.writer import NotInTomlError
from compiler.cli.arguments import UsageError
from compiler.cli.common import HAS_ERRORS, publish, settings_from, usage_error, write_text
from compiler.diagnostics import ERROR, KascError
from compiler.filesystem import reason
from compiler.inputs import Host
from compiler.inputs.source import Files, file_key
from compiler.review.examine import Examined, Settings, examine
from compiler.text import clean, say


class CannotImportError(Exception):
    """The document would not be the same server; the arguments are the reasons."""


def run(options: Namespace) -> int:
    """Write the document to standard output or to a new file.

    An input with errors is only imported if the document has the same ones.
    """
    path = options.out
    try:
        settings = settings_from(options)
        _check_target(path, options.force)
        examined = examine(options.input, settings)
        result = _import(examined, settings, options)
    except UsageError as error:
        return usage_error(error)
    except CannotImportError as error:
        for difference in error.args[0]:
            say(f"kasc: cannot import {options.input}: {difference}")
        return HAS_ERRORS
    # Standard output is reserved for the document, or for a report that programs read.
    stream = sys.stderr if not path or options.output == "text" else sys.stdout
    code = publish(options, [examined.report], stream, summary=False)
    if examined.resolved is None and not examined.report.rejected:
        return usage_error(f"{examined.report.path} is a structured file, not a server: nothing to import")
    if result is None:
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


def _import(examined: Examined, settings: Settings, options: Namespace) -> Imported | None:
    """Return the document; None if it would not be the same server, which is reported.

    Raises UsageError for a value that the format has no syntax for, and CannotImportError if a document cannot be the
    same server although the input has no errors.
    """
    report, resolved = examined
    if resolved is None:
        return None
    form = options.format or ("toml" if options.out and options.out.endswith(".toml") else "yaml")
    try:
        check_secrets(resolved.context)
        result = imported(resolved, form, settings.version, os.path.dirname(options.out or ""))
    except KascError as error:
        report.add(error.diagnostic)
        return None
    except NotInTomlError as error:
        raise UsageError(clean(f"{error} contains null, for which TOML has no syntax: use --format yaml")) from None
    # What the files of the server contain is known, and they may have other paths in a container.
    host = settings.host if report.rejected else Host(settings.host.address)
    written = _read_back(result.text, form, host)
    if report.rejected:
        # The document may be a faithful copy of a broken server, which is then fixed in the document.
        return result if report.errors() <= written.report.errors() else None
    differences = [error.message for error in written.report.of(ERROR)]
    if not differences and written.resolved is not None:
        differences = _flags_that_differ(resolved, written.resolved)
    if differences:
        raise CannotImportError(differences)
    return result


def _read_back(text: str, form: str, host: Host) -> Examined:
    """Return the server of the document."""
    path = os.path.join(os.curdir, f"imported.{form}")
    return examine(path, Settings(read_as="document", host=host), Files({file_key(path): text}))


def _flags_that_differ(given: Resolved, written: Resolved) -> list[str]:
    before, after = (
        {name: [written_value(use) for use in uses] for name, uses in effective_arguments(each.context.flags)}
        for each in (given, written)
    )
    names = sorted(before.keys() | after.keys())
    return [f"the document has another value of --{name}" for name in names if before.get(name) != after.get(name)]
