"""Makes the JSON Schemas from the catalog: `python -m tools.generate.schemas [--check]`.

One file an option group and version, and `apiserver.schema.json`, which refers to them by relative names, so that any
validator finds them beside it. `editor.schema.json` is the whole document in one file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from compiler.inputs.schema import schema_folder
from compiler.inputs.schema.bundle import NAME, catalog_entry, editor_schema
from compiler.upstream.catalog import DATA, Catalog, FlagSpec, catalog, nearest, section_of, versions
from tools.generate.config_file_schemas import file_schemas
from tools.generate.document_schema import document_schema
from tools.generate.option_schemas import default_of, form

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def option_schema(spec: FlagSpec, known: Catalog, told: dict[str, Any]) -> dict[str, Any]:
    """The schema of one option, with everything that an editor can show of it."""
    shape = form(spec, known)
    text = " ".join(part for part in (told.get("does"), told.get("wrong")) if part)
    if told.get("unit"):
        text += f" Unit: {told['unit'].rstrip('.')}."
    found: dict[str, Any] = {"title": f"--{spec.name}", "description": text}
    default = default_of(spec, shape)
    if default is not None:
        found["default"] = default
    if "example" in told:
        found["examples"] = [told["example"]]
    if spec.deprecated:
        found["deprecated"] = True
    return found | shape


def group_schema(group: str, options: dict[str, FlagSpec], known: Catalog, told: dict[str, Any]) -> dict[str, Any]:
    """The schema of one option group."""
    return {
        "$schema": DIALECT,
        "title": f"{section_of(group)}, Kubernetes {known.version}",
        "type": "object",
        "additionalProperties": False,
        "properties": {key: option_schema(spec, known, told.get(spec.name, {})) for key, spec in options.items()},
    }


def build() -> dict[str, str]:
    """Relative file name -> text, for all versions."""
    told = yaml.safe_load(Path(DATA, "descriptions.yaml").read_text(encoding="utf-8"))["options"]
    files = {}
    for version in versions():
        known = catalog(version)
        for group, options in known.groups.items():
            files[f"v{version}/{group}.schema.json"] = group_schema(group, options, known, told)
        files[f"v{version}/apiserver.schema.json"] = document_schema(known)
        files |= {f"v{version}/files/{name}": schema for name, schema in file_schemas(version).items()}
    return {name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in files.items()}


def build_for_editors() -> dict[str, str]:
    """Relative file name -> text of what is made from the schemas as they lie on the disk: those for editors, and
    their entry in a catalog. All that such a schema says stands in the others as well: it need not be readable.
    """
    told = yaml.safe_load(Path(DATA, "descriptions.yaml").read_text(encoding="utf-8"))
    choices = (told["plugins"], told["modes"])
    files = {
        f"v{version}/{NAME}.schema.json": json.dumps(editor_schema(version, choices), ensure_ascii=False) + "\n"
        for version in versions()
    }
    files["schemastore.json"] = json.dumps(catalog_entry(versions(), nearest(None)), indent=2) + "\n"
    return files


def main(arguments: list[str]) -> int:
    """Write the schemas, or with `--check` name those that are stale or surplus (exit 1)."""
    root = Path(schema_folder())
    there = {str(path.relative_to(root)) for path in root.glob("v1.*/**/*.json")}
    stale = []
    for make in (build, build_for_editors):
        files = make()
        there -= set(files)
        for name, text in files.items():
            path = root / name
            if arguments == ["--check"]:
                if not path.exists() or path.read_text(encoding="utf-8") != text:
                    stale.append(name)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    stale += sorted(there)
    if arguments != ["--check"]:
        for name in there:
            (root / name).unlink()
        return 0
    for name in stale:
        print(f"{name} is stale: run python -m tools.generate.schemas")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
