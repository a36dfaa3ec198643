"""Conversions of a value of the wrong type, for hints.

Shared by documents and structured files. Values are formatted on one line, as YAML or TOML.
"""

from __future__ import annotations

import re
from typing import Any

from compiler.inputs.source.node import Node
from compiler.text import shown
from compiler.text.redaction import hide
from compiler.upstream.conversions import as_boolean, as_integer, unit_of

Schema = dict[str, Any]

TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "boolean": "true or false",
    "integer": "an integer",
    "number": "a number",
}
"""JSON Schema type -> name in messages."""
_MAX_DIGITS = 40
_MAX_ELEMENTS = 4
"""Elements that a hint shows; a longer value is abbreviated."""
_BARE_KEY = r"[A-Za-z0-9_./-]+"
_COMMA_SEPARATED = ("service-cluster-ip-range", "vmodule")
"""Flags whose single string holds comma-separated values."""


def describe(node: Node) -> str:
    """Return what a value is, for a message: `a list`, `true`, `the number 5` or `empty`."""
    value = node.value
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    for kind, name in ((dict, "object"), (list, "array"), (str, "string")):
        if isinstance(value, kind):
            return TYPE_NAMES[name]
    return f"the number {(node.text or str(value))[:_MAX_DIGITS]}"


def convert(node: Node, kinds: list[str], shape: Schema, flag: str = "") -> str:
    """Return a value converted to a type of its schema, empty if the conversion is ambiguous or contains a secret.

    `flag` is the flag of the value, empty for a structured file.
    """
    result = _convert(node, kinds, shape, flag)
    return result if hide(result) == result else ""


def _convert(node: Node, kinds: list[str], shape: Schema, flag: str) -> str:
    toml = node.source.name.endswith(".toml")
    if "array" in kinds:
        return _as_list(node, shape.get("items", {}), flag, toml)
    if "object" in kinds and "string" not in kinds:
        mapping = _mapping_of(node.value, flag) if isinstance(node.value, str) else None
        return _flow(mapping, toml) if mapping else _as_mapping(node, shape.get("additionalProperties"), flag, toml)
    if "string" in kinds and isinstance(node.value, list):
        return _as_string(node, flag)
    if "boolean" in kinds:
        return as_boolean(node.text if isinstance(node.value, str | int) else "")
    if set(kinds) & {"integer", "number"} and isinstance(node.value, str):
        return as_integer(node.value, unit_of(flag))
    return ""


def _flow(value: Any, toml: bool) -> str:
    """Return a value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        separator = " = " if toml else ": "
        entries = [f"{_key(key)}{separator}{_flow(item, toml)}" for key, item in list(value.items())[:_MAX_ELEMENTS]]
        return "{" + ", ".join([*entries, *(["..."] if len(value) > _MAX_ELEMENTS else [])]) + "}"
    if isinstance(value, list):
        items = [_flow(item, toml) for item in value[:_MAX_ELEMENTS]]
        return "[" + ", ".join([*items, *(["..."] if len(value) > _MAX_ELEMENTS else [])]) + "]"
    return shown(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    return name if re.fullmatch(_BARE_KEY, name) and len(name) < 100 else shown(name)


def split_list(text: str, separators: str = ",;") -> list[str]:
    """Return the elements of a list written as one string, none if it contains a secret.

    >>> split_list("a, b"), split_list("[a,'b']"), split_list("a b"), split_list("a")
    (['a', 'b'], ['a', 'b'], ['a', 'b'], ['a'])
    """
    if hide(text) != text:
        return []
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    for separator in separators:
        inner = inner.replace(separator, ",")
    parts = inner.split(",") if "," in inner else inner.split()
    return [part for part in (each.strip(" \t\r\n\"'") for each in parts) if part]


def _as_list(node: Node, items: Schema, flag: str, toml: bool) -> str:
    value, integers = node.value, items.get("type") == "integer"
    if items.get("type") == "object":
        return _as_objects(node, items, flag, toml)
    if isinstance(value, dict):
        names = [name for name, item in value.items() if item.value in (None, True, {})]
        return _flow(names, toml) if value and len(names) == len(value) else ""
    if isinstance(value, str):
        parts = split_list(value, "," if flag == "etcd-servers-overrides" else ",;")
        if integers:
            return f"[{', '.join(parts)}]" if parts and all(part.isdecimal() for part in parts) else ""
        return _flow(parts, toml) if parts else ""
    if value is None or isinstance(value, list):
        return ""
    return f"[{node.text}]" if integers else _flow([node.text], toml)


def _as_objects(node: Node, items: Schema, flag: str, toml: bool) -> str:
    """Return a list of mappings, from a mapping by name or the string of a flag."""
    value, known = node.value, items.get("properties", {})
    if isinstance(value, str):
        mappings = [mapping for part in _elements(value, flag) if (mapping := _mapping_of(part, flag))]
        return _flow(mappings, toml) if mappings else ""
    if not isinstance(value, dict) or not value:
        return ""
    required = items.get("required", [])
    if any(key in known for key in value):
        return ""
    if flag == "etcd-servers-overrides" and len(required) == 2:
        return _flow([{required[0]: name, required[1]: _strings(item)} for name, item in value.items()], toml)
    return ""


def _elements(text: str, flag: str) -> list[str]:
    return [text] if flag == "tls-sni-cert-key" else split_list(text, ",")


def _mapping_of(text: str, flag: str) -> dict[str, Any]:
    """Return an element of a flag as a mapping, empty if unknown."""
    if flag == "etcd-servers-overrides" and "#" in text and hide(text) == text:
        resource, _, servers = text.partition("#")
        return {"resource": resource, "servers": servers.split(";")}
    if flag == "tls-sni-cert-key":
        pair, colon, names = text.partition(":")
        paths = pair.split(",")
        if len(paths) == 2:
            files: dict[str, Any] = {"certFile": paths[0], "keyFile": paths[1]}
            return files | ({"names": names.split(",")} if colon else {})
    return {}


def _strings(node: Node) -> list[str]:
    value = node.value
    if isinstance(value, list):
        return [str(item.value) for item in value]
    return split_list(str(value)) if value is not None else []


def _as_mapping(node: Node, additional: Any, flag: str, toml: bool) -> str:
    """Return a mapping from elements like `A=true`, `A: true`, `A` or `events#10`."""
    value = node.value
    elements: list[Any] = value if isinstance(value, list) else []
    if isinstance(value, str):
        elements = [Node(part, node.source, node.span, part) for part in split_list(value)]
    kinds = additional.get("type", []) if isinstance(additional, dict) else []
    entries: dict[str, Any] = {}
    for element in elements:
        if isinstance(element.value, dict):
            entries |= {
                key: item.value for key, item in element.value.items() if not isinstance(item.value, list | dict)
            }
            continue
        if not isinstance(element.value, str):
            return ""
        name, separator, text = _entry(element.value)
        if not name or (not separator and "boolean" not in kinds):
            return ""
        entries[name] = _scalar(text, kinds) if separator else True
    return _flow(entries, toml) if entries else ""


def _entry(text: str) -> tuple[str, str, str]:
    """Return name, separator and value of `A=true`, `events#10` or `A`."""
    end = min((text.index(separator) for separator in "=#" if separator in text), default=len(text))
    return text[:end].strip(), text[end : end + 1], text[end + 1 :].strip()


def _scalar(text: str, kinds: Any) -> Any:
    plain = text.strip(" \t\"'")
    if "boolean" in kinds and plain.lower() in ("true", "false"):
        return plain.lower() == "true"
    if "integer" in kinds and plain.isdecimal():
        return int(plain[:18])
    if isinstance(kinds, str) and kinds == "array":
        return [plain]
    return plain


def _as_string(node: Node, flag: str) -> str:
    """Return one string from a list: its only element, or all if the flag accepts a comma-separated string."""
    items = node.value if isinstance(node.value, list) else []
    strings = [item.value if isinstance(item.value, str) else item.text for item in items]
    if not strings or any(isinstance(item.value, list | dict) for item in items):
        return ""
    return shown(",".join(strings)) if len(strings) == 1 or flag in _COMMA_SEPARATED else ""
