"""Edits of the lines, brackets and braces of a YAML or JSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from compiler.artifacts.yamlio import dump
from compiler.changes.editing.data import CannotRewriteError
from compiler.changes.editing.lines import after_break, line_break_of, line_end, line_start
from compiler.changes.editing.pieces import Replacement
from compiler.inputs.source import is_json
from compiler.inputs.source.node import Lines, Source

_DASH = re.compile(r"-[ \t]+$")
_LINES = re.compile(r"""(?P<start>(?P<indent> *)(?:- |[A-Za-z0-9]+: ))(?P<text>"[^"\\]*(?:\\.[^"\\]*)*\\n")""")
_COMMA = re.compile(r"[ \t]*,")


class YamlText:
    """Collects the edits of a text; each is a list of ways to make it, of which one has to be chosen.

    What cannot be edited raises CannotRewriteError.
    """

    def __init__(self, source: Source) -> None:
        self.text = source.body
        self.lines = Lines(self.text)
        self.json = is_json(self.text)
        self.line_break = line_break_of(self.text)
        self.edits: list[list[list[Replacement]]] = []

    def add(self, replacement: Replacement) -> None:
        """Add an edit that can be made in one way only."""
        self.edits.append([[replacement]])

    def delete(
        self, spans: Sequence[tuple[int, int]], first: int, last: int, *, flow: bool, items: bool = False
    ) -> None:
        """Delete the entries or items from `first` to `last`, of which `spans` has all; at least one stays."""
        if flow:
            self._delete_in_flow(spans, first, last)
            return
        start, end = spans[first][0], spans[last][1]
        begin = self.dash(start) if items else start
        line = line_start(self.text, begin)
        if not self.text[line:begin].strip(" "):
            self.add(Replacement(line, self.end_of_line(end), ""))
            return
        # The first entry of a mapping that begins on the line of its list item, or an item of a list in a list.
        if first or last + 1 >= len(spans):
            raise CannotRewriteError
        following = spans[last + 1][0]
        if "#" in self.text[end : self.dash(following) if items else following]:
            raise CannotRewriteError
        self.add(Replacement(start, following, ""))

    def _delete_in_flow(self, spans: Sequence[tuple[int, int]], first: int, last: int) -> None:
        start, end = spans[first][0], spans[last][1]
        line = line_start(self.text, start)
        stop = self._comma(end)
        own_lines = not self.text[line:start].strip(" \t") and self._rest_of_line(stop).strip()[:1] in ("", "#")
        before = spans[first - 1][1] if first else start
        after = spans[last + 1][0] if last + 1 < len(spans) else end
        blanks = len(self.text[line:start]) - len(self.text[line:start].rstrip(" \t"))
        if first and not own_lines and blanks and self._rest_of_line(stop).strip()[:1] in ("", "#") and stop > end:
            self.add(Replacement(start - blanks, stop, ""))
        elif own_lines and (last + 1 < len(spans) or not self.json):
            self.add(Replacement(line, self.end_of_line(stop), ""))
        elif last + 1 < len(spans):
            self.add(Replacement(start, stop if "#" in self.text[stop:after] else after, ""))
        else:
            self.add(Replacement(start if "#" in self.text[before:start] else before, end, ""))

    def _comma(self, end: int) -> int:
        """Return the index after the comma that follows a value in brackets, or the end of the value."""
        match = _COMMA.match(self.text, end)
        return match.end() if match else end

    def insert_in_flow(self, start: int, end: int, texts: list[str]) -> None:
        """Insert values after one in brackets."""
        line = line_start(self.text, start)
        indent = self.text[line:start]
        own_line = not indent.strip(" \t") and line > 0
        separator = f",{self.line_break}{indent}" if own_line else ", "
        self.add(Replacement(end, end, "".join(separator + text for text in texts)))

    def block(self, value: Any, indent: str) -> list[str]:
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

    def insert_lines(self, end: int, lines: list[str]) -> None:
        """Insert lines after the line in which a value ends."""
        at = self.end_of_line(end)
        text = self.line_break.join(lines)
        if at and self.text[at - 1] not in "\r\n":
            self.add(Replacement(at, at, self.line_break + text))
        else:
            self.add(Replacement(at, at, text + self.line_break))

    def end_of_line(self, end: int) -> int:
        """Return the index after the line in which a value ends, of which only a comment may follow."""
        if end and self.text[end - 1] in "\r\n":
            return end
        rest = self._rest_of_line(end)
        if rest.strip()[:1] not in ("", "#"):
            raise CannotRewriteError
        return after_break(self.text, end + len(rest))

    def _rest_of_line(self, index: int) -> str:
        return self.text[index : line_end(self.text, index)]

    def dash(self, start: int) -> int:
        """Return the index of the hyphen of a list item that starts at an index."""
        line = line_start(self.text, start)
        match = _DASH.search(self.text[line:start])
        if match is None:
            raise CannotRewriteError
        return line + match.start()
