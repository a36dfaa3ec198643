"""Lines of a unit file: sections, assignments, comments and continued lines.

systemd: src/shared/conf-parser.c, config_parse and parse_line; src/basic/fileio.c, read_line_full.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from compiler.diagnostics import Location
from compiler.inputs.arguments import Trace, shift
from compiler.inputs.shell_words import Run, composed, trace_of
from compiler.inputs.source.node import Source, check_lines
from compiler.inputs.systemd.findings import Findings, RefusedError
from compiler.inputs.systemd.words import WHITESPACE
from compiler.text import closest, shown

_LINE_END = re.compile(r"\r\n?|\n\r?")
_MAX_LINE = 1024 * 1024
"""Bytes of a line with its continuations. systemd: LONG_LINE_MAX."""
_UNSAFE = re.compile("[\x00-\x1f\x7f\"'\\\\]")


class Assignment(NamedTuple):
    """One `KEY=VALUE`; `trace` is the trace of the value, `key_at` the location of the key."""

    section: str
    key: str
    value: str
    trace: Trace
    key_at: Location

    @property
    def location(self) -> Location:
        """The location of the value, of the key if it is empty."""
        return self.trace(0, len(self.value)) if self.value else self.key_at


class _Line(NamedTuple):
    """A line with its continuations. `parts` are the spans of its lines in the file, the last one exclusive of `end`.

    The backslash of a continued line is a space.
    """

    text: str
    parts: tuple[tuple[int, int], ...]

    @property
    def ends_empty(self) -> bool:
        """Whether an empty line ended the continuation."""
        start, end = self.parts[-1]
        return len(self.parts) > 1 and not self.text[len(self.text) - (end - start) :].strip(WHITESPACE)


def parse_unit(source: Source, findings: Findings) -> Iterator[Assignment]:
    """Yield the assignments of a unit file or drop-in in the sections that a service has.

    What systemd ignores is reported. Raises RefusedError at a line at which systemd stops reading,
    and KascError (DOC-02) for more than `MAX_LINES` lines.
    """
    check_lines(source)
    return _Parser(source, findings).run()


class _Parser:
    def __init__(self, source: Source, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.file = trace_of(source)
        self.last: Assignment | None = None
        self.lost: list[tuple[str, Location]] = []
        """The lines after the last assignment that were meant to continue it."""
        self.section: str | None = None
        self.ignores_section = False
        self.before: _Line | None = None
        """The line with the last assignment."""

    def run(self) -> Iterator[Assignment]:
        for line in self._lines():
            stripped = line.text.strip(WHITESPACE)
            if stripped:
                assignment = self._line(line, stripped, line.text.index(stripped[0]))
                if assignment is not None:
                    self._report_lost()
                    self.last, self.before = assignment, line
                    yield assignment
        self._report_lost()

    def _lines(self) -> Iterator[_Line]:
        """Yield the lines that are not comments, with their continuations."""
        pieces: list[str] = []
        parts: list[tuple[int, int]] = []
        for start, end in self._physical_lines():
            text = self.source.text[start:end]
            if text.lstrip(WHITESPACE).startswith(("#", ";")):
                continue
            continued = (len(text) - len(text.rstrip("\\"))) % 2 == 1
            pieces.append(f"{text[:-1]} " if continued else text)
            parts.append((start, end))
            if sum(map(len, pieces[-2:])) > _MAX_LINE or (len(pieces) > 2 and sum(map(len, pieces)) > _MAX_LINE):
                raise RefusedError("a line is longer than 1 MiB", "look for a missing line end", self.file(*parts[0]))
            if not continued:
                yield _Line("".join(pieces), tuple(parts))
                pieces, parts = [], []
        if pieces:
            yield _Line("".join(pieces), tuple(parts))

    def _physical_lines(self) -> Iterator[tuple[int, int]]:
        start = 0
        for match in _LINE_END.finditer(self.source.text):
            yield start, match.start()
            start = match.end()
        if start < len(self.source.text):
            yield start, len(self.source.text)

    def _trace(self, line: _Line) -> Trace:
        """Return the trace of a line."""
        if len(line.parts) == 1:
            first = line.parts[0][0]
            return lambda start, end: self.file(first + start, first + end)
        runs, at = [], 0
        for start, end in line.parts:
            if end > start:
                runs.append(Run(at, start, end, True))
            at += end - start
        return composed(self.file, runs)

    def _line(self, line: _Line, stripped: str, offset: int) -> Assignment | None:
        trace = self._trace(line)
        whole = trace(offset, offset + len(stripped))
        if stripped.startswith("["):
            self._header(stripped, whole)
        elif self.section is None:
            if not self.ignores_section:
                hint = "write it below [Service], [Unit] or [Install]"
                self.findings.ignored(f"systemd ignores {shown(stripped)}: it is not in a section", hint, whole)
        else:
            return self._assignment(self.section, stripped, offset, trace)
        return None

    def _header(self, text: str, where: Location) -> None:
        name = text[1:-1]
        if not text.endswith("]") or len(text) < 2:
            raise RefusedError(f"{shown(text)} is not a valid section header", "write [Service]", where)
        if _UNSAFE.search(name):
            raise RefusedError(f"{shown(text)} has invalid characters", "write [Service]", where)
        self.section = name if name in known_keys() else None
        self.ignores_section = self.section is None
        if self.section is None and self.findings.is_full:
            self.findings.ignored("", "", where)
        elif self.section is None and not name.startswith("X-"):
            near = closest(name, known_keys())
            hint = f"write [{near}]" if near else "a service has the sections [Unit], [Service] and [Install]"
            self.findings.ignored(f"systemd ignores the unknown section {shown(text)}", hint, where)

    def _assignment(self, section: str, stripped: str, offset: int, trace: Trace) -> Assignment | None:
        key, equals, value = stripped.partition("=")
        where = trace(offset, offset + len(stripped))
        if not equals or not key:
            self._ignore(stripped, "it is not an assignment", "write KEY=VALUE, or # before a comment", where)
            return None
        key_at = trace(offset, offset + len(key.rstrip(WHITESPACE)))
        key = key.rstrip(WHITESPACE)
        start = offset + len(stripped) - len(value.lstrip(WHITESPACE))
        if key in known_keys()[section]:
            return Assignment(section, key, value.lstrip(WHITESPACE), shift(trace, start) or trace, key_at)
        if key.startswith("-"):
            self._ignore(stripped, f"it is not a setting of [{section}]", "remove the line", where)
        elif self.findings.is_full:
            self.findings.ignored("", "", key_at)
        elif not key.startswith("X-"):
            near = closest(key, known_keys()[section])
            other = next((name for name, keys in known_keys().items() if key in keys), "")
            hint = f"write {near}=" if near else f"move it to [{other}]" if other else "correct the name, or remove it"
            self.findings.ignored(f"systemd ignores the unknown key {shown(key)} in [{section}]", hint, key_at)
        return None

    def _ignore(self, text: str, reason: str, hint: str, where: Location) -> None:
        """Report an ignored line; those that a command was meant to continue in are reported together."""
        if text.startswith(("-", "$")) and self.last is not None and self.last.key.startswith("Exec"):
            self.lost.append((text, where))
        elif self.findings.is_full:
            self.findings.ignored("", "", where)
        else:
            self.findings.ignored(f"systemd ignores {shown(text)}: {reason}", hint, where)

    def _report_lost(self) -> None:
        """Report the lines that a command was meant to continue in."""
        if not self.lost or self.last is None or self.before is None:
            return
        (text, where), others = self.lost[0], len(self.lost) - 1
        more = f" and the {others} lines after it" if others > 1 else " and the line after it" if others else ""
        number = self.file(*self.before.parts[-1]).line
        message = f"systemd ignores {shown(text)}{more}: {self.last.key}= ends in line {number}"
        self.findings.ignored(message, self._continuation(self.before, number), where)
        self.lost.clear()

    def _continuation(self, line: _Line, number: int) -> str:
        """Return what to do so that a command does not end in a line."""
        start, end = line.parts[-1]
        text = self.source.text[start:end]
        if line.ends_empty:
            return f"remove the empty line {number}: it ends the command"
        if text.endswith("\\"):
            return f"write one backslash at the end of line {number}: systemd reads two as an argument"
        if text.rstrip(WHITESPACE).endswith("\\"):
            return f"remove the white space after the backslash in line {number}"
        return f"end line {number} with a backslash"


@cache
def known_keys() -> dict[str, frozenset[str]]:
    """Return the keys of each section of a service. systemd: src/core/load-fragment-gperf.gperf.in of 252 and 257."""
    path = Path(__file__).with_name("keys.json")
    data: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return {section: frozenset(keys) for section, keys in data.items()}
