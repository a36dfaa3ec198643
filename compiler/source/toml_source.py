"""TOML to nodes with positions: tomli decides what is valid and what a value is, the scanner where it stands."""

from __future__ import annotations

import re
from math import isinf
from typing import Any

import tomli

from compiler.bounds import MAX_NUMBER
from compiler.diagnostics import Diagnostic, KascError, Location, Problems, diagnose
from compiler.source.node import Node, Source
from compiler.source.places import (
    at_span,
    location,
    long_number,
    name_character,
    overflowing,
    shown,
    too_deep,
)
from compiler.source.toml_positions import ConflictError, Scanner, check_nesting

_FORBIDDEN_ASCII = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]|\r(?!\n)"
_LONG_DIGITS = re.compile(rf"[0-9][0-9_]{{{MAX_NUMBER},}}")
_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")
_DUPLICATE = ("Cannot overwrite", "Cannot declare", "Cannot redefine", "Cannot mutate", "Duplicate inline")

_ABOUT_VALUES = ("Invalid value", "Expected newline")
_BOOLEANS = dict.fromkeys(("true", "yes", "on"), "true") | dict.fromkeys(("false", "no", "off"), "false")
_BARE_VALUE = r"[ \t]*(?P<key>[A-Za-z0-9_.-]+)[ \t]*=[ \t]*(?P<value>[^ \t\"'\[\]{}#,=]+)[ \t]*(?:#.*)?"
_LONGEST_LINE = 300

# The beginning of tomli's reason, and what to write instead.
_HINTS = (
    ("Invalid value", 'put texts into quotes: key = "text"'),
    ("Invalid statement", "write 'key = value' or a [table] header; comments begin with '#'"),
    (
        "Expected '=' after a key",
        "write 'key = value'; a key with other characters than A-Z, a-z, 0-9, - and _ needs quotes",
    ),
    ("Expected newline", "begin each 'key = value' on a line of its own"),
    ("Unclosed array", "separate items by ',' and close with ']'"),
    ("Unclosed inline table", "separate entries by ',' and close with '}'"),
    ("Unterminated string", "close the text with the quote it began with"),
    ("Expected \"'", "close the text with the quote it began with"),
    ("Unescaped '\\'", "write \\\\ for a backslash, or use single quotes"),
    ("Illegal character", "close the text in the line it began in, or use three quotes"),
    ("Found invalid character", "close the text in the line it began in, or use three quotes"),
)


def parse_toml(source: Source, problems: list[Diagnostic]) -> Node:
    """The root table of a TOML text.

    Dates, times and numbers out of bounds are added to `problems`. Raises KascError: DOC-02 past a bound, DOC-04
    on a syntax error, DOC-05 for a key given twice, DOC-06 for a number that is too long to be read.
    """
    text = source.text.removeprefix("\ufeff")
    _check_characters(source, text)
    check_nesting(source, text)
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _syntax_error(source, text, str(error)) from None
    except RecursionError:  # the check above goes by a lower bound: this is for the case that it misses something
        raise too_deep(Location(source.name, 1, 1, 1, 1)) from None
    except ValueError:
        # Python's own bound on turning digits into an integer.
        digits = _LONG_DIGITS.search(text)
        start, end = digits.span() if digits is not None else (0, 0)
        raise KascError(long_number(location(source, text, start, end), end - start)) from None
    root = Scanner(source, text).scan()
    found = Problems()
    _fill(root, values, found)
    problems += found
    return root


def _check_characters(source: Source, text: str) -> None:
    # Sets of characters beyond ASCII take milliseconds to compile, which most texts need not wait for.
    found = _FORBIDDEN_ASCII.search(text) if text.isascii() else re.search(_FORBIDDEN, text)
    if found is None:
        return
    char = found.group()
    message = f"the character {name_character(char)} is not allowed in TOML"
    hint = 'remove it, or write it as an escape in double quotes, as in "\\u0007"'
    if char == "\r":
        message, hint = (
            "a carriage return stands alone",
            "end lines with a line feed, with or without a carriage return",
        )
    raise KascError(diagnose("DOC-04", message, hint, location=location(source, text, *found.span())))


def _fill(node: Node, value: Any, problems: Problems) -> None:
    """Give every scalar the value that tomli read."""
    inner = node.value
    if isinstance(inner, dict):
        for key, child in inner.items():
            _fill(child, value[key], problems)
    elif isinstance(inner, list):
        for child, item in zip(inner, value, strict=True):
            _fill(child, item, problems)
    elif isinstance(value, str):
        node.value = node.text = value
    elif isinstance(value, bool | int | float):
        node.value = value
        _check_number(node, value, problems)
    else:
        node.value = node.text
        problems.report("DOC-06", _date, node)


def _check_number(node: Node, value: float, problems: Problems) -> None:
    if len(node.text) > MAX_NUMBER:
        problems.report("DOC-06", long_number, node.location, len(node.text))
    elif isinstance(value, float) and isinf(value) and "inf" not in node.text:
        problems.report("DOC-06", overflowing, node.location, node.text)


def _date(node: Node) -> Diagnostic:
    message = f"{node.text} is a date or a time, and documents hold none"
    return diagnose("DOC-06", message, f'put it into quotes: "{node.text}"', location=node.location)


def _syntax_error(source: Source, text: str, reason: str) -> KascError:
    """tomli's message as a KascError DOC-04; DOC-05 where it is about a key given twice."""
    found = _PLACE.search(reason)
    what = reason[: found.start()].rstrip() if found is not None else reason
    index = len(text)
    if found is not None and found.group(1):
        index = _index(text, int(found.group(1)), int(found.group(2)))
    if what.startswith(_DUPLICATE):
        return KascError(_duplicate(source, text, index, what))
    if index >= len(text):
        index = len(text.rstrip())
    hint = _value_hint(text, index) if what.startswith(_ABOUT_VALUES) else ""
    hint = hint or next((hint for start, hint in _HINTS if what.startswith(start)), "")
    message = f"this is not well-formed TOML: {what[:1].lower()}{what[1:]}"
    return KascError(diagnose("DOC-04", message, hint, location=location(source, text, index, index + 1)))


def _value_hint(text: str, index: int) -> str:
    """What to write for the bare value around an index that TOML does not take; empty if nothing is sure."""
    start = text.rfind("\n", 0, index) + 1
    found = re.fullmatch(_BARE_VALUE, text[start : start + _LONGEST_LINE].partition("\n")[0].rstrip("\r"))
    if found is None or not start + found.start("value") <= index <= start + found.end("value"):
        return ""
    key, value = found["key"], found["value"]
    word = value.lower()
    if word in _BOOLEANS:
        meant = _BOOLEANS[word]
        return f"write {meant}" if word == meant else f'write {meant}, or "{value}" for a string'
    if word in ("null", "none", "nil", "~"):
        return "remove the key: TOML has no null"
    if re.fullmatch(r"0[0-9]+", value):
        return f'write {value.lstrip("0") or "0"}, or "{value}" for a string'
    from compiler.redaction import is_secret_name

    return f'put the string in quotes: {key} = "{"VALUE" if is_secret_name(key) else value}"'


def _duplicate(source: Source, text: str, index: int, what: str) -> Diagnostic:
    """DOC-05 for what tomli found behind a key or a header that ends at `index`."""
    conflict = _conflict(source, text[:index])
    if conflict is None:
        line = text[text.rfind("\n", 0, index) + 1 : index]
        return diagnose(
            "DOC-05",
            f"a table is defined a second time, or added to where TOML does not allow it: {what[:1].lower()}{what[1:]}",
            "give all keys of the table in one place",
            location=location(source, text, index - len(line.lstrip()), index),
        )
    message = f"the key {shown(conflict.key)} is given twice, first in line {conflict.first[0]}"
    where = at_span(source, conflict.second)
    return diagnose("DOC-05", message, "keep one of the two, or join their values", location=where)


def _index(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))


def _conflict(source: Source, accepted: str) -> ConflictError | None:
    """The key that stands twice in the part of a text that tomli went through without complaint about its syntax."""
    try:
        Scanner(source, accepted).scan()
    except ConflictError as conflict:
        return conflict
    except (KascError, IndexError, TypeError):
        return None  # the part ends inside of something: what tomli says must do
    return None
