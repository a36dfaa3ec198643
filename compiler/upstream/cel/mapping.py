"""Type inference: assignability, substitution of type parameters, and name resolution."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.upstream.cel.ast import Ident, Node
from compiler.upstream.cel.env import CONSTANTS, Declarations, Environment, TypeNames
from compiler.upstream.cel.errors import TypeErrors
from compiler.upstream.cel.types import DYN, ERROR, INT, CelProblem, Type, is_dyn, make, read_type, type_of

_NULLABLE = ("opaque", "struct", "any", "duration", "timestamp")
_BY_TYPE = ("bool", "bytes", "double", "int", "string", "uint", "any", "duration", "timestamp", "struct")
_COMPOSED = ("opaque", "list", "map")


class Mapping:
    """Substitutions of type parameters."""

    def __init__(self) -> None:
        self._known: dict[str, Type] = {}
        self._undo: list[tuple[str, Type | None]] = []
        self._count = 0

    def fresh(self) -> Type:
        """Return a new type parameter."""
        self._count += 1
        return make("param", f"_var{self._count - 1}")

    def assignable(self, expected: Type, actual: Type) -> bool:
        """Return whether the type is assignable; bind type parameters only if it is. Go: isAssignable."""
        return self._attempt((expected,), (actual,))

    def all_assignable(self, expected: Sequence[Type], actual: Sequence[Type]) -> bool:
        """Go: isAssignableList."""
        return self._attempt(expected, actual)

    def substitute(self, original: Type, open_as_dyn: bool = False) -> Type:
        """Return the type with bound type parameters replaced. Go: substitute."""
        while original.kind == "param":
            known = self._known.get(original.name)
            if known is None:
                return DYN if open_as_dyn else original
            original = known
        if not original.is_open:
            return original
        return make(
            original.kind,
            original.name,
            tuple(self.substitute(param, open_as_dyn) for param in original.params),
        )

    def _attempt(self, expected: Sequence[Type], actual: Sequence[Type]) -> bool:
        start = len(self._undo)
        if self._all(expected, actual):
            return True
        while len(self._undo) > start:
            name, before = self._undo.pop()
            if before is None:
                del self._known[name]
            else:
                self._known[name] = before
        return False

    def _bind(self, param: Type, replacement: Type) -> None:
        self._undo.append((param.name, self._known.get(param.name)))
        self._known[param.name] = replacement

    def _all(self, expected: Sequence[Type], actual: Sequence[Type]) -> bool:
        if len(expected) != len(actual):
            return False
        return all(self._fits(left, right) for left, right in zip(expected, actual, strict=True))

    def _fits(self, left: Type, right: Type) -> bool:
        """Go: internalIsAssignable."""
        if left is right:
            return True
        if right.kind == "param":
            valid, known = self._substitution(left, right)
            if valid or known:
                return valid
        if left.kind == "param":
            return self._substitution(right, left)[0]
        if left.kind in ("dyn", "any", "error") or right.kind in ("dyn", "any", "error"):
            return True
        if left.kind == "null":
            return _accepts_null(right)
        if right.kind == "null":
            return _accepts_null(left)
        if left.kind in _BY_TYPE:
            return right.is_assignable_from(left)
        if left.kind == "type":
            return right.kind == "type"
        if left.kind in _COMPOSED:
            return left.kind == right.kind and left.name == right.name and self._all(left.params, right.params)
        return False

    def _substitution(self, replacement: Type, param: Type) -> tuple[bool, bool]:
        """Return whether the substitution is valid, and whether the parameter is already bound.

        Go: isValidTypeSubstitution.
        """
        if replacement.kind == param.kind and replacement.is_exactly(param):
            return True, True
        known = self._known.get(param.name)
        if known is not None:
            if replacement.kind == known.kind and replacement.is_exactly(known):
                return True, True
            if self._fits(replacement, known):
                general = most_general(replacement, known)
                if self._absent(param, general):
                    self._bind(param, general)
                return True, True
            return False, True
        if self._absent(param, replacement):
            self._bind(param, replacement)
            return True, False
        return False, False

    def _absent(self, param: Type, within: Type) -> bool:
        """Return whether a type parameter does not occur in another type. Go: notReferencedIn."""
        if not within.is_open:
            return True
        if param.is_exactly(within):
            return False
        if within.kind == "param":
            known = self._known.get(within.name)
            return known is None or self._absent(param, known)
        return all(self._absent(param, part) for part in within.params)


def most_general(left: Type, right: Type) -> Type:
    """Go: mostGeneral."""
    return left if _is_equal_or_less_specific(left, right) else right


def _is_equal_or_less_specific(left: Type, right: Type) -> bool:
    """Go: isEqualOrLessSpecific."""
    if left is right or is_dyn(left) or left.kind == "param":
        return True
    if is_dyn(right) or right.kind == "param" or left.kind != right.kind:
        return False
    if left.kind == "opaque" and (left.name != right.name or len(left.params) != len(right.params)):
        return False
    if left.kind in _COMPOSED:
        return all(
            _is_equal_or_less_specific(own, others) for own, others in zip(left.params, right.params, strict=True)
        )
    return left.kind == "type" or left.is_exactly(right)


def _accepts_null(value_type: Type) -> bool:
    """Go: internalIsAssignableNull."""
    return value_type.kind in _NULLABLE or value_type.nullable or value_type.kind in ("null", "param")


UNTYPED = make("untyped", "untyped")
"""The type of a comprehension variable that some versions leave untyped."""


class BaseChecker:
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
        self._errors = TypeErrors(self.problems, environment, declarations, names, self._scopes)

    def check(self, node: Node) -> None:
        """Set the types of the node and its descendants."""
        raise NotImplementedError

    def final(self, node: Node) -> Type:
        """Return the type of a checked node, with unbound type parameters as dyn."""
        return self._mapping.substitute(node.type or ERROR, open_as_dyn=True)

    def _set(self, node: Node, node_type: Type) -> None:
        # A macro of old versions checks its target twice, and both checks must agree.
        if node.type is not None and not node.type.is_exactly(node_type):
            self._errors.two_types(node, node.type, node_type)
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
            self._errors.untyped(node)
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
