"""Syntax errors of YAML in plain words: what libyaml says is kept, what it means is put before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compiler.diagnostics import KascError, Location, diagnose
from compiler.source.node import Source
from compiler.source.places import location, name_character, place, too_deep

if TYPE_CHECKING:
    from yaml import YAMLError

_FORBIDDEN_ASCII = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
_DISPUTED_BREAKS = "\x85\u2028\u2029"

# Part of libyaml's reason, what it means, and what to write instead.
_MEANINGS = (
    (
        "mapping values are not allowed",
        "': ' stands where no key can be",
        "indent the key like its neighbours, or put a value that contains ': ' into quotes",
    ),
    (
        "could not find expected ':'",
        "this line is neither 'key: value' nor part of the value before it",
        "write 'key: value', and check the indent",
    ),
    (
        "cannot start any token",
        "no value can begin with this character",
        "indent with spaces, not tabs; put a value that begins with @, ` or % into quotes",
    ),
    (
        "block sequence entries are not allowed",
        "a list item cannot begin here",
        "begin the list on a line of its own below its key",
    ),
    (
        "expected <block end>",
        "this line belongs neither to the mapping or list before it nor to one around it",
        "check the indent of this line, and that brackets and quotes before it are closed",
    ),
    (
        "expected '-' indicator",
        "the list goes on with something that is no list item",
        "begin the line with '- ', or indent it like the key it belongs to",
    ),
    (
        "did not find expected key",
        "the mapping goes on with something that is no key",
        "check the indent of this line, and that brackets and quotes before it are closed",
    ),
    (
        "expected ',' or ']'",
        "a list in brackets is not closed, or lacks a comma",
        "separate items by ',' and close with ']'",
    ),
    (
        "expected ',' or '}'",
        "a mapping in braces is not closed, or lacks a comma",
        "separate entries by ',' and close with '}'",
    ),
    (
        "expected node content",
        "a value is missing",
        "write a value ('' for an empty text), and close what was opened by a bracket",
    ),
    ("found unexpected end of stream", "a quoted text is not closed", "close it with the quote it began with"),
    (
        "found unexpected document indicator",
        "a quoted text is not closed before the next document",
        "close it with the quote it began with",
    ),
    (
        "unknown escape character",
        "a double-quoted text holds an unknown escape",
        "write \\\\ for a backslash, or use single quotes",
    ),
    (
        "Unicode character escape code",
        "a double-quoted text holds an escape that is no character",
        "write \\U and eight hexadecimal digits",
    ),
    ("hexdecimal", "an escape lacks hexadecimal digits", "write \\x with two digits, \\u with four, \\U with eight"),
    (
        "expected <document start>",
        "something follows the end of the document",
        "check the indent of this line; a second document would begin with '---'",
    ),
    ("undefined tag handle", "a tag with an unknown handle", "remove the tag, the one word that begins with '!'"),
    (
        "expected comment or line break",
        "something follows the '|' or '>' that begins a block of text",
        "begin the text on the next line",
    ),
    (
        "alphabetic or numeric character",
        "'&' or '*' is not followed by a name",
        "put a value that begins with & or * into quotes",
    ),
    ("incompatible YAML document", "the file asks for another version of YAML", "remove the %YAML line"),
)


def check_characters(source: Source, text: str) -> None:
    """Raise KascError DOC-04 at the first character that YAML does not allow or that its versions disagree about."""
    # Sets of characters beyond ASCII take milliseconds to compile, which most texts need not wait for.
    found = _FORBIDDEN_ASCII.search(text) if text.isascii() else re.search(_FORBIDDEN, text)
    if found is None:
        return
    char = found.group()
    if char in _DISPUTED_BREAKS:
        # YAML 1.1 ends a line (and a comment!) here and 1.2 does not: what looks like a comment could be a key.
        message = f"the character {name_character(char)} ends a line for some YAML readers and not for others"
    else:
        message = f"the character {name_character(char)} is not allowed in YAML"
    hint = "remove it, or write it as an escape in double quotes" if char != "\ufeff" else "remove it: it is invisible"
    raise KascError(diagnose("DOC-04", message, hint, location=location(source, text, *found.span())))


def syntax_error(source: Source, text: str, error: YAMLError) -> KascError:
    """What PyYAML raised, as a KascError DOC-04 with a place; DOC-02 where libyaml's own bound on depth was hit."""
    marked: Any = error
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "malformed"
    mark = getattr(error, "problem_mark", None)
    if "nesting depth" in problem:
        return too_deep(_where(source, text, mark))
    opened = getattr(error, "context_mark", None)
    if opened is not None and "end of stream" in problem:
        mark = opened  # the end of the file is where nobody looks for the quote that was left open
    where = _where(source, text, mark)
    meaning, hint = _meaning(problem)
    context = ""
    if opened is not None and mark is not None and opened.line < mark.line:
        context = f", {marked.context} that begins in line {opened.line + 1}"
    return KascError(diagnose("DOC-04", f"{meaning} ({problem}{context})", hint, location=where))


def _meaning(problem: str) -> tuple[str, str]:
    for part, meaning, hint in _MEANINGS:
        if part in problem:
            return meaning, hint
    return "this is not well-formed YAML", ""


def _where(source: Source, text: str, mark: Any) -> Location:
    end = len(text.rstrip())
    if mark is None or mark.index >= end:
        line, column = place(text, end)
    else:
        line, column = mark.line + 1, mark.column + 1
    return Location(source.name, line, column, line, column + 1)
