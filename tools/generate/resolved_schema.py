"""Generates resolved.schema.json from the sections: `python -m tools.generate.resolved_schema [--check]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from compiler.apiserver.resolved import Field, fields_of, is_pair, is_section
from compiler.apiserver.resolved_sections import Form, OneOf, Section, Sections
from compiler.inputs.schema import schema_directory

PATH = Path(schema_directory(), "artifacts/resolved.schema.json")
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_FORMS = {
    "duration": {
        "type": "string",
        "description": "A duration as Go writes it, for example 1m0s.",
        "pattern": "^-?([0-9]+h)?([0-9]+m)?([0-9.]+(s|ms|µs|ns))?$",
    }
}


def build() -> dict[str, Any]:
    """The schema of the artifact `resolved`."""
    properties = {
        "apiVersion": {"const": "kasc/v1", "description": "Version of this format."},
        "kind": {"const": "ResolvedConfig", "description": "Kind of this document."},
        "metadata": _object(
            "Identity of the server.",
            {"name": {"type": "string", "description": "Name of the server, as in the document."}},
        ),
        "kubernetesVersion": {
            "type": "string",
            "description": "The minor version of Kubernetes.",
            "pattern": r"^1\.[0-9]+$",
        },
        "layers": {
            "type": "array",
            "description": "The documents that were merged, in order; the last one wins.",
            "items": {"type": "string"},
        },
        "config": _config(),
        "provenance": {
            "type": "object",
            "description": "Dotted path of a value -> the step that set it, and the flags that it is computed from.",
            "additionalProperties": _object(
                "Where a value comes from.",
                {
                    "step": {"type": "string", "description": "The startup step."},
                    "from": {
                        "type": "object",
                        "description": "Flag -> `default`, or its position and the distribution that sets it.",
                        "additionalProperties": {"type": "string"},
                    },
                },
            ),
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ResolvedConfig",
        **_object("The effective configuration of one kube-apiserver, and where each value comes from.", properties),
        "$defs": _FORMS,
    }


def _object(description: str, properties: dict[str, Any], optional: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": [key for key in properties if key not in optional],
        "properties": properties,
    }


def _config() -> dict[str, Any]:
    """All sections as nested maps; those of one path are merged."""
    root = _object(
        "Values as nested maps, in the order in which startup sets them. Strings are empty if a flag is unset; null "
        "stands for a value that only the host or an unavailable file determines, and for one that does not apply.",
        {},
    )
    for kind in get_type_hints(Sections, include_extras=True).values():
        section, *others = (kind,) if is_section(kind) else get_args(kind)
        _add(_at(root, section.section_path), section, described=not section.is_part, required=not others)
    return root


def _at(root: dict[str, Any], path: str) -> dict[str, Any]:
    """The object at a path, which is added if there is none yet."""
    part = root
    for key in path.split("."):
        if key not in part["properties"]:
            part["properties"][key] = _object("", {})
            part["required"].append(key)
        part = part["properties"][key]
    return part


def _add(part: dict[str, Any], section: type[Section], *, described: bool = True, required: bool = True) -> None:
    """Add the fields of a section to an object."""
    if described:
        part["description"] = _description(section)
    for field in fields_of(section):
        if field.is_group:
            _add(_at(part, field.key), field.type)
            continue
        part["properties"][field.key] = _field(field)
        if required and not field.is_optional:
            part["required"].append(field.key)


def _description(section: type[Section]) -> str:
    return (section.__doc__ or "").partition("\n")[0]


def _field(field: Field) -> dict[str, Any]:
    kind = field.type
    if field.is_optional:
        # It is left out instead of being null.
        (kind,) = (each for each in get_args(kind) if each is not type(None))
    schema = _type(Annotated[kind, *field.metadata] if field.metadata else kind)
    schema.pop("description", "")
    return {"description": field.description} | schema


def _type(kind: Any) -> dict[str, Any]:
    """The schema of a type."""
    if kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    if is_section(kind):
        section = _object("", {})
        _add(section, kind)
        return section
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _annotated(*arguments)
    if origin is tuple and is_pair(arguments[0]):
        return {"type": "object", "additionalProperties": _type(get_args(arguments[0])[1])}
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0])}
    return _union([_type(each) for each in arguments])


def _annotated(kind: Any, *metadata: object) -> dict[str, Any]:
    for each in metadata:
        if isinstance(each, OneOf):
            return {"enum": [*each]}
        if isinstance(each, Form):
            return {"$ref": f"#/$defs/{each.name}"}
    return _type(kind)


def _union(branches: list[dict[str, Any]]) -> dict[str, Any]:
    """One of several; null is added to the type of the only other branch if it has one."""
    null = {"type": "null"}
    others = [branch for branch in branches if branch != null]
    if len(others) == 1 and null in branches:
        (other,) = others
        if "type" in other:
            return other | {"type": [other["type"], "null"]}
        if "enum" in other:
            return {"enum": [*other["enum"], None]}
    return {"oneOf": branches}


def main(arguments: list[str]) -> int:
    """Write the schema, or with `--check` report whether it is stale (exit 1)."""
    text = json.dumps(build(), indent=1, ensure_ascii=False) + "\n"
    if arguments != ["--check"]:
        PATH.write_text(text, encoding="utf-8")
        return 0
    stale = PATH.read_text(encoding="utf-8") != text
    if stale:
        print(f"{PATH.name} is stale: run python -m tools.generate.resolved_schema")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
