"""Errors of expressions: messages, and hints for constructs of other languages."""

from __future__ import annotations

from compiler.text import did_you_mean, shown
from compiler.upstream.cel.ast import Call, Comprehension, Message, Node, qualified_name
from compiler.upstream.cel.env import Declarations, Environment, Overload, TypeNames
from compiler.upstream.cel.types import CelProblem, Type

LIBRARIES = frozenset(("cel", "math", "base64", "proto", "regex", "json"))
"""CEL libraries that the server does not load."""

OTHER_NAMES = {
    "any": "write exists(x, ...)",
    "some": "write exists(x, ...)",
    "every": "write all(x, ...)",
    "lower": "write lowerAscii()",
    "tolower": "write lowerAscii()",
    "lowercase": "write lowerAscii()",
    "upper": "write upperAscii()",
    "toupper": "write upperAscii()",
    "uppercase": "write upperAscii()",
    "len": "write size()",
    "length": "write size()",
    "count": "write size()",
    "empty": "write size() == 0",
    "isempty": "write size() == 0",
    "includes": "write value in list, or string.contains(substring)",
    "equals": "write ==",
    "concat": "write +",
    "match": "write matches(pattern)",
    "test": "write matches(pattern)",
    "strip": "write trim()",
    "substr": "write substring(start, end)",
    "tostring": "write string(value)",
    "str": "write string(value)",
    "bind": "repeat the value: kube-apiserver's CEL environment has no cel.bind()",
}
"""Function names of other languages, in lowercase, and their replacement in CEL."""

_CONVERTIBLE = ("int", "uint", "double", "string")


def overload_hint(function: str, argument_types: list[Type]) -> str:
    """Return a hint for a call with arguments of these types, empty if there is none."""
    if len(argument_types) != 2:
        return ""
    left, right = argument_types
    if function in ("_==_", "_!=_"):
        return _comparison(left, right)
    if function == "@in" and left.kind == right.kind == "string":
        return "in tests lists and maps; for a substring write string.contains(substring)"
    if function in ("contains", "includes") and left.kind in ("list", "map"):
        return "write value in list"
    if function == "_[_]" and left.kind == "map":
        return f"the keys of this map have type {left.params[0]}"
    return ""


def _comparison(left: Type, right: Type) -> str:
    for one, other in ((left, right), (right, left)):
        if one.kind == "list" and other.kind != "list":
            return "to test for an element write value in list"
        if one.kind in _CONVERTIBLE and other.kind in _CONVERTIBLE:
            return f"convert one side, for example {one.kind}(...)"
        if one.kind == "bool" and other.kind == "string":
            return "write true or false without quotes"
    return "compare values of the same type"


_OPERATORS = {
    "_?_:_": "?:",
    "_[_]": "[]",
    "_[?_]": "[?]",
    "@in": "in",
    "!_": "!",
    "-_": "-",
    "@not_strictly_false": "all() or exists()",
    "@sortByAssociatedKeys": "sortBy()",
    "cel.@mapInsert": "transformMap()",
}
_MAX_OVERLOADS = 3
_MAX_ARGUMENTS = 6


class TypeErrors:
    """Reports type errors; `scopes` are those of the checker, for suggestions of names in scope."""

    def __init__(
        self,
        problems: list[CelProblem],
        environment: Environment,
        declarations: Declarations,
        names: TypeNames,
        scopes: list[dict[str, Type]],
    ) -> None:
        self._problems = problems
        self._environment = environment
        self._declarations = declarations
        self._names = names
        self._scopes = scopes

    def _add(self, offset: int, message: str, hint: str) -> None:
        self._problems.append(CelProblem(message, hint, offset))

    def unknown_name(self, node: Node) -> None:
        """Report an undeclared name."""
        name = qualified_name(node)
        known = [known for scope in self._scopes for known in scope if known[0].isalpha()]
        if name in LIBRARIES:
            hint = f"the {name} library is not part of kube-apiserver's CEL environment"
        elif self._declarations.function(name):
            hint = f"{name} is a function; call it as {name}(...)"
        elif name == "self" or name in ("object", "claims", "user", "request", "token", "jwt"):
            hint = f"use the variable {self._environment.variable}"
        else:
            hint = self._nearest(name, known) or f"use the variable {self._environment.variable}"
        self._add(node.offset, f"undeclared name {shown(name)}", hint)

    def unknown_field(self, offset: int, type_name: str, field: str) -> None:
        """Report an unknown field of an object type."""
        known = list(self._names.fields(type_name))
        hint = self._nearest(field, known) or (
            f"its fields are {', '.join(known)}" if known else "the type has no fields"
        )
        self._add(offset, f"{type_name} has no field {shown(field)}", hint)

    def no_fields(self, offset: int, target: Type, field: str) -> None:
        """Report a field selection on a value without fields."""
        hint = "remove the field, or call a function"
        if self._declarations.function(field):
            hint = f"{field} is a function; call it as .{field}()"
        self._add(offset, f"a value of type {target} has no field {shown(field)}", hint)

    def unknown_function(self, node: Call, name: str) -> None:
        """Report a function that does not exist in this version, or a macro with a wrong number of arguments."""
        accepted = sorted({count for macro, count in self._declarations.macros if macro == name})
        if accepted:
            count = "1 argument" if len(node.args) == 1 else f"{len(node.args)} arguments"
            hint = f"use {' or '.join(map(str, accepted))} in this version of Kubernetes"
            self._add(node.offset, f"{name}() does not accept {count}", hint)
            return
        hint = OTHER_NAMES.get(name.lower(), "") or self._nearest(name, self._declarations.names(), "{}()")
        self._add(
            node.offset,
            f"unknown function {shown(name)}",
            hint or "this version of Kubernetes does not have this function",
        )

    def unknown_type(self, node: Message) -> None:
        """Report an unknown message type."""
        known = [name for name in self._environment.objects if "." in name]
        hint = self._nearest(node.name, known) or "for a map, quote the keys: {'key': value}"
        self._add(node.offset, f"{shown(node.name)} is not a type", hint)

    def no_message(self, node: Message, name: str) -> None:
        """Report a type that cannot be built with braces."""
        self._add(node.offset, f"{name} has no fields to set", "write the value itself")

    def wrong_type(self, node: Node, expected: Type, actual: Type) -> None:
        """Report a value of the wrong type."""
        hint = f"write an expression of type {expected}"
        if str(expected) == "bool" and actual.kind in ("string", "int", "uint", "double"):
            hint = "compare it with a constant, for example == 'value'"
        self._add(node.offset, f"expected type {expected}, got {actual}", hint)

    def no_range(self, node: Comprehension, actual: Type) -> None:
        """Report a macro on a value that is neither a list nor a map."""
        hint = "call it on a list or map"
        if actual.kind == "any":
            hint = "wrap a claim that is a list in dyn(), for example dyn(claims.groups)"
        self._add(node.iterated.offset, f"cannot iterate over a value of type {actual}", hint)

    def two_types(self, node: Node, before: Type, after: Type) -> None:
        """Report conflicting types of a node: old versions check the target of optMap() twice."""
        self._add(
            node.offset,
            f"this version of Kubernetes cannot determine the type of this value: {before} or {after}",
            "convert the optional value to a specific type before optMap() or optFlatMap()",
        )

    def untyped(self, node: Node) -> None:
        """Report the second variable of a comprehension, which some versions cannot use."""
        self._add(
            node.offset,
            "this version of Kubernetes cannot use the second variable over a dynamic value",
            "use one variable",
        )

    def no_overload(self, node: Call, overloads: list[Overload], argument_types: list[Type]) -> None:
        """Report a function or operator without an overload for these argument types."""
        name = _OPERATORS.get(node.function, node.function.strip("_"))
        plain = name.replace(".", "").replace("_", "").isalnum() and node.function != "@in"
        if node.target is not None:
            message = f"{name}() cannot be called on {argument_types[0]} with ({_listed(argument_types[1:])})"
        elif plain and node.function not in _OPERATORS:
            message = f"{name}() cannot be called with ({_listed(argument_types)})"
        elif len(argument_types) == 1:
            message = f"{name} cannot be applied to {argument_types[0]}"
        else:
            message = f"{name} cannot be applied to {' and '.join(map(str, argument_types))}"
        self._add(node.offset, message, self._overload_hint(node, name, plain, overloads, argument_types))

    def _overload_hint(
        self, node: Call, name: str, plain: bool, overloads: list[Overload], argument_types: list[Type]
    ) -> str:
        hint = overload_hint(node.function, argument_types)
        if hint:
            return hint
        callable_ = [overload for overload in overloads if overload.method == (node.target is not None)]
        if not callable_:
            style = f"value.{name}(...)" if node.target is None else f"{name}(...)"
            return f"call it as {style}"
        if not plain:
            accepted = [" and ".join(map(str, overload.arguments)) for overload in callable_]
        else:
            accepted = [_signature(name, overload) for overload in callable_]
        rest = ", ..." if len(accepted) > _MAX_OVERLOADS else ""
        return f"it accepts {'; '.join(accepted[:_MAX_OVERLOADS])}{rest}"

    def _nearest(self, word: str, candidates: list[str], spelling: str = "{}") -> str:
        return did_you_mean(word, candidates, spelling)


def _listed(argument_types: list[Type]) -> str:
    return ", ".join(
        [*map(str, argument_types[:_MAX_ARGUMENTS]), *(["..."] if len(argument_types) > _MAX_ARGUMENTS else [])]
    )


def _signature(name: str, overload: Overload) -> str:
    arguments = [str(argument) for argument in overload.arguments]
    return (
        f"{arguments[0]}.{name}({', '.join(arguments[1:])})" if overload.method else f"{name}({', '.join(arguments)})"
    )
