"""Whether one type can stand where another is wanted, and what open types turn out to be.

Source: cel-go checker/types.go and checker/mapping.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.cel.types import DYN, Type, is_dyn, make

_NULLABLE = ("opaque", "struct", "any", "duration", "timestamp")
_BY_TYPE = ("bool", "bytes", "double", "int", "string", "uint", "any", "duration", "timestamp", "struct")
_COMPOSED = ("opaque", "list", "map")


class Mapping:
    """What each open type stands for, as far as it is known."""

    def __init__(self) -> None:
        self._known: dict[str, Type] = {}
        self._undo: list[tuple[str, Type | None]] = []
        self._count = 0

    def fresh(self) -> Type:
        """A new open type."""
        self._count += 1
        return make("param", f"_var{self._count - 1}")

    def assignable(self, wanted: Type, given: Type) -> bool:
        """Go: isAssignable. Keeps what was learned about open types only where it holds."""
        return self._attempt((wanted,), (given,))

    def all_assignable(self, wanted: Sequence[Type], given: Sequence[Type]) -> bool:
        """Go: isAssignableList."""
        return self._attempt(wanted, given)

    def substitute(self, found: Type, open_as_dyn: bool = False) -> Type:
        """The type with its open parts replaced by what they stand for. Go: substitute."""
        while found.kind == "param":
            known = self._known.get(found.name)
            if known is None:
                return DYN if open_as_dyn else found
            found = known
        if not found.is_open:
            return found
        return make(found.kind, found.name, tuple(self.substitute(param, open_as_dyn) for param in found.params))

    def _attempt(self, wanted: Sequence[Type], given: Sequence[Type]) -> bool:
        start = len(self._undo)
        if self._all(wanted, given):
            return True
        while len(self._undo) > start:
            name, before = self._undo.pop()
            if before is None:
                del self._known[name]
            else:
                self._known[name] = before
        return False

    def _learn(self, open_type: Type, meaning: Type) -> None:
        self._undo.append((open_type.name, self._known.get(open_type.name)))
        self._known[open_type.name] = meaning

    def _all(self, wanted: Sequence[Type], given: Sequence[Type]) -> bool:
        if len(wanted) != len(given):
            return False
        return all(self._fits(left, right) for left, right in zip(wanted, given, strict=True))

    def _fits(self, left: Type, right: Type) -> bool:
        """Go: internalIsAssignable."""
        if left is right:
            return True
        if right.kind == "param":
            valid, known = self._stands_for(left, right)
            if valid or known:
                return valid
        if left.kind == "param":
            return self._stands_for(right, left)[0]
        if left.kind in ("dyn", "any", "error") or right.kind in ("dyn", "any", "error"):
            return True
        if left.kind == "null":
            return _takes_null(right)
        if right.kind == "null":
            return _takes_null(left)
        if left.kind in _BY_TYPE:
            return right.takes(left)
        if left.kind == "type":
            return right.kind == "type"
        if left.kind in _COMPOSED:
            return left.kind == right.kind and left.name == right.name and self._all(left.params, right.params)
        return False

    def _stands_for(self, meaning: Type, open_type: Type) -> tuple[bool, bool]:
        """Whether the open type can mean this, and whether it means something already. Go: isValidTypeSubstitution."""
        if meaning.kind == open_type.kind and meaning.is_exactly(open_type):
            return True, True
        known = self._known.get(open_type.name)
        if known is not None:
            if meaning.kind == known.kind and meaning.is_exactly(known):
                return True, True
            if self._fits(meaning, known):
                general = most_general(meaning, known)
                if self._absent(open_type, general):
                    self._learn(open_type, general)
                return True, True
            return False, True
        if self._absent(open_type, meaning):
            self._learn(open_type, meaning)
            return True, False
        return False, False

    def _absent(self, open_type: Type, within: Type) -> bool:
        """Whether an open type does not occur in another type. Go: notReferencedIn."""
        if not within.is_open:
            return True
        if open_type.is_exactly(within):
            return False
        if within.kind == "param":
            known = self._known.get(within.name)
            return known is None or self._absent(open_type, known)
        return all(self._absent(open_type, param) for param in within.params)


def most_general(left: Type, right: Type) -> Type:
    """Go: mostGeneral."""
    return left if _is_no_more_specific(left, right) else right


def _is_no_more_specific(left: Type, right: Type) -> bool:
    """Go: isEqualOrLessSpecific."""
    if left is right or is_dyn(left) or left.kind == "param":
        return True
    if is_dyn(right) or right.kind == "param" or left.kind != right.kind:
        return False
    if left.kind == "opaque" and (left.name != right.name or len(left.params) != len(right.params)):
        return False
    if left.kind in _COMPOSED:
        return all(_is_no_more_specific(mine, theirs) for mine, theirs in zip(left.params, right.params, strict=True))
    return left.kind == "type" or left.is_exactly(right)


def _takes_null(tested: Type) -> bool:
    """Go: internalIsAssignableNull."""
    return tested.kind in _NULLABLE or tested.nullable or tested.kind in ("null", "param")
