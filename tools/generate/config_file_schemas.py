"""JSON Schemas of structured files, made from the shapes in `compiler/apiserver/config_files/shapes/`.

They serve editors, and the decoder of `compiler/inputs/schema/decoding.py`, which checks only types and field names.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from compiler.upstream.catalog.facts import in_span, minor_of

DURATION = r"^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$"
"""Go's durations, for editors; the parser is in `compiler/upstream/go/strconv.py`. The pattern is unambiguous."""

SHAPES = Path(__file__).parents[2] / "compiler/apiserver/config_files/shapes"
_SCALARS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "int32": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"type": "number"},
    "duration": {"type": "string", "pattern": DURATION, "x-kasc-type": "duration"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "time": {"type": "string", "format": "date-time", "x-kasc-type": "time"},
    "any": {},
    "secret": {
        "writeOnly": True,
        "oneOf": [
            {"type": "string"},
            *(
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": [source],
                    "properties": {source: {"type": "string", "description": f"The {name} that contains the value."}},
                }
                for source, name in (("env", "environment variable"), ("file", "file"))
            ),
        ],
    },
}
Shape = dict[str, Any]


@cache
def shapes() -> dict[str, Shape]:
    """Return the shapes of all kinds of structured files, by kind.

    If API groups share the name of a kind, the first part of the group is appended: `Configuration.resourcequota`.
    """
    result: dict[str, Shape] = {}
    for path in sorted(SHAPES.glob("*.yaml")):
        result |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return result


def file_schemas(version: str) -> dict[str, dict[str, Any]]:
    """Return file name below `files/` -> schema, for the kinds that a version of the server supports."""
    result = {}
    for kind, shape in shapes().items():
        schema = kind_schema(kind, shape, version)
        if schema is not None:
            result[f"{kind}.schema.json"] = schema
    return result


def kind_schema(kind: str, shape: Shape, version: str) -> dict[str, Any] | None:
    """Return the schema of one kind, None if the version does not support it."""
    minor = minor_of(version)
    api_versions = [name for name, span in shape["apiVersions"].items() if _covers(span, minor)]
    if not api_versions:
        return None
    body = _schema(shape, minor)
    body["properties"] = {
        "apiVersion": {"type": "string", "enum": api_versions, "description": "API version of this format."},
        "kind": {"type": "string", "const": kind.partition(".")[0], "description": "Kind of the object."},
        **body["properties"],
    }
    plugin = {"x-kasc-plugin": shape["plugin"]} if "plugin" in shape else {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind.partition('.')[0]}, Kubernetes {version}",
        "x-kasc-flags": shape["flags"],
        **plugin,
        "x-kasc-strict": _covers(shape["strict"], minor),
        "x-kasc-required": shape.get("required", ["apiVersion", "kind"]),
        "x-kasc-any-version": _covers(shape.get("anyApiVersion"), minor),
        **({"x-kasc-any-case": True} if _covers(shape.get("anyCase"), minor) else {}),
        "required": ["apiVersion", "kind"],
        **body,
    }


def _covers(span: dict[str, str] | None, minor: int) -> bool:
    """Return whether a span covers a minor version; None covers none."""
    return span is not None and in_span(span, minor)


def _schema(shape: Shape, minor: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": shape["does"]} if "does" in shape else {}
    if "default" in shape:
        schema["default"] = shape["default"]
    if shape.get("deprecated"):
        schema["deprecated"] = True
    if "fields" in shape:
        fields = {name: field for name, field in shape["fields"].items() if _covers(field, minor)}
        schema |= {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _schema(field, minor) for name, field in fields.items()},
        }
    elif "items" in shape:
        schema |= {"type": "array", "items": _schema(shape["items"], minor)}
    elif "values" in shape:
        schema |= {"type": "object", "additionalProperties": _schema(shape["values"], minor)}
    else:
        schema |= _SCALARS[shape["type"]]
        if "enum" in shape:
            schema["enum"] = shape["enum"]
        if shape.get("private"):
            schema["writeOnly"] = True
    return schema
