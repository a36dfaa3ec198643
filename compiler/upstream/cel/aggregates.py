"""Type checks of composite nodes: lists, maps, messages and comprehensions.

Source: cel-go checker/checker.go (checkCreateList, checkCreateMap, checkCreateStruct, checkComprehension).
"""

from __future__ import annotations

from compiler.upstream.cel.ast import Comprehension, Ident, ListLiteral, MapLiteral, Message, Node
from compiler.upstream.cel.mapping import UNTYPED, BaseChecker, most_general
from compiler.upstream.cel.types import BOOL, DYN, ERROR, INT, STRING, Type, list_of, map_of, optional_of, unwrapped

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


class CompositeChecker(BaseChecker):
    """Type checks of composite nodes."""

    def _list(self, node: ListLiteral) -> None:
        joined: Type | None = None
        for index, element in enumerate(node.elements):
            self.check(element)
            element_type = self._typed(element)
            if index in node.optional:
                element_type = self._unwrapped_value(element, element_type)
            joined = self._joined(joined, element_type)
        self._set(node, list_of(joined or self._mapping.fresh()))

    def _map(self, node: MapLiteral) -> None:
        keys: Type | None = None
        values: Type | None = None
        for key, value, optional in node.entries:
            self.check(key)
            keys = self._joined(keys, self._typed(key))
            self.check(value)
            element_type = self._typed(value)
            if optional:
                element_type = self._unwrapped_value(value, element_type)
            values = self._joined(values, element_type)
        if keys is None or values is None:
            keys, values = self._mapping.fresh(), self._mapping.fresh()
        self._set(node, map_of(keys, values))

    def _unwrapped_value(self, node: Node, element_type: Type) -> Type:
        inner, was_optional = unwrapped(element_type)
        if not was_optional and inner.kind not in ANYTHING:
            self._errors.wrong_type(node, optional_of(inner), inner)
        return inner

    def _joined(self, before: Type | None, element_type: Type) -> Type:
        """Return the joined type of the elements so far and the next. Go: joinTypes.

        Mixed element types are rejected later, by the homogeneous literals validator.
        """
        if before is None:
            return element_type
        return most_general(before, element_type) if self._mapping.assignable(before, element_type) else DYN

    def _message(self, node: Message) -> None:
        ident = Ident(node.offset, node.name)
        if not self._resolve(ident, node.name):
            self._errors.unknown_type(node)
            node.type = ERROR
            return
        node.name = name = ident.name
        resolved, message_type = self._typed(ident), ERROR
        if resolved.kind == "type":
            message_type = resolved.params[0] if resolved.params else ERROR
            if _is_well_known(message_type):
                name = f"google.protobuf.{_MESSAGE_NAMES[message_type.kind]}"
            elif message_type.kind == "struct":
                name = message_type.name
            else:
                self._errors.no_message(node, str(message_type))
                message_type = ERROR
        elif resolved.kind != "error":
            self._errors.no_message(node, node.name)
        self._set(node, message_type)
        for field, value, optional, offset in node.fields:
            self.check(value)
            field_type = ERROR if message_type is ERROR else self._names.field(name, field)
            if field_type is None:
                self._errors.unknown_field(offset, name, field)
                field_type = ERROR
            value_type = self._typed(value)
            if optional:
                value_type = self._unwrapped_value(value, value_type)
            if not self._mapping.assignable(field_type, value_type):
                self._errors.wrong_type(value, field_type, value_type)

    def _comprehension(self, node: Comprehension) -> None:
        self.check(node.iterated)
        self.check(node.start)
        iterated = self._mapping.substitute(self._typed(node.iterated))
        accumulated = self._typed(node.start)
        self._scopes.append({node.accumulator: accumulated})
        first, second = self._iteration_types(node, iterated)
        scope = {node.variable: first}
        if node.variable2:
            scope.setdefault(node.variable2, second)
        self._scopes.append(scope)
        self.check(node.condition)
        self._assert(node.condition, BOOL)
        self.check(node.step)
        self._assert(node.step, accumulated)
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
        self._errors.no_range(node, iterated)
        return ERROR, ERROR

    def _assert(self, node: Node, expected: Type) -> None:
        if not self._mapping.assignable(expected, self._typed(node)):
            self._errors.wrong_type(node, self._mapping.substitute(expected, True), self.final(node))


def _is_well_known(message_type: Type) -> bool:
    """Go: isWellKnownType."""
    if message_type.kind == "list":
        return message_type.params[0].kind == "dyn"
    if message_type.kind == "map":
        return message_type.params[0] is STRING and message_type.params[1].kind == "dyn"
    return message_type.kind in _WELL_KNOWN or (message_type.kind in _WRAPPED and message_type.nullable)
