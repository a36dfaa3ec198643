"""Shell words with their places; expansions are kept as they are written."""

from __future__ import annotations

from compiler.diagnostics import KascError, Location, diagnose
from compiler.flags.arguments import Word


def split_words(text: str, name: str, line: int, column: int) -> list[Word]:
    """The words of a text that begins at a line and column: quotes, backslashes, continuations and comments.

    Raises KascError for a quote that does not end.
    """
    words: list[Word] = []
    parts: list[str] = []
    start: tuple[int, int] | None = None
    position = 0
    while position < len(text):
        letter = text[position]
        following = text[position + 1 : position + 2]
        if letter in " \t\r\n":
            if start is not None:
                words.append(Word("".join(parts), Location(name, *start, line, column)))
                parts, start = [], None
        elif letter == "#" and start is None:
            end = text.find("\n", position)
            column += (end if end >= 0 else len(text)) - position
            position = end if end >= 0 else len(text)
            continue
        elif letter == "\\" and following == "\n":
            position += 2
            line, column = line + 1, 1
            continue
        else:
            start = start or (line, column)
            if letter == "\\":
                parts.append(following)
                position, column = position + 2, column + 2
                continue
            if letter in "'\"":
                end = _closing(text, position)
                if end < 0:
                    at = Location(name, line, column, line, column + 1)
                    hint = "close the quote, or put a backslash before it"
                    raise KascError(diagnose("INPUT-02", "a quote does not end", hint, location=at))
                inside = text[position + 1 : end]
                parts.append(inside if letter == "'" else _unescaped(inside))
                skipped = text[position : end + 1]
                if "\n" in skipped:
                    line += skipped.count("\n")
                    column = len(skipped) - skipped.rfind("\n")
                else:
                    column += len(skipped)
                position = end + 1
                continue
            parts.append(letter)
        line, column = (line + 1, 1) if letter == "\n" else (line, column + 1)
        position += 1
    if start is not None:
        words.append(Word("".join(parts), Location(name, *start, line, column)))
    return words


def _closing(text: str, start: int) -> int:
    quote, position = text[start], start + 1
    while position < len(text):
        if text[position] == "\\" and quote == '"':
            position += 2
            continue
        if text[position] == quote:
            return position
        position += 1
    return -1


def _unescaped(inside: str) -> str:
    """Between double quotes, a backslash escapes only a few characters."""
    parts: list[str] = []
    position = 0
    while position < len(inside):
        if inside[position] == "\\" and inside[position + 1 : position + 2] in ("$", "`", '"', "\\", "\n"):
            if inside[position + 1] != "\n":
                parts.append(inside[position + 1])
            position += 2
        else:
            parts.append(inside[position])
            position += 1
    return "".join(parts)
