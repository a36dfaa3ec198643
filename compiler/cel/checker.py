"""The types of an expression, and whether each name, field and call is known.

Source: cel-go checker/checker.go, with the options of the server's environment: optional types, comparisons across
number types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.cel.aggregates import ANYTHING, Aggregates
from compiler.cel.declarations import Declarations, Overload
from compiler.cel.environments import Environment, TypeNames
from compiler.cel.tree import (
    Call,
    Comprehension,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Message,
    Node,
    Select,
    qualified_name,
)
from compiler.cel.types import BOOL, DYN, ERROR, NULL, STRING, Type, is_dyn, make, optional_of, read_type, unwrapped


class Checker(Aggregates):
    """Checks one tree. `final` gives the type of a node when all is checked."""

    def __init__(self, environment: Environment, declarations: Declarations, names: TypeNames) -> None:
        super().__init__(environment, declarations, names)
        self._checks: dict[type[Node], Callable[[Any], None]] = {
            Literal: self._literal,
            Ident: self._ident,
            Select: self._select,
            Call: self._call,
            ListLiteral: self._list,
            MapLiteral: self._map,
            Message: self._message,
            Comprehension: self._comprehension,
        }

    def check(self, node: Node) -> None:
        """Give the node and all below it their types."""
        self._checks[type(node)](node)

    def _literal(self, node: Literal) -> None:
        self._set(node, NULL if node.kind == "null" else read_type(node.kind))

    def _ident(self, node: Ident) -> None:
        if not self._resolve(node, node.name):
            node.type = ERROR
            self._explain.unknown_name(node)

    def _select(self, node: Select) -> None:
        name = qualified_name(node)
        if name:
            ident = Ident(node.offset, name)
            if self._resolve(ident, name):
                node.resolved = ident
                self._set(node, self._typed(ident))
                return
        found = self._field(node, node.operand, node.field, optional=False)
        self._set(node, self._mapping.substitute(BOOL if node.test else found))

    def _field(self, node: Node, operand: Node, field: str, optional: bool) -> Type:
        """The type of a selection. Go: checkSelectField."""
        self.check(operand)
        target, was_optional = unwrapped(self._mapping.substitute(self._typed(operand)))
        found = ERROR
        if target.kind == "map":
            found = target.params[1]
        elif target.kind == "struct":
            known = self._names.field(target.name, field)
            if known is None:
                self._explain.unknown_field(node.offset, target.name, field)
            found = known or ERROR
        elif target.kind == "param":
            self._mapping.assignable(DYN, target)
            found = DYN
        else:
            if target.kind not in ANYTHING:
                self._explain.no_fields(node.offset, target, field)
            found = DYN
        return optional_of(found) if was_optional or optional else found

    def _call(self, node: Call) -> None:
        if node.function == "_?._" and isinstance(node.args[1], Literal):
            field = str(node.args[1].value)
            found = self._field(node, node.args[0], field, optional=True)
            node.args[1].type = STRING
            self._set(node, self._mapping.substitute(found))
            return
        overloads = self._overloads(node)
        if overloads is None:
            # What stands in the parentheses of an unknown function may well be meant for a macro.
            node.type = ERROR
            return
        for arg in node.args:
            self.check(arg)
        if node.target is not None:
            self.check(node.target)
        self._apply(node, overloads)

    def _overloads(self, node: Call) -> list[Overload] | None:
        """The function that is called, by its full name if its target is no value; reports one that is not known."""
        find = self._declarations.function
        if node.target is None:
            node.function = node.function.removeprefix(".")
        prefix = qualified_name(node.target)
        whole = f"{prefix}.{node.function}".removeprefix(".") if prefix else ""
        if whole and find(whole) is not None:
            node.target, node.function = None, whole
        found = find(node.function)
        if found is None:
            if whole and self._declarations.is_namespace(prefix):
                self._explain.unknown_function(node, whole)
                return None
            if node.target is not None:
                self.check(node.target)
            if node.target is None or self._typed(node.target).kind != "error":
                self._explain.unknown_function(node, node.function)
        return found

    def _apply(self, node: Call, overloads: list[Overload]) -> None:
        parts = node.args if node.target is None else [node.target, *node.args]
        given = [self._typed(part) for part in parts]
        found = self._logical(parts) if node.function in ("_&&_", "_||_") else self._resolved(node, overloads, given)
        if found is None:
            node.type = ERROR
        else:
            self._set(node, found)

    def _logical(self, parts: list[Node]) -> Type | None:
        """The operands of && and || are judged one by one."""
        good = True
        for part in parts:
            if not self._mapping.assignable(self._typed(part), BOOL):
                self._explain.wrong_type(part, BOOL, self.final(part))
                good = False
        return BOOL if good else None

    def _resolved(self, node: Call, overloads: list[Overload], given: list[Type]) -> Type | None:
        """The type of the result of all overloads that fit. Go: resolveOverload."""
        method, result = node.target is not None, None
        for place, overload in enumerate(overloads):
            if overload.method != method or len(overload.arguments) != len(given):
                continue
            arguments, gives = overload.arguments, overload.result
            if overload.open_types:
                fresh = {name: self._mapping.fresh() for name in overload.open_types}
                arguments = tuple(_instantiated(argument, fresh) for argument in arguments)
                gives = _instantiated(gives, fresh)
            if not self._mapping.all_assignable(given, arguments):
                continue
            if not node.matched:
                node.first = place
            node.matched += 1
            gives = self._mapping.substitute(gives)
            if result is None:
                result = gives
            elif not is_dyn(result) and not gives.is_exactly(result):
                result = DYN
        if result is None:
            self._explain.no_overload(node, overloads, [self._mapping.substitute(found, True) for found in given])
        return result


def _instantiated(declared: Type, fresh: dict[str, Type]) -> Type:
    if declared.kind == "param":
        return fresh[declared.name]
    if not declared.is_open:
        return declared
    return make(declared.kind, declared.name, tuple(_instantiated(param, fresh) for param in declared.params))
