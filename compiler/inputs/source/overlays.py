"""Documents that extend others: reading parents, following `extends` and merging the layers.

Layers are applied in order: the parents of a document as listed, each after its own parents, and the document last.
A file that is reached twice is applied once, the first time, so that a base shared by two parents does not undo what
the first of them changed. Mappings are merged key by key; scalars and lists are replaced. An explicit null removes the
value that an earlier layer set and never appears in the result; TOML has no null, so a layer that removes a value has
to be YAML. The key `extends` does not appear in the result either.

Paths are relative to the file that names them. `..` is resolved lexically, so messages name the file that was opened.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, diagnose
from compiler.filesystem import hint_for
from compiler.inputs.source import STANDARD_INPUT, Files, parse_document
from compiler.inputs.source.node import Node, Span, quoted

MAX_LAYERS = 16
"""Maximum number of documents in a chain from child to parent."""
MAX_FILES = 64
"""Maximum number of files that one document is merged from."""

EXTENDS = "extends"
PATH_HINT = "the path is relative to the directory of the file that names it"


class LoadedDocument(NamedTuple):
    """A document merged with everything it extends.

    `layers` has the names of the files in the order they were applied, `roots` the unmerged root node of each.
    """

    root: Node
    layers: tuple[str, ...]
    roots: tuple[Node, ...]


class ParsedFile(NamedTuple):
    """A parent before merging, and the diagnostics of parsing it."""

    root: Node
    problems: tuple[Diagnostic, ...]


def extend_document(root: Node, path: str, problems: list[Diagnostic], files: Files | None = None) -> LoadedDocument:
    """Merge a document that was parsed from `path` (`-` is standard input) with everything it extends.

    Errors that do not stop reading are added to `problems`. Raises KascError (DOC-01 to DOC-09, DOC-20) for a parent;
    if several parents cannot be read, the first error is raised and the others are added to `problems`.
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
    """Return the first layer without nulls; memoized on a parent, which other documents may share."""
    result: Node | None = layers[0].memoized("without nulls")
    if result is None:
        result = _without_nulls(layers[0])
        if len(layers) > 1:
            layers[0].memoize("without nulls", result)
    return result


class _Stack:
    """The layers of a document, in the order they are applied, and the names of the files reached so far."""

    def __init__(self, files: Files, path: str) -> None:
        self.files = files
        self.root = files.root_of(path)
        self.layers: list[Node] = []
        self.reached: set[str] = set()
        self.problems: list[Diagnostic] = []
        self.failures: list[Diagnostic] = []

    def add(self, node: Node, path: str, chain: tuple[str, ...]) -> None:
        """Add the parents of a document, then the document; `chain` has the paths of its descendants."""
        key = os.path.normpath(path) if path != STANDARD_INPUT else path
        self.reached.add(key)
        for name in self.names(node):
            directory = "" if path == STANDARD_INPUT else os.path.dirname(path)
            self.follow(name, parent_path(directory, str(name.value)), (*chain, key))
        self.layers.append(_without_extends(node))

    def names(self, node: Node) -> list[Node]:
        """Return the items of `extends` that are strings; report the others."""
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
        """Add the parent at `path`, which the item `name` names, unless it was reached before."""
        if path in chain:
            cycle = " -> ".join((*chain[chain.index(path) :], path))
            self.fail(name, f"the documents extend each other in a cycle: {cycle}", "remove one of these extends")
        elif path in self.reached:
            return
        elif len(chain) >= MAX_LAYERS:
            self.fail(name, f"the chain of extends is longer than {MAX_LAYERS} documents", "merge some of the layers")
        elif len(self.reached) >= MAX_FILES:
            if not any("in all" in failure.message for failure in self.failures):
                self.fail(name, f"the document extends more than {MAX_FILES} files in all", "merge some of the layers")
        else:
            self.reached.add(path)
            parent = self.read(name, path) if self.is_inside(name, path) else None
            if parent is not None:
                self.add(parent, path, chain)

    def is_inside(self, name: Node, path: str) -> bool:
        """Return whether a parent is inside the root of the document; report it (DOC-20) if it is not."""
        refusal = self.files.refusal(path, self.root)
        if refusal:
            self.files.note(path, "")
            message = f"cannot extend {quoted(str(name.value))}: {refusal}"
            self.failures.append(
                diagnose(rules.FILE_OUTSIDE_ROOT, message, hint_for(refusal), path=EXTENDS, location=name.location)
            )
        return not refusal

    def read(self, name: Node, path: str) -> Node | None:
        """Return the root mapping of a parent; None if it cannot be read, which is reported."""
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
            self.fail(name, f"cannot extend {path}: it is not a mapping", "extend a kasc document")
            return None
        return parsed.root

    def fail_to_read(self, name: Node, reason: Diagnostic) -> None:
        """Report an unreadable parent at the item that names it, a malformed one in its own file."""
        if reason.code == rules.UNREADABLE_FILE.code:
            self.fail(name, f"cannot extend {quoted(str(name.value))}: {reason.message}", PATH_HINT)
        else:
            self.failures.append(reason)

    def fail(self, node: Node, message: str, hint: str) -> None:
        """Report DOC-08 at an item of `extends`."""
        self.failures.append(diagnose(rules.UNRESOLVED_EXTENDS, message, hint, path=EXTENDS, location=node.location))


@lru_cache(maxsize=256)
def parent_path(directory: str, name: str) -> str:
    """Return the path of a parent that a document in `directory` names."""
    return os.path.normpath(os.path.join(directory, name))


def _without_extends(node: Node) -> Node:
    if node.get(EXTENDS) is None or not isinstance(node.value, dict):
        return node
    return _with(node, {key: child for key, child in node.value.items() if key != EXTENDS})


def _with(node: Node, values: dict[str, Node]) -> Node:
    """Return a copy of a mapping with some of its values and the spans of their keys."""
    keys = node.keys or {}
    return Node(values, node.source, node.span, "", {key: keys[key] for key in values})


def _without_nulls(node: Node) -> Node:
    """Return the node without keys whose value is null, at any depth of mappings; the node itself if it has none."""
    if not isinstance(node.value, dict):
        return node
    values = {}
    changed = False
    for key, child in node.value.items():
        result = _without_nulls(child)
        if result.value is None:
            changed = True
            continue
        changed = changed or result is not child
        values[key] = result
    return _with(node, values) if changed else node


def _merge(below: Node, above: Node) -> Node:
    """Return two layers merged; neither is modified. The result has the location of `above`."""
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
