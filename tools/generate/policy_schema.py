"""Generates schemas/policy.schema.json, with which editors complete policies: `python -m tools.generate.policy_schema`.

Schemas of rules are described by what they are about: the flags of all versions, and the members of the config, the
storage manifest and the health definitions. It is a schema of draft 7, which every editor reads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from compiler.inputs.schema import schema_directory
from compiler.policies.keywords import TYPES
from compiler.policies.reading import LEVELS
from compiler.policies.shapes import Shape, flag_schema, shapes
from compiler.policies.vocabulary import BOUNDS, IN_PLACE, KEYWORDS, SIZES
from compiler.rules.rule import OWN_ID
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import descriptions, versions
from tools.generate.single import write_or_check

PATH = Path(schema_directory(), "policy.schema.json")
_PARTS = {
    "flags": "A schema of the effective flags: numbers, durations in seconds, lists and maps; empty if unset.",
    "config": "A schema of the resolved configuration; durations are in seconds.",
    "storage": "A schema of the list of stored resources.",
    "health": "A schema of the health check definitions; durations are in seconds.",
    "cluster": "A schema of the name, the Kubernetes version and the labels.",
}
_TEXT = {"type": "string", "minLength": 1}


def build() -> dict[str, Any]:
    """Return the schema of policy files."""
    definitions: dict[str, Any] = {"keywords": _keywords(), "schema": _generic()}
    parts = {name: {"description": text, **_about(_shape(name), name, definitions)} for name, text in _PARTS.items()}
    whole = _members({name: {"$ref": f"#/definitions/{name}"} for name in _PARTS}, "when")
    definitions |= {name: part for name, part in parts.items() if "$ref" not in part}
    definitions["when"] = whole
    rule = {
        "id": {**_TEXT, "pattern": f"^{OWN_ID}$", "description": "The code of its findings, for example ACME-AUDIT-1."},
        "title": {**_TEXT, "description": "What is asked for, in one sentence."},
        "level": {"enum": list(LEVELS), "description": "enforce is an error and sets exit code 1."},
        "reason": {**_TEXT, "description": "Why the rule exists."},
        "remediation": {**_TEXT, "description": "What to do; the hint of its findings."},
        "suppressible": {
            "type": "boolean",
            "description": "Whether a comment may suppress its findings (default true).",
        },
        "select": _object(
            "The servers that the rule is about; all by default.",
            {
                "versions": _list(
                    {"type": ["string", "number"]}, 'Kubernetes versions, for example "1.36" or ">=1.35".'
                ),
                "names": _list(_TEXT, "Names; * stands for any characters."),
                "labels": {
                    "type": "object",
                    "description": "Labels with their values; * stands for any characters.",
                    "additionalProperties": {"type": "string"},
                },
            },
        ),
        "when": {
            "$ref": "#/definitions/when",
            "description": "A schema of all parts: where it is not met, the rule does not apply.",
        },
        **{name: {"$ref": f"#/definitions/{name}"} for name in _PARTS},
        "examples": _object(
            "Servers that meet the rule, and servers that break it, for kasc policy test.",
            {name: _list({"type": ["string", "object"]}, text) for name, text in _EXAMPLES.items()},
        ),
    }
    exception = {
        "rule": {**_TEXT, "description": "Id of the rule."},
        "clusters": _list(_TEXT, "Names of servers; * stands for any characters."),
        "reason": {**_TEXT, "description": "Why they need not meet the rule."},
        "approvedBy": {**_TEXT, "description": "Who approved it."},
        "expires": {
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "description": "The last day, in UTC.",
        },
    }
    needed = ["id", "title", "level", "reason", "remediation"]
    metadata = {
        "name": {**_TEXT, "description": "Name of the policy."},
        "version": {"type": ["string", "number"], "description": "Version of the policy."},
        "owner": {**_TEXT, "description": "Whom to ask."},
    }
    top = {
        "apiVersion": {"const": "kasc/v1", "description": "Version of this format."},
        "kind": {"const": "Policy", "description": "Kind of the document."},
        "metadata": _object("Identity of the policy.", metadata, ["name"]),
        "title": {**_TEXT, "description": "What the policy is about, in one sentence."},
        "$defs": {
            "type": "object",
            "description": 'Schemas that rules share, as "#/$defs/NAME".',
            "additionalProperties": {"$ref": "#/definitions/schema"},
        },
        "rules": _list(_object("A rule.", rule, needed), "The rules."),
        "exceptions": _list(
            _object("An exception.", exception, ["rule", "clusters", "reason", "expires"]), "Exceptions."
        ),
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Policy",
        **_object("Rules of an organisation about kube-apiserver.", top, ["apiVersion", "kind", "metadata", "rules"]),
        "definitions": definitions,
    }


_EXAMPLES = {
    "passes": "Flags as one string, or a part of a document, that meet the rule.",
    "fails": "Flags as one string, or a part of a document, that break the rule.",
}


def _object(description: str, properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    needed = {"required": required} if required else {}
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        **needed,
        "properties": properties,
    }


def _list(items: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": items}


def _keywords() -> dict[str, Any]:
    """Return the description of the keywords whose values do not depend on the data, and of their names."""
    types = {"enum": list(TYPES)}
    return {
        "propertyNames": {"enum": sorted(KEYWORDS)},
        "properties": {
            **{name: {"type": "number"} for name in (*BOUNDS, "multipleOf")},
            **{name: {"type": "integer", "minimum": 0} for name in (*SIZES, "minContains", "maxContains")},
            "pattern": {"type": "string"},
            "uniqueItems": {"type": "boolean"},
            "type": {"oneOf": [types, {"type": "array", "items": types}]},
            "const": {},
            "enum": {"type": "array", "minItems": 1},
            "required": {"type": "array", "items": {"type": "string"}},
            "$ref": {"type": "string", "pattern": "^#/\\$defs/"},
        },
    }


def _schema_about(itself: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a schema; keywords with schemas of the same value refer to `itself`."""
    again = {"$ref": f"#/definitions/{itself}"}
    lists = {"type": "array", "minItems": 1, "items": again}
    in_place = {name: lists if name.endswith("Of") else again for name in IN_PLACE}
    return {
        "type": ["object", "boolean"],
        "allOf": [{"$ref": "#/definitions/keywords"}],
        "properties": {**in_place, **properties},
    }


def _generic() -> dict[str, Any]:
    """Return the description of a schema about anything."""
    inner = {"$ref": "#/definitions/schema"}
    applied = dict.fromkeys(("items", "contains", "additionalProperties", "propertyNames"), inner)
    lists, members = {"type": "array", "items": inner}, {"type": "object", "additionalProperties": inner}
    return _schema_about("schema", {**applied, "prefixItems": lists, "properties": members})


def _members(members: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the description of a schema about a map with some members."""
    return _schema_about(name, {"properties": {"type": "object", "additionalProperties": False, "properties": members}})


def _about(shape: Shape, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a schema about data of a shape; its members have separate definitions."""
    if shape.properties:
        members = {}
        for key, inner in shape.properties.items():
            text = inner.schema.get("description", "")
            about = _about(inner, f"{name}.{key}", definitions)
            members[key] = {"description": text, "allOf": [about]} if text else about
        definitions[name] = _members(members, name)
        return {"$ref": f"#/definitions/{name}"}
    if shape.items is not None and (shape.items.properties or shape.items.items is not None):
        inner_name = f"{name}[]"
        element = _about(shape.items, inner_name, definitions)
        lists = {"type": "array", "items": element}
        definitions[name] = _schema_about(name, {"items": element, "contains": element, "prefixItems": lists})
        return {"$ref": f"#/definitions/{name}"}
    return {"$ref": "#/definitions/schema"}


def _shape(part: str) -> Shape:
    """Return the shape of a part; flags are those of all versions."""
    if part != "flags":
        return shapes(catalog(versions()[-1]))[part]
    texts, flags = descriptions()["options"], {}
    for version in versions():
        for name, spec in catalog(version).flags.items():
            does = texts.get(name, {}).get("does", "")
            flags[name] = (
                {"description": does, **flag_schema(name, spec.type)} if does else flag_schema(name, spec.type)
            )
    return Shape({"type": "object", "additionalProperties": False, "properties": flags}, {})


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` report whether it is stale (exit 1)."""
    text = json.dumps(build(), indent=1, ensure_ascii=False) + "\n"
    return write_or_check(PATH, text, "policy_schema", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
