"""Flag text as the typed values of a document: the inverse of lowering (`inputs/importers/lowering.py`).

A value is only used if the document lowers it to the same text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from compiler.diagnostics import Diagnostic
from compiler.inputs.importers.lowering import Lowering
from compiler.inputs.schema import conforms, load_schema
from compiler.inputs.source.node import node_of
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import FlagSpec, section_of
from compiler.upstream.flag_values import TYPES
from compiler.upstream.go.strconv import InvalidValueError

_INTEGER = r"-?(?:0|[1-9][0-9]{0,17})"
"""Integers that every YAML and TOML parser reads as such."""
_NUMBER = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?"


def typed_value(catalog: Catalog, spec: FlagSpec, texts: Sequence[str]) -> Any:
    """Return the value of an option whose flag has these occurrences; None if only `extraFlags` can express them."""
    value = None
    with suppress(InvalidValueError, ValueError):
        value = _proposal(spec, list(texts), _schema(catalog, spec))
    return value if value is not None and lowers_to(catalog, spec, value, texts) else None


def lowers_to(catalog: Catalog, spec: FlagSpec, value: Any, texts: Sequence[str]) -> bool:
    """Return whether a document with this value is valid and sets the flag to these texts, one for each occurrence."""
    node = node_of(value)
    if not conforms(node, _schema(catalog, spec), lambda name: load_schema(catalog.version, name)):
        return False
    problems: list[Diagnostic] = []
    arguments = Lowering(catalog, set(), {}, problems).arguments(node_of({section_of(spec.group): {spec.key: value}}))
    return not problems and [argument.text for argument in arguments] == list(texts)


def _schema(catalog: Catalog, spec: FlagSpec) -> dict[str, Any]:
    schema: dict[str, Any] = load_schema(catalog.version, f"{spec.group}.schema.json")["properties"][spec.key]
    return schema


def _proposal(spec: FlagSpec, texts: list[str], schema: dict[str, Any]) -> Any:
    """Return the value that most likely lowers to the texts; raises InvalidValueError for text that does not parse."""
    if read := _MAPS.get(spec.name) or _MAPS.get(spec.type):
        return read(texts, schema)
    if spec.type == "stringArray":
        return texts
    if len(texts) != 1:
        return None
    kinds = schema.get("type", "string")
    if spec.type == "stringSlice":
        return list(TYPES["stringSlice"].parse(texts))
    if spec.type == "int32Slice":
        return [int(part) for part in texts[0].split(",")]
    return _scalar(texts[0], [kinds] if isinstance(kinds, str) else kinds)


def _scalar(text: str, kinds: Sequence[str]) -> Any:
    """Return a scalar of one of the types of JSON Schema: a number or a boolean if one is allowed."""
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    if {"integer", "number"} & set(kinds) and re.fullmatch(_INTEGER, text):
        return int(text)
    if "number" in kinds and re.fullmatch(_NUMBER, text):
        return float(text)
    return text


def _pairs(texts: Sequence[str], separator: str) -> Any:
    """Return the entries of a map; None for one without a value, and for a duplicate name."""
    entries: dict[str, str] = {}
    for text in texts:
        name, found, value = text.partition(separator)
        if not found or name in entries:
            return None
        entries[name] = value
    return entries


def _plain_map(texts: list[str], schema: dict[str, Any]) -> Any:
    """Return a map whose only occurrence has all entries, separated by commas."""
    if len(texts) != 1:
        return None
    entries = _pairs([part for part in texts[0].split(",") if part], "=")
    kinds = schema["additionalProperties"]["type"]
    return entries and {name: _scalar(value, kinds) for name, value in entries.items()}


def _repeated_map(texts: list[str], _schema: dict[str, Any]) -> Any:
    """Return a map with one entry in each occurrence."""
    return _pairs(texts, "=")


def _labels(texts: list[str], _schema: dict[str, Any]) -> Any:
    """Return a map of lists with one entry in each occurrence. pflag: string_to_string.go."""
    entries: dict[str, list[str]] = {}
    for text in texts:
        for name, value in TYPES["stringToString"].parse([text]).items():
            if name in entries:
                return None
            entries[name] = value.split(",")
    return entries


def _sizes(texts: list[str], _schema: dict[str, Any]) -> Any:
    """Return watch cache sizes by resource."""
    entries = _pairs(TYPES["stringSlice"].parse(texts), "#") if len(texts) == 1 else None
    return entries and {name: _scalar(value, ["integer"]) for name, value in entries.items()}


def _overrides(texts: list[str], _schema: dict[str, Any]) -> Any:
    """Return etcd overrides."""
    if len(texts) != 1:
        return None
    parts = (element.partition("#") for element in TYPES["stringSlice"].parse(texts))
    return [{"resource": resource, "servers": servers.split(";")} for resource, _, servers in parts]


def _certificates(texts: list[str], _schema: dict[str, Any]) -> Any:
    """Return SNI certificates."""
    pairs = TYPES["namedCertKey"].parse(texts)
    return [
        {"certFile": pair.cert, "keyFile": pair.key} | ({"names": list(pair.names)} if pair.names else {})
        for pair in pairs
    ]


_MAPS: dict[str, Callable[[list[str], dict[str, Any]], Any]] = {
    "watch-cache-sizes": _sizes,
    "etcd-servers-overrides": _overrides,
    "namedCertKey": _certificates,
    "noSplitMap": _repeated_map,
    "stringToString": _labels,
    "configurationMap": _plain_map,
    "colonSeparatedMultimapStringString": _plain_map,
}
"""Flags and types of flags whose values are mappings in a document."""
