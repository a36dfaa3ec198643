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
    sources = _Sources(options)
    provenance = {path: sources.entry(*origin) for path, origin in config.provenance.items()}
    tree = config.tree()
    # Reckoned here, because only this artifact asks for all of them.
    tree["featureGates"]["enabled"] = [name for name in options.catalog.gate_names if options.gates.on(name)]
    origin = config.provenance["featureGates.changed"]
    flags = (*origin.flags, "emulated-version", "min-compatibility-version")
    provenance["featureGates.enabled"] = sources.entry(origin.step, flags)
    return {
        **header(resolved, "ResolvedConfig"),
        "layers": [relative(layer, options.input.start.file) for layer in options.input.layers],
        "config": tree,
        "provenance": provenance,
    }


class _Sources:
    """Where flags were given; each is looked up once."""

    def __init__(self, options: ServerRunOptions) -> None:
        self.options = options
        self.known: dict[str, str] = {}

    def entry(self, step: str, names: tuple[str, ...]) -> dict[str, Any]:
        """The step, and flag -> `default`, or the file, line and column where it was given.

        Flags of other versions are left out.
        """
        known, flags = self.known, self.options.catalog.flags
        places = {name: known.get(name) or self._place(name) for name in names if name in flags}
        return {"step": step, "from": places}

    def _place(self, name: str) -> str:
        at = self.options.flags.location(name)
        text = "default"
        if at is not None:
            text = f"{relative(at.file, self.options.input.start.file)}:{at.line}:{at.column}"
        self.known[name] = text
        return text


def relative(path: str, document: str) -> str:
    """A file as seen from the document's folder, so that it does not matter where kasc was called from."""
    if not path or path.startswith("<") or os.path.isabs(path) != os.path.isabs(document):
        return path
    return os.path.relpath(path, os.path.dirname(document) or ".")
