"""The artifact `resolved`: everything effective, and where it comes from."""

from __future__ import annotations

from typing import Any

from compiler.emit.header import header
from compiler.options.flagset import FlagSet
from compiler.pipeline import Resolved


def resolved_config(resolved: Resolved) -> dict[str, Any]:
    """The ResolvedConfig; see schemas/artifacts/resolved.schema.json."""
    options, config = resolved
    provenance = {
        path: {"step": origin.step, "from": _sources(options.flags, origin.flags)}
        for path, origin in config.provenance.items()
    }
    tree = config.tree()
    # Reckoned here, because only this artifact asks for all of them.
    tree["featureGates"]["enabled"] = [name for name in sorted(options.catalog.gates) if options.gates.on(name)]
    origin = config.provenance["featureGates.changed"]
    flags = (*origin.flags, "emulated-version", "min-compatibility-version")
    provenance["featureGates.enabled"] = {"step": origin.step, "from": _sources(options.flags, flags)}
    return {
        **header(resolved, "ResolvedConfig"),
        "layers": list(options.input.layers),
        "config": tree,
        "provenance": provenance,
    }


def _sources(flags: FlagSet, names: tuple[str, ...]) -> dict[str, str]:
    """Flag -> `default`, or the file, line and column where it was given."""
    sources = {}
    for name in names:
        if not flags.has(name):
            continue
        location = flags.location(name)
        sources[name] = f"{location.file}:{location.line}:{location.column}" if location else "default"
    return sources
