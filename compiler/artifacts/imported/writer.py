"""A document with comments as YAML or TOML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from compiler.artifacts.yamlio import dump, scalar
from compiler.text import shown_bare

_BARE_KEY = "[A-Za-z0-9_-]+"
_MAX_LINE = 100
"""Characters up to which an array is written on one line."""


class NotInTomlError(Exception):
    """A value that TOML has no syntax for; the message is its path."""


class Entry(NamedTuple):
    """A key with its value; consecutive entries of a section with the same comment share it."""

    key: str
    value: Any
    comment: str = ""


class Section(NamedTuple):
    """A mapping at the top level of the document."""

    name: str
    entries: Sequence[Entry]


Document = Sequence[Entry | Section]


def comment_line(text: str) -> str:
    """Return a comment without characters that would end it or hide a part of it."""
    return f"# {shown_bare(text)}"


def as_yaml(heading: Sequence[str], document: Document) -> str:
    """Return the document as YAML; `heading` are the lines at its start."""
    lines = [*heading]
    for item in document:
        if isinstance(item, Entry):
            lines += [*_comment(item), *_yaml_entry(item, "")]
            continue
        lines += ["", f"{item.name}:"]
        comment = ""
        for entry in item.entries:
            if entry.comment and entry.comment != comment:
                lines.append(f"  {comment_line(entry.comment)}")
            comment = entry.comment
            lines += _yaml_entry(entry, "  ")
    return "\n".join([*lines, ""])


def _comment(entry: Entry) -> list[str]:
    return [comment_line(entry.comment)] if entry.comment else []


def _yaml_entry(entry: Entry, indent: str) -> list[str]:
    return [f"{indent}{line}" for line in dump({entry.key: entry.value}).split("\n")[:-1]]


def as_toml(heading: Sequence[str], document: Document) -> str:
    """Return the document as TOML. Raises NotInTomlError for a list that contains null."""
    lines = [*heading]
    for item in document:
        if isinstance(item, Entry):
            lines += [*_comment(item), _toml_entry(item, ())]
    for item in document:
        if isinstance(item, Section):
            lines += ["", *_table((item.name,), item.entries)]
    return "\n".join([*lines, ""])


def _table(path: tuple[str, ...], entries: Sequence[Entry], header: str = "[{}]") -> Iterator[str]:
    """Yield the lines of a table: first its plain values, then its tables."""
    entries = [entry for entry in entries if entry.value is not None]
    nested = [entry for entry in entries if _is_table(entry.value)]
    plain = [entry for entry in entries if not _is_table(entry.value)]
    if plain or not nested or header != "[{}]":
        yield header.format(".".join(map(toml_key, path)))
    comment = ""
    for entry in plain:
        if entry.comment and entry.comment != comment:
            yield comment_line(entry.comment)
        comment = entry.comment
        yield _toml_entry(entry, path)
    for index, entry in enumerate(nested):
        if index or plain:
            yield ""
        if entry.comment and entry.comment != comment:
            yield comment_line(entry.comment)
        comment = entry.comment
        inner = (*path, entry.key)
        if isinstance(entry.value, dict):
            yield from _table(inner, _entries(entry.value))
            continue
        for number, item in enumerate(entry.value):
            yield from [""] if number else []
            yield from _table(inner, _entries(item), "[[{}]]")


def _toml_entry(entry: Entry, path: tuple[str, ...]) -> str:
    """Return a key and its value, a long list over several lines."""
    where = ".".join((*path, entry.key))
    line = f"{toml_key(entry.key)} = {toml_value(entry.value, where)}"
    if len(line) <= _MAX_LINE or not isinstance(entry.value, list):
        return line
    return "\n".join([f"{toml_key(entry.key)} = [", *(f"  {toml_value(item, where)}," for item in entry.value), "]"])


def _entries(value: dict[str, Any]) -> list[Entry]:
    return [Entry(str(key), item) for key, item in value.items()]


def _is_table(value: Any) -> bool:
    """Return whether a value is written as tables, and not on the line of its key."""
    if isinstance(value, dict):
        return bool(value)
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        return False
    return any(isinstance(inner, dict | list) for item in value for inner in item.values())


def toml_value(value: Any, path: str) -> str:
    """Return a value on one line of TOML. Raises NotInTomlError with the path of a null."""
    if isinstance(value, dict):
        pairs = [f"{toml_key(str(key))} = {toml_value(item, path)}" for key, item in value.items() if item is not None]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(toml_value(item, path) for item in value)}]"
    if value is None:
        raise NotInTomlError(path)
    return _toml_scalar(value)


def _toml_scalar(value: bool | int | float | str) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float) and value - value != 0:
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return repr(value) if isinstance(value, float) else scalar(value)


def _string(text: str) -> str:
    """Return a basic string, whose escapes are those of JSON; `scalar` quotes every string that is not a plain word."""
    quoted = scalar(text)
    return quoted if quoted.startswith('"') else f'"{quoted}"'


def toml_key(name: str) -> str:
    """Return a key of TOML."""
    return name if re.fullmatch(_BARE_KEY, name) else _string(name)
