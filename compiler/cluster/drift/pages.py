"""The server that a page of /flagz describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.apiserver.startup import Resolved, resolve
from compiler.diagnostics import Problems, Report
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.flagz import page_of, read
from compiler.inputs.importers.detect import detect
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import nearest, versions

if TYPE_CHECKING:
    from compiler.inputs import Host


class Page(NamedTuple):
    """The server that a page describes, and the flags on the page that no version of upstream has."""

    server: Resolved
    foreign_flags: tuple[str, ...]


def server_of(text: str, name: str, version: str | None, host: Host) -> Page:
    """Return the server that a page describes; `version` is its minor version, if it is known.

    Raises KascError if the text is not a page of kube-apiserver.
    """
    problems = Problems()
    source = Source(name, text)
    detected = detect(source, "flagz", version, problems)
    request = Request("flagz", "", version, source, detected.roots, name, host, Files(), problems)
    given = read(request)
    known = catalog(nearest(version or given.version))
    return Page(resolve(known, given, host, Report(name)), foreign_flags(page_of(request)))


def foreign_flags(names: object) -> tuple[str, ...]:
    """Return those of the names that are not flags of any version, sorted."""
    known = {flag for version in versions() for flag in catalog(version).flags} | {"help", "version"}
    return tuple(sorted(set(names) - known))  # type: ignore[call-overload]
