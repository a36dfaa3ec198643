"""CSV records and base64. Go: encoding/csv with default settings, encoding/base64."""

from __future__ import annotations

import re
from collections.abc import Sequence

from compiler import rules
from compiler.text import shown
from compiler.upstream.go.strconv import InvalidValueError

_HINT = 'put the whole element in double quotes, and write "" for a quote within it'


class Field:
    """One field and its range in the record, including quotes; the end is exclusive."""

    __slots__ = ("end", "start", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end


def read_record(text: str) -> list[str]:
    """Return the fields of the first record; blank lines before it are skipped, further records are ignored.

    Raise InvalidValueError (PARSE-09) for bare and unbalanced quotes, and if there is no record.
    """
    if '"' not in text and "\n" not in text and text and text != "\r":
        return text.removesuffix("\r").split(",")
    return [field.text for field in read_fields(text)]


def read_fields(text: str, start: int = 0) -> list[Field]:
    """Return the fields of the first record from an index on, with their ranges; raise as `read_record`."""
    position = next_record(text, start)
    if position is None:
        raise InvalidValueError(
            rules.INVALID_LIST, f"{shown(text)} is not a valid list", "write elements separated by commas"
        )
    fields: list[Field] = []
    while True:
        quoted = text.startswith('"', position)
        field = _quoted(text, position) if quoted else _bare(text, position)
        fields.append(field)
        if not text.startswith(",", field.end):
            return fields
        position = field.end + 1


def next_record(text: str, position: int = 0) -> int | None:
    """Return the start of the first line that is not blank, None if there is none."""
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
        raise InvalidValueError(rules.INVALID_LIST, f"bare quote in an element of {shown(text)}", _HINT)
    if comma < 0 and end > start and text[end - 1] == "\r":
        end -= 1
    return Field(text[start:end], start, end)


def _quoted(text: str, start: int) -> Field:
    parts: list[str] = []
    position = start + 1
    while True:
        quote = text.find('"', position)
        if quote < 0:
            raise InvalidValueError(rules.INVALID_LIST, f"unterminated quote in {shown(text)}", _HINT)
        parts.append(text[position:quote].replace("\r\n", "\n"))
        end = quote + 1
        if text.startswith('"', end):
            parts.append('"')
            position = end + 1
        elif end == len(text) or text.startswith((",", "\n", "\r\n"), end) or text[end:] == "\r":
            return Field("".join(parts), start, end)
        else:
            raise InvalidValueError(
                rules.INVALID_LIST, f"unexpected characters after a closing quote in {shown(text)}", _HINT
            )


def write_record(fields: Sequence[str]) -> str:
    """Return a record that `read_record` parses to the same fields; empty for no fields.

    CRLF within a field cannot be preserved: it is read as LF.
    """
    if list(fields) == [""]:
        return '""'
    return ",".join(_quoted_if_needed(field) for field in fields)


def _quoted_if_needed(field: str) -> str:
    if field and (field[0].isspace() or any(letter in field for letter in ',"\r\n')):
        return '"' + field.replace('"', '""') + '"'
    return field


def decode_base64(text: str) -> bytes | None:
    """Return the bytes of a string in standard base64, None if it is invalid; line breaks are skipped.

    Go: encoding/base64, StdEncoding.DecodeString.
    """
    import base64

    plain = re.sub(r"[\r\n]", "", text)
    fits = len(plain) % 4 == 0 and re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", plain)
    return base64.b64decode(plain) if fits else None
