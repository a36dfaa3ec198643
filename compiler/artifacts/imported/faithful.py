"""Importing an input, and reading the document back: it has to be the same server."""

from __future__ import annotations

import os

from compiler.apiserver.startup import Resolved
from compiler.artifacts.files import check_secrets, written_value
from compiler.artifacts.flags import effective_arguments
from compiler.artifacts.imported import Imported, imported
from compiler.diagnostics import ERROR, KascError
from compiler.inputs import Host
from compiler.inputs.source import Files, file_key
from compiler.review.examine import Examined, Settings, examine


class CannotImportError(Exception):
    """The document would not be the same server although the input has no errors; `reasons` is not empty."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def import_input(examined: Examined, settings: Settings, form: str, directory: str = "") -> Imported | None:
    """Return the document of an input that was examined with `settings`; `form` is `yaml` or `toml`.

    None for an input that is not a server, and for one with errors that the document would not have. A flag whose value
    must not be in a document is reported. Raises NotInTomlError, and CannotImportError.
    """
    report, resolved = examined
    if resolved is None:
        return None
    try:
        check_secrets(resolved.context)
    except KascError as error:
        report.add(error.diagnostic)
        return None
    result = imported(resolved, form, settings.version, directory)
    if report.rejected:
        # A faithful copy of a broken server can be fixed in the document.
        written = _read_back(result.text, form, settings.host)
        return result if report.errors() <= written.report.errors() else None
    require_same(resolved, result.text, form)
    return result


def require_same(resolved: Resolved, text: str, form: str) -> None:
    """Raise CannotImportError if a document is not the same server as the one that it was written for."""
    # The files of the server were read already, and in a container they may have other paths.
    written = _read_back(text, form, Host(resolved.context.host.address))
    reasons = [error.message for error in written.report.of(ERROR)]
    if not reasons and written.resolved is not None:
        reasons = _flags_that_differ(resolved, written.resolved)
    if reasons:
        raise CannotImportError(reasons)


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
