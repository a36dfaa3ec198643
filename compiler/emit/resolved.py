"""The artifact `resolved`: everything effective, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from compiler.emit.header import header
from compiler.emit.yaml_text import Part, Parts, exactly, plain
from compiler.options.run import ServerRunOptions
from compiler.pipeline import Resolved
from compiler.resolved import Origin, ResolvedConfig, nested

Item = TypeVar("Item")
_ENABLED = "featureGates.enabled"
_PIECE = 8
"""Values that are written together: each piece costs a look-up, each that differs costs writing it."""


def resolved_config(resolved: Resolved) -> dict[str, Any]:
    """The ResolvedConfig; see schemas/artifacts/resolved.schema.json."""
    found: dict[str, Any] = plain(resolved_parts(resolved))
    return found


def resolved_parts(resolved: Resolved) -> dict[str, Any]:
    """The same in parts: a section of the config each, and the provenance of a run of values."""
    options, config = resolved
    values, provenance = _with_gates(options, config)
    form = _form_of(options, tuple(values), tuple(provenance.values()))
    sources = _Sources(options)
    return {
        **header(resolved, "ResolvedConfig"),
        "layers": [relative(layer, options.input.start.file) for layer in options.input.layers],
        "config": Parts(
            Part((some, exactly(some.values_of(values))), partial(some.nested, values)) for some in form.sections
        ),
        "provenance": Parts(
            Part((run, sources.places(run.flags)), partial(sources.entries, run)) for run in form.provenance
        ),
    }


def _with_gates(options: ServerRunOptions, config: ResolvedConfig) -> tuple[dict[str, Any], dict[str, Origin]]:
    """Values and provenance with the list of enabled gates: only this artifact asks for all of them."""
    step, flags = config.origins["featureGates.changed"]
    return (
        {**config.values, _ENABLED: options.gates.enabled()},
        {**config.origins, _ENABLED: (step, (*flags, "emulated-version", "min-compatibility-version"))},
    )


class _Sections:
    """Some top-level maps of the config, by the paths in them."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.paths = paths
        self.values_of = itemgetter(*paths)

    def nested(self, values: dict[str, Any]) -> dict[str, Any]:
        """The maps."""
        return nested({path: values[path] for path in self.paths})


class _Run:
    """Some entries of `provenance` in a row, and the flags of this version that they name."""

    def __init__(self, origins: tuple[tuple[str, Origin], ...], known: Container[str]) -> None:
        self.origins = {path: (step, tuple(flag for flag in flags if flag in known)) for path, (step, flags) in origins}
        self.flags = tuple(dict.fromkeys(flag for _, flags in self.origins.values() for flag in flags))


class _Form(NamedTuple):
    """What all configs have in common that set the same paths in the same steps from the same flags."""

    sections: tuple[_Sections, ...]
    provenance: tuple[_Run, ...]


def _form_of(options: ServerRunOptions, paths: tuple[str, ...], origins: tuple[Origin, ...]) -> _Form:
    catalog = options.catalog

    def form() -> _Form:
        # A map is one piece, wherever its paths stand.
        order = {name: number for number, name in enumerate(dict.fromkeys(map(_top, paths)))}
        sections = _pieces(sorted(paths, key=lambda path: order[_top(path)]), _top)
        runs = _pieces(list(zip(paths, origins, strict=True)), lambda entry: entry[0])
        return _Form(tuple(map(_Sections, sections)), tuple(_Run(run, catalog.flags) for run in runs))

    return catalog.recently(("form", paths, origins), form)


def _top(path: str) -> str:
    return path.partition(".")[0]


def _pieces(items: Sequence[Item], of: Callable[[Item], str]) -> Iterator[tuple[Item, ...]]:
    """Items in pieces of `_PIECE` or more, with what is `of` the same in one."""
    piece: list[Item] = []
    for item in items:
        if len(piece) >= _PIECE and of(item) != of(piece[-1]):
            yield tuple(piece)
            piece = []
        piece.append(item)
    yield tuple(piece)


class _Sources:
    """Where flags were given, as file, line and column; each is looked up once."""

    def __init__(self, options: ServerRunOptions) -> None:
        self.options = options
        self.files: dict[str, str] = {}
        self.given = {flag: self._place(flag) for flag in options.flags.arguments}

    def _place(self, flag: str) -> str:
        at = self.options.flags.location(flag)
        if at is None:
            return "default"
        if at.file not in self.files:
            self.files[at.file] = relative(at.file, self.options.input.start.file)
        return f"{self.files[at.file]}:{at.line}:{at.column}"

    def places(self, flags: tuple[str, ...]) -> tuple[str | None, ...]:
        """The place of each flag; None where it has its default."""
        return tuple(map(self.given.get, flags))

    def entries(self, run: _Run) -> dict[str, Any]:
        """For each value of a run the step, and flag -> `default` or its place."""
        return {
            path: {"step": step, "from": {flag: self.given.get(flag, "default") for flag in flags}}
            for path, (step, flags) in run.origins.items()
        }


def relative(path: str, document: str) -> str:
    """A file as seen from the document's folder, so that it does not matter where kasc was called from."""
    if not path or path.startswith("<") or os.path.isabs(path) != os.path.isabs(document):
        return path
    return os.path.relpath(path, os.path.dirname(document) or ".")
