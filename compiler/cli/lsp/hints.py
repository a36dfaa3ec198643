"""Inlay hints: the flags that a distribution sets, where its file decides them."""

from __future__ import annotations

from lsprotocol import types

from compiler.cli.lsp.positions import overlaps
from compiler.cli.lsp.session import Snapshot
from compiler.diagnostics import Location
from compiler.inputs.arguments import ANY, Argument
from compiler.text import clean
from compiler.text.redaction import hide

_MAX_LABEL = 60


def hints(snapshot: Snapshot, visible: types.Range) -> list[types.InlayHint]:
    """Return the hints of the visible part of a document; none unless the command line asks for them.

    Flags that a field of the file decides are at the end of the field's line. All others are counted at the start of
    the configuration, with the flags as the tooltip.
    """
    examined = snapshot.examined
    if not snapshot.session.options.inlay_hints or examined is None or examined.resolved is None:
        return []
    given = examined.resolved.context.input
    by_line: dict[int, list[Argument]] = {}
    for each in given.arguments:
        if each.origin and each.flag != ANY:
            by_line.setdefault(_line_of(each.location, snapshot), []).append(each)
    start = given.start.line if given.start.file == snapshot.path else 1
    every = (_hint(line, arguments, start, snapshot) for line, arguments in sorted(by_line.items()))
    return [each for each in every if overlaps(types.Range(each.position, each.position), visible)]


def _line_of(location: Location | None, snapshot: Snapshot) -> int:
    """Return the line of a location in the document, 0 if it has none there."""
    return location.line if location is not None and location.file == snapshot.path else 0


def _hint(line: int, arguments: list[Argument], start: int, snapshot: Snapshot) -> types.InlayHint:
    flags = [clean(f"--{each.flag}={hide(each.text)}") for each in arguments]
    title = arguments[0].origin
    label = f"{title} sets {len(flags)} flags" if line == 0 else ", ".join(flags)
    if len(label) > _MAX_LABEL:
        label = f"{title} sets {len(flags)} flags" if len(flags) > 1 else f"{label[: _MAX_LABEL - 1]}…"
    end = snapshot.positions.line_end(line or start)
    return types.InlayHint(end, label, tooltip="\n".join(flags), padding_left=True)
