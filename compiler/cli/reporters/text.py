"""The report for terminals: each finding with its source line and a caret."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from compiler import rules
from compiler.cli.reporters.summary import Counts, Once
from compiler.diagnostics import ERROR, NOTE, WARNING, Diagnostic, Location, Report
from compiler.filesystem import read_file
from compiler.text import UNPRINTABLE, clean, clean_path, escape_commands
from compiler.text.redaction import HIDDEN, Spans

if TYPE_CHECKING:
    from compiler.inputs.masking import Masked


WIDTH = 120
"""Columns of an excerpt if the output is not a terminal."""
_MIN_WIDTH = 20
_TAB = "    "


class Excerpts:
    """The lines of files, read when a finding first needs them.

    `texts` holds the content of files that cannot be read again: standard input. Files for which `is_hidden` is true
    are not read. `width` is in columns of a terminal with the given `encoding`.
    """

    def __init__(
        self,
        texts: dict[str, str],
        width: int = WIDTH,
        encoding: str = "utf-8",
        is_hidden: Callable[[str], object] = lambda name: False,
    ) -> None:
        self.texts = texts
        self.is_hidden = is_hidden
        self.width = max(width, _MIN_WIDTH)
        self.encoding = encoding
        self.files: dict[str, Masked] = {}

    def of(self, location: Location, is_input: bool = True) -> tuple[str, str, str] | None:
        """Return the line number, the line and the carets below it; None if there is nothing to show.

        A file that contains secrets is not shown, unless it is the input itself.
        """
        file = self._file(location.file)
        index = location.line - 1
        line = file.lines[index] if 0 <= index < len(file.lines) else ""
        if not line.strip() or (file.is_secret_file and not is_input):
            return None
        start = max(0, min(location.column, len(line) + 1) - 1)
        end = location.end_column - 1 if location.end_line == location.line else len(line)
        end = max(min(end, len(line)), start + 1)
        line, start, end = _shifted(file.line(index), file.spans(index), start, end)
        number = f"{location.line:>5}"
        shown, carets = self._window(line, start, end, self.width - len(f"{number} | "))
        return number, shown, carets

    def _file(self, name: str) -> Masked:
        """Return a file split into lines as YAML and TOML do; without any line if it cannot be read."""
        if name not in self.files:
            from compiler.inputs.masking import Masked

            text = self.texts.get(name)
            if text is None:
                text = "" if self.is_hidden(name) else _read(name)
            self.files[name] = Masked(name, text)
        return self.files[name]

    def _window(self, line: str, start: int, end: int, width: int) -> tuple[str, str]:
        """Return the part of a line around a span that fits in `width` columns, and carets below the span."""
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
            # Center the start of the span, unless the line is shorter than that on one side.
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

    def _cell(self, character: str) -> tuple[str, int]:
        """Return the representation of a character, and its width in columns."""
        if " " <= character <= "~":
            return character, 1
        if character == "\t":
            return _TAB, len(_TAB)
        if re.match(UNPRINTABLE, character) or not self._can_show(character):
            return ("\ufffd" if self._can_show("\ufffd") else "?"), 1
        import unicodedata

        if unicodedata.category(character) in ("Mn", "Me"):
            return character, 0
        return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1

    def _can_show(self, character: str) -> bool:
        try:
            character.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True


def _shifted(line: str, hidden: Spans, start: int, end: int) -> tuple[str, int, int]:
    """Return the masked line, and the position of a span of the original line in it."""

    def moved(index: int, is_end: bool) -> int:
        shift = 0
        for first, last in hidden:
            if last <= index:
                shift += len(HIDDEN) - (last - first)
            elif first < index or (first == index and not is_end):
                # Inside a masked value, which is marked as a whole.
                return first + shift + (len(HIDDEN) if is_end else 0)
        return index + shift

    start = moved(start, False)
    return line, start, max(moved(end, True), start + 1)


def _read(name: str) -> str:
    try:
        return read_file(name).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return ""


_COLOURS = {ERROR: "31", WARNING: "33", NOTE: "36"}
# Rules about files that contain nothing but secrets.
_UNSHOWN = (rules.INVALID_TOKEN_AUTH_FILE.id,)


def wants_colour(stream: TextIO) -> bool:
    """Return whether to use colour: on terminals, unless NO_COLOR is set or TERM is dumb."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Return the columns of a terminal; a fixed number for everything else."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def render(
    reports: list[Report], colour: bool = False, summary: bool = True, width: int = WIDTH, encoding: str = "utf-8"
) -> str:
    """Return all findings by file and position, the policy results, and a line with the number of findings."""
    lines: list[str] = []
    counts, once = Counts(), Once()
    for report in reports:
        counts.add(report)
        lines += findings(report, once.of(report), colour, width, encoding)
    if summary:
        lines += [line for each in reports for line in _policies(each)]
        lines.append(_last_line(counts) + once.in_words())
    return "".join(f"{line}\n" for line in lines)


class Stream:
    """Streamed text report; the policy result of an input follows its findings."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.counts = Counts()
        self.once = Once()
        self.style = (wants_colour(stream), width_of(stream), stream.encoding or "utf-8")

    def add(self, report: Report) -> None:
        """Write the findings of one more input."""
        self.counts.add(report)
        lines = findings(report, self.once.of(report), *self.style) if report.diagnostics else []
        lines += _policies(report)
        self.stream.write("".join(f"{line}\n" for line in lines))

    def end(self) -> None:
        """Write the line with the number of findings."""
        self.stream.write(f"{_last_line(self.counts)}{self.once.in_words()}\n")


def _policies(report: Report) -> list[str]:
    """Return a line for each policy with the counts of its controls."""
    return [f"{clean_path(report.path)}: {clean(result.in_words())}" for result in report.policies]


def _last_line(counts: Counts) -> str:
    fixable = f"; {counts.fixable} fixable with kasc check --fix" if counts.fixable else ""
    return counts.in_words() + fixable


def findings(
    report: Report, diagnostics: list[Diagnostic], colour: bool = False, width: int = WIDTH, encoding: str = "utf-8"
) -> list[str]:
    """Return the lines about some findings of a report."""

    def is_outside(name: str) -> bool:
        return report.root is not None and bool(report.root.refusal(name))

    excerpts = Excerpts(report.texts, width, encoding, is_outside)
    return [escape_commands(line) for each in diagnostics for line in _finding(report, each, colour, excerpts)]


def _may_be_shown(report: Report, diagnostic: Diagnostic) -> bool:
    """Return whether the line of a finding may be shown: not if its file contains nothing but secrets."""
    file = diagnostic.location.file if diagnostic.location else ""
    return file not in report.concealed and (diagnostic.rule not in _UNSHOWN or file == report.path)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def _finding(report: Report, diagnostic: Diagnostic, colour: bool, excerpts: Excerpts) -> list[str]:
    place = clean_path(diagnostic.location.file if diagnostic.location else report.path)
    if diagnostic.location:
        place += f":{diagnostic.location.line}:{diagnostic.location.column}"
    rule = f" ({diagnostic.rule})" if diagnostic.rule else ""
    severity = _paint(diagnostic.severity, f"1;{_COLOURS[diagnostic.severity]}", colour)
    lines = [f"{_paint(place, '1', colour)}: {severity} {diagnostic.code}{rule}: {clean(diagnostic.message)}"]
    if diagnostic.location and _may_be_shown(report, diagnostic):
        excerpt = excerpts.of(diagnostic.location, diagnostic.location.file == report.path)
        if excerpt:
            number, line, carets = excerpt
            lines += [
                f"{number} | {line}",
                f"{'':{len(number)}} | {_paint(carets, _COLOURS[diagnostic.severity], colour)}",
            ]
    if diagnostic.hint:
        lines.append(f"    {_paint('hint:', '1', colour)} {clean(diagnostic.hint)}")
    return lines
