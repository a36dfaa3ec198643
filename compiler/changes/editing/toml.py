"""Rewriting the text of a TOML document so that it contains other data, with everything else as it was.

The result is read again, as that of `tree.rewrite`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from compiler.artifacts.imported.writer import NotInTomlError, toml_key, toml_value
from compiler.changes.editing.data import CannotRewriteError, Parse, contains, same
from compiler.changes.editing.lines import line_break_of, line_start
from compiler.changes.editing.pieces import Replacement, common_start, narrowed, without_overlaps
from compiler.inputs.source.node import Lines, Node, Source

_DOTTED_START = re.compile(r"""[ \t]*(?:(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*)*""")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_COMMA = re.compile(r"[ \t]*,[ \t]*")


def rewrite_toml(source: Source, root: Node, data: Any, parse: Parse) -> list[Replacement] | None:
    """Return the replacements in the text of a document after which it is `data`; None if there is no way."""
    writer = _Writer(source)
    try:
        writer.table(root, data, ())
    except (CannotRewriteError, NotInTomlError):
        return None
    replacements = [narrowed(source.body, each) for each in writer.edits]
    is_right = without_overlaps(replacements) and contains(source, replacements, [data], parse)
    return replacements if is_right else None


class _Writer:
    def __init__(self, source: Source) -> None:
        self.text = source.body
        self.lines = Lines(self.text)
        self.line_break = line_break_of(self.text)
        self.edits: list[Replacement] = []

    def span(self, node: Node) -> tuple[int, int]:
        """Return the range of a value, or of a table with its header."""
        return self.lines.index(*node.span[:2]), self.lines.index(*node.span[2:])

    def table(self, node: Node, new: Any, path: tuple[str, ...]) -> None:
        """Add the edits that change a table."""
        old = node.value
        if not isinstance(old, dict) or not isinstance(new, dict):
            raise CannotRewriteError
        for key, child in old.items():
            if key not in new:
                self._delete(node, key, child)
            elif isinstance(child.value, dict) and isinstance(new[key], dict):
                self.table(child, new[key], (*path, key))
            elif isinstance(child.value, list) and isinstance(new[key], list):
                self._array(child, new[key])
            elif not same(child.plain(), new[key]):
                self._replace(child, new[key])
        added = {key: value for key, value in new.items() if key not in old}
        if added:
            self._insert(node, added, path)

    def _replace(self, node: Node, new: Any) -> None:
        start, end = self.span(node)
        literal = (
            self.text[start : start + 1] == "'" and isinstance(new, str) and not re.search(r"['\x00-\x1f\x7f]", new)
        )
        self.edits.append(Replacement(start, end, f"'{new}'" if literal else toml_value(new, "")))

    def _is_inline(self, node: Node) -> bool:
        return self.text[self.lines.index(*node.span[:2])] == "{"

    def _delete(self, node: Node, key: str, child: Node) -> None:
        """Delete a key with its value, which may be a table with a header."""
        start = self.lines.index(*(node.keys or {})[key][:2])
        if node.span != (1, 1, 1, 1) and isinstance(node.value, dict) and self._is_inline(node):
            spans = [
                (self.lines.index(*(node.keys or {})[name][:2]), self.span(each)[1])
                for name, each in node.value.items()
            ]
            self._delete_item(spans, list(node.value).index(key))
            return
        line = line_start(self.text, start)
        before = self.text[line:start]
        if not _DOTTED_START.fullmatch(before.lstrip(" \t[")):
            raise CannotRewriteError
        self.edits.append(Replacement(line, self._end_of_line(self.span(child)[1]), ""))

    def _end_of_line(self, end: int) -> int:
        rest = _REST.match(self.text, end)
        if rest is None:
            raise CannotRewriteError
        return rest.end()

    def _array(self, node: Node, new: list[Any]) -> None:
        items = node.value if isinstance(node.value, list) else []
        old = [item.plain() for item in items]
        if same(old, new):
            return
        if self.text[self.span(node)[0] : self.span(node)[0] + 2] == "[[" and isinstance(old[0] if old else None, dict):
            raise CannotRewriteError
        spans = [self.span(item) for item in items]
        # At most one item is removed: the first one that differs.
        first = common_start(old, new, same)
        others, removed = [*old[:first], *old[first + 1 :]], old[first : first + 1]
        is_removed = not any(same(item, each) for item in removed for each in new)
        if others and is_removed and same(new[: len(others)], others):
            last = spans[-2] if removed and first == len(others) else spans[-1]
            if removed:
                self._delete_item(spans, first)
            for value in new[len(others) :]:
                self._add_item(last, toml_value(value, ""))
        else:
            self._replace(node, new)

    def _delete_item(self, spans: Sequence[tuple[int, int]], index: int) -> None:
        start, end = spans[index]
        line = line_start(self.text, start)
        comma = _COMMA.match(self.text, end)
        rest = _REST.match(self.text, comma.end() if comma else end)
        if not self.text[line:start].strip() and rest is not None and comma is not None:
            self.edits.append(Replacement(line, rest.end(), ""))
        elif index + 1 < len(spans):
            self.edits.append(Replacement(start, spans[index + 1][0], ""))
        elif index:
            self.edits.append(Replacement(spans[index - 1][1], end, ""))
        else:
            self.edits.append(Replacement(start, comma.end() if comma else end, ""))

    def _add_item(self, last: tuple[int, int], text: str) -> None:
        start, end = last
        line = line_start(self.text, start)
        indent = self.text[line:start]
        own_line = line > 0 and not indent.strip()
        self.edits.append(Replacement(end, end, f",{self.line_break}{indent}{text}" if own_line else f", {text}"))

    def _insert(self, node: Node, added: dict[str, Any], path: tuple[str, ...]) -> None:
        """Add keys to a table: after its last key, below its header, or as a table at the end of the file."""
        children = node.value if isinstance(node.value, dict) else {}
        keys = node.keys or {}
        texts = [f"{toml_key(key)} = {toml_value(value, key)}" for key, value in added.items()]
        if path and self._is_inline(node):
            spans = [(self.lines.index(*keys[key][:2]), self.span(child)[1]) for key, child in children.items()]
            start = self.span(node)[0] + 1
            if spans:
                self.edits += [Replacement(spans[-1][1], spans[-1][1], "".join(f", {text}" for text in texts))]
            else:
                self.edits.append(Replacement(start, start, ", ".join(texts)))
            return
        direct = [key for key in children if not self._is_in_header(self.lines.index(*keys[key][:2]))]
        if not path and any(isinstance(value, dict) for value in added.values()):
            for key, value in added.items():
                self._append_table(key, value)
            return
        if direct:
            key = max(direct, key=lambda name: keys[name])
            start = self.lines.index(*keys[key][:2])
            line = line_start(self.text, start)
            prefix = self.text[line:start]
            self._insert_lines(self.span(children[key])[1], [prefix + text for text in texts])
        elif path and self.text[self.span(node)[0]] == "[":
            header = self.text.find("\n", self.span(node)[0])
            self._insert_lines(header if header >= 0 else len(self.text), texts)
        else:
            raise CannotRewriteError

    def _is_in_header(self, index: int) -> bool:
        line = line_start(self.text, index)
        return self.text[line:index].lstrip(" \t").startswith("[")

    def _append_table(self, name: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise CannotRewriteError
        lines = [f"[{toml_key(name)}]", *(f"{toml_key(key)} = {toml_value(each, key)}" for key, each in value.items())]
        separator = "" if not self.text or self.text.endswith("\n") else self.line_break
        block = "".join(line + self.line_break for line in lines)
        self.edits.append(Replacement(len(self.text), len(self.text), f"{separator}{self.line_break}{block}"))

    def _insert_lines(self, end: int, lines: Sequence[str]) -> None:
        at = self._end_of_line(end)
        text = self.line_break.join(lines)
        if at and self.text[at - 1] != "\n":
            self.edits.append(Replacement(at, at, self.line_break + text))
        else:
            self.edits.append(Replacement(at, at, text + self.line_break))
