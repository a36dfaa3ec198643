"""Macros: calls that the parser expands into comprehensions and presence tests.

Sources: cel-go parser/macro.go, cel/library.go (optMap, optFlatMap), ext/comprehensions.go, ext/lists.go (sortBy).
"""

from __future__ import annotations

from compiler.text import shown
from compiler.upstream.cel.ast import (
    Call,
    Comprehension,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
    Value,
    children,
    copy,
)
from compiler.upstream.cel.env import Declarations
from compiler.upstream.cel.types import InvalidExpressionError

MAX_COPIED_NODES = 50_000
"""Nodes that optMap() and optFlatMap() may copy: kasc's own limit, the server has none."""
_TRADITIONAL = "__result__"
_SORTED = "@__sortBy_input__"


class Macros:
    """Macros of one version, for one expression."""

    def __init__(self, declarations: Declarations) -> None:
        self._declarations = declarations
        self._copied = 0

    def expand(self, offset: int, function: str, target: Node | None, args: list[Node]) -> Node | None:
        """Return the expansion of a macro, None for other calls. Raise InvalidExpressionError for bad arguments."""
        expansion = self._declarations.macros.get((function, len(args)))
        if expansion is None or (target is None) != (expansion == "has"):
            return None
        if target is None:
            return _presence(args[0])
        if expansion == "optional-map":
            self._copied += _size(target)
            if self._copied > MAX_COPIED_NODES:
                message = f"{function}() copies its target, and the copies are too large"
                raise InvalidExpressionError(message, f"chain fewer calls of {function}()", offset)
        return _Expander(self._declarations.settings, offset, function, target, args).expand(expansion)


def _size(node: Node) -> int:
    """Return the number of nodes, counted up to the limit."""
    stack, count = [node], 0
    while stack and count <= MAX_COPIED_NODES:
        stack += children(stack.pop())
        count += 1
    return count


def _presence(argument: Node) -> Node:
    if not isinstance(argument, Select):
        raise InvalidExpressionError(
            "has() requires a field selection, for example has(claims.email)",
            "write the field with a dot, or 'key' in map for other keys",
            argument.offset,
        )
    return Select(argument.offset, argument.operand, argument.field, test=True)


class _Expander:
    def __init__(self, settings: dict[str, str], offset: int, function: str, target: Node, args: list[Node]) -> None:
        self._settings = settings
        self._accumulator = settings["accumulator"]
        self._offset = offset
        self._function = function
        self._target = target
        self._args = args

    def expand(self, expansion: str) -> Node:
        if expansion == "quantifier":
            return self._quantifier()
        if expansion == "map":
            return self._map(self._target)
        if expansion == "filter":
            return self._filter()
        if expansion == "transform":
            return self._transform()
        return self._optional_map() if expansion == "optional-map" else self._sort_by()

    def _quantifier(self) -> Node:
        predicate = self._args[-1]
        fold = self._fold(self._target, self._variables(len(self._args) - 1))
        if self._function in ("all", "exists"):
            conjunction = self._function == "all"
            fold.start = self._literal("bool", conjunction)
            state = self._accu() if conjunction else self._call("!_", self._accu())
            fold.condition = self._call("@not_strictly_false", state)
            fold.step = self._call("_&&_" if conjunction else "_||_", self._accu(), predicate)
            fold.result = self._accu()
        else:
            fold.start = self._literal("int", 0)
            fold.condition = self._literal("bool", True)
            more = self._call("_+_", self._accu(), self._literal("int", 1))
            fold.step = self._call("_?_:_", predicate, more, self._accu())
            fold.result = self._call("_==_", self._accu(), self._literal("int", 1))
        return fold

    def _map(self, iterated: Node) -> Comprehension:
        fold = self._fold(iterated, self._variables(1))
        self._collect(fold, self._args[1:-1], self._call("_+_", self._accu(), self._list(self._args[-1])))
        return fold

    def _filter(self) -> Node:
        fold = self._fold(self._target, self._variables(1))
        self._collect(fold, self._args[1:], self._call("_+_", self._accu(), self._list(self._args[0])))
        return fold

    def _transform(self) -> Node:
        variables = self._variables(2)
        fold = self._fold(self._target, variables)
        transformed = self._args[-1]
        if self._function == "transformList":
            step = self._call("_+_", self._accu(), self._list(transformed))
        elif self._function == "transformMap":
            step = self._call("cel.@mapInsert", self._accu(), Ident(self._offset, variables[0]), transformed)
        else:
            step = self._call("cel.@mapInsert", self._accu(), transformed)
        self._collect(fold, self._args[2:-1], step)
        if self._function != "transformList":
            fold.start = MapLiteral(self._offset, [])
        return fold

    def _collect(self, fold: Comprehension, filters: list[Node], step: Node) -> None:
        fold.start = self._list()
        fold.condition = self._literal("bool", True)
        fold.step = self._call("_?_:_", filters[0], step, self._accu()) if filters else step
        fold.result = self._accu()

    def _optional_map(self) -> Node:
        name = self._args[0]
        if not isinstance(name, Ident):
            raise self._not_an_identifier(name)
        shared = "optional-target-shared" in self._settings
        value = Call(self._offset, "value", [], self._target if shared else copy(self._target))
        bound: Node = self._bound(name.name, value, self._args[1])
        if self._function == "optMap":
            bound = self._call("optional.of", bound)
        has_value = Call(self._offset, "hasValue", [], self._target)
        return self._call("_?_:_", has_value, bound, self._call("optional.none"))

    def _sort_by(self) -> Node:
        if not isinstance(self._target, ListLiteral | Select | Ident | Comprehension | Call):
            raise InvalidExpressionError("sortBy() must be called on a list", "call it on a list", self._target.offset)
        keys = self._map(Ident(self._offset, _SORTED))
        ordered = Call(self._offset, "@sortByAssociatedKeys", [keys], Ident(self._offset, _SORTED))
        return self._bound(_SORTED, self._target, ordered)

    def _bound(self, name: str, value: Node, body: Node) -> Comprehension:
        """Return a body in which a name is bound to a value: a fold over an empty list."""
        fold = Comprehension(self._offset, self._list(), ("#unused", ""), name)
        fold.start, fold.condition = value, self._literal("bool", False)
        fold.step, fold.result = Ident(self._offset, name), body
        return fold

    def _fold(self, iterated: Node, variables: tuple[str, str]) -> Comprehension:
        return Comprehension(self._offset, iterated, variables, self._accumulator)

    def _variables(self, count: int) -> tuple[str, str]:
        names: list[str] = []
        for argument in self._args[:count]:
            if not isinstance(argument, Ident):
                raise self._not_an_identifier(argument)
            names.append(argument.name)
        if count == 2 and names[0] == names[1]:
            message = f"duplicate variable {shown(names[0])}"
            raise InvalidExpressionError(message, "give the second variable another name", self._offset)
        for name, argument in zip(names, self._args, strict=False):
            if name in (self._accumulator, _TRADITIONAL) and (count == 2 or not self._may_shadow()):
                message = f"the name {shown(name)} is reserved by {self._function}()"
                raise InvalidExpressionError(message, "use another name", argument.offset)
        return names[0], names[1] if count == 2 else ""

    def _may_shadow(self) -> bool:
        return "accumulator-shadowed" in self._settings

    def _not_an_identifier(self, argument: Node) -> InvalidExpressionError:
        hint = f"write {self._function}(x, ...) and use x in the other arguments"
        return InvalidExpressionError(
            f"the variable of {self._function}() must be an identifier", hint, argument.offset
        )

    def _accu(self) -> Node:
        return Ident(self._offset, self._accumulator)

    def _literal(self, kind: str, value: Value) -> Node:
        return Literal(self._offset, kind, value)

    def _list(self, *elements: Node) -> Node:
        return ListLiteral(self._offset, list(elements))

    def _call(self, function: str, *args: Node) -> Node:
        return Call(self._offset, function, list(args))
