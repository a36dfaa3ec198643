"""Generate `compiler/upstream/catalog/data/pods.json`: the fields of Pods and workloads in every known version.

    python -m tools.generate.pods [--check]

The source is the set of OpenAPI documents in the package kubernetes-validate. A type is a mapping of field names to
`[TYPE, REQUIRED, FROM, UNTIL]`, without trailing zeros: TYPE is a letter for a scalar (see `inputs/pods/fields.py`),
the name of another type, or one of these after `[]` (a list) or `{}` (a map). FROM and UNTIL are the first and last
minor version with the field, 0 if unbounded.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from compiler.inputs.pods.fields import ROOTS
from compiler.upstream.catalog.facts import DATA, minor_of, versions

PATH = os.path.join(DATA, "pods.json")
_SCALARS = {
    "resource.Quantity": "q",
    "intstr.IntOrString": "p",
    "v1.Time": "t",
    "v1.MicroTime": "t",
    "v1.FieldsV1": "o",
}
_OPEN = ("status", "managedFields")
"""Fields that users do not write; their contents are not checked."""


def _definitions(version: str) -> dict[str, Any]:
    import kubernetes_validate  # type: ignore[import-untyped]

    directory = os.path.join(os.path.dirname(kubernetes_validate.__file__), "kubernetes-json-schema")
    with open(os.path.join(directory, f"v{version}.0-local", "_definitions.json"), encoding="utf-8") as file:
        definitions: dict[str, Any] = json.load(file)["$defs"]
    return definitions


def _code(schema: dict[str, Any], pending: list[str]) -> str:
    """Return the type of a field; types that it refers to are added to `pending`."""
    reference = schema.get("$ref", "")
    if reference:
        name = reference.rpartition("/")[2]
        short = ".".join(name.split(".")[-2:])
        if short in _SCALARS:
            return _SCALARS[short]
        pending.append(name)
        return str(name.rpartition(".")[2])
    kinds = schema.get("type", "object")
    kind = next((each for each in kinds if each != "null"), "object") if isinstance(kinds, list) else kinds
    if kind == "array":
        return f"[]{_code(schema['items'], pending)}"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"{{}}{_code(values, pending)}" if isinstance(values, dict) else "o"
    if kind == "integer":
        return "l" if schema.get("format") == "int64" else "i"
    return {"string": "y" if schema.get("format") == "byte" else "s", "boolean": "b", "number": "n"}[kind]


def _types(version: str) -> dict[str, dict[str, tuple[str, bool]]]:
    """Return type -> field -> type and whether it is required, in one version."""
    definitions = _definitions(version)
    pending = [f"io.k8s.api.{api}.{kind}" for kind, (api, _) in ROOTS.items()]
    types: dict[str, dict[str, tuple[str, bool]]] = {}
    while pending:
        name = pending.pop()
        short = name.rpartition(".")[2]
        if short in types:
            continue
        schema = definitions[name]
        types[short] = {
            field: ("o" if field in _OPEN else _code(value, pending), field in schema.get("required", ()))
            for field, value in schema.get("properties", {}).items()
        }
    return types


def build() -> str:
    """Return the content of the data file."""
    by_version = {minor_of(version): _types(version) for version in versions()}
    first, last = min(by_version), max(by_version)
    types: dict[str, dict[str, list[Any]]] = {}
    for minor, version_types in by_version.items():
        for name, fields in version_types.items():
            for field, (code, required) in fields.items():
                row = types.setdefault(name, {}).setdefault(field, [code, int(required), minor, minor])
                if row[0] != code or row[3] + 1 < minor:
                    raise ValueError(f"{name}.{field} changes in 1.{minor}, which the data format does not support")
                # A field is only required if all versions require it.
                row[1:] = [min(row[1], int(required)), row[2], minor]
    for name, rows in types.items():
        for row in rows.values():
            row[2:] = [
                0 if row[2] == first or name not in by_version[first] else row[2],
                0 if row[3] == last else row[3],
            ]
            while len(row) > 1 and not row[-1]:
                row.pop()
    lines = [f"{json.dumps(name)}: {json.dumps(dict(sorted(rows.items())))}" for name, rows in sorted(types.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` test whether it is up to date (exit code 1 if not)."""
    text = build()
    if "--check" in arguments:
        with open(PATH, encoding="utf-8") as file:
            return int(file.read() != text)
    with open(PATH, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
