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
    tree["featureGates"]["enabled"] = options.gates.enabled()
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
        self.files: dict[str, str] = {}

    def entry(self, step: str, names: tuple[str, ...]) -> dict[str, Any]:
        """The step, and flag -> `default`, or the file, line and column where it was given.

        Flags of other versions are left out.
        """
        catalog = self.options.catalog
        if not self.options.flags.arguments.keys().isdisjoint(names):
            return {"step": step, "from": {name: self._place(name) for name in names if name in catalog.flags}}
        # The same for every server of the version.
        key = ("provenance", step, names)
        entry: dict[str, Any] | None = catalog.reckoned.get(key)
        if entry is None:
            entry = {"step": step, "from": {name: "default" for name in names if name in catalog.flags}}
            catalog.reckoned[key] = entry
        return entry

    def _place(self, name: str) -> str:
        text = self.known.get(name)
        if text is None:
            at = self.options.flags.location(name)
            text = self.known[name] = f"{self._file(at.file)}:{at.line}:{at.column}" if at is not None else "default"
        return text

    def _file(self, name: str) -> str:
        if name not in self.files:
            self.files[name] = relative(name, self.options.input.start.file)
        return self.files[name]


def relative(path: str, document: str) -> str:
    """A file as seen from the document's folder, so that it does not matter where kasc was called from."""
    if not path or path.startswith("<") or os.path.isabs(path) != os.path.isabs(document):
        return path
    return os.path.relpath(path, os.path.dirname(document) or ".")
