"""What the server refuses when it turns a checked expression into a program.

Constants are computed then: conversions that fail, regular expressions that cannot be read and keys that nothing can be
looked up with end the server's start. So do a few constants on which the server itself breaks down.
Sources: cel-go interpreter/planner.go, interpreter/decorators.go, interpreter/attributes.go.
"""

from __future__ import annotations

from compiler.cel.checker import Checker
from compiler.cel.constants import CONVERSIONS, Constant, NotConvertible, converted
from compiler.cel.environments import TypeNames
from compiler.cel.problems import Refused
from compiler.cel.tree import (
    Call,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Message,
    Node,
    Select,
    children,
)
from compiler.flags.text import shown

_INDEXES = ("_[_]", "_[?_]")
_KEYS = ("bool", "double", "int", "string", "uint")
_MATCHERS = ("matches", "find", "findAll")


class Planner:
    """Plans the program of a checked tree."""

    def __init__(self, checker: Checker, names: TypeNames) -> None:
        self._checker = checker
        self._names = names

    def plan(self, node: Node) -> Constant | None:
        """The value of the node where it is known before any request. Raises Refused where there can be none."""
        if isinstance(node, Literal):
            return Constant(node.kind, node.value)
        if isinstance(node, Ident):
            return self._ident(node)
        if isinstance(node, Select) and node.resolved:
            return self._ident(node.resolved)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, ListLiteral):
            return self._list(node)
        if isinstance(node, MapLiteral):
            return self._map(node)
        if isinstance(node, Message) and not (self._names.configured(node.name) or self._names.built_in(node.name)):
            raise Refused(f"{shown(node.name)} cannot be built here", "write the value itself", node.offset)
        for part in children(node):
            self.plan(part)
        return None

    def _ident(self, node: Ident) -> Constant | None:
        if node.constant is not None:
            return Constant("int", node.constant)
        found = self._checker.final(node)
        if found.kind != "type":
            return None
        described = self._names.declared(node.name) or self._names.registered(node.name)
        if described is None:
            message = f"{shown(node.name)} stands for a type, and the server cannot use it as a value"
            raise Refused(message, "compare with type(...) of a value instead", node.offset)
        return Constant("type", described)

    def _call(self, node: Call) -> Constant | None:
        parts = node.args if node.target is None else [node.target, *node.args]
        values = [self.plan(part) for part in parts]
        if node.function in _INDEXES:
            self._index(node.args[1], values[1])
        elif node.function in CONVERSIONS and len(values) == 1 and values[0] is not None:
            try:
                return converted(node.function, values[0], self._checker.settings)
            except NotConvertible as refused:
                raise Refused(refused.message, refused.hint, parts[0].offset) from None
        elif node.function == "@in" and node.matched == 1 and node.first == 0:
            return self._member(node, values[1])
        elif node.function in _MATCHERS and len(values) > 1:
            self._pattern(parts[1], values[1])
        return None

    def _index(self, node: Node, value: Constant | None) -> None:
        if value is not None and value.kind not in _KEYS:
            message = f"a constant of type {value.kind} cannot be used in []"
            raise Refused(message, "write a string, number or truth value", node.offset)

    def _member(self, node: Call, value: Constant | None) -> Constant | None:
        if value is None:
            return None
        if value.kind != "list":
            raise Refused(str(value.value), "write a list whose elements can be made", node.args[1].offset)
        return None if value.value else Constant("bool", False)

    def _pattern(self, node: Node, value: Constant | None) -> None:
        if value is None or value.kind != "string":
            return
        from compiler.flags.go_regexp import RegexpRefused, check_regexp

        try:
            check_regexp(value.value, "loose-unicode-names" in self._checker.settings)
        except RegexpRefused as refused:
            raise Refused(refused.message, refused.hint, node.offset) from None

    def _list(self, node: ListLiteral) -> Constant | None:
        values = [self.plan(element) for element in node.elements]
        known = [value for value in values if value is not None]
        if len(known) != len(values):
            return None
        for index, value in enumerate(known):
            if value.kind == "error":
                return value
            if index in node.optional:
                return Constant("error", "an element that is written with ? has to be an optional value")
        return Constant("list", known)

    def _map(self, node: MapLiteral) -> Constant | None:
        values = [(self.plan(key), self.plan(value)) for key, value, _ in node.entries]
        known = [(key, value) for key, value in values if key is not None and value is not None]
        if len(known) != len(values):
            return None
        for (key, value), (key_node, _, optional) in zip(known, node.entries, strict=True):
            if "error" in (key.kind, value.kind):
                return key if key.kind == "error" else value
            if optional:
                return Constant("error", "a value whose key is written with ? has to be an optional value")
            if key.kind == "bytes":
                message = "the server breaks down on a constant map whose keys are bytes"
                raise Refused(message, "write the keys as strings", key_node.offset)
        return Constant("map", known)
