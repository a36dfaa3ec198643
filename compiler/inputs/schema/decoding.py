"""Decoding of structured files as the server does it: known kinds and fields, each of the right type.

Kubernetes: apimachinery/pkg/runtime/serializer/json/json.go (Decode) and sigs.k8s.io/json (UnmarshalStrict). The
schemas of `schemas/v1.NN/files/` say what there is; only their types and field names count here.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from math import isfinite
from typing import Any

from compiler.inputs.schema import schema_folder
from compiler.inputs.schema.field import Field, Findings
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import shown
from compiler.text.redaction import is_secret_name
from compiler.text.suggest import Suggestion
from compiler.upstream.go.encoding import decode_base64
from compiler.upstream.go.strconv import InvalidValueError, parse_duration

Schema = dict[str, Any]
_TIME = r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})([.,][0-9]+)?(Z|[-+]([0-9]{2}):([0-9]{2}))"


@cache
def kind_schema(version: str, kind: str) -> Schema | None:
    """The schema of a kind of structured file; None where a version of the server does not read it."""
    path = os.path.join(schema_folder(), f"v{version}", "files", f"{kind}.schema.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        loaded: Schema = json.load(file)
    return loaded


def schema_of_kind(root: Node, version: str) -> Schema | None:
    """The schema of a mapping's own kind; None if it has none that a version of the server reads."""
    kind, api = root.get("kind"), root.get("apiVersion")
    name = kind.value if kind is not None else None
    return schema_named(str(api.value) if api is not None else "", name, version) if isinstance(name, str) else None


def schema_named(api: str, kind: str, version: str) -> Schema | None:
    """The same for an apiVersion and a kind."""
    if not kind.isalnum():
        return None
    group = api.partition(".")[0]
    return kind_schema(version, kind) or (kind_schema(version, f"{kind}.{group}") if group.isalnum() else None)


class Decoder:
    """Holds the nodes of one file against a schema.

    `rule` is what a refusal breaks. Unknown fields are refused where the server is strict, else they give a warning
    under `lenient_rule`, or nothing where that is empty.
    """

    def __init__(self, findings: Findings, rule: Rule, strict: bool, lenient_rule: Rule | None = None) -> None:
        self.findings = findings
        self.rule = rule
        self.strict = strict
        self.lenient_rule = lenient_rule
        self._levels: list[tuple[str, Schema]] = []

    def decode(self, node: Node, schema: Schema, path: str = "") -> None:
        """Report every value of a wrong type and every unknown field; null is the zero value of any type."""
        value = node.value
        if value is None:
            return
        kind = schema.get("type")
        if kind is None:
            self._check_finite(node, path)
        elif isinstance(value, list) and schema.get("contentEncoding") == "base64":
            # Go takes the bytes one by one as well.
            self.decode(node, {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}}, path)
        elif not _fits(node, kind):
            # Of a secret nothing is shown.
            hidden = _has_private(schema) or is_secret_name(path.rpartition(".")[2])
            shows = not hidden or (kind != "string" and not isinstance(value, int | float))
            self._refuse_type(node, path, kind, f"{_kind_of(node)}, " if shows else "", {} if hidden else schema)
        elif isinstance(value, dict) and kind == "object":
            self._object(node, value, schema, path)
        elif isinstance(value, list) and kind == "array":
            for index, item in enumerate(value):
                self.decode(item, schema["items"], f"{path}[{index}]")
        elif "maximum" in schema and not schema["minimum"] <= value <= schema["maximum"]:
            self._refuse(node, path, f"{path}: {node.text[:40]} is out of range", "write a smaller number")
        elif schema.get("x-kasc-type") == "duration":
            try:
                parse_duration(str(value))
            except InvalidValueError as refusal:
                self._refuse(node, path, f"{path}: {refusal.message}", refusal.hint)
        elif schema.get("x-kasc-type") == "time" and not _is_time(str(value)):
            self._refuse(node, path, f"{path}: {shown(str(value))} is not a time", "write such as 2026-01-31T12:00:00Z")
        elif schema.get("contentEncoding") == "base64" and decode_base64(str(value)) is None:
            self._refuse(node, path, f"{path} is not base64", "encode it in standard base64 with padding")

    def _object(self, node: Node, value: dict[str, Node], schema: Schema, path: str) -> None:
        properties, others = schema.get("properties", {}), schema["additionalProperties"]
        self._levels.append((path, properties))
        for key, child in value.items():
            place = f"{path}.{key}" if path else key
            if key in properties:
                self.decode(child, properties[key], place)
            elif others is not False:
                self.decode(child, others, place)
            else:
                self._unknown(node, key, place)
        self._levels.pop()

    def _unknown(self, node: Node, key: str, place: str) -> None:
        from compiler.inputs.schema.field import Level, place_of

        path, properties = self._levels[-1]
        suggestions = self.findings.report.suggestions
        meant = suggestions.closest(key, properties)
        hint = suggestions.did_you_mean(key, properties) or f"known are {', '.join(properties) or 'none'}"
        elsewhere = place_of(key, node.at((key,)), [Level(*level) for level in self._levels])
        if elsewhere is not None:
            meant, hint = elsewhere.stands_for, elsewhere.hint
        rule = self.rule if self.strict else self.lenient_rule
        if rule:
            message = f"{shown(key)} is not a field of {path or 'the file'}"
            if not self.strict:
                message += ", and is ignored"
            if node.get(meant) is not None:
                hint = str(hint)  # it stands there already
            severity = "" if self.strict else "warning"
            self.findings.add(rule, place, node.key_location(key), message, hint, severity)
        if not self.strict:
            self._check_finite(node.at((key,)), place)
        else:
            # Nothing is to be said of the field that was meant, least of all that it is missing.
            self.findings.bad |= {place, f"{path}.{meant}".lstrip(".")} if meant else {place}

    def _check_finite(self, node: Node, path: str) -> None:
        """Report infinity and NaN in a value of any type: the server turns YAML into JSON, which has neither."""
        infinite = None if node.source.json else _infinite(node)
        if infinite is not None:
            message = f"{path}: {infinite.text[:40]} is not a number of JSON, and the server refuses the whole file"
            self._refuse(infinite, path, message, "put it into quotes if it is meant as a string")

    def _refuse_type(self, node: Node, path: str, kind: str, found: str, schema: Schema) -> None:
        """Report a value of the wrong type; `found` says what it is. Without `schema`, nothing of it is shown."""
        from compiler.inputs.schema.conversion import NAMES

        plain = "put it in quotes" if kind == "string" else f"write {NAMES[kind]}"
        hint = _hint(node, kind, schema) if schema else plain
        self._refuse(node, path, f"{path or 'the file'} is {found}not {NAMES[kind]}", hint)

    def _refuse(self, node: Node, path: str, message: str, hint: str) -> None:
        self.findings.add(self.rule, path, node.location, message, hint)
        self.findings.bad.add(path)


def as_encoding_json(node: Node, schema: Schema) -> Node:
    """The mapping with its keys as the schema writes them, for encoding/json takes them in any case.

    Of several spellings the last one counts; those of YAML come in the order of their names, for it is turned into
    JSON first.
    """
    value = node.value
    if isinstance(value, list):
        items = schema.get("items", {})
        return Node([as_encoding_json(item, items) for item in value], node.source, node.span)
    if not isinstance(value, dict):
        return node
    properties = schema.get("properties", {})
    written = {name.lower(): name for name in properties}
    found: dict[str, Node] = {}
    spans = {}
    for key in value if node.source.json else sorted(value):
        name = written.get(key.lower(), key)
        found[name] = as_encoding_json(value[key], properties.get(name, {}))
        spans[name] = (node.keys or {}).get(key, node.span)
    return Node(found, node.source, node.span, node.text, spans)


def _fits(node: Node, kind: str) -> bool:
    value = node.value
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float):
        # YAML is turned into JSON first, which writes 1.0 as 1; in JSON itself 1.0 is not an integer.
        return kind == "number" or (kind == "integer" and value.is_integer() and not node.source.json)
    if kind == "integer":
        return isinstance(value, int)
    types: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "number": int}
    return isinstance(value, types[kind])


def _infinite(node: Node) -> Node | None:
    """Return the first number in a value that is not finite."""
    value = node.value
    if isinstance(value, float):
        return None if isfinite(value) else node
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for child in children if (found := _infinite(child)) is not None), None)


def _is_time(text: str) -> bool:
    """Go: time.Parse with the layout RFC3339."""
    from datetime import datetime

    found = re.fullmatch(_TIME, text)
    if found is None:
        return False
    year, month, day, hour, minute, second = (int(found[group]) for group in range(1, 7))
    try:
        datetime(year or 2000, month, day, hour, minute, second)
    except ValueError:
        return False
    return found[8] == "Z" or (int(found[9]) <= 24 and int(found[10]) <= 60)


def _kind_of(node: Node) -> str:
    value = node.value
    if isinstance(value, bool):
        return str(value).lower()
    for kind, name in ((dict, "a mapping"), (list, "a list"), (str, "a text")):
        if isinstance(value, kind):
            return name
    return f"the number {node.text[:40]}"


def _hint(node: Node, kind: str, schema: Schema) -> str:
    from compiler.inputs.schema.conversion import NAMES, converted

    value = node.value
    if kind == "string" and isinstance(value, bool | int | float):
        return Suggestion(f'put it in quotes: "{node.text[:40]}"', node.text, f'"{node.text}"')
    plain = {"boolean": "true|false", "integer": "-?[0-9]+"}.get(kind)
    if plain and isinstance(value, str) and re.fullmatch(plain, value):
        return f"write {value} without quotes"
    meant = converted(node, [kind], schema)
    if kind == "array":
        return f"write a list: {meant}" if meant else "write a list: begin each element with '- '"
    return f"write {meant}" if meant else f"write {NAMES[kind]}"


def _has_private(schema: Schema) -> bool:
    """Whether a field is for a secret, or has one somewhere below."""
    others = [schema.get("items"), schema.get("additionalProperties"), *schema.get("properties", {}).values()]
    return bool(schema.get("writeOnly")) or any(_has_private(inner) for inner in others if isinstance(inner, dict))


def root_field(node: Node, findings: Findings) -> Field:
    """The whole file as a field."""
    return Field(node, "", findings, node.location)
