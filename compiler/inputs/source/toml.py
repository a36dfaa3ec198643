"""TOML parsed to nodes with positions: tomli validates and decodes, the scanner locates."""

from __future__ import annotations

import re
from math import isinf
from typing import Any

import tomli

from compiler import rules
from compiler.bounds import MAX_NUMBER
from compiler.diagnostics import Diagnostic, KascError, Location, Problems, diagnose
from compiler.inputs.source.node import (
    Node,
    Source,
    at_span,
    code_point,
    location,
    long_number,
    overflowing,
    quoted,
    too_deep,
)
from compiler.inputs.source.toml_positions import ConflictError, Scanner, check_nesting
from compiler.text.redaction import is_secret_name

_FORBIDDEN_ASCII = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]|\r(?!\n)"
_LONG_DIGITS = re.compile(rf"[0-9][0-9_]{{{MAX_NUMBER},}}")
_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")
_DUPLICATE = ("Cannot overwrite", "Cannot declare", "Cannot redefine", "Cannot mutate", "Duplicate inline")

_ABOUT_VALUES = ("Invalid value", "Expected newline")
_BOOLEANS = dict.fromkeys(("true", "yes", "on"), "true") | dict.fromkeys(("false", "no", "off"), "false")
_BARE_VALUE = r"[ \t]*(?P<key>[A-Za-z0-9_.-]+)[ \t]*=[ \t]*(?P<value>[^ \t\"'\[\]{}#,=]+)[ \t]*(?:#.*)?"
_MAX_LINE = 300

_CLOSE_STRING = "close the string with the quote it starts with"
_CLOSE_IN_LINE = "close the string on the line it starts on, or use three quotes"
# The start of tomli's message, and the hint.
_HINTS = (
    ("Invalid value", 'quote strings: key = "value"'),
    ("Invalid statement", "write 'key = value' or a [table] header; comments begin with '#'"),
    (
        "Expected '=' after a key",
        "write 'key = value'; quote a key with characters other than A-Z, a-z, 0-9, - and _",
    ),
    ("Expected newline", "write each 'key = value' on a separate line"),
    ("Unclosed array", "separate items with ',' and close with ']'"),
    ("Unclosed inline table", "separate entries with ',' and close with '}'"),
    ("Unterminated string", _CLOSE_STRING),
    ("Expected \"'", _CLOSE_STRING),
    ("Unescaped '\\'", "write \\\\ for a backslash, or use single quotes"),
    ("Illegal character", _CLOSE_IN_LINE),
    ("Found invalid character", _CLOSE_IN_LINE),
)


def parse_toml(source: Source, problems: list[Diagnostic]) -> Node:
    """Parse a TOML document and return its root table.

    Adds dates, times and numbers out of bounds (DOC-06) to `problems`. Raises KascError: DOC-02 if a bound is
    exceeded, DOC-04 for a syntax error, DOC-05 for a duplicate key, DOC-06 for a number too long to convert.
    """
    text = source.body
    _check_characters(source, text)
    check_nesting(source, text)
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _syntax_error(source, text, str(error)) from None
    except RecursionError:  # the check above is approximate and can miss deep nesting in invalid text
        raise too_deep(Location(source.name, 1, 1, 1, 1)) from None
    except ValueError:
        # Python's limit on converting digits to an integer.
        digits = _LONG_DIGITS.search(text)
        start, end = digits.span() if digits is not None else (0, 0)
        raise KascError(long_number(location(source, text, start, end), end - start)) from None
    root = Scanner(source, text).scan()
    value_problems = Problems()
    _fill(root, values, value_problems)
    problems += value_problems
    return root


def _check_characters(source: Source, text: str) -> None:
    # The character set beyond ASCII takes milliseconds to compile, and most files do not need it.
    forbidden = _FORBIDDEN_ASCII.search(text) if text.isascii() else re.search(_FORBIDDEN, text)
    if forbidden is None:
        return
    char = forbidden.group()
    message = f"the character {code_point(char)} is not allowed in TOML"
    hint = 'remove it, or write it as an escape in double quotes, for example "\\u0007"'
    if char == "\r":
        message = "carriage return without a line feed"
        hint = "end lines with a line feed, with or without a carriage return before it"
    raise KascError(diagnose(rules.SYNTAX_ERROR, message, hint, location=location(source, text, *forbidden.span())))


def _fill(node: Node, value: Any, problems: Problems) -> None:
    """Set the value of every scalar to the one that tomli decoded."""
    children = node.value
    if isinstance(children, dict):
        for key, child in children.items():
            _fill(child, value[key], problems)
    elif isinstance(children, list):
        for child, item in zip(children, value, strict=True):
            _fill(child, item, problems)
    elif isinstance(value, str):
        node.value = node.text = value
    elif isinstance(value, bool | int | float):
        node.value = value
        _check_number(node, value, problems)
    else:
        node.value = node.text
        problems.report(rules.UNSUPPORTED_TYPE_OF_VALUE, _date, node)


def _check_number(node: Node, value: float, problems: Problems) -> None:
    if len(node.text) > MAX_NUMBER:
        problems.report(rules.UNSUPPORTED_TYPE_OF_VALUE, long_number, node.location, len(node.text))
    elif isinstance(value, float) and isinf(value) and "inf" not in node.text:
        problems.report(rules.UNSUPPORTED_TYPE_OF_VALUE, overflowing, node.location, node.text)


def _date(node: Node) -> Diagnostic:
    message = f"{node.text} is a date or a time, which no option takes"
    return diagnose(rules.UNSUPPORTED_TYPE_OF_VALUE, message, f'quote it: "{node.text}"', location=node.location)


def _syntax_error(source: Source, text: str, reason: str) -> KascError:
    """Return tomli's message as a KascError DOC-04; DOC-05 for a duplicate key."""
    at = _PLACE.search(reason)
    reason = reason[: at.start()].rstrip() if at is not None else reason
    index = len(text)
    if at is not None and at.group(1):
        index = _index(text, int(at.group(1)), int(at.group(2)))
    if reason.startswith(_DUPLICATE):
        return KascError(_duplicate(source, text, index, reason))
    if index >= len(text):
        index = len(text.rstrip())
    hint = _value_hint(text, index) if reason.startswith(_ABOUT_VALUES) else ""
    hint = hint or next((hint for start, hint in _HINTS if reason.startswith(start)), "")
    message = f"invalid TOML: {reason[:1].lower()}{reason[1:]}"
    return KascError(diagnose(rules.SYNTAX_ERROR, message, hint, location=location(source, text, index, index + 1)))


def _value_hint(text: str, index: int) -> str:
    """Return the hint for the invalid bare value around an index; empty if the intention is unclear."""
    start = text.rfind("\n", 0, index) + 1
    match = re.fullmatch(_BARE_VALUE, text[start : start + _MAX_LINE].partition("\n")[0].rstrip("\r"))
    if match is None or not start + match.start("value") <= index <= start + match.end("value"):
        return ""
    key, value = match["key"], match["value"]
    word = value.lower()
    if word in _BOOLEANS:
        meant = _BOOLEANS[word]
        return f"write {meant}" if word == meant else f'write {meant}, or "{value}" for a string'
    if word in ("null", "none", "nil", "~"):
        return "remove the key: TOML has no null"
    if re.fullmatch(r"0[0-9]+", value):
        return f'write {value.lstrip("0") or "0"}, or "{value}" for a string'
    return f'quote the string: {key} = "{"VALUE" if is_secret_name(key) else value}"'


def _duplicate(source: Source, text: str, index: int, reason: str) -> Diagnostic:
    """Return DOC-05 for the key or header that ends at `index`; `reason` is tomli's message."""
    conflict = _conflict(source, text[:index])
    if conflict is None:
        line = text[text.rfind("\n", 0, index) + 1 : index]
        return diagnose(
            rules.DUPLICATE_KEY,
            f"duplicate table, or a table extended where TOML does not allow it: {reason[:1].lower()}{reason[1:]}",
            "set all keys of the table in one place",
            location=location(source, text, index - len(line.lstrip()), index),
        )
    message = f"duplicate key {quoted(conflict.key)}, first set on line {conflict.first[0]}"
    where = at_span(source, conflict.second)
    return diagnose(rules.DUPLICATE_KEY, message, "keep one of the two, or merge their values", location=where)


def _index(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))


def _conflict(source: Source, accepted: str) -> ConflictError | None:
    """Return the duplicate key in the part of the text that tomli accepted; None if it cannot be located."""
    try:
        Scanner(source, accepted).scan()
    except ConflictError as conflict:
        return conflict
    except (KascError, IndexError, TypeError):
        return None  # the part ends inside a value: tomli's message has to do
    return None
