"""Types of the checker, and errors of expressions."""

from __future__ import annotations

from typing import NamedTuple


class CelProblem(NamedTuple):
    """One error: message, hint, and offset in characters from the start of the expression."""

    message: str
    hint: str
    offset: int


class InvalidExpressionError(Exception):
    """An error after which the expression cannot be checked further."""

    def __init__(self, message: str, hint: str, offset: int) -> None:
        super().__init__(message)
        self.problem = CelProblem(message, hint, offset)


MAX_PARTS = 20_000
"""kasc's own limit: the server continues until it runs out of memory."""
_MAX_PRINTED_PARTS = 500
"""Larger types are abbreviated in messages."""


class Type:
    """A type: its kind, its name and, for lists, maps, types and abstract types, its parameters.

    Kinds are those of cel-go: `bool`, `list`, `struct`, `opaque`, `param` (an unbound type parameter) and so on.
    A nullable type is a protobuf wrapper: it also accepts null. `is_open` tells whether any part is unbound, `size` is
    the number of parts. `make` interns types, because some expressions nest them so deeply that structural comparison
    would take too long.
    """

    __slots__ = ("is_open", "kind", "name", "nullable", "params", "size")

    def __init__(self, kind: str, name: str, params: tuple[Type, ...], nullable: bool) -> None:
        self.kind = kind
        self.name = name
        self.params = params
        self.nullable = nullable
        self.is_open: bool = kind == "param" or any(param.is_open for param in params)
        self.size: int = 1 + sum(param.size for param in params)

    def __str__(self) -> str:
        name = "any" if self.kind == "any" else self.name.removeprefix("google.protobuf.")
        if self.kind in ("duration", "timestamp"):
            name = self.kind
        if self.params:
            inner = ", ".join(map(str, self.params)) if self.size < _MAX_PRINTED_PARTS else "..."
            name = f"{name}({inner})"
        return f"wrapper({name})" if self.nullable else name

    def is_exactly(self, other: Type) -> bool:
        """Go: Type.IsExactType."""
        if self is other:
            return True
        if self.kind != other.kind or self.name != other.name or len(self.params) != len(other.params):
            return False
        return all(own.is_exactly(others) for own, others in zip(self.params, other.params, strict=True))

    def is_equivalent(self, other: Type) -> bool:
        """Compare types without the names of type parameters. Go: Type.IsEquivalentType."""
        if self is other:
            return True
        if self.kind != other.kind or len(self.params) != len(other.params):
            return False
        if self.kind != "param" and self.name != other.name:
            return False
        return all(own.is_equivalent(others) for own, others in zip(self.params, other.params, strict=True))

    def is_assignable_from(self, other: Type) -> bool:
        """Return whether a value of the other type can be used as this one. Go: Type.IsAssignableType."""
        if self.nullable and other.kind == "null":
            return True
        if self is other or self.kind in ("dyn", "any", "param"):
            return True
        if self.kind != other.kind or self.name != other.name or len(self.params) != len(other.params):
            return False
        return all(own.is_assignable_from(others) for own, others in zip(self.params, other.params, strict=True))


_interned: dict[tuple[str, str, tuple[Type, ...], bool], Type] = {}


def make(kind: str, name: str, params: tuple[Type, ...] = (), nullable: bool = False) -> Type:
    """Return the interned type. Raise InvalidExpressionError if it has more than MAX_PARTS parts."""
    key = (kind, name, params, nullable)
    interned = _interned.get(key)
    if interned is None:
        interned = Type(kind, name, params, nullable)
        if interned.size > MAX_PARTS:
            raise InvalidExpressionError("a value has a type with too many parts", "nest fewer lists and maps", 0)
        _interned[key] = interned
    return interned


ANY = make("any", "google.protobuf.Any")
BOOL = make("bool", "bool")
BYTES = make("bytes", "bytes")
DOUBLE = make("double", "double")
DURATION = make("duration", "google.protobuf.Duration")
DYN = make("dyn", "dyn")
ERROR = make("error", "error")
INT = make("int", "int")
NULL = make("null", "null_type")
STRING = make("string", "string")
TIMESTAMP = make("timestamp", "google.protobuf.Timestamp")
TYPE = make("type", "type")
UINT = make("uint", "uint")

_SIMPLE = {
    "any": ANY,
    "bool": BOOL,
    "bytes": BYTES,
    "double": DOUBLE,
    "duration": DURATION,
    "dyn": DYN,
    "int": INT,
    "null_type": NULL,
    "string": STRING,
    "timestamp": TIMESTAMP,
    "type": TYPE,
    "uint": UINT,
}
_parsed: dict[str, Type] = dict(_SIMPLE)


def list_of(element: Type) -> Type:
    """Return the type of a list."""
    return make("list", "list", (element,))


def map_of(key: Type, value: Type) -> Type:
    """Return the type of a map."""
    return make("map", "map", (key, value))


def optional_of(inner: Type) -> Type:
    """Return the type of an optional value."""
    return make("opaque", "optional_type", (inner,))


def type_of(inner: Type) -> Type:
    """Return the type of a type, for example of the name `int`."""
    return make("type", "type", (inner,))


def is_dyn(value_type: Type) -> bool:
    """Return whether the type is only known at run time."""
    return value_type.kind in ("dyn", "any")


def is_optional(value_type: Type) -> bool:
    """Return whether the type is optional."""
    return value_type.kind == "opaque" and value_type.name == "optional_type"


def unwrapped(value_type: Type) -> tuple[Type, bool]:
    """Return the type without its optional wrapper, and whether it had one."""
    return (value_type.params[0], True) if is_optional(value_type) else (value_type, False)


def read_type(text: str) -> Type:
    """Parse a declared type, for example `map(string,list(A))`; one uppercase letter is a type parameter.

    `object(NAME)` is an object type, any other name an abstract type, for example `kubernetes.Quantity`.
    """
    parsed = _parsed.get(text)
    if parsed is None:
        parsed = _parsed[text] = _parse_composed(text)
    return parsed


def _parse_composed(text: str) -> Type:
    if len(text) == 1:
        return make("param", text)
    if text.startswith("wrapper("):
        inner = read_type(text[8:-1])
        return make(inner.kind, inner.name, inner.params, nullable=True)
    if text.startswith("object("):
        return make("struct", text[7:-1])
    if not text.endswith(")"):
        return make("opaque", text)
    name, _, rest = text[:-1].partition("(")
    params = tuple(read_type(part) for part in _parts(rest))
    return make(name if name in ("list", "map", "type") else "opaque", name, params)


def _parts(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(text):
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
        elif letter == "," and not depth:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]
