"""Shared state of the type checks: the types determined so far and name resolution.

Source: cel-go checker/checker.go and checker/env.go.
"""

from __future__ import annotations

from compiler.cel.declarations import Declarations
from compiler.cel.environments import CONSTANTS, Environment, TypeNames
from compiler.cel.explanations import Explanations
from compiler.cel.problems import CelProblem
from compiler.cel.tree import Ident, Node
from compiler.cel.types import ERROR, INT, Type, make, read_type, type_of
from compiler.cel.unification import Mapping

UNTYPED = make("untyped", "untyped")
"""The type of a comprehension variable that some versions leave untyped."""


class Basis:
    """Types and names while one tree is checked: `problems` collects the errors.

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

    def check(self, node: Node) -> None:
        """Set the types of the node and its descendants."""
        raise NotImplementedError

    def final(self, node: Node) -> Type:
        """Return the type of a checked node, with unbound type parameters as dyn."""
        return self._mapping.substitute(node.type or ERROR, open_as_dyn=True)

    def _set(self, node: Node, node_type: Type) -> None:
        # A macro of old versions checks its target twice, and both checks must agree.
        if node.type is not None and not node.type.is_exactly(node_type):
            self._explain.two_types(node, node.type, node_type)
            return
        node.type = node_type

    def _typed(self, node: Node) -> Type:
        return node.type or ERROR

    def _resolve(self, node: Ident, name: str) -> bool:
        """Resolve a name and set its type. Go: Env.LookupIdent with an empty container."""
        name = name.removeprefix(".")
        resolved = next((scope[name] for scope in reversed(self._scopes) if name in scope), None)
        resolved = resolved or self._names.declared(name)
        if resolved is None:
            resolved = self._type_name(name)
        if resolved is None and name in CONSTANTS:
            resolved, node.constant = INT, CONSTANTS[name]
        if resolved is None:
            return False
        if resolved is UNTYPED:
            self._explain.untyped(node)
            resolved = ERROR
        node.name = name
        self._set(node, resolved)
        return True

    def _type_name(self, name: str) -> Type | None:
        """Return the type of an identifier that names a type."""
        named = self._names.configured(name)
        if named is not None and "type-names-are-values" in self.settings:
            return named
        named = named or self._names.built_in(name) or self._names.registered(name)
        return type_of(named) if named else None
