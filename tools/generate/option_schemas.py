"""JSON Schema of the value of an option.

A subschema with `x-kasc-rule` duplicates a validation of the server. Editors enforce it; kasc leaves it to the rule,
which has a better message.
"""

from __future__ import annotations

from typing import Any

from compiler import rules
from compiler.rules import Rule
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import CHOICES, STRUCTURED, FlagSpec
from compiler.upstream.flag_values import TYPES
from tools.generate.config_file_schemas import DURATION, shapes

Form = dict[str, Any]

_RULES = {
    "authorization-mode": rules.UNKNOWN_AUTHORIZATION_MODE,
    "endpoint-reconciler-type": rules.UNKNOWN_ENDPOINT_RECONCILER,
    "logging-format": rules.UNKNOWN_LOGGING_FORMAT,
    "storage-backend": rules.UNSUPPORTED_STORAGE_BACKEND,
    "storage-media-type": rules.UNSUPPORTED_STORAGE_MEDIA_TYPE,
}
"""Options whose values the server always validates; those of the others are only validated under a condition."""

_EMPTY_ALLOWED = frozenset(("endpoint-reconciler-type", "storage-backend", "storage-media-type", "tls-min-version"))
_PLUGIN_RULES = {
    "enable-admission-plugins": rules.UNKNOWN_ENABLED_ADMISSION_PLUGIN,
    "disable-admission-plugins": rules.UNKNOWN_DISABLED_ADMISSION_PLUGIN,
    "admission-control": rules.UNKNOWN_PLUGIN_IN_ADMISSION_CONTROL,
}
_STRINGS: Form = {"type": "array", "items": {"type": "string"}}

_BY_TYPE: dict[str, Form] = {
    "bool": {"type": "boolean"},
    "version": {"type": "boolean"},
    "int": {"type": "integer"},
    "int64": {"type": "integer"},
    "uint": {"type": "integer"},
    "Level": {"type": "integer"},
    "float64": {"type": "number"},
    "float32": {"type": "number"},
    "duration": {"type": ["string", "integer"], "pattern": DURATION, "x-kasc-rule": rules.INVALID_DURATION.id},
    "ip": {"type": "string"},
    "ipNonEmpty": {"type": "string"},
    "string": {"type": "string"},
    "pattern=N,...": {"type": "string"},
    "moduleSpec": {"type": "string"},
    "quantity": {"type": ["string", "integer"]},
    "portRange": {"type": ["string", "integer"]},
    "stringSlice": _STRINGS,
    "stringArray": _STRINGS,
    "int32Slice": {"type": "array", "items": {"type": "integer"}},
    "noSplitMap": {"type": "object", "additionalProperties": {"type": "string"}},
    "stringToString": {"type": "object", "additionalProperties": _STRINGS},
    "configurationMap": {"type": "object", "additionalProperties": {"type": ["boolean", "string"]}},
}

_BY_FLAG: dict[str, Form] = {
    "watch-cache-sizes": {"type": "object", "additionalProperties": {"type": "integer"}},
    "emulated-version": {"type": ["array", "string"], "items": {"type": "string"}},
    "min-compatibility-version": {"type": ["array", "string"], "items": {"type": "string"}},
    "etcd-servers-overrides": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["resource", "servers"],
            "properties": {
                "resource": {"type": "string", "description": "GROUP/RESOURCE; the core group is empty: /events."},
                "servers": {**_STRINGS, "description": "URLs of the etcd servers that store the resource."},
            },
        },
    },
    "tls-sni-cert-key": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["certFile", "keyFile"],
            "properties": {
                "certFile": {"type": "string", "description": "Path of the certificate."},
                "keyFile": {"type": "string", "description": "Path of its private key."},
                "names": {**_STRINGS, "description": "Host names it is used for; by default those in the certificate."},
            },
        },
    },
}


def form(spec: FlagSpec, catalog: Catalog) -> Form:
    """Return the schema of an option's value, without its description."""
    name = spec.name
    if name in STRUCTURED:
        return _structured(STRUCTURED[name])
    if name == "feature-gates":
        return _gates(catalog)
    if name in _PLUGIN_RULES:
        return {"type": "array", "items": _enum(list(catalog.plugins), _PLUGIN_RULES[name])}
    if name == "tls-cipher-suites":
        ciphers = catalog.tls("preferredCiphers") + catalog.tls("insecureCiphers")
        return {"type": "array", "items": _enum(list(ciphers), rules.UNKNOWN_CIPHER_SUITE)}
    if name == "tls-min-version":
        return _enum([*catalog.tls("versions"), ""], rules.UNKNOWN_TLS_VERSION)
    shape = dict(_BY_FLAG.get(name) or _BY_TYPE[spec.type])
    if name in CHOICES:
        words = [*CHOICES[name], *([""] if name in _EMPTY_ALLOWED else [])]
        choice = _enum(words, _RULES[name]) if name in _RULES else {"type": "string", "examples": words}
        shape = {"type": "array", "items": choice} if shape["type"] == "array" else choice
    return shape


def _enum(words: list[str], rule: Rule) -> Form:
    return {"type": "string", "enum": words, "x-kasc-rule": rule.id}


def _structured(kind: str) -> Form:
    return {
        "type": ["string", "object"],
        "additionalProperties": False,
        "properties": {
            "path": {"type": "string", "description": "Path of the file on the server."},
            "content": _content(kind),
            "source": {"type": "string", "description": f"File with the {kind}, relative to this document."},
        },
        # A branch that only requires a key also accepts strings.
        "oneOf": [
            {"type": "string"},
            {"type": "object", "required": ["content"]},
            {"type": "object", "required": ["source"]},
        ],
    }


def _content(kind: str) -> Form:
    """Return the schema of the content of a structured file; violations are reported by the rule about decoding."""
    schema: Form = {"type": "object", "description": f"The {kind}."}
    shape = shapes().get(kind)
    if shape is not None:
        schema |= {"$ref": f"files/{kind}.schema.json", "x-kasc-rule": shape["rule"]}
    return schema


def _gates(catalog: Catalog) -> Form:
    """Return the schema of the feature gates, with their state; FG-01 reports unknown names."""
    properties: dict[str, Form] = {}
    for gate in catalog.gates.values():
        state = gate.at(catalog.minor)
        if state is None:
            continue
        stage = {"": "Stable", "ALPHA": "Alpha", "BETA": "Beta", "DEPRECATED": "Deprecated"}[state.stage]
        since = f" since 1.{state.minor}" if state.minor else ""
        default = "enabled" if state.default else "disabled"
        description = f"{stage}{since}, {default} by default{', locked' if state.locked else ''}."
        properties[gate.name] = {"type": "boolean", "description": description}
        if state.stage == "DEPRECATED":
            properties[gate.name]["deprecated"] = True
    return {"type": "object", "properties": properties, "additionalProperties": {"type": "boolean"}}


def default_of(spec: FlagSpec, shape: Form) -> Any:
    """Return the default as written in a document, None if there is none."""
    if spec.default in ("", "<nil>", "[]") or spec.type in ("version", "colonSeparatedMultimapStringString"):
        return None
    value = TYPES[spec.type].default(spec.default)
    if spec.type == "duration":
        return spec.default
    if isinstance(value, bool | int | float | str):
        return value if shape["type"] != "string" else spec.default
    if spec.type == "portRange":
        return spec.default
    return list(value)
