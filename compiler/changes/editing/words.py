"""Flags among the words of a text: command lines, argument files, units, environment files and scripts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from typing import NamedTuple

from compiler.artifacts.targets.systemd import quoted as quoted_for_systemd
from compiler.changes.editing.lines import after_break, line_break_of, line_end, line_start
from compiler.changes.editing.pieces import Replacement

_QUOTES = "\"'"
_REST_OF_WORD = re.compile(r"[^\s\"']*")
_BLANKS = re.compile(r"(?:[ \t]|\\?\r?\n)*")
_SAFE = re.compile(r"[A-Za-z0-9_./@:+=,^%#-]+", re.ASCII)
"""Words that a shell takes as they are, if they do not begin with `#`."""


class Span(NamedTuple):
    """A range of a text, by the indices of its start and of its exclusive end."""

    start: int
    end: int


class FlagWords(NamedTuple):
    """Where a flag is in a text: its name with the hyphens, and its value, None if that is in another text."""

    name: Span
    value: Span | None


def flag_words(text: str, name: Span, value: Span | None) -> FlagWords:
    """Return the places of a flag; a word that could only be located as a whole is divided at its `=`."""
    if value == name:
        _, equals, rest = text[name.start : name.end].partition("=")
        if equals:
            start = name.end - len(rest)
            return FlagWords(Span(name.start, start - 1), Span(start, name.end))
        return FlagWords(name, None)
    return FlagWords(name, value)


def deletions(text: str, flag: FlagWords) -> Iterator[list[Replacement]]:
    """Yield ways to delete a flag with its value, the best first."""
    start, end = _whole(text, flag)
    line = line_start(text, start)
    stop = line_end(text, end)
    before, after = text[line:start], text[end:stop]
    if not before.strip() and after.strip() in ("", "\\"):
        continued = _continuation(_line_before(text, line)) if line else ""
        if after.strip() or not continued:
            yield [Replacement(line, after_break(text, stop), "")]
        if line and not after.strip():
            previous = line - len(_break_before(text, line))
            yield [Replacement(previous - len(continued), end, "")]
    blanks = len(before) - len(before.rstrip(" \t"))
    if blanks and before.strip():
        yield [Replacement(start - blanks, end, "")]
    yield [Replacement(start, end + len(after) - len(after.lstrip(" \t")), "")]


def insertions(text: str, flag: FlagWords, word: str) -> Iterator[list[Replacement]]:
    """Yield ways to insert a word after a flag and its value, the best first."""
    start, end = _whole(text, flag)
    line = line_start(text, start)
    stop = line_end(text, end)
    before, after = text[line:start], text[end:stop]
    line_break = line_break_of(text)
    if not before.strip() and after.strip() in ("", "\\"):
        previous = _continuation(_line_before(text, line)) if line else ""
        mark = _continuation(after)
        if mark:
            yield [Replacement(stop, stop, f"{line_break}{before}{word}{mark}")]
        elif previous:
            yield [Replacement(end, end, f"{previous.rstrip()}{line_break}{before}{word}")]
        else:
            yield [Replacement(stop, stop, f"{line_break}{before}{word}")]
    yield [Replacement(end, end, f" {word}")]


def changes(text: str, flag: FlagWords, value: str, styles: Styles) -> Iterator[list[Replacement]]:
    """Yield ways to give a flag another value; none if its value is in another text."""
    if flag.value is None:
        for style in styles:
            end = flag.name.end
            if text[end : end + 1] != "=":
                yield [Replacement(end, end, f"={style(value)}")]
        return
    start, end = flag.value
    quote = text[start - 1 : start] if text[start - 1 : start] in _QUOTES else ""
    if quote and text[end : end + 1] == quote:
        yield [Replacement(start, end, re.sub(r'[\\"$`]', r"\\\g<0>", value) if quote == '"' else value)]
        yield [Replacement(start, end, value)]
    for style in styles:
        yield [Replacement(start, end, style(value))]


Styles = tuple[Callable[[str], str], ...]
"""Ways to write a word so that a reader of the text reads a string."""


def verbatim(text: str) -> str:
    """Return a word as it is."""
    return text


def for_shell(text: str) -> str:
    """Return a word as a shell reads it."""
    return text if _SAFE.fullmatch(text) and not text.startswith("#") else shlex.quote(text)


def for_unit(text: str) -> str:
    """Return a word of a command line in a unit."""
    return quoted_for_systemd(text, "$")


def for_environment(text: str) -> str:
    """Return a word in the assignment of a unit, in which `$` is not special."""
    return text.replace("%", "%%")


def _whole(text: str, flag: FlagWords) -> Span:
    """Return the words of a flag, with the quotes around them."""
    start, end = flag.name
    value = flag.value if flag.value is not None and flag.value.start >= end else None
    if value and (value.start == end + 1 or not _BLANKS.sub("", text[end : value.start]).strip(_QUOTES + "=")):
        end = value.end
    else:
        end = _rest(text, end)
    if text[end : end + 1] in _QUOTES and text[end : end + 1] and text.count(text[end], start, end) % 2:
        end += 1
    quote = text[start - 1 : start]
    if start and quote in _QUOTES and text[end : end + 1] == quote and (start == 1 or text[start - 2].isspace()):
        return Span(start - 1, end + 1)
    return Span(start, end)


def _rest(text: str, index: int) -> int:
    match = _REST_OF_WORD.match(text, index)
    return match.end() if match else index


def _continuation(line: str) -> str:
    """Return the end of a line that continues on the next one, from the white space in front of its backslash on."""
    body = line.rstrip(" \t")
    return line[len(body[:-1].rstrip(" \t")) :] if body.endswith("\\") else ""


def _break_before(text: str, line: int) -> str:
    return "\r\n" if text[line - 2 : line] == "\r\n" else text[line - 1 : line]


def _line_before(text: str, line: int) -> str:
    """Return the line in front of one that starts at an index."""
    end = line - len(_break_before(text, line))
    return text[line_start(text, end) : end]
