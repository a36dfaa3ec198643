"""Documents that extend others: reads them, follows `extends`, and merges the layers.

The layers apply in order: the parents of a document as it lists them, each after its own parents, the document itself
last. A file that is reached twice applies once, where it is reached first, so that a base which two parents share does
not undo what the first of them changed. Mappings merge key by key; scalars and lists replace. An explicit null removes
what an earlier layer set, and never appears in the result; TOML has no null, so a layer that removes something has to
be YAML. The key `extends` does not appear in the result either.

Paths are relative to the file that names them. `..` is taken by the text of the path, so that the name in messages is
the name that was opened.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import NamedTuple

from compiler.diagnostics import Diagnostic, KascError, diagnose
from compiler.source.node import Node, Span
from compiler.source.places import shown
from compiler.source.reading import STANDARD_INPUT, Files, parse_document
from compiler.source.roots import hint_for

MAX_LAYERS = 16
"""Documents in a chain from child to parent."""
MAX_FILES = 64
"""Files that one document can be made of."""

EXTENDS = "extends"


class LoadedDocument(NamedTuple):
    """A document with everything it extends.

    `layers` has the names of the files in the order they were applied, `roots` what each of them says by itself.
    """

    root: Node
    layers: tuple[str, ...]
    roots: tuple[Node, ...]


class ParsedFile(NamedTuple):
    """A parent as it was read, before any merging, and what was found wrong in it."""

    root: Node
    problems: tuple[Diagnostic, ...]


def load_document(path: str, problems: list[Diagnostic], files: Files | None = None) -> LoadedDocument:
    """Read a document (`-` is standard input) and everything it extends, and merge them.

    Problems that do not end the reading are added to `problems`. Raises KascError: DOC-01 to DOC-09 for the document
    or a parent; where several parents cannot be followed, the first is raised and the others are in `problems`.
    """
    files = files or Files()
    root = parse_document(files.read(path), problems)
    return extend_document(root, path, problems, files)


def extend_document(root: Node, path: str, problems: list[Diagnostic], files: Files | None = None) -> LoadedDocument:
    """Merge a document that was parsed from `path` with everything it extends.

    Adds to `problems` and raises KascError as `load_document` does.
    """
    stack = _Stack(files or Files(), path)
    stack.add(root, path, ())
    problems += stack.problems
    if stack.failures:
        problems += stack.failures[1:]
        raise KascError(stack.failures[0])
    merged = _first_of(stack.layers)
    for layer in stack.layers[1:]:
        merged = _merge(merged, layer)
    return LoadedDocument(merged, tuple(layer.source.name for layer in stack.layers), tuple(stack.layers))


def _first_of(layers: list[Node]) -> Node:
    """The first layer without nulls; a parent, which other documents may have as well, keeps it."""
    found: Node | None = layers[0].kept("without nulls")
    if found is None:
        found = _without_nulls(layers[0])
        if len(layers) > 1:
            layers[0].keep("without nulls", found)
    return found


class _Stack:
    """Collects the layers of a document, the first to apply first."""

    def __init__(self, files: Files, path: str) -> None:
        self.files = files
        self.root = files.root_of(path)
        self.layers: list[Node] = []
        self.known: set[str] = set()
        self.problems: list[Diagnostic] = []
        self.failures: list[Diagnostic] = []

    def add(self, node: Node, path: str, chain: tuple[str, ...]) -> None:
        """Add the parents of a document and then the document; `chain` has the paths of those that led to it."""
        key = os.path.normpath(path) if path != STANDARD_INPUT else path
        self.known.add(key)
        for name in self.names(node):
            folder = "" if path == STANDARD_INPUT else os.path.dirname(path)
            self.follow(name, parent_path(folder, str(name.value)), (*chain, key))
        self.layers.append(_without_extends(node))

    def names(self, node: Node) -> list[Node]:
        """The items of `extends` that are texts; others are failures."""
        extends = node.get(EXTENDS)
        if extends is None or extends.value is None:
            return []
        names = []
        for item in extends.value if isinstance(extends.value, list) else [extends]:
            if isinstance(item.value, str) and item.value and "\0" not in item.value:
                names.append(item)
            else:
                self.fail(item, "extends takes a path or a list of paths", "write extends: [../base.yaml]")
        return names

    def follow(self, name: Node, path: str, chain: tuple[str, ...]) -> None:
        """Add the parent that `name` names, unless it is known."""
        if path in chain:
            circle = " -> ".join((*chain[chain.index(path) :], path))
            self.fail(name, f"the documents extend one another in a circle: {circle}", "remove one of these extends")
        elif path in self.known:
            return
        elif len(chain) >= MAX_LAYERS:
            self.fail(name, f"more than {MAX_LAYERS} documents extend one another in a row", "join some of the layers")
        elif len(self.known) >= MAX_FILES:
            if not any("in all" in failure.message for failure in self.failures):
                self.fail(name, f"the document extends more than {MAX_FILES} files in all", "join some of the layers")
        else:
            self.known.add(path)
            parent = self.read(name, path) if self.is_inside(name, path) else None
            if parent is not None:
                self.add(parent, path, chain)

    def is_inside(self, name: Node, path: str) -> bool:
        """Whether a parent is inside the root of the document; a failure if it is not."""
        refusal = self.files.refusal(path, self.root)
        if refusal:
            self.files.note(path, "")
            message = f"{shown(str(name.value))} cannot be extended: {refusal}"
            self.failures.append(diagnose("DOC-20", message, hint_for(refusal), path=EXTENDS, location=name.location))
        return not refusal

    def read(self, name: Node, path: str) -> Node | None:
        """The root mapping of a parent; None for a failure."""
        parsed: ParsedFile | None = self.files.parsed.get(path)
        if parsed is None:
            problems: list[Diagnostic] = []
            try:
                # A parent called '-' is a file of that name.
                source = self.files.read(os.path.join(os.curdir, path) if path == STANDARD_INPUT else path, path)
                parsed = ParsedFile(parse_document(source, problems), tuple(problems))
            except KascError as error:
                self.problems += problems
                self.fail_to_read(name, error.diagnostic)
                return None
            self.files.parsed[path] = parsed
        self.files.note(path, parsed.root.source.text)
        self.problems += parsed.problems
        if not isinstance(parsed.root.value, dict):
            self.fail(name, f"{path} cannot be extended: it holds no mapping", "extend a kasc document")
            return None
        return parsed.root

    def fail_to_read(self, name: Node, reason: Diagnostic) -> None:
        """A parent that is not there is the fault of who names it; one that is malformed speaks for itself."""
        if reason.code == "KASC-DOC-001":
            self.fail(name, f"{shown(str(name.value))} cannot be extended: {reason.message}", _PATH_HINT)
        else:
            self.failures.append(reason)

    def fail(self, node: Node, message: str, hint: str) -> None:
        """DOC-08 at an item of `extends`."""
        self.failures.append(diagnose("DOC-08", message, hint, path=EXTENDS, location=node.location))


_PATH_HINT = "the path is relative to the folder of the file that names it"


@lru_cache(maxsize=256)
def parent_path(folder: str, name: str) -> str:
    """The path of a parent that a document in a folder names."""
    return os.path.normpath(os.path.join(folder, name))


def _without_extends(node: Node) -> Node:
    if node.get(EXTENDS) is None or not isinstance(node.value, dict):
        return node
    return _with(node, {key: child for key, child in node.value.items() if key != EXTENDS})


def _with(node: Node, values: dict[str, Node]) -> Node:
    """A mapping with some of its values, the spans of its keys to match."""
    keys = node.keys or {}
    return Node(values, node.source, node.span, "", {key: keys[key] for key in values})


def _without_nulls(node: Node) -> Node:
    """The node without the keys whose value is null, at any depth of mappings; itself where it has none."""
    if not isinstance(node.value, dict):
        return node
    values = {}
    changed = False
    for key, child in node.value.items():
        kept = _without_nulls(child)
        if kept.value is None:
            changed = True
            continue
        changed = changed or kept is not child
        values[key] = kept
    return _with(node, values) if changed else node


def _merge(below: Node, above: Node) -> Node:
    """Two layers as one; neither is changed. The result stands where `above` stands."""
    if not isinstance(below.value, dict) or not isinstance(above.value, dict):
        return _without_nulls(above)
    values = dict(below.value)
    keys: dict[str, Span] = dict(below.keys or {})
    for key, child in above.value.items():
        if child.value is None:
            values.pop(key, None)
            keys.pop(key, None)
            continue
        values[key] = _merge(values[key], child) if key in values else _without_nulls(child)
        keys[key] = (above.keys or {})[key]
    return Node(values, above.source, above.span, "", keys)
