"""Variables and object types of an expression, by the field that it is set in.

Sources: k8s.io/apiserver/pkg/authentication/cel/compile.go, pkg/authorization/cel/compile.go, pkg/cel/types.go.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.cel.types import Type, make, read_type, type_of


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
