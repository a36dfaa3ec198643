"""The text of scalars: a changed one keeps its style, and a new one is written as kasc writes YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from compiler.artifacts.yamlio import scalar
from compiler.changes.editing.lines import line_break_of
from compiler.changes.editing.pieces import Replacement, narrowed
from compiler.inputs.source.characters import characters, span_in
from compiler.inputs.source.node import Lines, Node

_FLOW_INDICATORS = re.compile(r"[,\[\]{}?]")
_PLAIN = r"(?:--?)?[A-Za-z0-9/_.$][^\x00-\x1f\x7f\"'`#&*!|>%@{}\[\]]*"
"""Strings that may stay plain where a plain one was. What they would be read as is checked by reading the text."""
_UNPLAIN = re.compile(r": |:$| $|^[-?:] |^$")


def written(value: Any, *, in_flow: bool = False, as_json: bool = False) -> str:
    """Return plain data on one line, as YAML or JSON."""
    if as_json:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        entries = (f"{written(key, in_flow=True)}: {written(item, in_flow=True)}" for key, item in value.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(written(item, in_flow=True) for item in value)}]"
    text = scalar(value)
    is_plain = isinstance(value, str) and not text.startswith('"')
    return _double_quoted(value) if is_plain and in_flow and _FLOW_INDICATORS.search(text) else text


def rewritten(node: Node, lines: Lines, new: Any, *, in_flow: bool, as_json: bool) -> list[list[Replacement]]:
    """Return ways to change a scalar to another one, the best first. Reading the text decides which is right."""
    start, end = lines.span(node.location)
    literal = lines.text[start:end]
    if not isinstance(node.value, str) or not isinstance(new, str) or as_json:
        text = written(new, in_flow=in_flow, as_json=as_json)
        texts = [text] if not isinstance(new, str) or as_json else [_in_style("", new, in_flow), text]
        return [[Replacement(start, end, each)] for each in texts]
    if literal[:1] in ("|", ">"):
        change = _in_place(node, lines, new, "|")
        return [*_with_whole_lines(change, lines.text), change] if change else []
    quote = literal[:1] if literal[:1] in ("'", '"') else ""
    styled = _in_style(quote, new, in_flow)
    ways = [[Replacement(start, end, styled)]]
    if "\n" in literal and (change := _in_place(node, lines, new, quote)):
        ways.insert(0, change)
    if not quote:
        ways.append([Replacement(start, end, _double_quoted(new))])
    return ways


def _in_style(quote: str, text: str, in_flow: bool) -> str:
    """Return a string in the style of a former one: in its quotes, or plain."""
    if quote == "'" and not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]", text):
        return "'" + text.replace("'", "''") + "'"
    if quote:
        return _double_quoted(text)
    plain = scalar(text) == text or (re.fullmatch(_PLAIN, text) and not _UNPLAIN.search(text))
    return text if plain and not (in_flow and _FLOW_INDICATORS.search(text)) else _double_quoted(text)


def _double_quoted(text: str) -> str:
    quoted = scalar(text)
    return quoted if quoted.startswith('"') else f'"{quoted}"'


def _in_place(node: Node, lines: Lines, new: str, style: str) -> list[Replacement] | None:
    """Return the replacement of the characters of a string that differ, where they are in the file."""
    old = str(node.value)
    spans = characters(node)
    if not spans:
        return None
    start, end, text = narrowed(old, Replacement(0, len(old), new))
    if style == "|":
        text = text.replace("\n", line_break_of(lines.text) + " " * (spans[0][1] - 1))
    elif style == "'":
        text = text.replace("'", "''")
    elif style == '"':
        text = _double_quoted(text)[1:-1]
    if start == end and start:
        # After the character in front: the one behind may be the break of a line.
        line, column = spans[start - 1][2:]
        return [Replacement(lines.index(line, column), lines.index(line, column), text)]
    line, column, end_line, end_column = span_in(spans, start, end)
    return [Replacement(lines.index(line, column), lines.index(end_line, end_column), text)]


def _with_whole_lines(change: list[Replacement], text: str) -> Iterator[list[Replacement]]:
    """Yield a deletion extended by the line of which it would leave only white space."""
    start, end, new = change[0]
    line, stop = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    if not new and stop >= 0 and not text[line:start].strip() and not text[end:stop].strip():
        yield [Replacement(line, stop + 1, "")]
