"""Files of YAML, JSON or TOML as trees: the value at a place of the file, and the text with other values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from compiler.changes.editing.data import Parse
from compiler.changes.editing.pieces import Replacement, applied
from compiler.changes.editing.toml import rewrite_toml
from compiler.changes.editing.tree import rewrite
from compiler.diagnostics import KascError, Location
from compiler.inputs.importers.pod import parse_manifests
from compiler.inputs.source import is_toml, parse_document
from compiler.inputs.source.characters import characters
from compiler.inputs.source.node import Node, Source, place

Path: TypeAlias = tuple[str | int, ...]
"""The number of a document in its file, and the keys and indices in it."""


def parser_of(kind: str) -> Parse:
    """Return the parser of the files of a kind of input."""
    return _document if kind == "document" else _manifests


def _document(source: Source) -> list[Node]:
    return [parse_document(source, [])]


def _manifests(source: Source) -> list[Node]:
    return parse_manifests(source, [])


class Tree:
    """The documents of a file. Raises KascError for a file that is not well-formed."""

    def __init__(self, source: Source, parse: Parse) -> None:
        self.source = source
        self.parse = parse
        self.documents = parse(source)

    @property
    def data(self) -> list[Any]:
        """The documents as plain data, to be modified; an empty mapping for a file without documents."""
        return [document.plain() for document in self.documents] or [{}]

    def path_of(self, location: Location) -> Path | None:
        """Return the path of the innermost value that contains a location, None for a location outside of all."""
        for index, document in enumerate(self.documents):
            if _covers(document.span, location):
                return index, *_inside(document, location)
        return None

    def node(self, path: Path) -> Node | None:
        """Return the node at a path, None if there is none."""
        return node_at(self.documents, path)

    def is_repeated(self, path: Path) -> bool:
        """Return whether the value at a path, or one around it, is at several places of the documents: by an alias."""
        around = {id(self.node(path[:length])) for length in range(2, len(path) + 1)}
        pending, met = list(self.documents), set[int]()
        while pending:
            node = pending.pop()
            if id(node) in met:
                if id(node) in around:
                    return True
                continue
            met.add(id(node))
            if isinstance(node.value, dict | list):
                pending += node.value.values() if isinstance(node.value, dict) else node.value
        return False

    def inner(self, path: Path) -> InnerTree | None:
        """Return the tree of a string that is itself a file of YAML, None for any other string."""
        node = self.node(path)
        if node is None or not isinstance(node.value, str) or "\n" not in node.value.strip():
            return None
        try:
            tree = InnerTree(self, path, node)
        except KascError:
            return None
        return tree if all(isinstance(each.value, dict | list) for each in tree.documents) else None

    def replacements(self, data: Sequence[Any]) -> list[Replacement] | None:
        """Return the edits of the file's text after which it has other data; None if there are none."""
        if self.parse is _document and is_toml(self.source):
            return rewrite_toml(self.source, self.documents[0], data[0], self.parse)
        return rewrite(self.source, self.documents, data, self.parse)

    def with_data(self, change: Callable[[list[Any]], bool]) -> list[Replacement] | None:
        """Return the edits after a function has modified the data; it returns whether it could."""
        data = self.data
        return self.replacements(data) if change(data) else None


class InnerTree(Tree):
    """A file of YAML in a string of another file."""

    def __init__(self, outer: Tree, path: Path, node: Node) -> None:
        super().__init__(Source(outer.source.name, str(node.value)), _manifests)
        self.outer = outer
        self.at = path
        self.container = node

    def path_of(self, location: Location) -> Path | None:
        """Return the path of the innermost value that contains a location of the outer file."""
        span = decoded_span(self.container, location)
        if span is None:
            return None
        return super().path_of(
            Location(location.file, *place(self.source.text, span[0]), *place(self.source.text, span[1]))
        )

    def replacements(self, data: Sequence[Any]) -> list[Replacement] | None:
        """Return the edits of the outer file."""
        inner = super().replacements(data)
        if inner is None:
            return None
        text = applied(self.source.text, inner)
        return self.outer.with_data(lambda outer: assign(outer, self.at, text))


def decoded_span(node: Node, location: Location) -> tuple[int, int] | None:
    """Return the range of characters of a string that a location covers, None if it cannot be located."""
    spans = characters(node)
    if not spans:
        return None
    # A break of a line has an empty span where it is read as a space, and at the end of a block.
    wide = [at for at, span in enumerate(spans) if span[:2] < span[2:]]
    start = next((at for at in wide if spans[at][:2] >= location[1:3]), None)
    end = next((at + 1 for at in reversed(wide) if spans[at][2:] <= location[3:5]), None)
    return (start, end) if start is not None and end is not None and start <= end else None


def _covers(span: tuple[int, ...], location: Location) -> bool:
    return span[:2] <= location[1:3] and location[3:5] <= span[2:]


def _inside(node: Node, location: Location) -> Iterator[str | int]:
    """Yield the keys and indices of the innermost value that contains a location, or whose key does."""
    while True:
        step: str | int | None = None
        if isinstance(node.value, dict):
            for key, child in node.value.items():
                if _covers(child.span, location) or _covers((node.keys or {}).get(key, (0, 0, 0, 0)), location):
                    step, inner = key, child
                    break
        elif isinstance(node.value, list):
            for index, child in enumerate(node.value):
                if _covers(child.span, location):
                    step, inner = index, child
                    break
        if step is None:
            return
        yield step
        if not _covers(inner.span, location):
            return
        node = inner


def node_at(documents: Sequence[Node], path: Path) -> Node | None:
    """Return the node at a path, None if there is none."""
    node: Node | None = None
    for depth, step in enumerate(path):
        if depth == 0:
            node = documents[int(step)] if int(step) < len(documents) else None
        elif node is not None and isinstance(node.value, dict):
            node = node.value.get(str(step))
        elif node is not None and isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return None
    return node


def value_at(data: Any, path: Path) -> Any:
    """Return the value at a path of plain data; None if there is none."""
    for step in path:
        if not _has(data, step):
            return None
        data = data[step]
    return data


def _has(data: Any, step: str | int) -> bool:
    if isinstance(data, dict):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def assign(data: Any, path: Path, value: Any) -> bool:
    """Set the value at a path; mappings that do not exist are added. Return whether that is possible."""
    for step, following in pairwise(path):
        if isinstance(data, dict) and isinstance(step, str):
            if data.get(step) is None:
                data[step] = [] if isinstance(following, int) else {}
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return False
    last = path[-1]
    if isinstance(data, list) and not _has(data, last):
        return False
    if isinstance(data, dict | list):
        data[last] = value  # type: ignore[index]
    return isinstance(data, dict | list)


def remove(data: Any, path: Path) -> bool:
    """Remove the value at a path, and the mappings and lists around it that become empty.

    The only key of a document stays, with an empty mapping or list. Return whether the removal is possible.
    """
    while len(path) > 1:
        container: Any = value_at(data, path[:-1])
        if not _has(container, path[-1]):
            return False
        if len(path) == 2 and len(container) == 1:
            if isinstance(container[path[-1]], dict | list):
                container[path[-1]] = type(container[path[-1]])()
                return True
            return False
        del container[path[-1]]
        if container:
            return True
        path = path[:-1]
    return False


def in_documents(tree: Tree, path: Path) -> Iterator[Path]:
    """Yield a path in each document; that of a kind of document is in those of this kind only."""
    kinds = [value_at(document, ("kind",)) for document in tree.data]
    for number, kind in enumerate(kinds):
        if path[0] not in kinds:
            yield number, *path
        elif path[0] == kind:
            yield number, *path[1:]
