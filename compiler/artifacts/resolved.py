"""The artifact `resolved`: everything effective, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import repeat
from operator import itemgetter
from typing import Any

from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.resolved import Origin, ResolvedConfig, nested
from compiler.apiserver.startup import Resolved
from compiler.artifacts.parts import HOLE, Part, Parts, exactly, plain
from compiler.artifacts.yamlio import header
from compiler.upstream.catalog import Catalog

_ENABLED = "featureGates.enabled"
_OWN = frozenset(
    (
        *("generic.externalAddress", "generic.publicAddress", "etcd.servers", "peerProxy.advertiseAddress"),
        *("authentication.apiAudiences", "authentication.serviceAccounts.issuers", "discovery.address"),
        *("serviceAccountIssuer.issuer", "serviceAccountIssuer.jwksURI", "services.apiServerServiceIP"),
        _ENABLED,
    )
)
"""Of these most servers of a fleet have their own, or they are long: texts that are filled into what is written."""
_PIECE = 24
"""Values that are written together: each piece costs a look-up, each that differs costs writing it."""


def resolved_config(resolved: Resolved) -> dict[str, Any]:
    """The ResolvedConfig; see schemas/artifacts/resolved.schema.json."""
    found: dict[str, Any] = plain(resolved_parts(resolved))
    return found


def resolved_parts(resolved: Resolved) -> dict[str, Any]:
    """The same in parts: some sections of the config each, and the provenance with holes for places."""
    options, config = resolved
    values, origins = _with_gates(options, config)
    places = places_of(options)
    catalog, shape = options.catalog, (tuple(values), tuple(origins.values()))
    form = catalog.recently(("form", *shape), lambda: _Form(catalog, *shape))
    return {
        **header(resolved, "ResolvedConfig"),
        "layers": [relative(layer, options.input.start.file) for layer in options.input.layers],
        "config": Parts(some.part(values) for some in form.sections),
        "provenance": Parts.of(form, form.entries, tuple(map(places.get, form.flags, repeat("default")))),
    }


def _with_gates(options: ServerRunOptions, config: ResolvedConfig) -> tuple[dict[str, Any], dict[str, Origin]]:
    """Values and provenance with the list of enabled gates: only this artifact asks for all of them."""
    step, flags = config.origins["featureGates.changed"]
    return (
        {**config.values, _ENABLED: options.gates.enabled()},
        {**config.origins, _ENABLED: (step, (*flags, "emulated-version", "min-compatibility-version"))},
    )


class _Sections:
    """Some top-level maps of the config, by the paths in them; `own` are those that have holes."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.paths = paths
        # Written is what belongs together, wherever its paths stand.
        self.own = tuple(path for path in _leaves(nested({path: path for path in paths})) if path in _OWN)
        self.values_of = _getter(paths)
        self.rest_of = _getter(tuple(path for path in paths if path not in _OWN))

    def part(self, values: dict[str, Any]) -> Part:
        """The maps."""
        if self.own:
            holes = tuple(_as_filling(values[path]) for path in self.own)
            if HOLE not in holes:
                return Part((self, exactly(self.rest_of(values))), partial(self._with_holes, values), holes)
        return Part((self, exactly(self.values_of(values))), partial(self._nested, values))

    def _nested(self, values: dict[str, Any]) -> dict[str, Any]:
        return nested({path: values[path] for path in self.paths})

    def _with_holes(self, values: dict[str, Any]) -> dict[str, Any]:
        return self._nested(values | dict.fromkeys(self.own, HOLE))


def _getter(paths: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """What gives the values under some paths."""
    return itemgetter(*paths) if len(paths) > 1 else lambda values: tuple(values[path] for path in paths)


def _leaves(tree: dict[str, Any]) -> Iterator[str]:
    for value in tree.values():
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            yield value


def _as_filling(value: Any) -> Any:
    """What fills a hole; `HOLE` for what cannot."""
    if value is None or isinstance(value, str | tuple):
        return value
    return tuple(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else HOLE


class _Form:
    """What all configs have in common that set the same paths in the same steps from the same flags.

    `flags` are those of all values one after the other, less what this version does not have.
    """

    def __init__(self, catalog: Catalog, paths: tuple[str, ...], origins: tuple[Origin, ...]) -> None:
        # A map is in one piece, wherever its paths stand.
        order = {name: number for number, name in enumerate(dict.fromkeys(map(_top, paths)))}
        self.sections = tuple(map(_Sections, _pieces(sorted(paths, key=lambda path: order[_top(path)]))))
        self.origins = {
            path: (step, tuple(flag for flag in flags if flag in catalog.flags))
            for path, (step, flags) in zip(paths, origins, strict=True)
        }
        self.flags = tuple(flag for _, flags in self.origins.values() for flag in flags)

    def entries(self) -> dict[str, Any]:
        """For each value the step, and the flags with holes for where they were given."""
        return {
            path: {"step": step, "from": dict.fromkeys(flags, HOLE)} for path, (step, flags) in self.origins.items()
        }


def _top(path: str) -> str:
    return path.partition(".")[0]


def _pieces(paths: list[str]) -> Iterator[tuple[str, ...]]:
    """Paths in pieces of `_PIECE` or more, with those of one map together."""
    piece: list[str] = []
    for path in paths:
        if len(piece) >= _PIECE and _top(path) != _top(piece[-1]):
            yield tuple(piece)
            piece = []
        piece.append(path)
    yield tuple(piece)


def places_of(options: ServerRunOptions) -> dict[str, str]:
    """Flag -> file, line and column where it was given."""
    files: dict[str, str] = {}
    found = {}
    for flag, uses in options.flags.arguments.items():
        at = uses[-1].location
        if at is not None:
            if at.file not in files:
                files[at.file] = relative(at.file, options.input.start.file)
            found[flag] = f"{files[at.file]}:{at.line}:{at.column}"
    return found


def relative(path: str, document: str) -> str:
    """A file as seen from the document's folder, so that it does not matter where kasc was called from."""
    if path == document:
        return path if path.startswith("<") else os.path.basename(path)
    return _from(os.path.dirname(document), path, "" if os.path.isabs(path) else os.getcwd())


@lru_cache(maxsize=256)
def _from(start: str, path: str, current: str) -> str:
    """A file as seen from a folder; where relative paths go up, it depends on the `current` folder as well."""
    if not path or path.startswith("<") or os.path.isabs(path) != os.path.isabs(start):
        return path
    folder, name = os.path.split(path)
    between = os.path.relpath(folder or os.curdir, start or os.curdir)
    return name if between == os.curdir else os.path.join(between, name)
