"""Generate the JSON Schemas from the catalog: `python -m tools.generate.schemas [--check]`.

One file for each option group and version, and `apiserver.schema.json`, which refers to them by relative names, so that
any validator can resolve them. `editor.schema.json` is the whole document in one file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from compiler.inputs.schema import schema_directory
from compiler.inputs.schema.bundle import NAME, catalog_entry, editor_schema
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import DATA, FlagSpec, nearest, section_of, versions
from tools.generate.config_file_schemas import file_schemas
from tools.generate.document_schema import document_schema
from tools.generate.option_schemas import default_of, form

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def option_schema(spec: FlagSpec, known: Catalog, descriptions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one option, with its description, default and example."""
    shape = form(spec, known)
    text = " ".join(part for part in (descriptions.get("does"), descriptions.get("wrong")) if part)
    if descriptions.get("unit"):
        text += f" Unit: {descriptions['unit'].rstrip('.')}."
    schema: dict[str, Any] = {"title": f"--{spec.name}", "description": text}
    default = default_of(spec, shape)
    if default is not None:
        schema["default"] = default
    if "example" in descriptions:
        schema["examples"] = [descriptions["example"]]
    if spec.deprecated:
        schema["deprecated"] = True
    return schema | shape


def group_schema(group: str, options: dict[str, FlagSpec], known: Catalog, texts: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one option group."""
    return {
        "$schema": DIALECT,
        "title": f"{section_of(group)}, Kubernetes {known.version}",
        "type": "object",
        "additionalProperties": False,
        "properties": {key: option_schema(spec, known, texts.get(spec.name, {})) for key, spec in options.items()},
    }


def build() -> dict[str, str]:
    """Return relative file name -> content, for all versions."""
    texts = yaml.safe_load(Path(DATA, "descriptions.yaml").read_text(encoding="utf-8"))["options"]
    files = {}
    for version in versions():
        known = catalog(version)
        for group, options in known.groups.items():
            files[f"v{version}/{group}.schema.json"] = group_schema(group, options, known, texts)
        files[f"v{version}/apiserver.schema.json"] = document_schema(known)
        files |= {f"v{version}/files/{name}": schema for name, schema in file_schemas(version).items()}
    return {name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in files.items()}


def build_for_editors() -> dict[str, str]:
    """Return relative file name -> content of the schemas for editors and their catalog entry.

    They are derived from the schemas on disk and not formatted, as they contain nothing else.
    """
    descriptions = yaml.safe_load(Path(DATA, "descriptions.yaml").read_text(encoding="utf-8"))
    choices = (descriptions["plugins"], descriptions["modes"])
    files = {
        f"v{version}/{NAME}.schema.json": json.dumps(editor_schema(version, choices), ensure_ascii=False) + "\n"
        for version in versions()
    }
    files["schemastore.json"] = json.dumps(catalog_entry(versions(), nearest(None)), indent=2) + "\n"
    return files


def main(arguments: list[str]) -> int:
    """Write the schemas, or with `--check` list stale and surplus files (exit code 1)."""
    root = Path(schema_directory())
    existing = {str(path.relative_to(root)) for path in root.glob("v1.*/**/*.json")}
    stale = []
    for make in (build, build_for_editors):
        files = make()
        existing -= set(files)
        for name, text in files.items():
            path = root / name
            if arguments == ["--check"]:
                if not path.exists() or path.read_text(encoding="utf-8") != text:
                    stale.append(name)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    stale += sorted(existing)
    if arguments != ["--check"]:
        for name in existing:
            (root / name).unlink()
        return 0
    for name in stale:
        print(f"{name} is stale: run python -m tools.generate.schemas")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
