"""Where something is defined: the file that a path names, and the layers of a document that set an option."""

from __future__ import annotations

import os
from collections.abc import Iterator

from lsprotocol import types

from compiler.cli.lsp.places import spot_at, word_at
from compiler.cli.lsp.positions import START
from compiler.cli.lsp.session import Snapshot
from compiler.cli.lsp.uris import uri_of
from compiler.diagnostics import Location
from compiler.inputs.source.node import Node
from compiler.inputs.source.overlays import EXTENDS, parent_path

_SOURCE = "source"


def definition(snapshot: Snapshot, position: types.Position) -> list[types.Location]:
    """Return the definitions of what is at a position: none, a file, or a place in each layer that sets the option."""
    if not snapshot.read_as:
        return []
    line, column = snapshot.positions.place(position)
    spot = spot_at(snapshot, line, column)
    word = word_at(snapshot, line, column)
    if spot is not None and not spot.is_key and snapshot.read_as == "document" and _names_file(spot.path):
        return _file(parent_path(os.path.dirname(snapshot.path), str(spot.root.at(spot.path).value)))
    # An optional environment file of systemd begins with a dash.
    if word is not None and (path := word.text.removeprefix("-")).startswith("/"):
        return _of_server(path, snapshot)
    if spot is not None and spot.path and snapshot.read_as == "document":
        return [_location(each, snapshot) for each in _in_layers(spot.path, snapshot)]
    return []


def _names_file(path: tuple[str | int, ...]) -> bool:
    """Return whether a value is the path of a file next to the document."""
    return path[:1] == (EXTENDS,) or (len(path) == 3 and path[-1] == _SOURCE)


def _file(path: str) -> list[types.Location]:
    return [types.Location(uri_of(path), START)] if os.path.isfile(path) else []


def _of_server(path: str, snapshot: Snapshot) -> list[types.Location]:
    """Return the place of a file of the server: in the document, or below the directories of the command line."""
    if snapshot.examined is None or snapshot.examined.resolved is None:
        return []
    context = snapshot.examined.resolved.context
    host = context.host.for_server(context.input)
    if path in host.inline:
        return [_location(host.inline[path].content.location, snapshot)]
    local = host.local(path)
    return _file(os.path.abspath(local)) if local is not None else []


def _in_layers(path: tuple[str | int, ...], snapshot: Snapshot) -> Iterator[Location]:
    """Yield the place of an option in each layer that sets or removes it, in the order in which they apply."""
    resolved = snapshot.examined.resolved if snapshot.examined is not None else None
    for root in resolved.context.input.layer_roots if resolved is not None else ():
        node: Node | None = root
        for step in path[:-1]:
            node = node.get(step) if node is not None and isinstance(step, str) else None
        key = path[-1]
        if node is not None and isinstance(key, str) and node.get(key) is not None:
            yield node.key_location(key)


def _location(location: Location, snapshot: Snapshot) -> types.Location:
    path = os.path.abspath(location.file)
    return types.Location(uri_of(path), snapshot.session.positions_of(path).range(location))
