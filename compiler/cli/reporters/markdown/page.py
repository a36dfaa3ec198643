"""A page of Markdown that fits in a comment."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.text import clean_line, counted
from compiler.text.markdown import table

LIMIT = 64_000
"""Characters of a page: GitHub rejects comments of more than 65,536, to which a workflow may add a line."""
_RESERVED = 400
"""Characters for the line about what was left out."""
_SHARE = 0.4
"""The part of the room that a table may fill, because details follow."""


class Page:
    """A title, and what fits below it; what does not is counted."""

    def __init__(self, title: str) -> None:
        self.lines = [title, ""]
        self.room = LIMIT - _RESERVED - len(title)
        self.left_out: dict[str, int] = {}

    def add(self, *versions: Sequence[str]) -> bool:
        """Add the first of several versions of lines for which there is room. Returns whether there is one."""
        for lines in versions:
            size = sum(len(line) + 1 for line in lines) + 1
            if size <= self.room:
                self.lines += [*lines, ""]
                self.room -= size
                return True
        return False

    def add_table(self, heading: Sequence[str], rows: Sequence[Sequence[str]], noun: str) -> None:
        """Add the rows of a table for which there is room, if there are any; the others count as `noun`."""
        if not rows:
            return
        lines = table(heading, rows)
        shown, room = 2, self.room * _SHARE
        for line in lines[2:]:
            room -= len(line) + 1
            if room < 0:
                break
            shown += 1
        self._leave_out(noun, len(lines) - shown)
        self.add(lines[:shown])

    def add_details(self, *versions: Sequence[str]) -> None:
        """Add details as `add` does."""
        if not self.add(*versions):
            self._leave_out("detail section", 1)

    def _leave_out(self, noun: str, number: int) -> None:
        if number:
            self.left_out[noun] = self.left_out.get(noun, 0) + number

    def text(self, command: str) -> str:
        """Return the page, which ends with what was left out and the command that shows it."""
        if self.left_out:
            parts = ", ".join(counted(number, noun) for noun, number in self.left_out.items())
            self.lines.append(f"Left out, because comments are limited in size: {parts}. Run `{command}` to see all.")
        while self.lines[-1] == "":
            self.lines.pop()
        return "".join(f"{clean_line(line)}\n" for line in self.lines)
