"""The position of each character of a scalar in its file, and characters that look like others."""

from __future__ import annotations

import re
from functools import lru_cache

from compiler.bounds import MAX_ARGUMENT
from compiler.diagnostics import Location
from compiler.inputs.source.node import LINE_BREAK, Node, Source, Span

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u300c\u300d"
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u00b4"
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_FULLWIDTH = "\uff01-\uff5e"
PUNCTUATION = f"[{_DASHES}{_DOUBLE_QUOTES}{_SINGLE_QUOTES}{_SPACES}{_INVISIBLE}{_FULLWIDTH}\u2026]"
"""A pattern for characters that no flag or field value contains on purpose."""
_LETTERS = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420"
        "\u0421\u0422\u0425\u03bf\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u0131\u2044\u2215\u2236\ua789",
        "aeopcyxijsABEKMHOPCTXoABEHIKMNOPTXi//::",
        strict=True,
    )
)
_MAX_NAMED = 3
LOOKALIKES = f"(?:{PUNCTUATION}|[{''.join(_LETTERS)}])"
"""A pattern for invisible characters and those that can be mistaken for an ASCII character."""


def named(char: str) -> str:
    """Return the Unicode name and code point of a character.

    >>> named("\u2013")
    'an en dash (U+2013)'
    """
    import unicodedata

    name = unicodedata.name(char, "").lower() or "a character"
    article = "" if name.startswith("a ") else "an " if name[0] in "aeiou" else "a "
    return f"{article}{name} (U+{ord(char):04X})"


def plain(char: str) -> str:
    """Return the ASCII replacement; empty if the character should be removed.

    >>> [plain(char) for char in "\u2013\u201c\u00a0\u200b\uff1d\u0430"]
    ['-', '"', ' ', '', '=', 'a']
    """
    if re.fullmatch(f"[{_DASHES}]", char):
        return "-"
    if re.fullmatch(f"[{_FULLWIDTH}]", char):
        return chr(ord(char) - 0xFEE0)
    if char == "\u2026":
        return "..."
    if char in _DOUBLE_QUOTES:
        return '"'
    if char in _SINGLE_QUOTES:
        return "'"
    return " " if re.fullmatch(f"[{_SPACES}]", char) else _LETTERS.get(char, "")


def advice(text: str, *, letters: bool = True) -> str:
    """Return what to write instead of the look-alikes in a string, each named once; empty if there are none.

    `letters` includes letters of other alphabets that look like Latin ones.
    """
    if text.isascii():
        return ""
    parts = []
    matches = re.findall(LOOKALIKES, text) if letters else re.findall(PUNCTUATION, text)
    for char in list(dict.fromkeys(matches))[:_MAX_NAMED]:
        instead = plain(char)
        if instead in ("", " "):
            parts.append(f"remove {named(char)}" if not instead else f"write a space for {named(char)}, or remove it")
        elif instead in ('"', "'"):
            parts.append(f"remove {named(char)}, or write {instead}")
        else:
            parts.append(f'write "{instead}" for {named(char)}')
    return "; ".join(parts)


Cell = tuple[str, Span]
"""One character of a value, and the span in the file that it was read from."""

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_CODES = {"x": 2, "u": 4, "U": 8}
_WHOLE = "whole"


def place_in(node: Node, start: int, end: int) -> Location:
    """Return the location of a scalar's characters from index `start` to before `end`.

    Return the location of the whole scalar if the characters cannot be located.
    """
    whole = node.location
    if node.memoized(_WHOLE):
        return whole
    text = node.value if isinstance(node.value, str) else node.text
    one_line = whole.line == whole.end_line
    if one_line and whole.end_column - whole.column == len(text):
        return whole._replace(column=whole.column + start, end_column=whole.column + end)
    if one_line and whole.end_column - whole.column == len(text) + 2:
        column = whole.column
        if _lines(node.source)[whole.line - 1][column : column + len(text)] == text:
            return whole._replace(column=column + 1 + start, end_column=column + 1 + end)
    spans = characters(node)
    if spans is None:
        return whole
    return Location(whole.file, *(span_in(spans, start, end) if spans else (*node.span[:2], *node.span[:2])))


def span_in(spans: list[Span], start: int, end: int) -> Span:
    """Return the span of the characters from `start` to before `end`, given those of all; there is at least one."""
    end = min(end, len(spans))
    if start < end:
        return *spans[start][:2], *spans[end - 1][2:]
    line, column = spans[start][:2] if start < len(spans) else spans[-1][2:]
    return line, column, line, column


def only_whole(node: Node) -> None:
    """Record that the characters of a scalar are not those of its place in the file, which need not be tried."""
    node.memoize(_WHOLE, True)


@lru_cache(maxsize=2)
def _lines(source: Source) -> list[str]:
    return LINE_BREAK.split(source.body)


@lru_cache(maxsize=2)
def characters(node: Node) -> list[Span] | None:
    """Return the span in the file of each character of a string scalar; None if they cannot be located.

    Strings longer than a command-line argument are not located. The scalar is decoded again from the file, and the
    result is None if it differs from the value, so a span is never a guess.
    """
    if not isinstance(node.value, str) or len(node.value) > MAX_ARGUMENT:
        return None
    line, column, end_line, end_column = node.span
    lines = _lines(node.source)[line - 1 : end_line]
    if len(lines) != end_line - line + 1:
        return None
    first = lines[0][column - 1 : column]
    if first in ("|", ">"):
        cells = _block(lines, line, node.value, folded=first == ">")
    else:
        quote = first if first in ("'", '"') and first else ""
        lines[-1] = lines[-1][: end_column - 1 - len(quote)]
        cells = _flow(lines, line, column - 1 + len(quote), quote)
    return [span for _, span in cells] if "".join(text for text, _ in cells) == node.value else None


def _flow(lines: list[str], number: int, column: int, quote: str) -> list[Cell]:
    """Decode a quoted or plain scalar that starts in the first line at a column (from 0)."""
    cells: list[Cell] = []
    blank = 0
    for index, line in enumerate(lines):
        start = column if index == 0 else len(line) - len(line.lstrip(" \t"))
        end = len(line) if index == len(lines) - 1 else len(line.rstrip(" \t"))
        joined = quote == '"' and index < len(lines) - 1 and _ends_escaped(line, start)
        if joined:
            end = len(line) - 1
        if index and start >= end and index < len(lines) - 1:
            blank += 1
            continue
        if index and not (cells and cells[-1][0] == ""):
            place = (number + index, start + 1, number + index, start + 1)
            cells += [("\n", place)] * blank if blank else [(" ", place)]
        elif cells:
            cells.pop()
        blank = 0
        cells += _line(line, start, end, number + index, quote)
        if joined:
            cells.append(("", (number + index, end + 1, number + index, end + 2)))
    return cells


def _ends_escaped(line: str, start: int) -> bool:
    """Return whether a line ends with a backslash that joins it to the next line."""
    return (len(line) - len(line[start:].rstrip("\\")) - start) % 2 == 1


def _line(line: str, start: int, end: int, number: int, quote: str) -> list[Cell]:
    """Decode the characters of one line from `start` to before `end`."""
    cells: list[Cell] = []
    while start < end:
        char, size = line[start], 1
        if quote == "'" and line.startswith("''", start):
            size = 2
        elif quote == '"' and char == "\\" and start + 1 < end:
            char, size = _escape(line, start)
        cells.append((char, (number, start + 1, number, start + size + 1)))
        start += size
    return cells


def _escape(line: str, start: int) -> tuple[str, int]:
    """Return the decoded escape sequence and its length."""
    letter = line[start + 1]
    digits = _CODES.get(letter)
    if digits is None:
        return _ESCAPES.get(letter, letter), 2
    try:
        return chr(int(line[start + 2 : start + 2 + digits], 16)), 2 + digits
    except (ValueError, OverflowError):
        return "", 2 + digits


def _block(lines: list[str], number: int, value: str, *, folded: bool) -> list[Cell]:
    """Decode a block scalar, whose header is in the first line."""
    nonblank = [line for line in lines[1:] if line.strip(" ")]
    first = next((line for line in value.split("\n") if line.strip(" ")), "")
    if not nonblank:
        return [(char, (number, 1, number, 1)) for char in value]
    indent = (len(nonblank[0]) - len(nonblank[0].lstrip(" "))) - (len(first) - len(first.lstrip(" ")))
    cells: list[Cell] = []
    before, blank = "", 0
    for index, line in enumerate(lines[1:], 1):
        text = line[indent:]
        if not text:
            blank += 1
            continue
        place = (number + index, indent + 1, number + index, indent + 1)
        plain = folded and not before.startswith((" ", "\t")) and not text.startswith((" ", "\t"))
        breaks = "\n" * (blank + (1 if before else 0))
        if plain and before:
            breaks = breaks[1:] or " "
        cells += [(char, place) for char in breaks]
        cells += [
            (char, (number + index, indent + at, number + index, indent + at + 1)) for at, char in enumerate(text, 1)
        ]
        before, blank = text, 0
    place = (number + len(lines) - 1, len(lines[-1]) + 1, number + len(lines) - 1, len(lines[-1]) + 1)
    return cells + [("\n", place)] * (len(value) - len(cells))
