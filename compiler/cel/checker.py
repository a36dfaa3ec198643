"""The types of an expression, and whether each name, field and call is known.

Source: cel-go checker/checker.go and checker/env.go, with the options of the server's environment: optional types,
comparisons across number types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.cel.declarations import Declarations, Overload
from compiler.cel.environments import CONSTANTS, Environment, TypeNames
from compiler.cel.explanations import Explanations
from compiler.cel.problems import CelProblem
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
from compiler.cel.types import (
    BOOL,
    DYN,
    ERROR,
    INT,
    NULL,
    STRING,
    Type,
    is_dyn,
    list_of,
    map_of,
    optional_of,
    read_type,
    type_of,
    unwrapped,
)
from compiler.cel.unification import Mapping, most_general

UNTYPED = Type("untyped", "untyped")
"""The type of a variable that one version forgets to type."""

_ANYTHING = ("dyn", "any", "error")
_WELL_KNOWN = ("any", "timestamp", "duration", "dyn", "null")
_WRAPPED = ("bool", "bytes", "double", "int", "string", "uint")
_MESSAGE_NAMES = {
    "any": "Any",
    "bool": "BoolValue",
    "bytes": "BytesValue",
    "double": "DoubleValue",
    "duration": "Duration",
    "dyn": "Value",
    "int": "Int64Value",
    "list": "ListValue",
    "null": "NullValue",
    "map": "Struct",
    "string": "StringValue",
    "timestamp": "Timestamp",
    "uint": "UInt64Value",
}


class Checker:
    """Checks one tree: `problems` has what is wrong, `final` gives the type of a node when all is checked.

    `settings` are those of the Kubernetes version.
    """

    def __init__(self, environment: Environment, declarations: Declarations, names: TypeNames) -> None:
        self.problems: list[CelProblem] = []
        self.settings = declarations.settings
        self._declarations = declarations
        self._names = names
        self._mapping = Mapping()
        self._scopes: list[dict[str, Type]] = [{environment.variable: read_type(environment.type)}]
        self._explain = Explanations(self.problems, environment, declarations, names, self._scopes)
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

    def final(self, node: Node) -> Type:
        """The type of a checked node; what is still open is dyn."""
        return self._mapping.substitute(node.type or ERROR, open_as_dyn=True)

    def _set(self, node: Node, found: Type) -> None:
        # A macro of old versions checks its target twice: both times have to give the same type.
        if node.type is not None and not node.type.is_exactly(found):
            self._explain.two_types(node, node.type, found)
            return
        node.type = found

    def _typed(self, node: Node) -> Type:
        return node.type or ERROR

    def _literal(self, node: Literal) -> None:
        self._set(node, NULL if node.kind == "null" else read_type(node.kind))

    def _ident(self, node: Ident) -> None:
        if not self._resolve(node, node.name):
            node.type = ERROR
            self._explain.unknown_name(node)

    def _resolve(self, node: Ident, name: str) -> bool:
        """Find what a name stands for. Go: Env.LookupIdent with an empty container."""
        name = name.removeprefix(".")
        found = next((scope[name] for scope in reversed(self._scopes) if name in scope), None)
        found = found or self._names.declared(name)
        if found is None:
            found = self._described(name)
        if found is None and name in CONSTANTS:
            found, node.constant = INT, CONSTANTS[name]
        if found is None:
            return False
        if found is UNTYPED:
            self._explain.untyped(node)
            found = ERROR
        node.name = name
        self._set(node, found)
        return True

    def _described(self, name: str) -> Type | None:
        """The type of a name that stands for a type."""
        found = self._names.configured(name)
        if found is not None and "type-names-are-values" in self.settings:
            return found
        found = found or self._names.built_in(name) or self._names.registered(name)
        return type_of(found) if found else None

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
            if target.kind not in _ANYTHING:
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
        for arg in node.args:
            self.check(arg)
        if node.target is None:
            self._apply(node, self._function(node, node.function))
            return
        prefix = qualified_name(node.target)
        if prefix:
            whole = f"{prefix}.{node.function}".removeprefix(".")
            if self._declarations.function(whole) is not None:
                node.target, node.function = None, whole
                self._apply(node, self._function(node, whole))
                return
        self.check(node.target)
        self._apply(node, self._function(node, node.function))

    def _function(self, node: Call, name: str) -> list[Overload] | None:
        found = self._declarations.function(name.removeprefix(".") if node.target is None else name)
        if found is not None and node.target is None:
            node.function = name.removeprefix(".")
        return found

    def _apply(self, node: Call, overloads: list[Overload] | None) -> None:
        parts = node.args if node.target is None else [node.target, *node.args]
        given = [self._typed(part) for part in parts]
        if overloads is None:
            if node.target is None or given[0].kind != "error":
                self._explain.unknown_function(node, given)
            node.type = ERROR
            return
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

    def _list(self, node: ListLiteral) -> None:
        joined: Type | None = None
        for index, element in enumerate(node.elements):
            self.check(element)
            found = self._typed(element)
            if index in node.optional:
                found = self._unwrapped_value(element, found)
            joined = self._joined(joined, found)
        self._set(node, list_of(joined or self._mapping.fresh()))

    def _map(self, node: MapLiteral) -> None:
        keys: Type | None = None
        values: Type | None = None
        for key, value, optional in node.entries:
            self.check(key)
            keys = self._joined(keys, self._typed(key))
            self.check(value)
            found = self._typed(value)
            if optional:
                found = self._unwrapped_value(value, found)
            values = self._joined(values, found)
        if keys is None or values is None:
            keys, values = self._mapping.fresh(), self._mapping.fresh()
        self._set(node, map_of(keys, values))

    def _unwrapped_value(self, node: Node, found: Type) -> Type:
        inner, was_optional = unwrapped(found)
        if not was_optional and inner.kind not in _ANYTHING:
            self._explain.wrong_type(node, optional_of(inner), inner)
        return inner

    def _joined(self, before: Type | None, found: Type) -> Type:
        """The type of elements so far and one more. Go: joinTypes. Mixed lists are refused later, where they are."""
        if before is None:
            return found
        return most_general(before, found) if self._mapping.assignable(before, found) else DYN

    def _message(self, node: Message) -> None:
        ident = Ident(node.offset, node.name)
        if not self._resolve(ident, node.name):
            self._explain.unknown_type(node)
            node.type = ERROR
            return
        node.name = name = ident.name
        described, built = self._typed(ident), ERROR
        if described.kind == "type":
            built = described.params[0] if described.params else ERROR
            if _is_well_known(built):
                name = f"google.protobuf.{_MESSAGE_NAMES[built.kind]}"
            elif built.kind == "struct":
                name = built.name
            else:
                self._explain.no_message(node, str(built))
                built = ERROR
        elif described.kind != "error":
            self._explain.no_message(node, node.name)
        self._set(node, built)
        for field, value, optional, offset in node.fields:
            self.check(value)
            wanted = ERROR if built is ERROR else self._names.field(name, field)
            if wanted is None:
                self._explain.unknown_field(offset, name, field)
                wanted = ERROR
            found = self._typed(value)
            if optional:
                found = self._unwrapped_value(value, found)
            if not self._mapping.assignable(wanted, found):
                self._explain.wrong_type(value, wanted, found)

    def _comprehension(self, node: Comprehension) -> None:
        self.check(node.iterated)
        self.check(node.start)
        iterated = self._mapping.substitute(self._typed(node.iterated))
        gathered = self._typed(node.start)
        self._scopes.append({node.accumulator: gathered})
        first, second = self._iteration_types(node, iterated)
        scope = {node.variable: first}
        if node.variable2:
            scope.setdefault(node.variable2, second)
        self._scopes.append(scope)
        self.check(node.condition)
        self._assert(node.condition, BOOL)
        self.check(node.step)
        self._assert(node.step, gathered)
        self._scopes.pop()
        self.check(node.result)
        self._scopes.pop()
        self._set(node, self._mapping.substitute(self._typed(node.result)))

    def _iteration_types(self, node: Comprehension, iterated: Type) -> tuple[Type, Type]:
        if iterated.kind == "list":
            return (INT, iterated.params[0]) if node.variable2 else (iterated.params[0], ERROR)
        if iterated.kind == "map":
            return iterated.params[0], iterated.params[1]
        if iterated.kind in ("dyn", "error", "param"):
            self._mapping.assignable(DYN, iterated)
            return DYN, UNTYPED if "second-variable-untyped" in self.settings and iterated.kind != "error" else DYN
        self._explain.no_range(node, iterated)
        return ERROR, ERROR

    def _assert(self, node: Node, wanted: Type) -> None:
        if not self._mapping.assignable(wanted, self._typed(node)):
            self._explain.wrong_type(node, self._mapping.substitute(wanted, True), self.final(node))


def _instantiated(declared: Type, fresh: dict[str, Type]) -> Type:
    if declared.kind == "param":
        return fresh[declared.name]
    if not declared.params:
        return declared
    return Type(declared.kind, declared.name, tuple(_instantiated(param, fresh) for param in declared.params))


def _is_well_known(built: Type) -> bool:
    """Go: isWellKnownType."""
    if built.kind == "list":
        return built.params[0].kind == "dyn"
    if built.kind == "map":
        return built.params[0] is STRING and built.params[1].kind == "dyn"
    return built.kind in _WELL_KNOWN or (built.kind in _WRAPPED and built.nullable)
