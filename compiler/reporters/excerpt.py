"""The line that a finding is about and a caret below it, as a terminal shows it; nothing secret among it."""

from __future__ import annotations

import os
import re

from compiler.diagnostics import Location

WIDTH = 120
"""Columns of an excerpt where no terminal says otherwise."""
_NARROWEST = 20
_LARGEST_FILE = 8 * 1024 * 1024
_TAB = "    "
UNPRINTABLE = "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
# Whatever stands behind such a key is not repeated on a screen or in a log.
_KEY = r"(?i:secret|token|password|passwd|key-data)[\"']?\s*[:=]\s*"
_SECRET = rf"({_KEY})\S.*"
_SECRET_BELOW = rf"{_KEY}(?:[|>][-+0-9]*\s*)?(?:#.*)?$"
_PASSWORD = r"(//[^/\s:@]*:)[^/\s@]+@"
# A line of nothing but base64 belongs to a key or a certificate.
_BASE64 = r"(?=.*[0-9+/=])\s*[\"']?[A-Za-z0-9+][A-Za-z0-9+/]{18,}={0,2}[\"']?\s*"
_HIDDEN = "***"


class Excerpts:
    """The lines of files, read when a finding first needs them.

    `texts` holds those that cannot be read again: standard input. `width` counts a terminal's columns, `encoding` is
    what it understands.
    """

    def __init__(self, texts: dict[str, str], width: int = WIDTH, encoding: str = "utf-8") -> None:
        self.texts = texts
        self.width = max(width, _NARROWEST)
        self.encoding = encoding
        self.lines: dict[str, list[str]] = {}
        self.safe: dict[tuple[str, int], str] = {}

    def of(self, location: Location) -> tuple[str, str, str] | None:
        """The line's number, the line, and the carets below it; None where there is nothing to be seen."""
        lines = self._lines_of(location.file)
        line = lines[location.line - 1] if 1 <= location.line <= len(lines) else ""
        if not line.strip():
            return None
        start = max(0, min(location.column, len(line) + 1) - 1)
        end = location.end_column - 1 if location.end_line == location.line else len(line)
        end = max(min(end, len(line)), start + 1)
        safe = self._without_secrets(location, lines)
        if safe != line:
            # The span may lie in what was hidden: point at the line's first word instead.
            line, start = safe, min(start, len(safe) - len(safe.lstrip()))
            end = start + 1
        number = f"{location.line:>5}"
        shown, carets = self._window(line, start, end, self.width - len(f"{number} | "))
        return number, shown, carets

    def _lines_of(self, name: str) -> list[str]:
        """A file's lines, split where YAML and TOML split them; none where it cannot be read."""
        if name not in self.lines:
            text = self.texts.get(name)
            if text is None:
                text = _read(name)
            self.lines[name] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self.lines[name]

    def _without_secrets(self, location: Location, lines: list[str]) -> str:
        key = (location.file, location.line)
        if key not in self.safe:
            self.safe[key] = without_secrets(lines, location.line - 1)
        return self.safe[key]

    def _window(self, line: str, start: int, end: int, width: int) -> tuple[str, str]:
        """As much of a line around a span as fits in `width` columns, and carets below the span."""
        cells: dict[int, tuple[str, int]] = {}

        def wide(index: int) -> int:
            if index not in cells:
                cells[index] = self._cell(line[index])
            return cells[index][1]

        left, right = 0, len(line)
        mark = "…" if self._can_show("…") else "..."
        if len(line) > width or sum(map(wide, range(len(line)))) > width:
            room = width - 2 * len(mark)
            left = right = start
            used = 0
            # The span begins in the middle, unless there is less than that on one side.
            while left and used + wide(left - 1) <= room // 2:
                left -= 1
                used += wide(left)
            while right < len(line) and used + wide(right) <= room:
                used += wide(right)
                right += 1
            while left and used + wide(left - 1) <= room:
                left -= 1
                used += wide(left)
        head, tail = mark if left else "", mark if right < len(line) else ""
        before = len(head) + sum(map(wide, range(left, start)))
        under = sum(map(wide, range(start, min(end, right))))
        shown = "".join(cells[index][0] for index in range(left, right) if wide(index) >= 0)
        return f"{head}{shown}{tail}", " " * before + "^" * max(1, under)

    def _cell(self, letter: str) -> tuple[str, int]:
        """What is shown for a character, and how many columns it takes."""
        if " " <= letter <= "~":
            return letter, 1
        if letter == "\t":
            return _TAB, len(_TAB)
        if re.match(UNPRINTABLE, letter) or not self._can_show(letter):
            return ("\ufffd" if self._can_show("\ufffd") else "?"), 1
        import unicodedata

        if unicodedata.category(letter) in ("Mn", "Me"):
            return letter, 0
        return letter, 2 if unicodedata.east_asian_width(letter) in "WF" else 1

    def _can_show(self, letter: str) -> bool:
        try:
            letter.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True


def without_secrets(lines: list[str], index: int) -> str:
    """A line with its secrets hidden: behind the name of one, below it, inside URLs, and keys in base64."""
    line = lines[index]
    above = next((lines[at] for at in range(index - 1, max(-1, index - 100), -1) if lines[at].strip()), "")
    indent = len(line) - len(line.lstrip())
    if re.fullmatch(_BASE64, line) or re.search(_SECRET_BELOW, above):
        return line[:indent] + _HIDDEN
    return without_passwords(re.sub(_SECRET, rf"\1{_HIDDEN}", line))


def without_passwords(text: str) -> str:
    """A text with the passwords in its URLs hidden."""
    return re.sub(_PASSWORD, rf"\1{_HIDDEN}@", text)


def _read(name: str) -> str:
    try:
        if not os.path.isfile(name) or os.path.getsize(name) > _LARGEST_FILE:
            return ""
        with open(name, encoding="utf-8-sig", errors="replace", newline="") as file:
            return file.read()
    except (OSError, ValueError):
        return ""
