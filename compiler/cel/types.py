"""CEL's types as its checker sees them.

Source: cel-go common/types/types.go.
"""

from __future__ import annotations

_EMPTY: tuple[Type, ...] = ()


class Type:
    """A type: its kind, its name and, for lists, maps, types and abstract types, its parameters.

    Kinds are those of cel-go: `bool`, `list`, `struct`, `opaque`, `param` (a type that is still open) and so on.
    A nullable type stands for a protobuf wrapper: it also takes null.
    """

    __slots__ = ("kind", "name", "nullable", "params")

    def __init__(self, kind: str, name: str, params: tuple[Type, ...] = _EMPTY, nullable: bool = False) -> None:
        self.kind = kind
        self.name = name
        self.params = params
        self.nullable = nullable

    def __str__(self) -> str:
        name = "any" if self.kind == "any" else self.name.removeprefix("google.protobuf.")
        if self.kind in ("duration", "timestamp"):
            name = self.kind
        if self.params:
            name = f"{name}({', '.join(map(str, self.params))})"
        return f"wrapper({name})" if self.nullable else name

    def is_exactly(self, other: Type) -> bool:
        """Go: Type.IsExactType."""
        if self is other:
            return True
        if self.kind != other.kind or self.name != other.name or len(self.params) != len(other.params):
            return False
        return all(mine.is_exactly(theirs) for mine, theirs in zip(self.params, other.params, strict=True))

    def is_equivalent(self, other: Type) -> bool:
        """The same type where the names of open types do not count. Go: Type.IsEquivalentType."""
        if self is other:
            return True
        if self.kind != other.kind or len(self.params) != len(other.params):
            return False
        if self.kind != "param" and self.name != other.name:
            return False
        return all(mine.is_equivalent(theirs) for mine, theirs in zip(self.params, other.params, strict=True))

    def takes(self, other: Type) -> bool:
        """Whether a value of the other type can be used as this one. Go: Type.IsAssignableType."""
        if self.nullable and other.kind == "null":
            return True
        if self is other or self.kind in ("dyn", "any", "param"):
            return True
        if self.kind != other.kind or self.name != other.name or len(self.params) != len(other.params):
            return False
        return all(mine.takes(theirs) for mine, theirs in zip(self.params, other.params, strict=True))


ANY = Type("any", "google.protobuf.Any")
BOOL = Type("bool", "bool")
BYTES = Type("bytes", "bytes")
DOUBLE = Type("double", "double")
DURATION = Type("duration", "google.protobuf.Duration")
DYN = Type("dyn", "dyn")
ERROR = Type("error", "error")
INT = Type("int", "int")
NULL = Type("null", "null_type")
STRING = Type("string", "string")
TIMESTAMP = Type("timestamp", "google.protobuf.Timestamp")
TYPE = Type("type", "type")
UINT = Type("uint", "uint")

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
_read: dict[str, Type] = dict(_SIMPLE)


def list_of(element: Type) -> Type:
    """The type of a list."""
    return Type("list", "list", (element,))


def map_of(key: Type, value: Type) -> Type:
    """The type of a map."""
    return Type("map", "map", (key, value))


def optional_of(inner: Type) -> Type:
    """The type of a value that may be missing."""
    return Type("opaque", "optional_type", (inner,))


def type_of(described: Type) -> Type:
    """The type of a type, such as that of the name `int`."""
    return Type("type", "type", (described,))


def is_dyn(tested: Type) -> bool:
    """Whether the type is known at run time alone."""
    return tested.kind in ("dyn", "any")


def is_optional(tested: Type) -> bool:
    """Whether the type is that of a value that may be missing."""
    return tested.kind == "opaque" and tested.name == "optional_type"


def unwrapped(tested: Type) -> tuple[Type, bool]:
    """The type without its optional wrapping, and whether there was one."""
    return (tested.params[0], True) if is_optional(tested) else (tested, False)


def read_type(text: str) -> Type:
    """The type that a declaration names, such as `map(string,list(A))`; one capital letter is an open type.

    Names with a dot are object types where `objects` says so, and else abstract types: `kubernetes.Quantity`.
    """
    found = _read.get(text)
    if found is None:
        found = _read[text] = _read_composed(text)
    return found


def _read_composed(text: str) -> Type:
    if len(text) == 1:
        return Type("param", text)
    if text.startswith("wrapper("):
        inner = read_type(text[8:-1])
        return Type(inner.kind, inner.name, inner.params, nullable=True)
    if text.startswith("object("):
        return Type("struct", text[7:-1])
    if not text.endswith(")"):
        return Type("opaque", text)
    name, _, rest = text[:-1].partition("(")
    params = tuple(read_type(part) for part in _parts(rest))
    return Type(name if name in ("list", "map", "type") else "opaque", name, params)


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
