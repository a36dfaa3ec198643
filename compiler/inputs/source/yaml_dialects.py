"""YAML events and their spans, and differences between libyaml, kube-apiserver's YAML parser and YAML 1.2.

The server reads YAML with go-yaml v2, which follows YAML 1.1 in flow collections. The scanner is the same in
Kubernetes 1.31 to 1.37: sigs.k8s.io/yaml/goyaml.v2, later go.yaml.in/yaml/v2, scannerc.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml.events import SequenceStartEvent

from compiler import rules
from compiler.diagnostics import KascError, Location, diagnose
from compiler.inputs.source.node import LINE_BREAK, Source, Span, location, quoted

# Anchors, tags, white space and comments: what can precede the value in an event.
_PROPERTIES = re.compile(r"(?:&[\w-]+|!<[^>\s]*>|![^\s,\[\]{}]*|[ \t\r\n]+(?:#[^\r\n]*)?)*")
TAG = re.compile(r"!<!?[^>\s!]*>|![^\s,\[\]{}]*")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")


def events_of(text: str) -> Callable[[], Any]:
    """Return the function that returns the next event of a text."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        from yaml import Loader

        pure_python: Callable[[], Any] = Loader(text).get_event
        return pure_python
    return CParser(text).get_event


def span_of(event: Any) -> Span:
    """Return the span between the marks of an event."""
    start, end = event.start_mark, event.end_mark
    return start.line + 1, start.column + 1, end.line + 1, end.column + 1


def opening_span(text: str, event: Any) -> Span:
    """Return the empty span at the start of a collection, after its anchor and tag."""
    mark = event.start_mark
    column = mark.column + 1
    if event.anchor is not None or event.tag is not None:
        mark = event.end_mark
        column = mark.column + 1
        # The event ends after a bracket, and after the hyphen of a list that is not indented; otherwise before the
        # first item.
        if event.flow_style or (type(event) is SequenceStartEvent and text[mark.index : mark.index + 1] != "-"):
            column -= 1
    return mark.line + 1, column, mark.line + 1, column


def scalar_span(text: str, event: Any) -> Span:
    """Return the span of a scalar without its anchor and tag, and without the blank lines after a block scalar."""
    start, end = value_start(text, event), event.end_mark.index
    mark = event.start_mark
    line, column = _advance(mark.line + 1, mark.column + 1, text[mark.index : start])
    literal = text[start:end]
    if event.style in ("|", ">"):
        header = _BLOCK_HEADER.match(literal)
        literal = literal.rstrip() if event.value.strip() or header is None else header.group()
    return line, column, *_advance(line, column, literal)


def value_start(text: str, event: Any) -> int:
    """Return the index at which a scalar starts, after its anchor and tag."""
    start: int = event.start_mark.index
    if event.tag is None and event.anchor is None:
        return start
    properties = _PROPERTIES.match(text, start, event.end_mark.index)
    return properties.end() if properties is not None else start


def has_brace(text: str, event: Any) -> bool:
    """Return whether a mapping starts with a brace, unlike a block mapping and the mapping in `[key: value]`."""
    return bool(event.flow_style) and text[event.end_mark.index - 1] == "{"


def empty_value_span(text: str, event: Any, key_span: Span) -> Span:
    """Return the empty span of a missing value: after its ':', or after its key.

    libyaml's mark is before the next token, which can be lines away.
    """
    if event.tag is not None or event.anchor is not None:
        return scalar_span(text, event)
    mark = event.start_mark
    first, end = mark.index - mark.column, mark.index
    # A line can be as long as the file, so it is not copied for each value.
    while end > first and text[end - 1] in " \t":
        end -= 1
    place = (mark.line + 1, end - first + 1) if end > first and text[end - 1] == ":" else key_span[2:]
    return *place, *place


def tag_location(file: str, text: str, event: Any) -> Location:
    """Return the location of an event's tag."""
    line, column, end_line, end_column = span_of(event)
    start = event.start_mark.index
    tag = TAG.search(text, start, event.end_mark.index)
    if tag is None:
        return Location(file, line, column, end_line, end_column)
    line, column = _advance(line, column, text[start : tag.start()])
    return Location(file, line, column, line, column + len(tag.group()))


def _advance(line: int, column: int, text: str) -> tuple[int, int]:
    """Return the line and column after a text that starts at a line and column."""
    breaks = list(LINE_BREAK.finditer(text))
    if not breaks:
        return line, column + len(text)
    return line + len(breaks), len(text) - breaks[-1].end() + 1


# Compiled when needed: few files have anchors and escapes.
_ANCHOR_NAME = "[&*][0-9A-Za-z_-]+"
_ESCAPE = r"(?s)\\(.)"
_DOUBLE_QUOTED = r'(?s)"(?:[^"\\]|\\.)*"'
# Escapes that can replace \' in a text, and the characters they decode to.
_STAND_INS = (("e", "\x1b"), ("a", "\x07"), ("v", "\x0b"), ("f", "\x0c"), ("b", "\x08"), ("0", "\0"))
_MAX_CHARACTERS = 4_000_000


def check_server_scalar(source: Source, text: str, event: Any, in_flow: bool) -> None:
    """Raise KascError DOC-04 for a scalar that libyaml accepts and go-yaml v2 does not."""
    style = event.style
    if style == '"':
        start, end = value_start(text, event), event.end_mark.index
        if "\\/" in text[start:end]:
            for escape in re.compile(_ESCAPE).finditer(text, start, end):
                if escape[1] == "/":
                    message = "the server's YAML parser does not support the escape \\/"
                    _raise(source, text, *escape.span(), message, "write / without a backslash")
    elif not style and in_flow:
        value = event.value
        if "?" in value:
            index = text.index("?", value_start(text, event))
            # The value may be a secret, so it is not shown.
            message = "inside brackets and braces, the server's YAML parser starts a key at this '?'"
            _raise(source, text, index, index + 1, message, "quote the value")
        if not value and event.tag is not None:
            tag = TAG.search(text, event.start_mark.index, event.end_mark.index)
            if tag is not None and text.startswith(",", tag.end()):
                _raise(source, text, tag.start(), tag.end() + 1, "the server's YAML parser reads the comma as part of "
                        "the tag", "remove the tag, or write a value after it")  # fmt: skip


def with_last_break(text: str) -> str:
    """Return a text with a line break added after its last line if that line is blank.

    In YAML 1.2 such a line is part of the block scalar before it; libyaml reads it only if it ends with a line break.
    """
    last = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
    return f"{text}\n" if last and not last.strip(" \t") else text


def check_key_indicator(source: Source, text: str, event: Any) -> None:
    """Raise KascError DOC-04 if '?' right before a key in braces was read as an indicator, unlike in YAML 1.2."""
    index = event.start_mark.index - 1
    if text[index : index + 1] == "?":
        _raise(source, text, index, index + 1, "YAML parsers disagree on whether this '?' is part of the key",
                "quote a key that begins with '?', or write a space after the '?'")  # fmt: skip


def check_anchor(source: Source, text: str, event: Any) -> None:
    """Raise KascError DOC-04 if the name of an anchor or alias is longer in YAML 1.2 than in libyaml."""
    start = event.start_mark.index
    tag = TAG.match(text, start)
    begin = tag.end() if tag is not None else start
    name = re.compile(_ANCHOR_NAME).search(text, begin)
    if name is None:
        return
    end = name.end()
    after = text[end : end + 1]
    if after and after not in " \t\r\n,[]{}":
        _raise(source, text, end, end + 1, f"YAML parsers disagree on whether {quoted(after)} is part of the name "
                f"{name[0]}", "write a space after the name")  # fmt: skip


def _raise(source: Source, text: str, start: int, end: int, message: str, hint: str) -> None:
    raise KascError(diagnose(rules.SYNTAX_ERROR, message, hint, location=location(source, text, start, end)))


class QuoteEscapes:
    r"""The escape \' in double quotes, which go-yaml v2 accepts and libyaml does not.

    libyaml reads a text of the same length with another escape in its place; `value` restores the quote.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.stand_in = ""
        self.letter = ""
        self._characters = 0

    def replace(self, error: Any) -> bool:
        r"""Replace \' in the scalar at which libyaml failed; return whether parsing should be retried."""
        mark, begin = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        if mark is None or begin is None or "unknown escape character" not in (error.problem or ""):
            return False
        # libyaml's mark is at the backslash, that of the pure Python parser after it.
        if "\\'" not in self.text[mark.index - 1 : mark.index + 2]:
            return False
        self._characters += len(self.text)
        scalar = re.match(_DOUBLE_QUOTED, self.text[begin.index :])
        if scalar is None or self._characters > _MAX_CHARACTERS or not (self.letter or self._choose()):
            return False
        replaced = re.sub(_ESCAPE, lambda match: f"\\{self.letter}" if match[1] == "'" else match[0], scalar[0])
        self.text = self.text[: begin.index] + replaced + self.text[begin.index + len(replaced) :]
        return True

    def _choose(self) -> bool:
        """Choose an escape for a character that is not in the text in any spelling; return whether there is one."""
        for letter, char in _STAND_INS:
            if f"\\{letter}" not in self.text and not re.search(
                rf"\\(?:x|u00|U000000){ord(char):02x}", self.text, re.I
            ):
                self.letter, self.stand_in = letter, char
                return True
        return False

    def value(self, text: str) -> str:
        """Return the value of a double-quoted scalar as the server reads it."""
        return text.replace(self.stand_in, "'") if self.stand_in else text
