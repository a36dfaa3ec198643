"""Decoding of structured files: known kinds and fields, values of the right type.

Kubernetes: apimachinery/pkg/runtime/serializer/json/json.go (Decode) and sigs.k8s.io/json (UnmarshalStrict). Only the
types and field names of the schemas in `schemas/v1.NN/files/` count here.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from math import isfinite
from typing import Any

from compiler.inputs.schema import schema_directory
from compiler.inputs.schema.field import Field, Findings, Level, place_of
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import Suggestion, shown
from compiler.text.redaction import is_secret_name
from compiler.upstream.go.encoding import decode_base64
from compiler.upstream.go.strconv import InvalidValueError, parse_duration

Schema = dict[str, Any]
_TIME = r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})([.,][0-9]+)?(Z|[-+]([0-9]{2}):([0-9]{2}))"


@cache
def kind_schema(version: str, kind: str) -> Schema | None:
    """Return the schema of a kind of structured file, None if a version of the server does not support the kind."""
    path = os.path.join(schema_directory(), f"v{version}", "files", f"{kind}.schema.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        loaded: Schema = json.load(file)
    return loaded


def schema_of_kind(root: Node, version: str) -> Schema | None:
    """Return the schema of the kind of a mapping, None if a version of the server does not support the kind."""
    kind, api = root.get("kind"), root.get("apiVersion")
    name = kind.value if kind is not None else None
    return schema_named(str(api.value) if api is not None else "", name, version) if isinstance(name, str) else None


def schema_named(api: str, kind: str, version: str) -> Schema | None:
    """Return the schema of an apiVersion and kind, None if a version of the server does not support the kind."""
    if not kind.isalnum():
        return None
    group = api.partition(".")[0]
    return kind_schema(version, kind) or (kind_schema(version, f"{kind}.{group}") if group.isalnum() else None)


class Decoder:
    """Checks the nodes of one file against a schema.

    Errors are reported under `rule`. Unknown fields are errors if the server decodes strictly, otherwise warnings under
    `lenient_rule`, or not reported if that is empty.
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
            # Go also decodes a list of numbers to bytes.
            self.decode(node, {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}}, path)
        elif not _fits(node, kind):
            # Nothing of a secret is shown.
            private = _has_private(schema) or is_secret_name(path.rpartition(".")[2])
            show_value = not private or (kind != "string" and not isinstance(value, int | float))
            self._report_type(node, path, kind, {} if private else schema, show_value)
        elif isinstance(value, dict) and kind == "object":
            self._object(node, value, schema, path)
        elif isinstance(value, list) and kind == "array":
            for index, item in enumerate(value):
                self.decode(item, schema["items"], f"{path}[{index}]")
        elif "maximum" in schema and not schema["minimum"] <= value <= schema["maximum"]:
            self._report(node, path, f"{path}: {node.text[:40]} is out of range", "write a smaller number")
        elif schema.get("x-kasc-type") == "duration":
            try:
                parse_duration(str(value))
            except InvalidValueError as error:
                self._report(node, path, f"{path}: {error.message}", error.hint)
        elif schema.get("x-kasc-type") == "time" and not _is_time(str(value)):
            message = f"{path}: {shown(str(value))} is not a valid time"
            self._report(node, path, message, "write an RFC 3339 time, for example 2026-01-31T12:00:00Z")
        elif schema.get("contentEncoding") == "base64" and decode_base64(str(value)) is None:
            self._report(node, path, f"{path} is not valid base64", "encode it in standard base64 with padding")

    def _object(self, node: Node, value: dict[str, Node], schema: Schema, path: str) -> None:
        properties, additional = schema.get("properties", {}), schema["additionalProperties"]
        self._levels.append((path, properties))
        for key, child in value.items():
            place = f"{path}.{key}" if path else key
            if key in properties:
                self.decode(child, properties[key], place)
            elif additional is not False:
                self.decode(child, additional, place)
            else:
                self._unknown(node, key, place)
        self._levels.pop()

    def _unknown(self, node: Node, key: str, place: str) -> None:
        path, properties = self._levels[-1]
        suggestions = self.findings.report.suggestions
        intended = suggestions.closest(key, properties)
        hint = suggestions.did_you_mean(key, properties) or f"known fields are {', '.join(properties) or 'none'}"
        placement = place_of(key, node.at((key,)), [Level(*level) for level in self._levels])
        if placement is not None:
            intended, hint = placement.intended, placement.hint
        rule = self.rule if self.strict else self.lenient_rule
        if rule:
            message = f"{shown(key)} is not a field of {path or 'the file'}"
            if not self.strict:
                message += ", which the server ignores"
            if node.get(intended) is not None:
                hint = str(hint)  # not a safe fix: the intended field is set already
            severity = "" if self.strict else "warning"
            self.findings.add(rule, place, node.key_location(key), message, hint, severity)
        if not self.strict:
            self._check_finite(node.at((key,)), place)
        else:
            # Do not report the intended field as missing.
            self.findings.bad |= {place, f"{path}.{intended}".lstrip(".")} if intended else {place}

    def _check_finite(self, node: Node, path: str) -> None:
        """Report infinity and NaN: the server converts YAML to JSON, which has neither."""
        infinite = None if node.source.json else _infinite(node)
        if infinite is not None:
            message = f"{path}: {infinite.text[:40]} is not a valid JSON number; the server rejects the whole file"
            self._report(infinite, path, message, "quote it if it is a string")

    def _report_type(self, node: Node, path: str, kind: str, schema: Schema, show_value: bool) -> None:
        """Report a value of the wrong type; the hint only shows parts of it if `schema` is not empty."""
        from compiler.inputs.schema.conversion import TYPE_NAMES, describe

        generic = "put it in quotes" if kind == "string" else f"write {TYPE_NAMES[kind]}"
        hint = _hint(node, kind, schema) if schema else generic
        actual = f"{describe(node)}, " if show_value else ""
        self._report(node, path, f"{path or 'the file'} is {actual}not {TYPE_NAMES[kind]}", hint)

    def _report(self, node: Node, path: str, message: str, hint: str) -> None:
        self.findings.add(self.rule, path, node.location, message, hint)
        self.findings.bad.add(path)


def as_encoding_json(node: Node, schema: Schema) -> Node:
    """Return the mapping with its keys in the case of the schema: encoding/json matches them in any case.

    The last of several spellings wins; those in YAML are sorted by name, as YAML is converted to JSON first.
    """
    value = node.value
    if isinstance(value, list):
        items = schema.get("items", {})
        return Node([as_encoding_json(item, items) for item in value], node.source, node.span)
    if not isinstance(value, dict):
        return node
    properties = schema.get("properties", {})
    canonical = {name.lower(): name for name in properties}
    children: dict[str, Node] = {}
    spans = {}
    for key in value if node.source.json else sorted(value):
        name = canonical.get(key.lower(), key)
        children[name] = as_encoding_json(value[key], properties.get(name, {}))
        spans[name] = (node.keys or {}).get(key, node.span)
    return Node(children, node.source, node.span, node.text, spans)


def _fits(node: Node, kind: str) -> bool:
    value = node.value
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float):
        # YAML is converted to JSON first, which writes 1.0 as 1; in JSON 1.0 is not an integer.
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
    return next((number for child in children if (number := _infinite(child)) is not None), None)


def _is_time(text: str) -> bool:
    """Go: time.Parse with the layout RFC3339."""
    from datetime import datetime

    match = re.fullmatch(_TIME, text)
    if match is None:
        return False
    year, month, day, hour, minute, second = (int(match[group]) for group in range(1, 7))
    try:
        datetime(year or 2000, month, day, hour, minute, second)
    except ValueError:
        return False
    return match[8] == "Z" or (int(match[9]) <= 24 and int(match[10]) <= 60)


def _hint(node: Node, kind: str, schema: Schema) -> str:
    from compiler.inputs.schema.conversion import TYPE_NAMES, convert

    value = node.value
    if kind == "string" and isinstance(value, bool | int | float):
        return Suggestion(f'put it in quotes: "{node.text[:40]}"', node.text, f'"{node.text}"')
    pattern = {"boolean": "true|false", "integer": "-?[0-9]+"}.get(kind)
    if pattern and isinstance(value, str) and re.fullmatch(pattern, value):
        return f"write {value} without quotes"
    converted = convert(node, [kind], schema)
    if kind == "array":
        return f"write a list: {converted}" if converted else "write a list: begin each element with '- '"
    return f"write {converted}" if converted else f"write {TYPE_NAMES[kind]}"


def _has_private(schema: Schema) -> bool:
    """Return whether a field is a secret or contains one."""
    nested = [schema.get("items"), schema.get("additionalProperties"), *schema.get("properties", {}).values()]
    return bool(schema.get("writeOnly")) or any(_has_private(inner) for inner in nested if isinstance(inner, dict))


def root_field(node: Node, findings: Findings) -> Field:
    """Return the whole file as a field."""
    return Field(node, "", findings, node.location)
