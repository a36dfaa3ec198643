"""The base of the resolved config's sections: frozen values that hash, compare and know their fields."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple, NoReturn, Self, TypeVar, dataclass_transform

Value = TypeVar("Value")


class OneOf(tuple[str, ...]):
    """The words that a field may have, as metadata of its type."""

    __slots__ = ()

    def __new__(cls, *words: str) -> OneOf:
        """The words as they are written in the type's annotation."""
        return super().__new__(cls, words)


class Form(NamedTuple):
    """The name of a form of strings that resolved.schema.json defines, as metadata of a type."""

    name: str


Duration = Annotated[str, Form("duration")]
"""A duration as Go spells it, for example 1m0s."""
Pairs = tuple[tuple[str, Value], ...]
"""A map with its order; a dict would not be hashable."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Section:
    """A frozen dataclass with keyword arguments, in the way that `dataclasses` would make it.

    The type checker treats subclasses as such. `dataclasses` itself imports `inspect` and compiles the methods of every
    class: for all sections together that would take longer than checking an input.

    A field is annotated with its type, its description, and the flags that its value is computed from:
    `Annotated[str, "Prefix of all keys.", "etcd-prefix"]`. A field whose type is a section and that has no flags is a
    group: its fields have their own. A field with the default None is left out of artifacts when it is None.
    `section_path` is the place of a section in the resolved config, in dotted notation. A map that several steps fill
    consists of one section with this `path`, and of others that are `part_of` it.
    """

    __slots__ = ("__dict__", "_hash", "replaced")
    section_path: ClassVar[str] = ""
    is_part: ClassVar[bool] = False
    fields: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[dict[str, None]] = {}
    replaced: frozenset[str]
    """The fields that `replace` changed to make this section of another one."""
    _hash: int

    def __init_subclass__(cls, path: str = "", part_of: str = "") -> None:
        cls.section_path, cls.is_part = path or part_of, bool(part_of)
        cls.fields = tuple(cls.__annotations__)
        cls.defaults = {name: None for name in cls.fields if name in vars(cls)}

    def __init__(self, **values: object) -> None:
        if len(values) != len(self.fields):
            values = self.defaults | values
            if values.keys() != set(self.fields):
                raise TypeError(f"{type(self).__name__} takes the fields {', '.join(self.fields)}")
        self.__dict__.update(values)

    def replace(self, **changes: object) -> Self:
        """Return a copy with some fields changed; raises TypeError for a field that there is not."""
        copy = type(self)(**{**self.__dict__, **changes})
        object.__setattr__(copy, "replaced", frozenset(changes))
        return copy

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            value = hash((type(self), *map(self.__dict__.__getitem__, self.fields)))
            object.__setattr__(self, "_hash", value)
            return value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.fields)})"
