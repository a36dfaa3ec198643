"""A value of the wrong type, written as the right one: what a hint shows instead of "write a list".

Shared by documents and structured files. Values are shown as YAML or TOML writes them on one line.
"""

from __future__ import annotations

import re
from typing import Any

from compiler.inputs.source.node import Node
from compiler.text import shown
from compiler.text.redaction import hide
from compiler.upstream.conversions import as_boolean, as_integer, unit_of

Schema = dict[str, Any]

NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
"""JSON Schema type -> its name in a message."""
_MOST = 4
"""Elements that a hint shows; it is an example then, not the whole value."""
_PLAIN = r"[A-Za-z0-9_./-]+"
_JOINED = ("service-cluster-ip-range", "vmodule")
"""Flags whose one string holds several values between commas."""


def converted(node: Node, kinds: list[str], shape: Schema, flag: str = "") -> str:
    """What to write for a value, as the types of a schema take it; empty if nothing is sure.

    `flag` is the flag that the value belongs to, empty for a structured file.
    """
    meant = _converted(node, kinds, shape, flag)
    return meant if hide(meant) == meant else ""


def _converted(node: Node, kinds: list[str], shape: Schema, flag: str) -> str:
    toml = node.source.name.endswith(".toml")
    if "array" in kinds:
        return _as_list(node, shape.get("items", {}), flag, toml)
    if "object" in kinds and "string" not in kinds:
        one = _object_of(node.value, flag) if isinstance(node.value, str) else None
        return _flow(one, toml) if one else _as_mapping(node, shape.get("additionalProperties"), flag, toml)
    if "string" in kinds and isinstance(node.value, list):
        return _as_string(node, flag)
    if "boolean" in kinds:
        return as_boolean(node.text if isinstance(node.value, str | int) else "")
    if set(kinds) & {"integer", "number"} and isinstance(node.value, str):
        return as_integer(node.value, unit_of(flag))
    return ""


def _flow(value: Any, toml: bool) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        sign = " = " if toml else ": "
        entries = [f"{_key(key)}{sign}{_flow(item, toml)}" for key, item in list(value.items())[:_MOST]]
        return "{" + ", ".join([*entries, *(["..."] if len(value) > _MOST else [])]) + "}"
    if isinstance(value, list):
        items = [_flow(item, toml) for item in value[:_MOST]]
        return "[" + ", ".join([*items, *(["..."] if len(value) > _MOST else [])]) + "]"
    return shown(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    return name if re.fullmatch(_PLAIN, name) and len(name) < 100 else shown(name)


def parts_of(text: str, separators: str = ",;") -> list[str]:
    """The elements of a list that was written as one string; none if a secret is in it, of which each would be a part.

    >>> parts_of("a, b"), parts_of("[a,'b']"), parts_of("a b"), parts_of("a")
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
    value, whole = node.value, items.get("type") == "integer"
    if items.get("type") == "object":
        return _as_objects(node, items, flag, toml)
    if isinstance(value, dict):
        names = [name for name, item in value.items() if item.value in (None, True, {})]
        return _flow(names, toml) if value and len(names) == len(value) else ""
    if isinstance(value, str):
        parts = parts_of(value, "," if flag == "etcd-servers-overrides" else ",;")
        if whole:
            return f"[{', '.join(parts)}]" if parts and all(part.isdecimal() for part in parts) else ""
        return _flow(parts, toml) if parts else ""
    if value is None or isinstance(value, list):
        return ""
    return f"[{node.text}]" if whole else _flow([node.text], toml)


def _as_objects(node: Node, items: Schema, flag: str, toml: bool) -> str:
    """A list of mappings, from one mapping, from a mapping by name or from the text of a flag."""
    value, known = node.value, items.get("properties", {})
    if isinstance(value, str):
        found = [one for one in (_object_of(part, flag) for part in _elements(value, flag)) if one]
        return _flow(found, toml) if found else ""
    if not isinstance(value, dict) or not value:
        return ""
    required = items.get("required", [])
    if any(key in known for key in value):
        return ""
    if flag == "etcd-servers-overrides" and len(required) == 2:
        return _flow([{required[0]: name, required[1]: _strings(item)} for name, item in value.items()], toml)
    return ""


def _elements(text: str, flag: str) -> list[str]:
    return [text] if flag == "tls-sni-cert-key" else parts_of(text, ",")


def _object_of(text: str, flag: str) -> dict[str, Any]:
    """What one element of a flag is as a mapping; empty if that is unknown."""
    if flag == "etcd-servers-overrides" and "#" in text and hide(text) == text:
        resource, _, servers = text.partition("#")
        return {"resource": resource, "servers": servers.split(";")}
    if flag == "tls-sni-cert-key":
        pair, colon, names = text.partition(":")
        paths = pair.split(",")
        if len(paths) == 2:
            found: dict[str, Any] = {"certFile": paths[0], "keyFile": paths[1]}
            return found | ({"names": names.split(",")} if colon else {})
    return {}


def _strings(node: Node) -> list[str]:
    value = node.value
    if isinstance(value, list):
        return [str(item.value) for item in value]
    return parts_of(str(value)) if value is not None else []


def _as_mapping(node: Node, others: Any, flag: str, toml: bool) -> str:
    """Entries from elements such as `A=true`, `A: true`, `A` or `events#10`."""
    value = node.value
    elements: list[Any] = value if isinstance(value, list) else []
    if isinstance(value, str):
        elements = [Node(part, node.source, node.span, part) for part in parts_of(value)]
    kinds = others.get("type", []) if isinstance(others, dict) else []
    found: dict[str, Any] = {}
    for element in elements:
        if isinstance(element.value, dict):
            found |= {key: item.value for key, item in element.value.items() if not isinstance(item.value, list | dict)}
            continue
        if not isinstance(element.value, str):
            return ""
        name, sign, text = _entry(element.value)
        if not name or (not sign and "boolean" not in kinds):
            return ""
        found[name] = _scalar(text, kinds) if sign else True
    return _flow(found, toml) if found else ""


def _entry(text: str) -> tuple[str, str, str]:
    """Name, sign and value of `A=true`, `events#10` or `A`."""
    at = min((text.index(sign) for sign in "=#" if sign in text), default=len(text))
    return text[:at].strip(), text[at : at + 1], text[at + 1 :].strip()


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
    """One string from a list: its only element, or all of them if the flag takes them joined."""
    items = node.value if isinstance(node.value, list) else []
    texts = [item.value if isinstance(item.value, str) else item.text for item in items]
    if not texts or any(isinstance(item.value, list | dict) for item in items):
        return ""
    return shown(",".join(texts)) if len(texts) == 1 or flag in _JOINED else ""
