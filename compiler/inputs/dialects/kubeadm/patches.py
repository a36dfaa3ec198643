"""Patches of documents: JSON merge patches (RFC 7386) and JSON patches (RFC 6902), which keep positions.

kind: pkg/internal/patch; github.com/evanphx/json-patch/v5.
"""

from __future__ import annotations

from compiler import rules
from compiler.bounds import MAX_DEPTH, MAX_NODES
from compiler.diagnostics import KascError, Location, diagnose
from compiler.inputs.source.node import Node, text_of, too_deep
from compiler.text import shown, shown_bare


class PatchError(Exception):
    """A patch that cannot be applied; `node` is the part of it that fails."""

    def __init__(self, reason: str, node: Node) -> None:
        super().__init__(reason)
        self.node = node


def copied(node: Node) -> Node:
    """Return a copy of a node that can be changed; its scalars are shared."""
    if isinstance(node.value, dict):
        value = {key: copied(child) for key, child in node.value.items()}
        return Node(value, node.source, node.span, "", dict(node.keys or {}))
    if isinstance(node.value, list):
        return Node([copied(child) for child in node.value], node.source, node.span)
    return node


def put(target: Node, key: str, child: Node, patch: Node) -> None:
    """Set a key of a mapping to a value of a patch."""
    if isinstance(target.value, dict):
        target.value[key] = child
        if target.keys is not None:
            target.keys.pop(key, None)
            if patch.keys is not None and key in patch.keys:
                target.keys[key] = patch.keys[key]


def merge(target: Node, patch: Node) -> Node:
    """Return a document with a merge patch applied; `target` may be changed. RFC 7386, MergePatch."""
    if not isinstance(patch.value, dict):
        return copied(patch)
    if not isinstance(target.value, dict):
        target = Node({}, patch.source, patch.span, "", {})
    for key, value in patch.value.items():
        if value.value is None:
            if isinstance(target.value, dict):
                target.value.pop(key, None)
            continue
        old = target.get(key)
        put(target, key, _new(value) if old is None else merge(old, value), patch)
    return target


def _new(value: Node) -> Node:
    """Return a value of a patch without what it deletes."""
    return merge(Node({}, value.source, value.span, "", {}), value) if isinstance(value.value, dict) else copied(value)


class Room:
    """The number of values that patches may still visit, because copies of copies grow exponentially."""

    def __init__(self) -> None:
        self.left = MAX_NODES

    def take(self, count: int, where: Location) -> None:
        """Visit values. Raises KascError if there are too many."""
        self.left -= count
        if self.left < 0:
            message = f"the patches work on more than {MAX_NODES} values"
            raise KascError(diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, "merge the patches", location=where))


def apply(document: Node, operations: Node, room: Room) -> Node:
    """Return a document with a JSON patch applied; `document` may be changed. RFC 6902.

    Raises PatchError if that fails, and KascError if the result is too large.
    """
    if operations.value is None:
        return document
    if not isinstance(operations.value, list):
        raise PatchError("it is not a list of operations", operations)
    patch = _JSONPatch(document, room)
    for operation in operations.value:
        if not isinstance(operation.value, dict):
            raise PatchError("an operation is not a mapping", operation)
        patch.run(operation)
    return patch.root.at(("",))


class _JSONPatch:
    """A JSON patch that is being applied. `root` has the document at the key "", the first step of every pointer."""

    def __init__(self, document: Node, room: Room) -> None:
        self.root = Node({"": document}, document.source, document.span, "", {})
        self.room = room

    def run(self, operation: Node) -> None:
        """Apply one operation."""
        kind, path = text_of(operation.get("op")), _pointer(operation, "path")
        if kind == "add":
            self._add(path, _value(operation), operation)
        elif kind == "remove":
            self._remove(path, operation)
        elif kind == "replace":
            self._replace(path, _value(operation), operation)
        elif kind == "move":
            self._add(path, self._remove(_pointer(operation, "from"), operation), operation)
        elif kind == "copy":
            self._add(path, _find(self.root, _pointer(operation, "from"), operation), operation)
        elif kind == "test":
            found = self._copied(_find(self.root, path, operation), len(path), operation)
            if found.plain() != _value(operation).plain():
                raise PatchError(f"the test of {shown(text_of(operation.get('path')))} fails", operation)
        else:
            raise PatchError(f"{shown(kind)} is not an operation", operation)

    def _add(self, steps: list[str], value: Node, operation: Node) -> None:
        parent, value = _parent(self.root, steps, operation), self._copied(value, len(steps), operation)
        if isinstance(parent.value, list):
            last = len(parent.value)
            parent.value.insert(last if steps[-1] == "-" else _index(parent.value, steps[-1], operation, 1), value)
        elif isinstance(parent.value, dict):
            put(parent, steps[-1], value, operation)
        else:
            raise PatchError(f"there is no mapping or list at {shown_bare('/'.join(steps[:-1]))}", operation)

    def _remove(self, steps: list[str], operation: Node) -> Node:
        parent, removed = _parent(self.root, steps, operation), _find(self.root, steps, operation)
        if isinstance(parent.value, list):
            del parent.value[_index(parent.value, steps[-1], operation)]
        elif isinstance(parent.value, dict):
            del parent.value[steps[-1]]
        return removed

    def _replace(self, steps: list[str], value: Node, operation: Node) -> None:
        parent, value = _parent(self.root, steps, operation), self._copied(value, len(steps), operation)
        _find(self.root, steps, operation)
        if isinstance(parent.value, list):
            parent.value[_index(parent.value, steps[-1], operation)] = value
        elif isinstance(parent.value, dict):
            put(parent, steps[-1], value, operation)

    def _copied(self, node: Node, depth: int, operation: Node) -> Node:
        """Return a copy of a value for a place at a depth."""
        self.room.take(1, operation.location)
        if depth > MAX_DEPTH:
            raise too_deep(operation.location)
        if isinstance(node.value, dict):
            value = {key: self._copied(child, depth + 1, operation) for key, child in node.value.items()}
            return Node(value, node.source, node.span, "", dict(node.keys or {}))
        if isinstance(node.value, list):
            items = [self._copied(child, depth + 1, operation) for child in node.value]
            return Node(items, node.source, node.span)
        return node


def _value(operation: Node) -> Node:
    value = operation.get("value")
    return value if value is not None else Node(None, operation.source, operation.span)


def _pointer(operation: Node, key: str) -> list[str]:
    """Return the steps of a JSON pointer from the parent of the document on. RFC 6901."""
    node = operation.get(key)
    if node is None or not isinstance(node.value, str):
        raise PatchError(f"an operation has no {key}", operation)
    if node.value and not node.value.startswith("/"):
        raise PatchError(f"the {key} {shown(node.value)} does not start with /", node)
    return [part.replace("~1", "/").replace("~0", "~") for part in node.value.split("/")]


def _parent(root: Node, steps: list[str], operation: Node) -> Node:
    return _find(root, steps[:-1], operation) if len(steps) > 1 else root


def _find(root: Node, steps: list[str], operation: Node) -> Node:
    node = root
    for step in steps:
        child = node.get(step)
        if isinstance(node.value, list):
            child = node.value[_index(node.value, step, operation)]
        if child is None:
            raise PatchError(f"there is no {shown_bare('/'.join(steps)) or 'document'}", operation)
        node = child
    return node


def _index(items: list[Node], step: str, operation: Node, past: int = 0) -> int:
    """Return an index of a list; a negative one counts from its end."""
    digits = step.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 9):
        raise PatchError(f"{shown(step)} is not an index of a list", operation)
    index = int(step)
    index += len(items) + past if index < 0 else 0
    if not 0 <= index < len(items) + past:
        raise PatchError(f"there is no item {step} in the list", operation)
    return index
