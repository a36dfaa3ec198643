"""API versions in the structured files of an input that the next version does not read, and those that replace them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from compiler.changes.editing.edit import Edited, EditedFile
from compiler.changes.upgrade.hop import Rewrite
from compiler.diagnostics import Edit
from compiler.inputs.source import Files, file_key
from compiler.inputs.source.node import Lines, Node
from compiler.review.comments_and_edits import apply_fixes
from compiler.upstream.catalog.history import removal

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved


def rewrites(old: Resolved, new: Resolved, owned: set[str], files: Files) -> tuple[Rewrite, ...]:
    """Return the edits of apiVersion and kind in the files of an input; `owned` are its files, as `file_key`."""
    version = new.context.catalog.version
    texts: dict[str, Lines] = {}
    result: list[Rewrite] = []
    for file in old.context.config_files:
        node = file.root.node
        row = removal("configAPIs", f"{file.api_version} {file.kind}", version)
        if row is None or not row.get("replacement"):
            continue
        if node is not None and file_key(node.source.name) in owned:
            for key, text in zip(("apiVersion", "kind"), row["replacement"].split(), strict=True):
                reason = f"{file.kind} of {file.api_version} was removed in {version}"
                result += (Rewrite(edit, reason) for edit in _edit(node.at((key,)), text, texts, files))
    return tuple(result)


def _edit(node: Node, text: str, texts: dict[str, Lines], files: Files) -> Iterator[Edit]:
    """Yield the edit of a scalar whose text is in its place as it is, quoted or not."""
    name = node.source.name
    lines = texts.setdefault(name, Lines(files.read(name).text))
    start, end = lines.span(node.location)
    written, value = lines.text[start:end], str(node.value)
    if written.strip("\"'") == value and value != text:
        yield Edit(node.location, written, written.replace(value, text))


def with_rewrites(edited: Edited, more: Sequence[Rewrite], files: Files) -> Edited:
    """Return the edits of an input together with others of the same texts; what overlaps an edit is left out."""
    by_name: dict[str, list[Edit]] = {}
    for edit, _ in more:
        by_name.setdefault(edit.location.file, []).append(edit)
    changed = {file.name: file for file in edited.files}
    for name, others in by_name.items():
        known = changed.get(name)
        before = files.read(name).text if known is None else known.before
        every = [*(known.edits if known is not None else ()), *others]
        after, skipped = apply_fixes(before, [(edit,) for edit in every])
        applied = tuple(edit for edit in every if (edit,) not in skipped)
        changed[name] = EditedFile(name, before, after, tuple(sorted(applied, key=lambda edit: edit.location[:3])))
    return edited._replace(files=tuple(changed.values()))
