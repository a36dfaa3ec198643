"""The server that a page of /flagz describes, and its flags that are not upstream's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.apiserver.startup import Resolved, resolve
from compiler.diagnostics import Problems, Report
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.flagz import read
from compiler.inputs.importers.detect import detect
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import nearest
from compiler.upstream.catalog.history import known_in

if TYPE_CHECKING:
    from compiler.inputs import Host


def server_of(text: str, name: str, version: str | None, host: Host) -> Resolved | None:
    """Return the server that a page describes, None if it lists too few flags to be one.

    `version` is its minor version, if it is known. Raises KascError if the text is not a page.
    """
    problems = Problems()
    source = Source(name, text)
    detected = detect(source, "flagz", version, problems)
    given = read(Request("flagz", "", version, source, detected.roots, name, host, Files(), problems))
    known = catalog(nearest(version or given.version))
    if 2 * len(given.page_flags & known.flags.keys()) < len(known.flags):
        return None
    return resolve(known, given, host, Report(name))


def foreign_flags(server: Resolved) -> tuple[str, ...]:
    """Return the flags of a server that no version of upstream has, sorted."""
    given = server.context.input
    names = {*given.page_flags, *(argument.flag for argument in given.arguments)}
    return tuple(
        sorted(name for name in names - server.context.catalog.flags.keys() if name and not known_in("flags", name))
    )
