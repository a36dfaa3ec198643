"""The place of the cursor in a document: the word that is being written, and the keys that lead to it.

A text that is being written is rarely well-formed. So the word at the cursor is replaced by a marker, in each way in
which the line might go on, until the parser of the format accepts the text; the marker in the result tells the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_letters, digits
from typing import NamedTuple, TypeAlias

from compiler.cli.lsp.session import parsed
from compiler.inputs.source import is_toml
from compiler.inputs.source.node import Node, Source

Path: TypeAlias = tuple[str | int, ...]

_MARKER = "kascCursorMarker"
_MAX_TEXT = 200_000
"""Characters of a text that is parsed for each completion."""
_MAX_EMBEDDED = 3
"""Levels of files in strings of files: a patch in a kind cluster, a file in a ConfigMap in a list."""
_WORD = frozenset(f"{ascii_letters}{digits}_./*+-")
_MAX_WORD = 200
_BETWEEN_WORDS = " \t\"'`"
_CLOSING = {"[": "]", "{": "}"}


class Cursor(NamedTuple):
    """The place of the cursor.

    `word` is the part of the word at the cursor that is written already, `start` and `end` are the indices of the whole
    word in the text, and `line` is the line up to it. `path` has the keys and indices of the mapping or value that it
    is in, in the document `root`, which is None if the place is not known. If the word is a key, `siblings` are the
    others of its mapping; if it is in a value, `before` is the part of the value before it.
    """

    start: int
    end: int
    word: str
    line: str
    path: Path = ()
    root: Node | None = None
    is_key: bool = False
    siblings: frozenset[str] = frozenset()
    before: str = ""

    @property
    def written(self) -> str:
        """The value up to the cursor."""
        return self.before + self.word


def cursor_at(source: Source, index: int, structured: bool) -> Cursor:
    """Return the cursor at an index of a text; `structured` is set if the text is YAML, JSON or TOML."""
    text = source.text
    start, end = index, index
    while start and text[start - 1] in _WORD and index - start < _MAX_WORD:
        start -= 1
    while end < len(text) and text[end] in _WORD and end - index < _MAX_WORD:
        end += 1
    line = text[text.rfind("\n", 0, start) + 1 : start]
    word = text[start:index]
    if not structured:
        return Cursor(start, end, word, line, before=line[max(map(line.rfind, _BETWEEN_WORDS)) + 1 :])
    if len(text) > _MAX_TEXT or (word == "-" and not line.strip()):
        return Cursor(start, end, word, line)
    return _in_structure(source, Cursor(start, end, word, line), _MAX_EMBEDDED)


def _in_structure(source: Source, cursor: Cursor, levels: int) -> Cursor:
    for text in _variants(source, cursor):
        for root in parsed(Source(source.name, text)):
            marked = _marked(root)
            if marked is not None:
                return _placed(source, cursor._replace(root=root), marked, levels)
    return cursor


def _variants(source: Source, cursor: Cursor) -> Iterator[str]:
    """Yield the text with the marker instead of the word, in each way in which the line may go on."""
    before, (rest, line_end, below) = source.text[: cursor.start], source.text[cursor.end :].partition("\n")
    closed = f"{_MARKER}{_closers(cursor.line)}"
    ways = [f"{_MARKER}{rest}"]
    if is_toml(source):
        ways += [f"{_MARKER} = 0", f'"{_MARKER}"{rest}', f'"{_MARKER}"{_closers(cursor.line)}', closed]
    else:
        ways += [f"{_MARKER}:", closed, f"{closed}{rest}"] if not rest.strip() else [f"{_MARKER}: {rest}", closed]
    for following in (f"{line_end}{below}", ""):
        for way in dict.fromkeys(ways):
            yield f"{before}{way}{following}"


def _closers(line: str) -> str:
    """Return what closes the quotes and brackets that are open at the end of a line."""
    open_brackets: list[str] = []
    quote = ""
    for character in line:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _CLOSING:
            open_brackets.append(_CLOSING[character])
        elif open_brackets and character == open_brackets[-1]:
            open_brackets.pop()
    return quote + "".join(reversed(open_brackets))


class _Marked(NamedTuple):
    path: Path
    key: str
    node: Node
    """The mapping with the key, or the value."""


def nodes(root: Node) -> Iterator[tuple[Node, Path]]:
    """Yield the values of a document, each with the path that leads to it; one with several aliases only once."""
    pending: list[tuple[Node, Path]] = [(root, ())]
    visited: set[int] = set()
    while pending:
        node, path = pending.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        yield node, path
        if isinstance(node.value, dict):
            pending += [(child, (*path, key)) for key, child in node.value.items()]
        elif isinstance(node.value, list):
            pending += [(child, (*path, index)) for index, child in enumerate(node.value)]


def _marked(root: Node) -> _Marked | None:
    """Return the key or value with the marker; None if it is in a comment."""
    for node, path in nodes(root):
        if isinstance(node.value, dict):
            for key in node.value:
                if _MARKER in key:
                    return _Marked(path, key, node)
        elif isinstance(node.value, str) and _MARKER in node.value:
            return _Marked(path, "", node)
    return None


def _placed(source: Source, cursor: Cursor, marked: _Marked, levels: int) -> Cursor:
    path, key, node = marked
    if key:
        others = frozenset(node.value) - {key} if isinstance(node.value, dict) else frozenset[str]()
        return cursor._replace(path=path, is_key=True, siblings=others, before=key.partition(_MARKER)[0])
    value = str(node.value)
    before, _, after = value.partition(_MARKER)
    if "\n" in value.rstrip("\n") and levels:
        # A file in a string.
        inner = Source("", f"{before}{source.text[cursor.start : cursor.end]}{after}")
        line = before.rpartition("\n")[2]
        place = Cursor(len(before), len(before) + cursor.end - cursor.start, cursor.word, line)
        embedded = _in_structure(inner, place, levels - 1)
        if embedded.root is not None:
            return embedded._replace(start=cursor.start, end=cursor.end, line=cursor.line)
    return cursor._replace(path=path, before=before)
