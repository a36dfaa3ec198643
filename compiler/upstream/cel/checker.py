"""Type checker: determines the type of each node and resolves names, fields and calls.

Source: cel-go checker/checker.go, with the options of the server's environment: optional types, cross-type numeric
comparisons.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.upstream.cel.aggregates import ANYTHING, CompositeChecker
from compiler.upstream.cel.ast import (
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
from compiler.upstream.cel.env import Declarations, Environment, Overload, TypeNames
from compiler.upstream.cel.types import (
    BOOL,
    DYN,
    ERROR,
    NULL,
    STRING,
    Type,
    is_dyn,
    make,
    optional_of,
    read_type,
    unwrapped,
)


class Checker(CompositeChecker):
    """Checks one tree; `final` returns the type of a node afterwards."""

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
        """Set the types of the node and its descendants."""
        self._checks[type(node)](node)

    def _literal(self, node: Literal) -> None:
        self._set(node, NULL if node.kind == "null" else read_type(node.kind))

    def _ident(self, node: Ident) -> None:
        if not self._resolve(node, node.name):
            node.type = ERROR
            self._errors.unknown_name(node)

    def _select(self, node: Select) -> None:
        name = qualified_name(node)
        if name:
            ident = Ident(node.offset, name)
            if self._resolve(ident, name):
                node.resolved = ident
                self._set(node, self._typed(ident))
                return
        field_type = self._field(node, node.operand, node.field, optional=False)
        self._set(node, self._mapping.substitute(BOOL if node.test else field_type))

    def _field(self, node: Node, operand: Node, field: str, optional: bool) -> Type:
        """Return the type of a field selection. Go: checkSelectField."""
        self.check(operand)
        target, was_optional = unwrapped(self._mapping.substitute(self._typed(operand)))
        field_type = ERROR
        if target.kind == "map":
            field_type = target.params[1]
        elif target.kind == "struct":
            declared = self._names.field(target.name, field)
            if declared is None:
                self._errors.unknown_field(node.offset, target.name, field)
            field_type = declared or ERROR
        elif target.kind == "param":
            self._mapping.assignable(DYN, target)
            field_type = DYN
        else:
            if target.kind not in ANYTHING:
                self._errors.no_fields(node.offset, target, field)
            field_type = DYN
        return optional_of(field_type) if was_optional or optional else field_type

    def _call(self, node: Call) -> None:
        if node.function == "_?._" and isinstance(node.args[1], Literal):
            field = str(node.args[1].value)
            field_type = self._field(node, node.args[0], field, optional=True)
            node.args[1].type = STRING
            self._set(node, self._mapping.substitute(field_type))
            return
        overloads = self._overloads(node)
        if overloads is None:
            # The arguments of an unknown function may be meant for a macro, so they are not checked.
            node.type = ERROR
            return
        for arg in node.args:
            self.check(arg)
        if node.target is not None:
            self.check(node.target)
        self._apply(node, overloads)

    def _overloads(self, node: Call) -> list[Overload] | None:
        """Return the overloads of the called function, None for an unknown one, which is reported.

        A target that is a namespace becomes part of the function's name.
        """
        lookup = self._declarations.function
        if node.target is None:
            node.function = node.function.removeprefix(".")
        prefix = qualified_name(node.target)
        qualified = f"{prefix}.{node.function}".removeprefix(".") if prefix else ""
        if qualified and lookup(qualified) is not None:
            node.target, node.function = None, qualified
        overloads = lookup(node.function)
        if overloads is None:
            if qualified and self._declarations.is_namespace(prefix):
                self._errors.unknown_function(node, qualified)
                return None
            if node.target is not None:
                self.check(node.target)
            if node.target is None or self._typed(node.target).kind != "error":
                self._errors.unknown_function(node, node.function)
        return overloads

    def _apply(self, node: Call, overloads: list[Overload]) -> None:
        parts = node.args if node.target is None else [node.target, *node.args]
        argument_types = [self._typed(part) for part in parts]
        result = (
            self._logical(parts)
            if node.function in ("_&&_", "_||_")
            else self._resolved(node, overloads, argument_types)
        )
        if result is None:
            node.type = ERROR
        else:
            self._set(node, result)

    def _logical(self, parts: list[Node]) -> Type | None:
        """Return bool, or None if an operand is not bool: operands of && and || are checked one by one."""
        valid = True
        for part in parts:
            if not self._mapping.assignable(self._typed(part), BOOL):
                self._errors.wrong_type(part, BOOL, self.final(part))
                valid = False
        return BOOL if valid else None

    def _resolved(self, node: Call, overloads: list[Overload], argument_types: list[Type]) -> Type | None:
        """Return the result type of all matching overloads. Go: resolveOverload."""
        method, result = node.target is not None, None
        for place, overload in enumerate(overloads):
            if overload.method != method or len(overload.arguments) != len(argument_types):
                continue
            arguments, overload_result = overload.arguments, overload.result
            if overload.open_types:
                fresh = {name: self._mapping.fresh() for name in overload.open_types}
                arguments = tuple(_instantiated(argument, fresh) for argument in arguments)
                overload_result = _instantiated(overload_result, fresh)
            if not self._mapping.all_assignable(argument_types, arguments):
                continue
            if not node.matched:
                node.first = place
            node.matched += 1
            overload_result = self._mapping.substitute(overload_result)
            if result is None:
                result = overload_result
            elif not is_dyn(result) and not overload_result.is_exactly(result):
                result = DYN
        if result is None:
            final_types = [self._mapping.substitute(argument, True) for argument in argument_types]
            self._errors.no_overload(node, overloads, final_types)
        return result


def _instantiated(declared: Type, fresh: dict[str, Type]) -> Type:
    if declared.kind == "param":
        return fresh[declared.name]
    if not declared.is_open:
        return declared
    return make(declared.kind, declared.name, tuple(_instantiated(param, fresh) for param in declared.params))
