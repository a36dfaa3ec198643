"""The resolved config: what the server runs with, and where each value comes from.

Kubernetes: the Config of apiserver/pkg/server/config.go, which the options apply themselves to.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Annotated, Any, NamedTuple, ParamSpec, TypeVar, get_args, get_origin

from compiler.apiserver.resolved_sections import Section, Sections

P = ParamSpec("P")
Result = TypeVar("Result")
Plain = Callable[[Any], Any]
_INITIALISMS = {
    "api": "API",
    "ca": "CA",
    "cas": "CAs",
    "id": "ID",
    "ip": "IP",
    "ipv6": "IPv6",
    "qps": "QPS",
    "tls": "TLS",
    "ttl": "TTL",
    "uri": "URI",
    "url": "URL",
}
"""Words that Go writes in capitals, save at the beginning of a name."""


class Provenance(NamedTuple):
    """The step that set a value, and the flags that it is computed from."""

    step: str
    flags: tuple[str, ...]


class ResolvedConfig(Sections):
    """The sections, each assigned whole by the step of the start-up that `step` names, which is recorded.

    `stages` has the names of the steps by stage, in the order in which they ran. Reading a section before its step has
    run raises AttributeError.
    """

    stages: dict[str, list[str]]

    def __init__(self) -> None:
        self.__dict__.update(stages={}, running=[""], steps={}, more_flags={}, replaced={})

    def begin_stage(self, name: str) -> None:
        """Begin a stage of the start-up; the steps that follow belong to it."""
        self.__dict__["running"] = self.stages[name] = []

    def step(self, name: str, function: Callable[P, Result], *arguments: P.args, **named: P.kwargs) -> Result:
        """Call a function of the start-up and return its result; what it assigns is recorded as set by this step."""
        self.__dict__["running"].append(name)
        return function(*arguments, **named)

    def __setattr__(self, name: str, value: object) -> None:
        state = self.__dict__
        state[name] = value
        state["steps"][name] = (*state["steps"].get(name, ()), state["running"][-1])

    def replace(self, name: str, **changes: object) -> None:
        """Assign a section again with some fields changed, which this step sets; the others keep their step."""
        self.__dict__["replaced"][name] = frozenset(changes)
        setattr(self, name, getattr(self, name).replace(**changes))

    def add_flags(self, name: str, path: str, *flags: str) -> None:
        """Record flags that a value of a section is computed from in addition to those of its field."""
        more = self.__dict__["more_flags"]
        more[name] = (*more.get(name, ()), (path, flags))

    def assigned(self, key: str | None = None) -> Iterator[Assigned]:
        """Yield each section, or those below one key, with what assigned it, in the order of the start-up."""
        state = self.__dict__
        steps, more, replaced = state["steps"], state["more_flags"], state["replaced"]
        for name in Sections.__annotations__:
            section: Section | None = getattr(self, name)
            if section is not None and (key is None or section.section_key == key):
                by, defaults = steps[name], section.defaults
                absent = tuple(field for field in defaults if getattr(section, field) is None) if defaults else ()
                origin = Origin(type(section), by[0], by[-1], replaced.get(name, _NONE), more.get(name, ()), absent)
                yield Assigned(section, origin)

    @property
    def provenance(self) -> dict[str, Provenance]:
        """Dotted path of each value -> what set it, in the order of the start-up."""
        return {path: each for assigned in self.assigned() for path, each in provenance_of(assigned.origin)}

    def settings(self) -> dict[str, Any]:
        """Dotted path of each value -> the value as plain data, in the order of the start-up."""
        return {path: value for assigned in self.assigned() for path, value in settings_of(assigned.section)}

    def tree(self) -> dict[str, Any]:
        """The values as nested maps of plain data."""
        return nested(self.settings())


_NONE: frozenset[str] = frozenset()


class Origin(NamedTuple):
    """Where the values of a section come from, whatever they are.

    The first and the last step that assigned it, the fields that the last one replaced, further flags of single values
    by dotted path, and the optional fields that are not set.
    """

    section: type[Section]
    first_step: str
    last_step: str
    replaced: frozenset[str]
    more_flags: tuple[tuple[str, tuple[str, ...]], ...]
    absent: tuple[str, ...]


class Assigned(NamedTuple):
    """A section with the origin of its values."""

    section: Section
    origin: Origin


def provenance_of(origin: Origin) -> Iterator[tuple[str, Provenance]]:
    """Yield dotted path and provenance of each value of a section."""
    more = dict(origin.more_flags)
    for leaf in leaves_of(origin.section):
        if leaf.name not in origin.absent:
            step = origin.last_step if leaf.name in origin.replaced else origin.first_step
            yield leaf.path, Provenance(step, leaf.flags + more.get(leaf.path, ()))


def settings_of(section: Section) -> Iterator[tuple[str, Any]]:
    """Yield dotted path and value, as plain data, of each value that a section has: optional ones only if set."""
    for leaf in leaves_of(type(section)):
        if not (leaf.is_optional and leaf.value(section) is None):
            yield leaf.path, leaf.plain_value(section)


def flags_of(origin: Origin) -> tuple[str, ...]:
    """Return the flags that the values of a section are computed from, each once."""
    known = _FLAGS.get(origin.section)
    if known is None:
        flags = (flag for leaf in leaves_of(origin.section) for flag in leaf.flags)
        known = _FLAGS[origin.section] = tuple(dict.fromkeys(flags))
    if not origin.more_flags:
        return known
    return tuple(dict.fromkeys((*known, *(flag for _, flags in origin.more_flags for flag in flags))))


_FLAGS: dict[type[Section], tuple[str, ...]] = {}


class Leaf(NamedTuple):
    """A value of a section that has its own provenance.

    `name` is the field of the section, `path` the place in the resolved config, `flags` those that the value is
    computed from. `value` reads it; `plain` makes plain data of it, None if it already is. An optional value is left
    out when it is None.
    """

    name: str
    path: str
    flags: tuple[str, ...]
    is_optional: bool
    value: Callable[[Section], Any]
    plain: Plain | None

    def plain_value(self, section: Section) -> Any:
        """The value as plain data: lists, maps, strings, numbers, booleans and None."""
        value = self.value(section)
        return value if self.plain is None else self.plain(value)


class Field(NamedTuple):
    """A field of a section: its key in YAML, its type without the metadata, and these."""

    name: str
    key: str
    type: Any
    description: str
    flags: tuple[str, ...]
    metadata: tuple[object, ...]
    is_optional: bool
    is_group: bool


def fields_of(section: type[Section]) -> list[Field]:
    """The fields of a section in order."""
    hints = _annotations_of(section)
    return [_field(section, name, hints[name]) for name in section.fields]


class _Parts:
    """Stands in for `Annotated` when annotations are evaluated; the real one would take most of the time."""

    def __class_getitem__(cls, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return parts


def _annotations_of(section: type[Section]) -> dict[str, Any]:
    """Return the annotations of a section, those with metadata as tuples of type and metadata.

    They are evaluated all at once, which is faster than `typing.get_type_hints`.
    """
    entries = (f"{name!r}: {annotation}" for name, annotation in section.__annotations__.items())
    known, instead = vars(sys.modules[section.__module__]), {"Annotated": _Parts}
    annotations: dict[str, Any] = eval(f"{{{', '.join(entries)}}}", known, instead)
    return annotations


def _field(section: type[Section], name: str, hint: Any) -> Field:
    kind, *metadata = hint if isinstance(hint, tuple) else (hint, "")
    description, *flags = (each for each in metadata if isinstance(each, str))
    return Field(
        name=name,
        key=camel_case(name),
        type=kind,
        description=description,
        flags=tuple(flags),
        metadata=tuple(each for each in metadata if not isinstance(each, str)),
        is_optional=name in section.defaults,
        is_group=is_section(kind) and not flags,
    )


def camel_case(name: str) -> str:
    """The key of a field in YAML: `client_cas` is clientCAs."""
    first, *others = name.split("_")
    return first + "".join(_INITIALISMS.get(word) or word.capitalize() for word in others)


def is_section(kind: Any) -> bool:
    """Whether a type is a section."""
    return isinstance(kind, type) and issubclass(kind, Section)


def is_pair(kind: Any) -> bool:
    """Whether a type is that of a pair of key and value."""
    return get_origin(kind) is tuple and len(get_args(kind)) == 2 and get_args(kind)[1] is not Ellipsis


def leaves_of(section: type[Section]) -> tuple[Leaf, ...]:
    """The values of a section that have their own provenance, in order."""
    known = _LEAVES.get(section)
    if known is None:
        known = _LEAVES[section] = tuple(_leaves(section, section.section_path, ()))
    return known


_LEAVES: dict[type[Section], tuple[Leaf, ...]] = {}


def _leaves(section: type[Section], path: str, names: tuple[str, ...]) -> Iterator[Leaf]:
    for field in fields_of(section):
        inner, where = (*names, field.name), f"{path}.{field.key}"
        if field.is_optional and names:
            raise TypeError(f"{where} is optional, which only fields of a section itself can be, not those of a group")
        if field.is_group:
            yield from _leaves(field.type, where, inner)
        else:
            read = attrgetter(".".join(inner))
            yield Leaf(inner[0], where, field.flags, field.is_optional, read, _plain(field.type))


def _plain(kind: Any) -> Plain | None:
    """The function that converts values of a type to plain data; None if they already are."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _plain(arguments[0])
    if is_section(kind):
        return _plain_section(kind)
    if origin is tuple:
        return dict if is_pair(arguments[0]) else _plain_list(_plain(arguments[0]))
    # A union with None, or of sections.
    plain = {kind: convert for kind in arguments if (convert := _plain(kind)) is not None}
    if not plain:
        return None
    if len(plain) > 1:
        return lambda value: None if value is None else plain[type(value)](value)
    (only,) = plain.values()
    return lambda value: None if value is None else only(value)


def _plain_list(plain: Plain | None) -> Plain:
    return list if plain is None else lambda values: [plain(value) for value in values]


def _plain_section(section: type[Section]) -> Plain:
    fields: list[tuple[str, str, bool, Plain | None]] = []

    def convert(value: Section) -> dict[str, Any]:
        if not fields:
            # Few servers have a section of each kind.
            fields.extend((each.key, each.name, each.is_optional, _plain(each.type)) for each in fields_of(section))
        return {
            key: inner if plain is None else plain(inner)
            for key, name, is_optional, plain in fields
            if (inner := getattr(value, name)) is not None or not is_optional
        }

    return convert


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under dotted paths as nested maps, in the order in which the paths first come to each of them."""
    root: dict[str, Any] = {}
    levels: dict[str, dict[str, Any]] = {"": root}
    for path, value in values.items():
        parent, _, leaf = path.rpartition(".")
        level = levels.get(parent)
        if level is None:
            level = root
            for name in parent.split("."):
                level = level.setdefault(name, {})
            levels[parent] = level
        level[leaf] = value
    return root
