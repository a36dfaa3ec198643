"""JSON Schemas of structured files, made from the shapes in `compiler/apiserver/config_files/shapes/`.

They serve editors, and the decoder of `compiler/inputs/schema/decoding.py`, which looks at types and field names alone.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from compiler.upstream.catalog import minor_of

DURATION = r"^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$"
"""Go's durations, for editors; the grammar is in `compiler/upstream/go/strconv.py`. Every string has one reading."""

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
                    "properties": {source: {"type": "string", "description": f"The {what} that holds it."}},
                }
                for source, what in (("env", "environment variable"), ("file", "file"))
            ),
        ],
    },
}
Shape = dict[str, Any]


@cache
def shapes() -> dict[str, Shape]:
    """Kind -> its shape, for all kinds of structured files.

    Where API groups have kinds of one name, the first part of the group follows: `Configuration.resourcequota`.
    """
    found: dict[str, Shape] = {}
    for path in sorted(SHAPES.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def file_schemas(version: str) -> dict[str, dict[str, Any]]:
    """File name below `files/` -> schema, for the kinds that a version of the server reads."""
    found = {}
    for kind, shape in shapes().items():
        schema = kind_schema(kind, shape, version)
        if schema is not None:
            found[f"{kind}.schema.json"] = schema
    return found


def kind_schema(kind: str, shape: Shape, version: str) -> dict[str, Any] | None:
    """The schema of one kind; None where the version does not read it."""
    minor = minor_of(version)
    api_versions = [name for name, span in shape["apiVersions"].items() if _holds(span, minor)]
    if not api_versions:
        return None
    body = _form(shape, minor)
    body["properties"] = {
        "apiVersion": {"type": "string", "enum": api_versions, "description": "The version of this format."},
        "kind": {"type": "string", "const": kind.partition(".")[0], "description": "What the file is."},
        **body["properties"],
    }
    plugin = {"x-kasc-plugin": shape["plugin"]} if "plugin" in shape else {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind.partition('.')[0]}, Kubernetes {version}",
        "x-kasc-flags": shape["flags"],
        **plugin,
        "x-kasc-strict": _holds(shape["strict"], minor),
        "x-kasc-required": shape.get("required", ["apiVersion", "kind"]),
        "x-kasc-any-version": _holds(shape.get("anyApiVersion"), minor),
        **({"x-kasc-any-case": True} if _holds(shape.get("anyCase"), minor) else {}),
        "required": ["apiVersion", "kind"],
        **body,
    }


def _holds(span: dict[str, str] | None, minor: int) -> bool:
    """Whether a span `{from?, until?}` covers a minor version; None covers none."""
    if span is None:
        return False
    return ("from" not in span or minor_of(span["from"]) <= minor) and (
        "until" not in span or minor <= minor_of(span["until"])
    )


def _form(shape: Shape, minor: int) -> dict[str, Any]:
    found: dict[str, Any] = {"description": shape["does"]} if "does" in shape else {}
    if "default" in shape:
        found["default"] = shape["default"]
    if shape.get("deprecated"):
        found["deprecated"] = True
    if "fields" in shape:
        fields = {name: field for name, field in shape["fields"].items() if _holds(field, minor)}
        found |= {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _form(field, minor) for name, field in fields.items()},
        }
    elif "items" in shape:
        found |= {"type": "array", "items": _form(shape["items"], minor)}
    elif "values" in shape:
        found |= {"type": "object", "additionalProperties": _form(shape["values"], minor)}
    else:
        found |= _SCALARS[shape["type"]]
        if "enum" in shape:
            found["enum"] = shape["enum"]
        if shape.get("private"):
            found["writeOnly"] = True
    return found
