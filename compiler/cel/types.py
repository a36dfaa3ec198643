"""CEL's types as its checker sees them.

Source: cel-go common/types/types.go.
"""

from __future__ import annotations

from compiler.cel.problems import Refused

LARGEST = 20_000
"""A bound of our own: the server reckons on until it runs out of memory."""
_LONGEST = 500
"""Types of more parts than these are not written out."""


class Type:
    """A type: its kind, its name and, for lists, maps, types and abstract types, its parameters.

    Kinds are those of cel-go: `bool`, `list`, `struct`, `opaque`, `param` (a type that is still open) and so on.
    A nullable type stands for a protobuf wrapper: it also takes null. `is_open` tells whether any part is open,
    `size` how many parts there are. Types come from `make`, which gives one object for one type: they nest so deep
    in some expressions that comparing them part by part would take forever.
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
            inner = ", ".join(map(str, self.params)) if self.size < _LONGEST else "..."
            name = f"{name}({inner})"
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


_made: dict[tuple[str, str, tuple[Type, ...], bool], Type] = {}


def make(kind: str, name: str, params: tuple[Type, ...] = (), nullable: bool = False) -> Type:
    """The type of this description. Raises Refused where it is larger than any that people write."""
    key = (kind, name, params, nullable)
    found = _made.get(key)
    if found is None:
        found = Type(kind, name, params, nullable)
        if found.size > LARGEST:
            raise Refused(
                "the type of a value in it has too many parts", "write a list or map of fewer others in one another", 0
            )
        _made[key] = found
    return found


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
_read: dict[str, Type] = dict(_SIMPLE)


def list_of(element: Type) -> Type:
    """The type of a list."""
    return make("list", "list", (element,))


def map_of(key: Type, value: Type) -> Type:
    """The type of a map."""
    return make("map", "map", (key, value))


def optional_of(inner: Type) -> Type:
    """The type of a value that may be missing."""
    return make("opaque", "optional_type", (inner,))


def type_of(described: Type) -> Type:
    """The type of a type, such as that of the name `int`."""
    return make("type", "type", (described,))


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
