"""The artifact `resolved`: the effective configuration, and where it comes from."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from compiler.apiserver.context import ServerContext
from compiler.apiserver.resolved import Origin, flags_of, nested, provenance_of, settings_of
from compiler.apiserver.resolved_sections import Section
from compiler.apiserver.startup import Resolved
from compiler.artifacts.yamlio import Entries, header, part, plain
from compiler.upstream.catalog import Catalog


def resolved_config(resolved: Resolved) -> dict[str, Any]:
    """Return the ResolvedConfig; see schemas/artifacts/resolved.schema.json."""
    result: dict[str, Any] = plain(resolved_parts(resolved))
    return result


def resolved_parts(resolved: Resolved) -> dict[str, Any]:
    """Return the same in parts: one for each section, and one for the provenance of each."""
    context, config = resolved.context, resolved.config
    places = places_of(context)
    by_key: dict[str, list[Section]] = {}
    provenance = []
    for assigned in config.assigned():
        section = assigned.section
        by_key.setdefault(section.section_key, []).append(section)
        given = tuple(map(places.get, flags_of(assigned.origin)))
        provenance.append(part(_provenance, context.catalog, assigned.origin, given))
    return {
        **header(resolved, "ResolvedConfig"),
        "layers": [relative(layer, context.input.start.file) for layer in context.input.layers],
        "config": {key: part(_values, key, *sections) for key, sections in by_key.items()},
        "provenance": Entries(provenance),
    }


def _values(key: str, *sections: Section) -> Any:
    """Return the values of the sections below one key as nested maps."""
    return nested({path: value for section in sections for path, value in settings_of(section)})[key]


def _provenance(catalog: Catalog, origin: Origin, places: tuple[str | None, ...]) -> dict[str, Any]:
    """Return the step of each value of a section, and where its flags were given; `places` are those of all flags."""
    at = dict(zip(flags_of(origin), places, strict=True))
    return {
        path: {"step": step, "from": {flag: at[flag] or "default" for flag in flags if flag in catalog.flags}}
        for path, (step, flags) in provenance_of(origin)
    }


def places_of(context: ServerContext) -> dict[str, str]:
    """Return flag -> file, line and column where it is set, and the distribution that sets it."""
    files: dict[str, str] = {}
    places = {}
    for flag, uses in context.flags.arguments.items():
        at = uses[-1].location
        if at is not None:
            if at.file not in files:
                files[at.file] = relative(at.file, context.input.start.file)
            places[flag] = uses[-1].described(f"{files[at.file]}:{at.line}:{at.column}")
    return places


def relative(path: str, document: str) -> str:
    """Return a file relative to the document's directory, so that the working directory does not matter."""
    if path == document:
        return path if path.startswith("<") else os.path.basename(path)
    return _from(os.path.dirname(document), path, "" if os.path.isabs(path) else os.getcwd())


@lru_cache(maxsize=256)
def _from(start: str, path: str, current: str) -> str:
    """Return a file relative to a directory; if relative paths go up, it also depends on the `current` directory."""
    if not path or path.startswith("<") or os.path.isabs(path) != os.path.isabs(start):
        return path
    directory, name = os.path.split(path)
    between = os.path.relpath(directory or os.curdir, start or os.curdir)
    return name if between == os.curdir else os.path.join(between, name)
