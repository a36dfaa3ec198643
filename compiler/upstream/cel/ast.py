"""Syntax tree.

Every node has `offset` (of its most telling character, as in cel-go), `type` (set by the checker) and `depth`
(nesting of the grammar rules that the parser counts).
"""

from __future__ import annotations

from typing import TypeAlias

from compiler.upstream.cel.types import Type

Value: TypeAlias = "bool | int | float | str | bytes | None"


class Node:
    """Base class of all nodes."""

    __slots__ = ("depth", "offset", "type")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.depth = 0
        self.type: Type | None = None


class Literal(Node):
    """A literal; `kind` is the kind of its type."""

    __slots__ = ("kind", "value")

    def __init__(self, offset: int, kind: str, value: Value) -> None:
        super().__init__(offset)
        self.kind = kind
        self.value = value


class Ident(Node):
    """An identifier. The checker sets the resolved name, and the value of an enum constant."""

    __slots__ = ("constant", "name")

    def __init__(self, offset: int, name: str) -> None:
        super().__init__(offset)
        self.name = name
        self.constant: int | None = None


class Select(Node):
    """`operand.field`, or `has(operand.field)` if `test` is set.

    `resolved` replaces it if the checker resolves the selection as a qualified name.
    """

    __slots__ = ("field", "operand", "resolved", "test")

    def __init__(self, offset: int, operand: Node, field: str, test: bool = False) -> None:
        super().__init__(offset)
        self.operand = operand
        self.field = field
        self.test = test
        self.resolved: Ident | None = None


class Call(Node):
    """`function(args)` or `target.function(args)`; operators are functions too.

    `matched` counts the matching overloads, `first` is the index of the first one.
    """

    __slots__ = ("args", "first", "function", "matched", "target")

    def __init__(self, offset: int, function: str, args: list[Node], target: Node | None = None) -> None:
        super().__init__(offset)
        self.function = function
        self.args = args
        self.target = target
        self.matched = 0
        self.first = -1


class ListLiteral(Node):
    """`[elements]`; `optional` has the indexes of elements written as `?element`."""

    __slots__ = ("elements", "optional")

    def __init__(self, offset: int, elements: list[Node], optional: frozenset[int] = frozenset()) -> None:
        super().__init__(offset)
        self.elements = elements
        self.optional = optional


class MapLiteral(Node):
    """`{key: value}`; the last item of each entry is whether it is written as `?key: value`."""

    __slots__ = ("entries",)

    def __init__(self, offset: int, entries: list[tuple[Node, Node, bool]]) -> None:
        super().__init__(offset)
        self.entries = entries


class Message(Node):
    """`name{field: value}`; each field has its name, its value, whether it is optional, and its offset."""

    __slots__ = ("fields", "name")

    def __init__(self, offset: int, name: str, fields: list[tuple[str, Node, bool, int]]) -> None:
        super().__init__(offset)
        self.name = name
        self.fields = fields


class Comprehension(Node):
    """A fold over a range: the expansion of macros. `variable2` is empty if there is one variable."""

    __slots__ = ("accumulator", "condition", "iterated", "result", "start", "step", "variable", "variable2")

    def __init__(self, offset: int, iterated: Node, variables: tuple[str, str], accumulator: str) -> None:
        super().__init__(offset)
        self.iterated = iterated
        self.variable, self.variable2 = variables
        self.accumulator = accumulator
        # Set by the macro.
        self.start: Node = iterated
        self.condition: Node = iterated
        self.step: Node = iterated
        self.result: Node = iterated


def children(node: Node) -> list[Node]:
    """Return the child nodes in the order in which the server visits them."""
    if isinstance(node, Select):
        return [] if node.resolved else [node.operand]
    if isinstance(node, Call):
        return [node.target, *node.args] if node.target else node.args
    if isinstance(node, ListLiteral):
        return node.elements
    if isinstance(node, MapLiteral):
        return [part for key, value, _ in node.entries for part in (key, value)]
    if isinstance(node, Message):
        return [value for _, value, _, _ in node.fields]
    if isinstance(node, Comprehension):
        return [node.iterated, node.start, node.condition, node.step, node.result]
    return []


def qualified_name(node: Node | None) -> str:
    """Return `a.b.c` for a chain of selections on a name, else empty. Go: containers.ToQualifiedName."""
    if isinstance(node, Ident):
        return node.name
    if isinstance(node, Select) and not node.test:
        if node.resolved:
            return node.resolved.name
        prefix = qualified_name(node.operand)
        return f"{prefix}.{node.field}" if prefix else ""
    return ""


def copy(node: Node) -> Node:
    """Return a deep copy of the tree."""
    duplicate: Node
    if isinstance(node, Literal):
        duplicate = Literal(node.offset, node.kind, node.value)
    elif isinstance(node, Ident):
        duplicate = Ident(node.offset, node.name)
    elif isinstance(node, Select):
        duplicate = Select(node.offset, copy(node.operand), node.field, node.test)
    elif isinstance(node, Call):
        target = copy(node.target) if node.target else None
        duplicate = Call(node.offset, node.function, [copy(arg) for arg in node.args], target)
    elif isinstance(node, ListLiteral):
        duplicate = ListLiteral(node.offset, [copy(element) for element in node.elements], node.optional)
    elif isinstance(node, MapLiteral):
        duplicate = MapLiteral(node.offset, [(copy(key), copy(value), opt) for key, value, opt in node.entries])
    elif isinstance(node, Message):
        duplicate = Message(
            node.offset, node.name, [(name, copy(value), opt, at) for name, value, opt, at in node.fields]
        )
    else:
        duplicate = _copy_comprehension(node)
    duplicate.depth = node.depth
    return duplicate


def _copy_comprehension(node: Node) -> Node:
    if not isinstance(node, Comprehension):
        return node
    duplicate = Comprehension(node.offset, copy(node.iterated), (node.variable, node.variable2), node.accumulator)
    duplicate.start, duplicate.condition = copy(node.start), copy(node.condition)
    duplicate.step, duplicate.result = copy(node.step), copy(node.result)
    return duplicate
