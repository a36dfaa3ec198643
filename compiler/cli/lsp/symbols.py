"""The outline of a document: its keys, or the flags of a text without keys."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from compiler.cli.lsp.session import Snapshot
from compiler.diagnostics import Location
from compiler.inputs.arguments import ANY
from compiler.inputs.masking import Masked
from compiler.inputs.source.node import Node, text_of
from compiler.text import clean
from compiler.text.redaction import HIDDEN, hide, is_secret_name

_MAX_SYMBOLS = 2000
_MAX_LEVELS = 8
_MAX_NAME = 80
_NAMES = ("name", "kind", "resource", "level")
"""Keys whose value names an item of a list."""


def symbols(snapshot: Snapshot) -> list[types.DocumentSymbol]:
    """Return the outline; empty if the document is not an input."""
    if not snapshot.read_as:
        return []
    outline = _Outline(snapshot)
    if not snapshot.is_structured:
        return list(outline.flags(snapshot))
    documents = snapshot.roots
    if len(documents) == 1:
        return outline.children(documents[0], 0)
    return [outline.symbol(_title(root, number), root, root.location, 0) for number, root in enumerate(documents)]


class _Outline:
    """Builds symbols, at most `_MAX_SYMBOLS`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.positions = snapshot.positions
        self.masked = Masked(snapshot.path, snapshot.source.text)
        self.left = _MAX_SYMBOLS

    def flags(self, snapshot: Snapshot) -> Iterator[types.DocumentSymbol]:
        """Yield the flags of a text."""
        resolved = snapshot.examined.resolved if snapshot.examined is not None else None
        for each in resolved.context.input.arguments if resolved is not None else ():
            where = each.name_location or each.location
            if each.flag != ANY and where is not None and where.file == snapshot.path and self.left:
                self.left -= 1
                whole = where
                if each.location is not None and each.location[1:3] >= where[1:3]:
                    whole = where._replace(end_line=each.location.end_line, end_column=each.location.end_column)
                value = HIDDEN if is_secret_name(each.flag) else hide(each.text)
                yield self._symbol(f"--{each.flag}", value, whole, where, types.SymbolKind.Property)

    def children(self, node: Node, level: int) -> list[types.DocumentSymbol]:
        """Return the symbols of the keys or items of a value."""
        if level == _MAX_LEVELS:
            return []
        if isinstance(node.value, dict):
            return [
                self.symbol(key, child, node.key_location(key), level)
                for key, child in node.value.items()
                if self.left > 0
            ]
        if isinstance(node.value, list):
            return [
                self.symbol(_title(item, number), item, item.location, level)
                for number, item in enumerate(node.value)
                if self.left > 0 and isinstance(item.value, dict | list)
            ]
        return []

    def symbol(self, name: str, node: Node, where: Location, level: int) -> types.DocumentSymbol:
        """Return the symbol of a value, whose name is at a location."""
        self.left -= 1
        whole = Location(where.file, *min(where[1:3], node.span[:2]), *max(where[3:5], node.span[2:]))
        leaf = not isinstance(node.value, dict | list)
        kind = types.SymbolKind.Property if leaf else types.SymbolKind.Namespace
        symbol = self._symbol(name, self._value(node) if leaf else "", whole, where, kind)
        symbol.children = self.children(node, level + 1)
        return symbol

    def _value(self, node: Node) -> str:
        """Return a scalar as written; nothing of a value that may be a secret."""
        first, _, last, _ = node.span
        return HIDDEN if any(map(self.masked.spans, range(first - 1, last))) else hide(node.text)

    def _symbol(
        self, name: str, detail: str, whole: Location, where: Location, kind: types.SymbolKind
    ) -> types.DocumentSymbol:
        return types.DocumentSymbol(
            name=_short(hide(name)) or "?",
            kind=kind,
            range=self.positions.range(whole),
            selection_range=self.positions.range(where),
            detail=_short(detail) or None,
        )


def _title(node: Node, number: int) -> str:
    """Return the name of an item of a list or of a document among several."""
    names = (text_of(node.get(key)) for key in _NAMES)
    return next((name for name in names if name), f"[{number}]")


def _short(text: str) -> str:
    text = clean(text[: _MAX_NAME + 1])
    return text if len(text) <= _MAX_NAME else f"{text[: _MAX_NAME - 1]}…"
