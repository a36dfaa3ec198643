"""An editor without a server: a session, and edits applied as an editor applies them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("pygls")

from lsprotocol import types

from compiler.cli.lsp.positions import Positions
from compiler.cli.lsp.session import DEFAULTS, Options, Session, Snapshot
from compiler.inputs.source.node import Lines

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "samples"
MARK = "¦"


def opened(path: Path, text: str | None = None, options: Options = DEFAULTS, encoding: str = "utf-16") -> Snapshot:
    """A document that is open in an editor, by default with its text on disk."""
    session = Session(options, encoding)
    session.put(str(path), path.read_text() if text is None else text)
    return session.snapshot(str(path))


def at(path: Path, text: str, options: Options = DEFAULTS) -> tuple[Snapshot, types.Position]:
    """A document, and the position of the mark in its text."""
    before, _, after = text.partition(MARK)
    snapshot = opened(path, before + after, options)
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    return snapshot, snapshot.positions.position(line, column)


def applied(text: str, edits: Sequence[types.TextEdit], encoding: str = "utf-16") -> str:
    """A text after edits that do not overlap."""
    positions, lines = Positions(text, encoding), Lines(text)

    def index(position: types.Position) -> int:
        return lines.index(*positions.place(position))

    spans = [(index(each.range.start), index(each.range.end), each.new_text) for each in edits]
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text
