"""The types of what is made of parts: lists, maps, messages and comprehensions.

Source: cel-go checker/checker.go (checkCreateList, checkCreateMap, checkCreateStruct, checkComprehension).
"""

from __future__ import annotations

from compiler.cel.basis import UNTYPED, Basis
from compiler.cel.tree import Comprehension, Ident, ListLiteral, MapLiteral, Message, Node
from compiler.cel.types import BOOL, DYN, ERROR, INT, STRING, Type, list_of, map_of, optional_of, unwrapped
from compiler.cel.unification import most_general

ANYTHING = ("dyn", "any", "error")
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


class Aggregates(Basis):
    """Checks of nodes that are made of parts."""

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
        if not was_optional and inner.kind not in ANYTHING:
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


def _is_well_known(built: Type) -> bool:
    """Go: isWellKnownType."""
    if built.kind == "list":
        return built.params[0].kind == "dyn"
    if built.kind == "map":
        return built.params[0] is STRING and built.params[1].kind == "dyn"
    return built.kind in _WELL_KNOWN or (built.kind in _WRAPPED and built.nullable)
