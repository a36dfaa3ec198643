"""The artifact `resolved`: everything effective, and where it comes from."""

from __future__ import annotations

import os
from typing import Any

from compiler.emit.header import header
from compiler.options.run import ServerRunOptions
from compiler.pipeline import Resolved


def resolved_config(resolved: Resolved) -> dict[str, Any]:
    """The ResolvedConfig; see schemas/artifacts/resolved.schema.json."""
    options, config = resolved
    provenance = {
        path: {"step": origin.step, "from": _sources(options, origin.flags)}
        for path, origin in config.provenance.items()
    }
    tree = config.tree()
    # Reckoned here, because only this artifact asks for all of them.
    tree["featureGates"]["enabled"] = [name for name in sorted(options.catalog.gates) if options.gates.on(name)]
    origin = config.provenance["featureGates.changed"]
    flags = (*origin.flags, "emulated-version", "min-compatibility-version")
    provenance["featureGates.enabled"] = {"step": origin.step, "from": _sources(options, flags)}
    return {
        **header(resolved, "ResolvedConfig"),
        "layers": [relative(layer, options.input.start.file) for layer in options.input.layers],
        "config": tree,
        "provenance": provenance,
    }


def _sources(options: ServerRunOptions, names: tuple[str, ...]) -> dict[str, str]:
    """Flag -> `default`, or the file, line and column where it was given."""
    flags, sources = options.flags, {}
    for name in names:
        if not flags.has(name):
            continue
        at = flags.location(name)
        file = relative(at.file, options.input.start.file) if at else ""
        sources[name] = f"{file}:{at.line}:{at.column}" if at else "default"
    return sources


def relative(path: str, document: str) -> str:
    """A file as seen from the document's folder, so that it does not matter where kasc was called from."""
    if not path or path.startswith("<") or os.path.isabs(path) != os.path.isabs(document):
        return path
    return os.path.relpath(path, os.path.dirname(document) or ".")
