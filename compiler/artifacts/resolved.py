"""The artifact `resolved`: the effective configuration, and where it comes from."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from compiler.apiserver.context import ServerContext
from compiler.apiserver.startup import Resolved
from compiler.artifacts.yamlio import header


def resolved_config(resolved: Resolved) -> dict[str, Any]:
    """Return the ResolvedConfig; see schemas/artifacts/resolved.schema.json."""
    context, config = resolved.context, resolved.config
    known, places = context.catalog.flags, places_of(context)
    return {
        **header(resolved, "ResolvedConfig"),
        "layers": [relative(layer, context.input.start.file) for layer in context.input.layers],
        "config": config.tree(),
        "provenance": {
            path: {"step": step, "from": {flag: places.get(flag, "default") for flag in flags if flag in known}}
            for path, (step, flags) in config.provenance.items()
        },
    }


def places_of(context: ServerContext) -> dict[str, str]:
    """Return flag -> file, line and column where it is set."""
    files: dict[str, str] = {}
    found = {}
    for flag, uses in context.flags.arguments.items():
        at = uses[-1].location
        if at is not None:
            if at.file not in files:
                files[at.file] = relative(at.file, context.input.start.file)
            found[flag] = f"{files[at.file]}:{at.line}:{at.column}"
    return found


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
    folder, name = os.path.split(path)
    between = os.path.relpath(folder or os.curdir, start or os.curdir)
    return name if between == os.curdir else os.path.join(between, name)
