"""CEL environment of one Kubernetes version: variables and object types, functions, macros and settings."""

from __future__ import annotations

import os
from typing import NamedTuple

from compiler.upstream.cel.types import Type, make, read_type, type_of


class Environment(NamedTuple):
    """One variable and its object types, as strings that `read_type` parses.

    `lists` are the lists and maps in them: the server registers each as a type named after its path.
    """

    variable: str
    type: str
    objects: dict[str, dict[str, str]]
    lists: dict[str, str]


_STRINGS = "list(string)"
_EXTRA = "map(string,list(string))"
_USER = "kubernetes.UserInfo"
_REQUEST = "kubernetes.SubjectAccessReviewSpec"
_SELECTOR = "kubernetes.{}SelectorAttributes"
_REQUIREMENT = "kubernetes.SelectorRequirement"

CLAIMS = Environment("claims", "map(string,any)", {}, {"map": "map(string,any)"})
"""Claim mappings and claim validation rules of an AuthenticationConfiguration."""

USER = Environment(
    "user",
    f"object({_USER})",
    {_USER: {"username": "string", "uid": "string", "groups": _STRINGS, "extra": _EXTRA}},
    {f"{_USER}.groups": _STRINGS, f"{_USER}.extra": _EXTRA},
)
"""User validation rules of an AuthenticationConfiguration."""


def request_environment(selectors: bool) -> Environment:
    """Match conditions of an AuthorizationConfiguration.

    `selectors`: whether resource attributes have field and label selectors (feature gate AuthorizeWithSelectors).
    """
    resource = dict.fromkeys(("namespace", "verb", "group", "version", "resource", "subresource", "name"), "string")
    objects = {
        _REQUEST: {
            "resourceAttributes": "object(kubernetes.ResourceAttributes)",
            "nonResourceAttributes": "object(kubernetes.NonResourceAttributes)",
            "user": "string",
            "groups": _STRINGS,
            "extra": _EXTRA,
            "uid": "string",
        },
        "kubernetes.ResourceAttributes": resource,
        "kubernetes.NonResourceAttributes": {"path": "string", "verb": "string"},
    }
    lists = {f"{_REQUEST}.groups": _STRINGS, f"{_REQUEST}.extra": _EXTRA}
    if selectors:
        requirements = f"list(object({_REQUIREMENT}))"
        for kind in ("Field", "Label"):
            name, field = _SELECTOR.format(kind), f"{kind.lower()}Selector"
            resource[field] = f"object({name})"
            objects[name] = {"rawSelector": "string", "requirements": requirements}
            lists[f"{_REQUEST}.resourceAttributes.{field}.requirements"] = requirements
        objects[_REQUIREMENT] = {"key": "string", "operator": "string", "values": _STRINGS}
    return Environment("request", f"object({_REQUEST})", objects, lists)


_GOOGLE = "google.protobuf."
_SIMPLE = ("bool", "bytes", "double", "int", "null_type", "string", "uint")
_SCALARS = {
    **{name: name for name in (*_SIMPLE, "duration", "timestamp")},
    "list": "list(any)",
    "map": "map(any,any)",
}
_MESSAGES = {
    "Any": ("any", {"type_url": "string", "value": "bytes"}),
    "Duration": ("duration", {"seconds": "int", "nanos": "int"}),
    "Empty": (f"object({_GOOGLE}Empty)", {}),
    "Timestamp": ("timestamp", {"seconds": "int", "nanos": "int"}),
    "Struct": ("map(string,dyn)", {"fields": "map(string,dyn)"}),
    "Struct.FieldsEntry": (f"object({_GOOGLE}Struct.FieldsEntry)", {"key": "string", "value": "dyn"}),
    "Value": (
        "dyn",
        {
            "null_value": "int",
            "number_value": "double",
            "string_value": "string",
            "bool_value": "bool",
            "struct_value": "map(string,dyn)",
            "list_value": "list(dyn)",
        },
    ),
    "ListValue": ("list(dyn)", {"values": "list(dyn)"}),
    "DoubleValue": ("wrapper(double)", {"value": "double"}),
    "FloatValue": ("wrapper(double)", {"value": "double"}),
    "Int64Value": ("wrapper(int)", {"value": "int"}),
    "Int32Value": ("wrapper(int)", {"value": "int"}),
    "UInt64Value": ("wrapper(uint)", {"value": "uint"}),
    "UInt32Value": ("wrapper(uint)", {"value": "uint"}),
    "BoolValue": ("wrapper(bool)", {"value": "bool"}),
    "StringValue": ("wrapper(string)", {"value": "string"}),
    "BytesValue": ("wrapper(bytes)", {"value": "bytes"}),
}
_NAMED = {
    **{name: name for name in (*_SIMPLE, "type")},
    "list": "list(A)",
    "map": "map(A,B)",
    f"{_GOOGLE}Duration": "duration",
    f"{_GOOGLE}Timestamp": "timestamp",
}
_REGISTERED = {
    **_NAMED,
    f"{_GOOGLE}Empty": f"object({_GOOGLE}Empty)",
    f"{_GOOGLE}Struct.FieldsEntry": f"object({_GOOGLE}Struct.FieldsEntry)",
    "optional_type": "optional_type",
    "net.IP": "net.IP",
    "net.CIDR": "net.CIDR",
}
CONSTANTS = {f"{_GOOGLE}NullValue.NULL_VALUE": 0}
"""Enum values that expressions can name."""


class TypeNames:
    """Type names of one environment. Go: apiservercel.DeclTypeProvider over cel-go's registry."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def declared(self, name: str) -> Type | None:
        """Return the standard type of this name; a variable shadows it. Go: stdlib.Types."""
        declaration = _NAMED.get(name)
        return type_of(read_type(declaration)) if declaration else None

    def configured(self, name: str) -> Type | None:
        """Return the type that the environment adds under this name. Go: DeclTypeProvider.FindStructType."""
        environment = self._environment
        if name in environment.objects:
            return make("struct", name)
        declaration = environment.lists.get(name) or _SCALARS.get(name)
        return read_type(declaration) if declaration else None

    def built_in(self, name: str) -> Type | None:
        """Return the protobuf message of this name. Go: Registry.FindStructType."""
        message = _MESSAGES.get(name.removeprefix(_GOOGLE)) if name.startswith(_GOOGLE) else None
        return read_type(message[0]) if message else None

    def registered(self, name: str) -> Type | None:
        """Return the type whose name can be used as a value. Go: FindIdent."""
        declaration = _REGISTERED.get(name)
        return read_type(declaration) if declaration else None

    def field(self, type_name: str, field: str) -> Type | None:
        """Return the type of an object's field. Go: FindStructFieldType."""
        fields = self.fields(type_name)
        declaration = fields.get(field)
        return read_type(declaration) if declaration else None

    def fields(self, type_name: str) -> dict[str, str]:
        """Return the fields of an object type and their types."""
        fields = self._environment.objects.get(type_name)
        if fields is None:
            message = _MESSAGES.get(type_name.removeprefix(_GOOGLE)) if type_name.startswith(_GOOGLE) else None
            fields = message[1] if message else {}
        return fields


class Overload(NamedTuple):
    """One signature of a function; the first argument of a method is its receiver."""

    method: bool
    arguments: tuple[Type, ...]
    result: Type
    open_types: tuple[str, ...]

    def __str__(self) -> str:
        arguments = [str(argument) for argument in self.arguments]
        return f"{arguments[0]}.({', '.join(arguments[1:])})" if self.method else f"({', '.join(arguments)})"


class Declarations:
    """Functions, macros and settings of one Kubernetes version.

    `macros` maps a name and a number of arguments to an expansion.
    """

    def __init__(self, minor: int, sections: dict[str, list[list[str]]]) -> None:
        self.macros = {(row[0], int(row[1])): row[2] for row in _in_version(minor, sections["macros"], 3)}
        self.settings = {row[0]: row[1] for row in _in_version(minor, sections["settings"], 2)}
        self._rows: dict[str, list[list[str]]] = {}
        for row in _in_version(minor, sections["functions"], 4):
            self._rows.setdefault(row[0], []).append(row)
        self._functions: dict[str, list[Overload]] = {}

    def function(self, name: str) -> list[Overload] | None:
        """Return the overloads of a function in the order in which they are tried, None for an unknown function."""
        overloads = self._functions.get(name)
        if overloads is None:
            rows = self._rows.get(name)
            if rows is None:
                return None
            overloads = self._functions[name] = [_overload(row) for row in rows]
        return overloads

    def is_namespace(self, prefix: str) -> bool:
        """Return whether any function is named `prefix.NAME`."""
        return any(name.startswith(f"{prefix}.") for name in self._rows)

    def names(self) -> list[str]:
        """Return the names of all functions and macros that an expression can call."""
        names = [name for name in self._rows if name[0].isalpha() and "@" not in name]
        return [*names, *(name for name, _ in self.macros)]


_loaded: dict[int, Declarations] = {}


def declarations_of(minor: int) -> Declarations:
    """Return the declarations of Kubernetes 1.MINOR, cached."""
    declarations = _loaded.get(minor)
    if declarations is None:
        declarations = _loaded[minor] = Declarations(minor, _sections())
    return declarations


def _sections() -> dict[str, list[list[str]]]:
    path = os.path.join(os.path.dirname(__file__), "data", "environment.txt")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    sections: dict[str, list[list[str]]] = {}
    for block in text.split("\n[")[1:]:
        heading, _, lines = block.partition("]\n")
        sections[heading] = [line.split() for line in lines.split("\n") if line and line[0] != "#"]
    return sections


def _in_version(minor: int, rows: list[list[str]], columns: int) -> list[list[str]]:
    return [row for row in rows if len(row) == columns or _is_in_span(minor, row[columns])]


def _is_in_span(minor: int, span: str) -> bool:
    first, _, last = span.partition("-")
    return int(first[2:]) <= minor and (not last or minor <= int(last[2:]))


def _overload(row: list[str]) -> Overload:
    arguments = () if row[2] == "-" else tuple(read_type(text) for text in row[2].split(";"))
    result = read_type(row[3])
    names: dict[str, None] = {}
    for part in (*arguments, result):
        _collect_params(part, names)
    return Overload(row[1] == "method", arguments, result, tuple(names))


def _collect_params(part: Type, names: dict[str, None]) -> None:
    if part.kind == "param":
        names[part.name] = None
    for param in part.params:
        _collect_params(param, names)
