"""API versions in the structured files of an input that the next version does not read, and those that replace them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from compiler.changes.editing.edit import Edited, EditedFile
from compiler.diagnostics import Edit
from compiler.inputs.source import Files, file_key
from compiler.inputs.source.node import Lines, Node
from compiler.review.comments_and_edits import apply_fixes
from compiler.upstream.catalog.history import removal

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved


def rewrites(old: Resolved, new: Resolved, owned: set[str], files: Files) -> tuple[Edit, ...]:
    """Return the edits of apiVersion and kind in the files of an input; `owned` are its files, as `file_key`."""
    before, after = old.context.catalog.version, new.context.catalog.version
    texts: dict[str, Lines] = {}
    edits: list[Edit] = []
    for file in new.context.config_files:
        if file.root.node is None or file_key(file.root.node.source.name) not in owned:
            continue
        for version, kind in _objects(file.root.node):
            name = f"{version.value} {kind.value}"
            row = removal("configAPIs", name, after)
            if row is None or removal("configAPIs", name, before) is not None or not row.get("replacement"):
                continue
            for node, text in zip((version, kind), row["replacement"].split(), strict=True):
                edits += _edit(node, text, texts, files)
    return tuple(edits)


def _objects(node: Node) -> Iterator[tuple[Node, Node]]:
    """Yield apiVersion and kind of each object in a file."""
    version, kind = node.get("apiVersion"), node.get("kind")
    if version is not None and kind is not None:
        yield version, kind
    children = node.value.values() if isinstance(node.value, dict) else node.value
    for child in children if not isinstance(children, str | bytes | int | float | bool | None) else ():
        yield from _objects(child)


def _edit(node: Node, text: str, texts: dict[str, Lines], files: Files) -> Iterator[Edit]:
    """Yield the edit of a scalar whose text is in its place as it is, quoted or not."""
    name = node.source.name
    lines = texts.setdefault(name, Lines(files.read(name).text))
    start, end = lines.span(node.location)
    written, value = lines.text[start:end], str(node.value)
    if written.strip("\"'") == value and value != text:
        yield Edit(node.location, written, written.replace(value, text))


def with_rewrites(edited: Edited, edits: Sequence[Edit], files: Files) -> Edited:
    """Return the edits of an input together with others of the same texts; what overlaps an edit is left out."""
    by_name: dict[str, list[Edit]] = {}
    for edit in edits:
        by_name.setdefault(edit.location.file, []).append(edit)
    changed = {file.name: file for file in edited.files}
    for name, more in by_name.items():
        known = changed.get(name)
        before = files.read(name).text if known is None else known.before
        every = [*(known.edits if known is not None else ()), *more]
        after, skipped = apply_fixes(before, [(edit,) for edit in every])
        applied = tuple(edit for edit in every if (edit,) not in skipped)
        changed[name] = EditedFile(name, before, after, tuple(sorted(applied, key=lambda edit: edit.location[:3])))
    return edited._replace(files=tuple(changed.values()))
