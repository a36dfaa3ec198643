"""Fields of kubeAPIServer as flags. kOps: pkg/flagbuilder/build_flags.go, BuildFlagsList."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from compiler.diagnostics import Diagnostic, Location
from compiler.inputs.arguments import Trace, Word
from compiler.inputs.dialects.fields import DURATION
from compiler.inputs.dialects.kops.facts import TITLE, Field
from compiler.inputs.dialects.kops.problems import fail
from compiler.inputs.dialects.words import given as given_word
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node, items_of
from compiler.text import shown
from compiler.upstream.go.strconv import InvalidValueError, format_duration, format_quantity, parse_duration

Piece: TypeAlias = tuple[str, Node | Location | None]
"""A part of a value, and the node or location that it is from; None for a separator."""
_VALUES: dict[str, tuple[type, ...]] = {
    "int32": (int,),
    "int64": (int,),
    "bool": (bool,),
    "duration": (str,),
    "quantity": (str, int, float),
}
_BITS = {"int32": 32, "int64": 64}
_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


class Given(NamedTuple):
    """A field that the user sets, with its value, its path and the location of its name."""

    field: Field
    node: Node
    path: str
    name_at: Location

    @property
    def text(self) -> str:
        """The value of a string, empty for a list or map."""
        return string_of(self.node)

    @property
    def items(self) -> list[str]:
        """The strings of a list."""
        return [string_of(item) for item in items_of(self.node)]


def read_fields(section: Node | None, fields: dict[str, Field], path: str) -> dict[str, Given]:
    """Return the fields with a value of their type, by key, also those that kOps treats as if they were not set."""
    result = {}
    for field in fields.values():
        node = section.get(field.name) if section is not None else None
        if section is None or node is None or node.value is None or not _has_type(node, field):
            continue
        result[field.key] = Given(field, node, f"{path}.{field.name}", section.key_location(field.name))
    return result


def string_of(node: Node) -> str:
    """Return a string, or another scalar as it is written, as if it were quoted; empty for null, a list or a map."""
    return node.value if isinstance(node.value, str) else node.text if node.value is not None else ""


def _has_type(node: Node, field: Field) -> bool:
    """Return whether a value has the type of its field; other scalars in place of strings, which are reported, do."""
    value = node.value
    if field.type == "string":
        return not isinstance(value, list | dict)
    if field.type in ("list", "map"):
        items = value.values() if isinstance(value, dict) else items_of(node)
        strings = not any(isinstance(item.value, list | dict) for item in items)
        return isinstance(value, dict if field.type == "map" else list) and strings
    if field.type not in _VALUES:
        return True
    return isinstance(value, _VALUES[field.type]) and (field.type == "bool") == isinstance(value, bool)


def is_value(given: Given) -> bool:
    """Return whether kOps merges the value over its default.

    Empty strings, lists and maps, and 0, are no values, except if the field is a pointer: the merge encodes the fields
    with omitempty. kOps: util/pkg/reflectutils/walk.go, JSONMergeStruct.
    """
    return given.field.is_pointer or bool(given.node.value)


def check_value(given: Given, problems: list[Diagnostic]) -> bool:
    """Return whether kOps can decode a value that has the right type; report it unless `check_fields` does."""
    value, field = given.node.value, given.field
    bits = _BITS.get(field.type)
    problem = hint = ""
    if bits is not None and isinstance(value, int) and not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        problem, hint = f"is out of range for {bits} bits", f"write a number below {2 ** (bits - 1)}"
    try:
        if field.type == "duration":
            parse_duration(str(value))
        elif field.type == "quantity":
            format_quantity(_number(given.node))
    except InvalidValueError as error:
        if field.type == "duration" and re.fullmatch(DURATION, str(value)) is None:
            return False
        problem, hint = "is out of range", error.hint
        if field.type == "quantity":
            problem, hint = "is not a valid quantity", "write a number, for example 10 or 500m"
    if not problem:
        return True
    message = f"{field.name}: {shown(given.node.text or str(value))} {problem}: {TITLE} cannot read the file"
    fail(problems, message, hint, given.path, given.node.location)
    return False


def _number(node: Node) -> str:
    return node.value if isinstance(node.value, str) else node.text


def words_of(given: Given, quotes: bool) -> list[Word]:
    """Return the flags of a field: none if the value is empty. `quotes` is set if kOps quotes values with quotes."""
    field, node = given.field, given.node
    if field.type == "list":
        return list_words(given, [(string_of(item), item) for item in items_of(node)])
    if field.type == "map":
        pieces = _entries(node)
        return [assemble(given, pieces)] if pieces else []
    text = scalar_text(given)
    if text in ("", field.empty):
        return []
    if quotes and field.type == "string" and '"' in text:
        text = quoted(text)
    return [_scalar(given, text)]


def _entries(node: Node) -> list[Piece]:
    """Return the entries of a map, sorted as whole strings, with separators."""
    values = node.value if isinstance(node.value, dict) else {}
    pieces: list[Piece] = []
    for _, key in sorted((f"{key}={string_of(value)}".encode(), key) for key, value in values.items()):
        entry: list[Piece] = [(key, node.key_location(key)), ("=", None), (string_of(values[key]), values[key])]
        pieces += [(",", None), *entry] if pieces else entry
    return pieces


def list_words(given: Given, items: Sequence[Piece]) -> list[Word]:
    """Return the flags of the items of a list: one with all of them, or one for each."""
    if given.field.repeated:
        return [assemble(given, [item]) for item in items]
    pieces = [piece for item in items for piece in (item, (",", None))]
    return [assemble(given, pieces[:-1])] if pieces else []


def scalar_text(given: Given) -> str:
    """Return the value as kOps writes it: durations as Go prints them, quantities as decimals."""
    value = given.node.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if given.field.type == "duration":
        return format_duration(parse_duration(str(value)))
    if given.field.type == "quantity":
        return format_quantity(_number(given.node))
    return string_of(given.node) if given.field.type == "string" else str(value)


def _scalar(given: Given, text: str) -> Word:
    written = given.node.value if isinstance(given.node.value, str) else given.node.text
    value = given.node if written == text else text
    return given_word(given.field.flag, value, given.path, given.name_at, given.node.location)


def assemble(given: Given, pieces: Sequence[Piece], origin: str = "") -> Word:
    """Return a flag whose value consists of several parts of the file."""
    text = "".join(part for part, _ in pieces)
    trace = _trace_of(3 + len(given.field.flag), given.name_at, list(pieces), given.node.location)
    return Word(f"--{given.field.flag}={text}", given.node.location, given.path, trace, origin=origin)


def _trace_of(start: int, name_at: Location, pieces: list[Piece], whole: Location) -> Trace:
    """Return the trace of `--name=value`, in which the value starts at an index and has these pieces."""
    starts = list(accumulate((len(text) for text, _ in pieces), initial=0))

    def part(index: int, first: int, last: int) -> Location | None:
        text, where = pieces[index]
        if where is None or isinstance(where, Location):
            return where
        begin, end = max(first - starts[index], 0), min(last - starts[index], len(text))
        return place_in(where, begin, max(begin, end)) if string_of(where) == text else where.location

    def trace(first: int, last: int) -> Location:
        if first < start - 1:
            return name_at
        first, last = max(first - start, 0), max(last - start, 0)
        head = max(bisect_right(starts, first, hi=len(pieces)) - 1, 0)
        tail = max(bisect_left(starts, max(last, first + 1), hi=len(pieces)) - 1, head)
        begin, end = part(head, first, last), part(tail, first, last)
        if begin is None or end is None or (begin.file, begin[1:3]) > (end.file, end[3:5]) or begin.file != end.file:
            return whole
        return begin._replace(end_line=end.end_line, end_column=end.end_column)

    return trace


def quoted(text: str) -> str:
    r"""Return a string in the quotes that kOps adds to a value with a double quote. Go: strconv.Quote.

    >>> quoted('a"b')
    '"a\\"b"'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_ESCAPES.get(char, char) for char in escaped) + '"'
