"""One CSV record, as Go's encoding/csv reads and writes it with its default settings."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.flags.numbers import ValueRefused
from compiler.flags.text import shown

_HINT = 'put the whole element in double quotes, and write "" for a quote inside'


def read_record(text: str) -> list[str]:
    """The fields of the first record of a text; blank lines before it are skipped, what follows is not read.

    Raises ValueRefused (PARSE-09) for bare and unbalanced quotes, and where there is no record.
    """
    if '"' not in text and "\n" not in text:
        return text.removesuffix("\r").split(",") if text != "\r" else [""]
    lines = text.replace("\r\n", "\n").split("\n")
    start = next((index for index, line in enumerate(lines) if line), None)
    if start is None:
        raise ValueRefused("PARSE-09", f"{shown(text)} holds no list", "write elements separated by commas")
    rest = "\n".join(lines[start:])
    fields: list[str] = []
    position = 0
    while True:
        field, position, ended = (
            _quoted(rest, position) if rest[position : position + 1] == '"' else _bare(rest, position)
        )
        fields.append(field)
        if ended:
            return fields


def _bare(text: str, start: int) -> tuple[str, int, bool]:
    """An unquoted field: its text, where the next one starts, whether the record ends."""
    end = start
    while end < len(text) and text[end] not in ",\n":
        if text[end] == '"':
            raise ValueRefused("PARSE-09", f"{shown(text)} has a quote inside an element", _HINT)
        end += 1
    ended = end >= len(text) or text[end] == "\n"
    field = text[start:end]
    if end >= len(text):
        field = field.removesuffix("\r")
    return field, end + 1, ended


def _quoted(text: str, start: int) -> tuple[str, int, bool]:
    parts: list[str] = []
    position = start + 1
    while True:
        quote = text.find('"', position)
        if quote < 0:
            raise ValueRefused("PARSE-09", f"{shown(text)} has a quote that does not end", _HINT)
        parts.append(text[position:quote])
        follows = text[quote + 1 : quote + 2]
        if follows == '"':
            parts.append('"')
            position = quote + 2
        elif follows in ("", ",", "\n") or text[quote + 1 :] == "\r":
            return "".join(parts), quote + 2, follows != ","
        else:
            raise ValueRefused("PARSE-09", f"{shown(text)} goes on after a closing quote", _HINT)


def write_record(fields: Sequence[str]) -> str:
    """A text that `read_record` turns into the fields again; empty for none."""
    if list(fields) == [""]:
        return '""'
    return ",".join(_field(field) for field in fields)


def _field(field: str) -> str:
    if not field:
        return ""
    if field[0].isspace() or any(letter in field for letter in ',"\r\n'):
        return '"' + field.replace('"', '""') + '"'
    return field
