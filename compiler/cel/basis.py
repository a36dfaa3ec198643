"""What all checks of types share: the types found so far, and what names stand for.

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
"""The type of a variable that one version forgets to type."""


class Basis:
    """Types and names while one tree is checked: `problems` has what is wrong.

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
        """Give the node and all below it their types."""
        raise NotImplementedError

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
