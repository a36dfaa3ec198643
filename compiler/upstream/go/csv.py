"""One CSV record, as Go's encoding/csv reads and writes it with its default settings."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.text import shown
from compiler.upstream.go.strconv import InvalidValueError

_HINT = 'put the whole element in double quotes, and write "" for a quote inside'


class Field:
    """One field, and where it stands in the text of the record, quotes included; the end is exclusive."""

    __slots__ = ("end", "start", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end


def read_record(text: str) -> list[str]:
    """The fields of the first record of a text; blank lines before it are skipped, what follows is not read.

    Raises InvalidValueError (PARSE-09) for bare and unbalanced quotes, and where there is no record.
    """
    if '"' not in text and "\n" not in text and text and text != "\r":
        return text.removesuffix("\r").split(",")
    return [field.text for field in read_fields(text)]


def read_fields(text: str, start: int = 0) -> list[Field]:
    """The fields of the first record from a place on, with their places; raises as `read_record` does."""
    position = next_record(text, start)
    if position is None:
        raise InvalidValueError("PARSE-09", f"{shown(text)} holds no list", "write elements separated by commas")
    fields: list[Field] = []
    while True:
        quoted = text.startswith('"', position)
        field = _quoted(text, position) if quoted else _bare(text, position)
        fields.append(field)
        if not text.startswith(",", field.end):
            return fields
        position = field.end + 1


def next_record(text: str, position: int = 0) -> int | None:
    """Where the first line begins, from a place on, that is not blank; None where there is none."""
    while True:
        end = text.find("\n", position)
        line = text[position:] if end < 0 else text[position:end]
        if line not in ("", "\r"):
            return position
        if end < 0:
            return None
        position = end + 1


def _bare(text: str, start: int) -> Field:
    line_end = text.find("\n", start)
    stop = len(text) if line_end < 0 else line_end
    comma = text.find(",", start, stop)
    end = comma if comma >= 0 else stop
    if '"' in text[start:end]:
        raise InvalidValueError("PARSE-09", f"{shown(text)} has a quote inside an element", _HINT)
    if comma < 0 and end > start and text[end - 1] == "\r":
        end -= 1
    return Field(text[start:end], start, end)


def _quoted(text: str, start: int) -> Field:
    parts: list[str] = []
    position = start + 1
    while True:
        quote = text.find('"', position)
        if quote < 0:
            raise InvalidValueError("PARSE-09", f"{shown(text)} has a quote that does not end", _HINT)
        parts.append(text[position:quote].replace("\r\n", "\n"))
        end = quote + 1
        if text.startswith('"', end):
            parts.append('"')
            position = end + 1
        elif end == len(text) or text.startswith((",", "\n", "\r\n"), end) or text[end:] == "\r":
            return Field("".join(parts), start, end)
        else:
            raise InvalidValueError("PARSE-09", f"{shown(text)} goes on after a closing quote", _HINT)


def write_record(fields: Sequence[str]) -> str:
    """A text that `read_record` turns into the fields again; empty for none.

    A carriage return with a line feed cannot be kept: it is read as a line feed alone.
    """
    if list(fields) == [""]:
        return '""'
    return ",".join(_written(field) for field in fields)


def _written(field: str) -> str:
    if field and (field[0].isspace() or any(letter in field for letter in ',"\r\n')):
        return '"' + field.replace('"', '""') + '"'
    return field
