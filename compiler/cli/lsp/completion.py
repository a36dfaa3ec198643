"""Completion of keys, flags and values."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from compiler.cli.explain.describe import describe
from compiler.cli.explain.subjects import Subject
from compiler.cli.lsp.choices import Choice
from compiler.cli.lsp.cursor import cursor_at
from compiler.cli.lsp.expected import expected
from compiler.cli.lsp.markdown import content
from compiler.cli.lsp.session import Snapshot
from compiler.inputs.source.node import Lines, place
from compiler.text import clean

TRIGGERS = ("-", "=", ",", ":", " ", "[", '"', "/")
_KINDS = {
    "flag": types.CompletionItemKind.Property,
    "field": types.CompletionItemKind.Field,
    "value": types.CompletionItemKind.Value,
    "gate": types.CompletionItemKind.EnumMember,
    "plugin": types.CompletionItemKind.Module,
    "api": types.CompletionItemKind.Interface,
    "resource": types.CompletionItemKind.Struct,
    "metric": types.CompletionItemKind.Constant,
    "code": types.CompletionItemKind.Reference,
}


def completion(snapshot: Snapshot, position: types.Position) -> list[types.CompletionItem]:
    """Return what may be written at a position; none if the document is not an input, or nothing is known."""
    if not snapshot.read_as:
        return []
    source = snapshot.source
    index = Lines(source.text).index(*snapshot.positions.place(position))
    cursor = cursor_at(source, index, snapshot.is_structured)
    offered = expected(cursor, snapshot)
    suffix = _suffix(offered.suffix, source.text[cursor.end :].partition("\n")[0])
    start, end = (snapshot.positions.position(*place(source.text, each)) for each in (cursor.start, cursor.end))
    where = types.Range(start, end)
    return [_item(choice, where, suffix, snapshot.version) for choice in offered.choices]


def _suffix(suffix: str, rest: str) -> str:
    """Return what is written after a word, given the rest of its line; a key is completed at the end of a line only."""
    if suffix in ("=", "#"):
        return "" if rest.startswith(suffix) else suffix
    return "" if rest.strip() else suffix


def _item(choice: Choice, where: types.Range, suffix: str, version: str) -> types.CompletionItem:
    kind, name = choice.subject
    return types.CompletionItem(
        label=choice.label,
        kind=_KINDS[choice.kind],
        detail=choice.detail or None,
        documentation=choice.text or None,
        tags=[types.CompletionItemTag.Deprecated] if "deprecated" in choice.detail else None,
        text_edit=types.TextEdit(where, f"{choice.label}{suffix}"),
        data={"kind": kind, "name": name, "version": version} if kind else None,
    )


def resolve(item: types.CompletionItem, markdown: bool) -> types.CompletionItem:
    """Return an item with its documentation: what `kasc explain` says about its subject."""
    data: Any = item.data
    if isinstance(data, dict) and {"kind", "name", "version"} <= data.keys():
        lines = describe(Subject(data["kind"], data["name"]), data["version"])
        item.documentation = content(lines, True) if markdown else "\n".join(map(clean, lines))
    return item
