"""The report for people: each finding with its line and a caret below it."""

from __future__ import annotations

import os
import re
from typing import TextIO

from compiler.diagnostics import ERROR, NOTE, WARNING, Diagnostic, Location, Report

_COLOURS = {ERROR: "31", WARNING: "33", NOTE: "36"}
_WIDTH = 120
_LONGEST_FILE = 8 * 1024 * 1024
# Whatever stands behind such a key is not repeated on a screen or in a log.
_SECRET = r"(?i)((?:secret|token|password|key-data|passwd)[\"']?\s*[:=]\s*)\S.*"
_PASSWORD = r"(//[^/\s:@]*:)[^/\s@]+@"
# Files that hold nothing but secrets.
_UNSHOWN = ("TOK-01",)
_UNPRINTABLE = "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"


def wants_colour(stream: TextIO) -> bool:
    """Colour goes to terminals only, and not where NO_COLOR or a dumb terminal asks for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render(reports: list[Report], colour: bool = False, summary: bool = True) -> str:
    """All findings by file and position, then one line that counts them."""
    lines: list[str] = []
    sources: dict[str, list[str]] = {}
    for report in reports:
        for found in report.sorted():
            lines += _finding(report, found, colour, sources)
    if summary:
        lines.append(_summary(reports))
    return "".join(f"{line}\n" for line in lines)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def clean(text: str) -> str:
    """Text without characters that would move the cursor or hide what follows."""
    return re.sub(_UNPRINTABLE, lambda match: f"\\u{ord(match[0]):04x}", text.replace("\t", " "))


def _finding(report: Report, found: Diagnostic, colour: bool, sources: dict[str, list[str]]) -> list[str]:
    place = clean(found.location.file if found.location else report.path)
    if found.location:
        place += f":{found.location.line}:{found.location.column}"
    rule = f" ({found.rule})" if found.rule else ""
    severity = _paint(found.severity, f"1;{_COLOURS[found.severity]}", colour)
    lines = [f"{_paint(place, '1', colour)}: {severity} {found.code}{rule}: {clean(found.message)}"]
    if found.location and (found.rule not in _UNSHOWN or found.location.file == report.path):
        lines += _excerpt(found.location, colour, _COLOURS[found.severity], sources)
    if found.hint:
        lines.append(f"    {_paint('hint:', '1', colour)} {clean(found.hint)}")
    return lines


def _excerpt(location: Location, colour: bool, paint: str, sources: dict[str, list[str]]) -> list[str]:
    """The line that the finding is about, cut to a screen's width, and a caret under the span."""
    if location.file not in sources:
        sources[location.file] = _lines_of(location.file)
    text = sources[location.file]
    if not 1 <= location.line <= len(text):
        return []
    line = text[location.line - 1]
    start = min(location.column, len(line) + 1) - 1
    end = location.end_column - 1 if location.end_line == location.line else len(line)
    end = max(min(end, len(line)), start + 1)
    masked = re.sub(_PASSWORD, r"\1***@", re.sub(_SECRET, r"\1***", line))
    if masked != line:
        # The span may lie in what was hidden: point at the line's first word instead.
        line = masked
        start = min(start, len(line) - len(line.lstrip()))
        end = start + 1
    cut = max(0, start - _WIDTH // 2)
    shown = line[cut : cut + _WIDTH]
    # Each character keeps one column, so that the caret stays below its text.
    shown = "".join(
        " " if letter == "\t" else "\ufffd" if re.match(_UNPRINTABLE, letter) else letter for letter in shown
    )
    number = f"{location.line:>5}"
    carets = "^" * max(1, min(end, cut + _WIDTH) - start)
    return [f"{number} | {shown}", f"{'':>5} | {' ' * (start - cut)}{_paint(carets, paint, colour)}"]


def _lines_of(name: str) -> list[str]:
    """A file's lines, split where YAML and TOML split them; none where it cannot be read (standard input)."""
    try:
        if not os.path.isfile(name) or os.path.getsize(name) > _LONGEST_FILE:
            return []
        with open(name, encoding="utf-8-sig", errors="replace", newline=None) as file:
            return file.read().split("\n")
    except (OSError, ValueError):
        return []


def _summary(reports: list[Report]) -> str:
    counts = {severity: sum(len(list(report.of(severity))) for report in reports) for severity in _COLOURS}
    words = [f"{count} {severity}{'s' if count != 1 else ''}" for severity, count in counts.items() if count]
    files = f"{len(reports)} input{'s' if len(reports) != 1 else ''}"
    return f"{files}: {', '.join(words) if words else 'no problems'}"
