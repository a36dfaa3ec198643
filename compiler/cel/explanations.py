"""What the checker found wrong, in words: the message and what to write instead."""

from __future__ import annotations

from compiler.cel.declarations import Declarations, Overload
from compiler.cel.environments import Environment, TypeNames
from compiler.cel.problems import CelProblem
from compiler.cel.remedies import LIBRARIES, OTHER_NAMES, remedy
from compiler.cel.tree import Call, Comprehension, Message, Node, qualified_name
from compiler.cel.types import Type
from compiler.flags.text import shown

_SIGNS = {
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
_MOST = 3
_MOST_ARGUMENTS = 6


class Explanations:
    """Collects problems. `scopes` are the checker's own, so names that are in reach can be offered."""

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
        """A name that is neither a variable nor a type."""
        name = qualified_name(node)
        known = [known for scope in self._scopes for known in scope if known[0].isalpha()]
        if name in LIBRARIES:
            hint = f"the functions of {name} are not part of the server's environment"
        elif self._declarations.function(name):
            hint = f"{name} is a function: call it as {name}(...)"
        elif name == "self" or name in ("object", "claims", "user", "request", "token", "jwt"):
            hint = f"this expression has the variable {self._environment.variable}"
        else:
            hint = self._nearest(name, known) or f"the variable here is {self._environment.variable}"
        self._add(node.offset, f"{shown(name)} is not known here", hint)

    def unknown_field(self, offset: int, type_name: str, field: str) -> None:
        """A field that an object type does not have."""
        known = list(self._names.fields(type_name))
        hint = self._nearest(field, known) or (f"its fields are {', '.join(known)}" if known else "it has no fields")
        self._add(offset, f"{type_name} has no field {shown(field)}", hint)

    def no_fields(self, offset: int, target: Type, field: str) -> None:
        """A selection on a value that has no fields."""
        hint = "remove the field, or call a function"
        if self._declarations.function(field):
            hint = f"{field} is a function: call it as .{field}()"
        self._add(offset, f"a value of type {target} has no field {shown(field)}", hint)

    def unknown_function(self, node: Call, name: str) -> None:
        """A function that does not exist in this version."""
        taken = sorted({count for macro, count in self._declarations.macros if macro == name})
        if taken:
            count = "1 argument" if len(node.args) == 1 else f"{len(node.args)} arguments"
            hint = f"it takes {' or '.join(map(str, taken))} in this version of Kubernetes"
            self._add(node.offset, f"{name}() is given {count}", hint)
            return
        hint = OTHER_NAMES.get(name.lower(), "") or self._nearest(name, self._declarations.names(), "{}()")
        self._add(
            node.offset,
            f"the function {shown(name)} is not known",
            hint or "this version of Kubernetes has no such function",
        )

    def unknown_type(self, node: Message) -> None:
        """The name of a message that does not exist."""
        known = [name for name in self._environment.objects if "." in name]
        hint = self._nearest(node.name, known) or "for a map write quoted keys: {'key': value}"
        self._add(node.offset, f"{shown(node.name)} is not a type", hint)

    def no_message(self, node: Message, name: str) -> None:
        """A type that cannot be built with braces."""
        self._add(node.offset, f"{name} has no fields that could be set", "write the value itself")

    def wrong_type(self, node: Node, wanted: Type, found: Type) -> None:
        """A value of one type where another is wanted."""
        hint = f"write something that gives {wanted}"
        if str(wanted) == "bool" and found.kind in ("string", "int", "uint", "double"):
            hint = "compare it with something, such as == 'value'"
        self._add(node.offset, f"this gives {found}, but {wanted} is wanted", hint)

    def no_range(self, node: Comprehension, found: Type) -> None:
        """A macro on something that is neither a list nor a map."""
        hint = "call it on a list or map"
        if found.kind == "any":
            hint = "wrap the claim in dyn() to call it on a claim that is a list, such as dyn(claims.groups)"
        self._add(node.iterated.offset, f"a value of type {found} cannot be gone through", hint)

    def two_types(self, node: Node, before: Type, found: Type) -> None:
        """What an old version refuses because it checks the target of optMap() twice."""
        self._add(
            node.offset,
            f"this version of Kubernetes cannot settle the type of this value: {before} or {found}",
            "give the optional value a definite type before optMap() or optFlatMap()",
        )

    def untyped(self, node: Node) -> None:
        """A second variable that one version cannot use."""
        self._add(
            node.offset,
            "this version of Kubernetes cannot use the second variable over a dynamic value",
            "go through it with one variable",
        )

    def no_overload(self, node: Call, overloads: list[Overload], given: list[Type]) -> None:
        """A function or operator that does not take values of these types."""
        name = _SIGNS.get(node.function, node.function.strip("_"))
        plain = name.replace(".", "").replace("_", "").isalnum() and node.function != "@in"
        if node.target is not None:
            message = f"{name}() cannot be called on {given[0]} with ({_listed(given[1:])})"
        elif plain and node.function not in _SIGNS:
            message = f"{name}() cannot be called with ({_listed(given)})"
        elif len(given) == 1:
            message = f"{name} cannot be applied to {given[0]}"
        else:
            message = f"{name} cannot be applied to {' and '.join(map(str, given))}"
        self._add(node.offset, message, self._taken(node, name, plain, overloads, given))

    def _taken(self, node: Call, name: str, plain: bool, overloads: list[Overload], given: list[Type]) -> str:
        hint = remedy(node.function, given)
        if hint:
            return hint
        fitting = [overload for overload in overloads if overload.method == (node.target is not None)]
        if not fitting:
            style = f"value.{name}(...)" if node.target is None else f"{name}(...)"
            return f"call it as {style}"
        if not plain:
            pairs = [" and ".join(map(str, overload.arguments)) for overload in fitting]
        else:
            pairs = [_call_text(name, overload) for overload in fitting]
        rest = ", ..." if len(pairs) > _MOST else ""
        return f"it takes {'; '.join(pairs[:_MOST])}{rest}"

    def _nearest(self, word: str, candidates: list[str], spelling: str = "{}") -> str:
        from compiler.suggest import did_you_mean

        return did_you_mean(word, candidates, spelling)


def _listed(given: list[Type]) -> str:
    return ", ".join([*map(str, given[:_MOST_ARGUMENTS]), *(["..."] if len(given) > _MOST_ARGUMENTS else [])])


def _call_text(name: str, overload: Overload) -> str:
    texts = [str(argument) for argument in overload.arguments]
    return f"{texts[0]}.{name}({', '.join(texts[1:])})" if overload.method else f"{name}({', '.join(texts)})"
