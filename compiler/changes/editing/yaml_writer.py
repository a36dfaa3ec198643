"""The edits of a YAML or JSON text by which its data becomes other data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from compiler.changes.editing.data import CannotRewriteError, same
from compiler.changes.editing.lines import line_start
from compiler.changes.editing.pieces import Replacement, common_start
from compiler.changes.editing.scalars import rewritten, written
from compiler.changes.editing.yaml_text import YamlText
from compiler.inputs.source.node import Node, Span

_ALIAS = re.compile(r"[ \t]*:[ \t]+\*[^\s,\]}]+")


class YamlWriter(YamlText):
    """Compares the data of a file with other data, and collects an edit for each difference."""

    def change(self, node: Node, new: Any, *, in_flow: bool) -> None:
        """Add the edits that change a value."""
        old = node.value
        if same(node.plain(), new):
            return
        flow = in_flow or self.text[self.start(node)] in "[{"
        if isinstance(old, dict) and old and isinstance(new, dict) and new:
            self._mapping(node, old, new, flow)
        elif isinstance(old, list) and old and isinstance(new, list) and new:
            self._sequence(node, old, new, flow)
        elif isinstance(old, dict | list) and flow:
            self.add(Replacement(self.start(node), self.end(node), self._inline(new)))
        elif isinstance(old, dict | list) or isinstance(new, dict | list):
            raise CannotRewriteError
        else:
            self.edits.append(rewritten(node, self.lines, new, in_flow=in_flow, as_json=self.json))

    def append(self, new: Any) -> None:
        """Add the text of the first document to a file without one."""
        self.insert_lines(len(self.text), self.block(new, ""))

    def start(self, node: Node) -> int:
        """Return the index of the first character of a value."""
        index = self.lines.index(*node.span[:2])
        if index >= len(self.text):
            raise CannotRewriteError
        return index

    def end(self, node: Node) -> int:
        """Return the index after a value."""
        return self.lines.index(*node.span[2:])

    def _inline(self, value: Any) -> str:
        return written(value, in_flow=True, as_json=self.json)

    # Mappings

    def _mapping(self, node: Node, old: dict[str, Node], new: dict[str, Any], flow: bool) -> None:
        keys = node.keys or {}
        removed = [key for key in old if key not in new]
        # What a merge key adds is written elsewhere.
        names = sorted((key for key in old if key in keys and _is_in(keys[key], node)), key=lambda key: keys[key])
        if len(removed) >= len(names) or not set(removed) <= set(names):
            raise CannotRewriteError
        starts = {key: self.lines.index(*keys[key][:2]) for key in names}
        spans = [(starts[key], self._entry_end(node, key)) for key in names]
        for first, last in _runs(sorted(names.index(key) for key in removed)):
            self.delete(spans, first, last, flow=flow)
        for key in old:
            if key in new and not same(old[key].plain(), new[key]):
                self._entry(node, key, new[key], flow)
        added = {key: value for key, value in new.items() if key not in old}
        if added:
            last_span = next(span for key, span in zip(reversed(names), reversed(spans), strict=True) if key in new)
            if flow:
                texts = [f"{self._key(key)}: {self._inline(value)}" for key, value in added.items()]
                self.insert_in_flow(*last_span, texts)
            else:
                indent = " " * (keys[names[0]][1] - 1)
                self.insert_lines(last_span[1], self.block(added, indent))

    def _key(self, key: str) -> str:
        return written(key, in_flow=True, as_json=self.json)

    def _entry_end(self, node: Node, key: str) -> int:
        """Return the index after the value of a key, which may be an alias."""
        span = (node.keys or {})[key]
        child = node.value[key] if isinstance(node.value, dict) else node
        if _is_in(child.span, node) and span[2:] <= child.span[:2]:
            return self.end(child)
        alias = _ALIAS.match(self.text, self.lines.index(*span[2:]))
        if alias is None:
            raise CannotRewriteError
        return alias.end()

    def _entry(self, node: Node, key: str, new: Any, flow: bool) -> None:
        """Change the value of a key."""
        child = node.value[key] if isinstance(node.value, dict) else node
        if key not in (node.keys or {}) or not _is_in(child.span, node):
            raise CannotRewriteError
        old = child.value
        is_collection = isinstance(new, dict | list) and bool(new)
        start, end = self.lines.index(*child.span[:2]), self.end(child)
        inline = flow or self.json or not is_collection
        if isinstance(old, dict | list) and old and type(old) is type(new) and new:
            self.change(child, new, in_flow=flow)
        elif inline and start < end and self.text[start] in "[{":
            self.add(Replacement(start, end, self._inline(new)))
        elif inline and not isinstance(old, dict | list):
            if start == end:
                self.add(Replacement(start, end, f" {written(new, in_flow=flow)}"))
            else:
                self.change(child, new, in_flow=flow)
        elif not inline and (not isinstance(old, dict | list) or not old):
            self._nested(node, key, child, new)
        elif isinstance(new, dict | list) and not new and not flow:
            self._emptied(node, key, end, new)
        else:
            raise CannotRewriteError

    def _nested(self, node: Node, key: str, child: Node, new: Any) -> None:
        """Replace a scalar, or an empty list or mapping, by a block below its key."""
        start, end = self.lines.index(*child.span[:2]), self.end(child)
        if "\n" in self.text[start:end] or node.keys is None:
            raise CannotRewriteError
        while start > 0 and self.text[start - 1] in " \t":
            start -= 1
        if start < end:
            self.add(Replacement(start, end, ""))
        indent = " " * (node.keys[key][1] - 1)
        lines = self.block({key: new}, indent)[1:]
        self.insert_lines(end, lines)

    def _emptied(self, node: Node, key: str, end: int, new: Any) -> None:
        """Replace a block below its key by an empty list or mapping."""
        colon = self.text.index(":", self.lines.index(*(node.keys or {})[key][2:])) + 1
        self.add(Replacement(colon, colon, f" {written(new)}"))
        self.add(Replacement(self.end_of_line(colon), self.end_of_line(end), ""))

    # Lists

    def _sequence(self, node: Node, old: list[Node], new: list[Any], flow: bool) -> None:
        plain = [item.plain() for item in old]
        first = common_start(plain, new, same)
        rest = common_start(plain[first:][::-1], new[first:][::-1], same)
        changed, wanted = old[first : len(old) - rest], new[first : len(new) - rest]
        if any(not _is_in(item.span, node) for item in old):
            raise CannotRewriteError
        pairs = min(len(changed), len(wanted))
        for item, value in zip(changed, wanted, strict=False):
            self.change(item, value, in_flow=flow)
        spans = [(self.lines.index(*item.span[:2]), self.end(item)) for item in old]
        if len(changed) > pairs:
            self.delete(spans, first + pairs, first + len(changed) - 1, flow=flow, items=True)
        elif len(wanted) > pairs:
            self._add_items(spans, first + pairs, wanted[pairs:], flow)

    def _add_items(self, spans: list[tuple[int, int]], index: int, values: list[Any], flow: bool) -> None:
        """Add items in front of the one at an index, or at the end."""
        if flow and index:
            self.insert_in_flow(*spans[index - 1], [self._inline(value) for value in values])
        elif flow:
            texts = "".join(f"{self._inline(value)}, " for value in values)
            self.add(Replacement(spans[0][0], spans[0][0], texts))
        else:
            dash = self.dash(spans[min(index, len(spans) - 1)][0])
            indent = " " * (dash - line_start(self.text, dash))
            lines = [line for value in values for line in self.block([value], indent)]
            if index:
                self.insert_lines(spans[index - 1][1], lines)
            else:
                start = line_start(self.text, dash)
                if self.text[start:dash].strip(" "):
                    raise CannotRewriteError
                self.add(Replacement(start, start, "".join(line + self.line_break for line in lines)))


def _is_in(span: Span, node: Node) -> bool:
    """Return whether a span is inside that of a node; that of an alias is elsewhere."""
    return node.span[:2] <= span[:2] and span[2:] <= node.span[2:]


def _runs(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of consecutive numbers.

    >>> list(_runs([1, 2, 5]))
    [(1, 2), (5, 5)]
    """
    run: list[int] = []
    for index in indices:
        if run and index != run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(index)
    if run:
        yield run[0], run[-1]
