"""YAML to nodes with positions, read strictly; syntax errors in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml import YAMLError

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, Problems, diagnose
from compiler.inputs.source.node import Node, Scalar, Source, code_point, location, place, too_deep
from compiler.inputs.source.yaml_builder import Builder
from compiler.inputs.source.yaml_dialects import QuoteEscapes, with_last_break
from compiler.inputs.source.yaml_scalars import resolve

_FORBIDDEN_ASCII = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
_DISPUTED_BREAKS = "\x85\u2028\u2029"

_CLOSE_STRING = "close it with the quote it starts with"
# Part of libyaml's message, its meaning, and the hint.
_MEANINGS = (
    (
        "mapping values are not allowed",
        "': ' where a key is not allowed",
        "indent the key like its siblings, or quote a value that contains ': '",
    ),
    (
        "unexpected ':'",
        "a ':' inside brackets or braces is neither followed by a space nor in quotes",
        "write a space after the ':' of a key, or quote a value that contains one",
    ),
    (
        "could not find expected ':'",
        "this line is neither 'key: value' nor part of the value before it",
        "write 'key: value', and check the indentation",
    ),
    (
        "cannot start any token",
        "a value cannot start with this character",
        "indent with spaces, not tabs; quote a value that starts with @, ` or %",
    ),
    (
        "block sequence entries are not allowed",
        "a list item cannot start here",
        "start the list on a new line below its key",
    ),
    (
        "expected <block end>",
        "this line belongs neither to the mapping or list before it nor to one around it",
        "check the indentation of this line, and that brackets and quotes before it are closed",
    ),
    (
        "expected '-' indicator",
        "expected a list item",
        "start the line with '- ', or indent it like the key it belongs to",
    ),
    (
        "did not find expected key",
        "expected a key of the mapping",
        "check the indentation of this line, and that brackets and quotes before it are closed",
    ),
    (
        "expected ',' or ']'",
        "a list in brackets is not closed, or a comma is missing",
        "separate items with ',' and close with ']'",
    ),
    (
        "expected ',' or '}'",
        "a mapping in braces is not closed, or a comma is missing",
        "separate entries with ',' and close with '}'",
    ),
    (
        "expected node content",
        "missing value",
        "write a value ('' for an empty string), and close open brackets",
    ),
    ("found unexpected end of stream", "a quoted string is not closed", _CLOSE_STRING),
    ("found unexpected document indicator", "a quoted string is not closed before the next document", _CLOSE_STRING),
    (
        "unknown escape character",
        "unknown escape in a double-quoted string",
        "write \\\\ for a backslash, or use single quotes",
    ),
    (
        "Unicode character escape code",
        "an escape in a double-quoted string is not a valid character",
        "write \\U and eight hexadecimal digits",
    ),
    (
        "hexdecimal",
        "hexadecimal digits are missing from an escape",
        "write \\x with two digits, \\u with four, \\U with eight",
    ),
    (
        "expected <document start>",
        "unexpected content after the end of the document",
        "check the indentation of this line; start another document with '---'",
    ),
    ("undefined tag handle", "undefined tag handle", "remove the tag, the word that starts with '!'"),
    (
        "expected comment or line break",
        "unexpected content after the '|' or '>' of a block scalar",
        "start the text on the next line",
    ),
    (
        "alphabetic or numeric character",
        "'&' or '*' is not followed by a name",
        "quote a value that starts with & or *",
    ),
    ("incompatible YAML document", "unsupported YAML version", "remove the %YAML line"),
)


def check_characters(source: Source, text: str) -> None:
    """Raise KascError DOC-04 at the first character that YAML forbids or that its versions read differently."""
    # The character set beyond ASCII takes milliseconds to compile, and most files do not need it.
    forbidden = _FORBIDDEN_ASCII.search(text) if text.isascii() else re.search(_FORBIDDEN, text)
    if forbidden is None:
        return
    char = forbidden.group()
    if char in _DISPUTED_BREAKS:
        # A line break in YAML 1.1 but not in 1.2: the end of a comment could be read as a key.
        message = f"the character {code_point(char)} is a line break to some YAML parsers and not to others"
    else:
        message = f"the character {code_point(char)} is not allowed in YAML"
    hint = "remove it, or write it as an escape in double quotes" if char != "\ufeff" else "remove it: it is invisible"
    raise KascError(diagnose(rules.SYNTAX_ERROR, message, hint, location=location(source, text, *forbidden.span())))


def syntax_error(source: Source, text: str, error: YAMLError) -> KascError:
    """Return PyYAML's error as a KascError DOC-04 with a location; DOC-02 if libyaml's own depth limit was exceeded."""
    marked: Any = error
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "malformed"
    mark = getattr(error, "problem_mark", None)
    if "nesting depth" in problem:
        return too_deep(_where(source, text, mark))
    opened = getattr(error, "context_mark", None)
    if opened is not None and "end of stream" in problem:
        mark = opened  # the position of the opening quote is more useful than the end of the file
    where = _where(source, text, mark)
    meaning, hint = _meaning(problem)
    context = ""
    if opened is not None and mark is not None and opened.line < mark.line:
        context = f", {marked.context} that starts on line {opened.line + 1}"
    return KascError(diagnose(rules.SYNTAX_ERROR, f"{meaning} ({problem}{context})", hint, location=where))


def _meaning(problem: str) -> tuple[str, str]:
    for part, meaning, hint in _MEANINGS:
        if part in problem:
            return meaning, hint
    return "invalid YAML", "correct the text at this position, or quote the value that it belongs to"


def _where(source: Source, text: str, mark: Any) -> Location:
    end = len(text.rstrip())
    if mark is None or mark.index >= end:
        line, column = place(text, end)
    else:
        line, column = mark.line + 1, mark.column + 1
    return Location(source.name, line, column, line, column + 1)


def parse_yaml(source: Source, problems: list[Diagnostic]) -> Node:
    """Parse the only document of a YAML file.

    Errors that do not stop parsing (duplicate keys, tags, aliases, numbers out of bounds) are added to `problems`.
    Raises KascError: DOC-02 if a bound is exceeded, DOC-04 for a syntax error, DOC-09 for no or several documents.
    """
    documents = parse_yaml_all(source, problems)
    if len(documents) == 1:
        return documents[0]
    if documents:
        message = f"the file has {len(documents)} YAML documents, expected one"
        raise KascError(
            diagnose(
                rules.NOT_ONE_YAML_DOCUMENT,
                message,
                "put each document into a separate file",
                location=documents[1].location,
            )
        )
    where = Location(source.name, 1, 1, 1, 1)
    raise KascError(
        diagnose(
            rules.NOT_ONE_YAML_DOCUMENT, "the file has no YAML document", "start with 'key: value'", location=where
        )
    )


def parse_yaml_all(
    source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar] = resolve
) -> list[Node]:
    """Parse every document of a YAML file, in order, without the empty ones.

    `resolve_plain` returns the value of a plain scalar. Adds to `problems` and raises KascError (DOC-02, DOC-04) as
    `parse_yaml` does.
    """
    return _parse(source, problems, resolve_plain, only_first=False)


def parse_first_yaml(source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar]) -> Node:
    """Parse the first document of a YAML file, which may be empty; the rest of the file is not read.

    Adds to `problems` and raises KascError (DOC-02, DOC-04) as `parse_yaml` does.
    """
    documents = _parse(source, problems, resolve_plain, only_first=True)
    return documents[0] if documents else Node(None, source, (1, 1, 1, 1))


def _parse(
    source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar], only_first: bool
) -> list[Node]:
    text = source.body
    check_characters(source, text)
    parse_problems = Problems()
    as_server = resolve_plain is not resolve
    if not as_server:
        node = _json(source, text, problems) if text.lstrip(" \t\r\n").startswith("{") else None
        if node is not None:
            return [node]
        text = with_last_break(text)
    quotes = QuoteEscapes(text)
    try:
        while True:
            try:
                return Builder(source, quotes, parse_problems, resolve_plain).documents(only_first)
            except YAMLError as error:
                if not (as_server and quotes.replace(error)):
                    raise syntax_error(source, text, error) from None
                parse_problems.clear()
    except (ValueError, OverflowError):  # escapes that the pure Python parser does not check
        where = Location(source.name, 1, 1, 1, 1)
        message = "an escape or a version number is out of range"
        raise KascError(diagnose(rules.SYNTAX_ERROR, message, location=where)) from None
    finally:
        problems += parse_problems


def _json(source: Source, text: str, problems: list[Diagnostic]) -> Node | None:
    """Parse a document as JSON, not all of which libyaml accepts; return None if it is not JSON."""
    from compiler.inputs.source.json import JsonSyntaxError, parse_json

    json_problems = Problems()
    try:
        node = parse_json(Source(source.name, text), json_problems, as_server=False)
    except JsonSyntaxError:
        return None
    problems += json_problems
    return node
