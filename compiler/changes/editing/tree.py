"""Rewriting the text of a YAML or JSON file so that it contains other data, with everything else as it was.

The data before and after are compared, and each difference is an edit of the text at its place. The result is read
again: it has to contain exactly the data that was asked for, so an edit is never a guess. What an anchor shares is not
edited, because the data would change at another place as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from typing import Any

from compiler.artifacts.yamlio import dump
from compiler.changes.editing.pieces import Replacement, applied, narrowed, without_overlaps
from compiler.changes.editing.scalars import rewritten, written
from compiler.diagnostics import KascError
from compiler.inputs.source import is_json
from compiler.inputs.source.node import Lines, Node, Source, Span

_MOST_WAYS = 16
_DASH = re.compile(r"-[ \t]+$")
_ALIAS = re.compile(r"[ \t]*:[ \t]+\*[^\s,\]}]+")
_LINES = re.compile(r"""(?P<start>(?P<indent> *)(?:- |[A-Za-z0-9]+: ))(?P<text>"[^"\\]*(?:\\.[^"\\]*)*\\n")""")
_COMMA = re.compile(r"[ \t]*,")

Parse = Callable[[Source], list[Node]]


class CannotRewriteError(Exception):
    """The text cannot be edited so that it contains the data."""


def rewrite(source: Source, documents: Sequence[Node], data: Sequence[Any], parse: Parse) -> list[Replacement] | None:
    """Return the replacements in the text of a file after which its documents are `data`; None if there is no way.

    `documents` are the parsed documents of the file, and `parse` returns those of another text.
    """
    writer = _Writer(source)
    try:
        if not documents:
            writer.append(data[0])
        for node, new in zip(documents, data, strict=bool(documents)):
            writer.change(node, new, in_flow=False)
    except CannotRewriteError:
        return None
    for ways in islice(product(*writer.edits), _MOST_WAYS):
        replacements = [narrowed(source.body, each) for way in ways for each in way]
        if without_overlaps(replacements) and contains(source, replacements, data, parse):
            return replacements
    return None


def contains(source: Source, replacements: Sequence[Replacement], data: Sequence[Any], parse: Parse) -> bool:
    """Return whether the documents of an edited text are `data`."""
    try:
        documents = parse(Source(source.name, applied(source.body, replacements), json=source.json))
    except KascError:
        return False
    return same([node.plain() for node in documents], list(data))


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same, with the same types."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


class _Writer:
    """Collects the edits of a file; each is a list of ways to make it, of which one has to be chosen."""

    def __init__(self, source: Source) -> None:
        self.text = source.body
        self.lines = Lines(self.text)
        self.json = is_json(self.text)
        self.line_break = "\r\n" if "\r\n" in self.text else "\n"
        self.edits: list[list[list[Replacement]]] = []

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
            self._add(Replacement(self.start(node), self.end(node), self._inline(new)))
        elif isinstance(old, dict | list) or isinstance(new, dict | list):
            raise CannotRewriteError
        else:
            self.edits.append(rewritten(node, self.lines, new, in_flow=in_flow, as_json=self.json))

    def append(self, new: Any) -> None:
        """Add the text of the first document to a file without one."""
        self._insert_lines(len(self.text), self._block(new, ""))

    def start(self, node: Node) -> int:
        """Return the index of the first character of a value."""
        index = self.lines.index(*node.span[:2])
        if index >= len(self.text):
            raise CannotRewriteError
        return index

    def end(self, node: Node) -> int:
        """Return the index after a value."""
        return self.lines.index(*node.span[2:])

    def _add(self, replacement: Replacement) -> None:
        self.edits.append([[replacement]])

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
            self._delete(spans, first, last, flow=flow)
        for key in old:
            if key in new and not same(old[key].plain(), new[key]):
                self._entry(node, key, new[key], flow)
        added = {key: value for key, value in new.items() if key not in old}
        if added:
            last_span = next(span for key, span in zip(reversed(names), reversed(spans), strict=True) if key in new)
            if flow:
                texts = [f"{self._key(key)}: {self._inline(value)}" for key, value in added.items()]
                self._insert_in_flow(*last_span, texts)
            else:
                indent = " " * (keys[names[0]][1] - 1)
                self._insert_lines(last_span[1], self._block(added, indent))

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
            self._add(Replacement(start, end, self._inline(new)))
        elif inline and not isinstance(old, dict | list):
            if start == end:
                self._add(Replacement(start, end, f" {written(new, in_flow=flow)}"))
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
            self._add(Replacement(start, end, ""))
        indent = " " * (node.keys[key][1] - 1)
        lines = self._block({key: new}, indent)[1:]
        self._insert_lines(end, lines)

    def _emptied(self, node: Node, key: str, end: int, new: Any) -> None:
        """Replace a block below its key by an empty list or mapping."""
        colon = self.text.index(":", self.lines.index(*(node.keys or {})[key][2:])) + 1
        self._add(Replacement(colon, colon, f" {written(new)}"))
        self._add(Replacement(self._end_of_line(colon), self._end_of_line(end), ""))

    # Lists

    def _sequence(self, node: Node, old: list[Node], new: list[Any], flow: bool) -> None:
        plain = [item.plain() for item in old]
        first = _common(plain, new)
        rest = _common(plain[first:][::-1], new[first:][::-1])
        changed, wanted = old[first : len(old) - rest], new[first : len(new) - rest]
        if any(not _is_in(item.span, node) for item in old):
            raise CannotRewriteError
        pairs = min(len(changed), len(wanted))
        for item, value in zip(changed, wanted, strict=False):
            self.change(item, value, in_flow=flow)
        spans = [(self.lines.index(*item.span[:2]), self.end(item)) for item in old]
        if len(changed) > pairs:
            self._delete(spans, first + pairs, first + len(changed) - 1, flow=flow, items=True)
        elif len(wanted) > pairs:
            self._add_items(spans, first + pairs, wanted[pairs:], flow)

    def _add_items(self, spans: list[tuple[int, int]], index: int, values: list[Any], flow: bool) -> None:
        """Add items in front of the one at an index, or at the end."""
        if flow and index:
            self._insert_in_flow(*spans[index - 1], [self._inline(value) for value in values])
        elif flow:
            texts = "".join(f"{self._inline(value)}, " for value in values)
            self._add(Replacement(spans[0][0], spans[0][0], texts))
        else:
            dash = self._dash(spans[min(index, len(spans) - 1)][0])
            indent = " " * (dash - self._line_start(dash))
            lines = [line for value in values for line in self._block([value], indent)]
            if index:
                self._insert_lines(spans[index - 1][1], lines)
            else:
                start = self._line_start(dash)
                if self.text[start:dash].strip(" "):
                    raise CannotRewriteError
                self._add(Replacement(start, start, "".join(line + self.line_break for line in lines)))

    # Text

    def _delete(self, spans: list[tuple[int, int]], first: int, last: int, *, flow: bool, items: bool = False) -> None:
        """Delete the entries or items from `first` to `last`, of which `spans` has all; at least one stays."""
        if flow:
            self._delete_in_flow(spans, first, last)
            return
        start, end = spans[first][0], spans[last][1]
        begin = self._dash(start) if items else start
        line = self._line_start(begin)
        if not self.text[line:begin].strip(" "):
            self._add(Replacement(line, self._end_of_line(end), ""))
            return
        # The first entry of a mapping that begins on the line of its list item, or an item of a list in a list.
        if first or last + 1 >= len(spans):
            raise CannotRewriteError
        following = spans[last + 1][0]
        if "#" in self.text[end : self._dash(following) if items else following]:
            raise CannotRewriteError
        self._add(Replacement(start, following, ""))

    def _delete_in_flow(self, spans: list[tuple[int, int]], first: int, last: int) -> None:
        start, end = spans[first][0], spans[last][1]
        line = self._line_start(start)
        stop = self._comma(end)
        own_lines = not self.text[line:start].strip(" \t") and self._rest_of_line(stop).strip()[:1] in ("", "#")
        before = spans[first - 1][1] if first else start
        after = spans[last + 1][0] if last + 1 < len(spans) else end
        blanks = len(self.text[line:start]) - len(self.text[line:start].rstrip(" \t"))
        if first and not own_lines and blanks and self._rest_of_line(stop).strip()[:1] in ("", "#") and stop > end:
            self._add(Replacement(start - blanks, stop, ""))
        elif own_lines and (last + 1 < len(spans) or not self.json):
            self._add(Replacement(line, self._end_of_line(stop), ""))
        elif last + 1 < len(spans):
            self._add(Replacement(start, stop if "#" in self.text[stop:after] else after, ""))
        else:
            self._add(Replacement(start if "#" in self.text[before:start] else before, end, ""))

    def _comma(self, end: int) -> int:
        """Return the index after the comma that follows a value in brackets, or the end of the value."""
        match = _COMMA.match(self.text, end)
        return match.end() if match else end

    def _insert_in_flow(self, start: int, end: int, texts: list[str]) -> None:
        """Insert values after one in brackets."""
        line = self._line_start(start)
        indent = self.text[line:start]
        own_line = not indent.strip(" \t") and line > 0
        separator = f",{self.line_break}{indent}" if own_line else ", "
        self._add(Replacement(end, end, "".join(separator + text for text in texts)))

    def _block(self, value: Any, indent: str) -> list[str]:
        """Return the lines of a mapping or a list with an indent; a string of several lines is a literal."""
        lines = []
        for line in dump(value).split("\n")[:-1]:
            match = _LINES.fullmatch(line)
            inner = json.loads(match["text"]).split("\n") if match is not None else []
            if match is None or inner[-1] or not all(each.strip() and each[0] != "\t" for each in inner[:-1]):
                lines.append(line)
                continue
            lines.append(f"{match['start']}|")
            lines += [f"{' ' * (len(match['indent']) + 2)}{each}" for each in inner[:-1]]
        return [f"{indent}{line}" for line in lines]

    def _insert_lines(self, end: int, lines: list[str]) -> None:
        """Insert lines after the line in which a value ends."""
        at = self._end_of_line(end)
        text = self.line_break.join(lines)
        if at and self.text[at - 1] not in "\r\n":
            self._add(Replacement(at, at, self.line_break + text))
        else:
            self._add(Replacement(at, at, text + self.line_break))

    def _end_of_line(self, end: int) -> int:
        """Return the index after the line in which a value ends, of which only a comment may follow."""
        if end and self.text[end - 1] in "\r\n":
            return end
        rest = self._rest_of_line(end)
        if rest.strip()[:1] not in ("", "#"):
            raise CannotRewriteError
        stop = end + len(rest)
        if self.text.startswith("\r\n", stop):
            return stop + 2
        return min(stop + 1, len(self.text))

    def _rest_of_line(self, index: int) -> str:
        stops = [stop for each in "\r\n" if (stop := self.text.find(each, index)) >= 0]
        return self.text[index : min(stops, default=len(self.text))]

    def _line_start(self, index: int) -> int:
        return max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1

    def _dash(self, start: int) -> int:
        """Return the index of the hyphen of a list item that starts at an index."""
        line = self._line_start(start)
        match = _DASH.search(self.text[line:start])
        if match is None:
            raise CannotRewriteError
        return line + match.start()


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


def _common(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return the length of the common start of two lists."""
    length = 0
    for first, second in zip(one, other, strict=False):
        if not same(first, second):
            break
        length += 1
    return length
