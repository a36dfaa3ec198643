"""Imports an input as a user does, and compares the server of the document with that of the input."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from compiler.apiserver.startup import Resolved
from compiler.artifacts.flags import flag_lines
from compiler.diagnostics import KascError
from compiler.inputs import Host
from compiler.review.examine import Settings, examine
from tests.cli.running import Ran, kasc

FORMS = ("yaml", "toml")


class Import(NamedTuple):
    """A run of `kasc import`; `text` is the document, None if none was written."""

    ran: Ran
    text: str | None


def options_of(settings: Settings) -> list[str]:
    """Return the options of the command line for how an input is read."""
    options = []
    if settings.read_as:
        options += ["--as", settings.read_as + (f"@{settings.release}" if settings.release else "")]
    for name, value in (
        ("--kubernetes-version", settings.version),
        ("--files-root", settings.host.root),
        ("--host-address", settings.host.address),
    ):
        options += [name, value] if value else []
    for prefix, directory in settings.host.mappings:
        options += ["--file-map", f"{prefix}={directory}"]
    return options


def import_to(capsys: pytest.CaptureFixture[str], out: Path, path: Path, *options: Any) -> Import:
    ran = kasc(capsys, "import", path, "-o", out, "--force", "-q", *options)
    return Import(ran, out.read_text() if out.exists() else None)


def lines(resolved: Resolved) -> list[str] | str:
    """Return the flags artifact, or the code of the reason why there is none."""
    try:
        return flag_lines(resolved)
    except KascError as error:
        return error.diagnostic.code


def difference(
    capsys: pytest.CaptureFixture[str], path: Path, settings: Settings, form: str = "yaml", out: Path | None = None
) -> str:
    """Import an input; return how the server of the document differs, empty if it does not.

    An input with errors may be refused, with its own diagnostics.
    """
    before = examine(str(path), settings)
    target = out or path.with_name(f"imported.{form}")
    target.unlink(missing_ok=True)
    ran, text = import_to(capsys, target, path, *options_of(settings))
    expected = 2 if before.report.unread else 1 if before.report.rejected else 0
    if ran.code != expected:
        return f"exit code {ran.code}, not {expected}: {ran.err}"
    if text is None:
        return "" if before.report.rejected else f"no document was written: {ran.err}"
    host = settings.host if before.report.rejected else Host(settings.host.address)
    after = examine(str(target), Settings(host=host))
    if before.report.errors() != after.report.errors():
        return f"errors {sorted(before.report.errors() ^ after.report.errors())}"
    if before.resolved is None or after.resolved is None:
        return "no server"
    flags, written = lines(before.resolved), lines(after.resolved)
    return "" if before.report.rejected or flags == written else f"flags {flags} became {written}"
