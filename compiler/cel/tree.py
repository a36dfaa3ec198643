"""The syntax tree of an expression.

Every node has `offset` (of the character that says best where it stands), `type` (set by the checker) and `depth`
(how many of the parser's counted rules it nests).
"""

from __future__ import annotations

from typing import TypeAlias

from compiler.cel.types import Type

Value: TypeAlias = "bool | int | float | str | bytes | None"


class Node:
    """What all nodes have."""

    __slots__ = ("depth", "offset", "type")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.depth = 0
        self.type: Type | None = None


class Literal(Node):
    """A value; `kind` is the kind of its type."""

    __slots__ = ("kind", "value")

    def __init__(self, offset: int, kind: str, value: Value) -> None:
        super().__init__(offset)
        self.kind = kind
        self.value = value


class Ident(Node):
    """A name. The checker puts the resolved name in its place, and the value of a constant."""

    __slots__ = ("constant", "name")

    def __init__(self, offset: int, name: str) -> None:
        super().__init__(offset)
        self.name = name
        self.constant: int | None = None


class Select(Node):
    """`operand.field`, or `has(operand.field)` where `test` is set.

    `resolved` takes its place where the checker finds that the whole is a qualified name.
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

    `matched` counts the overloads that fit, `first` is the place of the first of them.
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
    """`[elements]`; `optional` has the places of elements that are written `?element`."""

    __slots__ = ("elements", "optional")

    def __init__(self, offset: int, elements: list[Node], optional: frozenset[int] = frozenset()) -> None:
        super().__init__(offset)
        self.elements = elements
        self.optional = optional


class MapLiteral(Node):
    """`{key: value}`; the last of each entry says whether it is written `?key: value`."""

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
    """What a macro such as `all` or `map` becomes: a fold over a range. `variable2` is empty where there is one."""

    __slots__ = ("accumulator", "condition", "iterated", "result", "start", "step", "variable", "variable2")

    def __init__(self, offset: int, iterated: Node, variables: tuple[str, str], accumulator: str) -> None:
        super().__init__(offset)
        self.iterated = iterated
        self.variable, self.variable2 = variables
        self.accumulator = accumulator
        # Filled in by the macro that makes it.
        self.start: Node = iterated
        self.condition: Node = iterated
        self.step: Node = iterated
        self.result: Node = iterated


def children(node: Node) -> list[Node]:
    """The nodes directly below, in the order in which the server visits them."""
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
    """`a.b.c` where the node is nothing but names and dots, else empty. Go: containers.ToQualifiedName."""
    if isinstance(node, Ident):
        return node.name
    if isinstance(node, Select) and not node.test:
        if node.resolved:
            return node.resolved.name
        prefix = qualified_name(node.operand)
        return f"{prefix}.{node.field}" if prefix else ""
    return ""


def copied(node: Node) -> Node:
    """The same tree with nodes of its own."""
    twin: Node
    if isinstance(node, Literal):
        twin = Literal(node.offset, node.kind, node.value)
    elif isinstance(node, Ident):
        twin = Ident(node.offset, node.name)
    elif isinstance(node, Select):
        twin = Select(node.offset, copied(node.operand), node.field, node.test)
    elif isinstance(node, Call):
        target = copied(node.target) if node.target else None
        twin = Call(node.offset, node.function, [copied(arg) for arg in node.args], target)
    elif isinstance(node, ListLiteral):
        twin = ListLiteral(node.offset, [copied(element) for element in node.elements], node.optional)
    elif isinstance(node, MapLiteral):
        twin = MapLiteral(node.offset, [(copied(key), copied(value), opt) for key, value, opt in node.entries])
    elif isinstance(node, Message):
        twin = Message(node.offset, node.name, [(name, copied(value), opt, at) for name, value, opt, at in node.fields])
    else:
        twin = _copied_comprehension(node)
    twin.depth = node.depth
    return twin


def _copied_comprehension(node: Node) -> Node:
    if not isinstance(node, Comprehension):
        return node
    twin = Comprehension(node.offset, copied(node.iterated), (node.variable, node.variable2), node.accumulator)
    twin.start, twin.condition = copied(node.start), copied(node.condition)
    twin.step, twin.result = copied(node.step), copied(node.result)
    return twin
