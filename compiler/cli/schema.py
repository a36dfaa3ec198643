"""`kasc schema [NAME]`: print or write the JSON Schemas, or configure an editor to use them."""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import Namespace
from typing import Any

from compiler.artifacts.fileset import write_all
from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, usage_error, version_of, write_text
from compiler.filesystem import read_file, reason
from compiler.inputs.schema import schema_directory
from compiler.inputs.schema.bundle import NAME as EDITOR
from compiler.inputs.schema.bundle import OWN_NAMES, SUFFIX, bundled, names
from compiler.text import did_you_mean

NAMES = ("apiserver.yaml", "apiserver.yml", "apiserver.toml", *OWN_NAMES)
"""File names of documents; not `kube-apiserver.yaml`, which is the static Pod."""
YAML_FILES = [name for name in NAMES if not name.endswith(".toml")]
TOML_FILES = [f"**/{name}" for name in NAMES if name.endswith(".toml")]

_TOKEN = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)


def set_up(editor: str, directory: str, version: str, schema: str) -> int:
    """Write the schema and the editor's settings to a project directory, or print them. Returns the exit code."""
    place = f".kasc/schemas/v{version}.schema.json"
    files = {place: schema}
    try:
        if editor == "vscode":
            files |= _changed(directory, ".vscode/settings.json", settings(place), merged)
        elif editor == "jetbrains":
            files |= _changed(directory, ".idea/jsonSchemas.xml", mapping(place, version), with_mapping)
        write_all(directory, files)
    except UsageError as error:
        return usage_error(error)
    except OSError as error:
        return usage_error(f"cannot write {error.filename or directory}: {reason(error)}")
    for name in files:
        print(f"{os.path.join(directory, name)} written", file=sys.stderr)
    if editor == "neovim":
        write_text(snippet(place))
    return FINE


def _changed(directory: str, name: str, additions: Any, merge: Any) -> dict[str, str]:
    """Return the settings file with the additions by name, nothing if it contains them already."""
    path = os.path.join(directory, name)
    try:
        before = read_file(path, follow=False).decode()
    except FileNotFoundError:
        before = ""
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None
    after = merge(before, additions, path)
    return {} if after == before else {name: after}


def settings(place: str) -> dict[str, Any]:
    """Return the settings of Visual Studio Code for the extensions YAML (Red Hat) and Even Better TOML.

    The latter resolves paths of `evenBetterToml.schema.associations` relative to the parent directory of the project,
    and those of a rule relative to the project.
    """
    return {
        "yaml.schemas": {f"./{place}": YAML_FILES},
        "evenBetterToml.rules": [{"include": TOML_FILES, "schema": {"enabled": True, "path": place}}],
    }


def merged(text: str, additions: dict[str, Any], path: str) -> str:
    """Return settings (JSON with comments) with additions at the top; the rest of the text does not change.

    Raises UsageError with the settings to add if the text is not a JSON object or sets them to other values.
    """
    snippet = json.dumps(additions, indent=2)
    if not text.strip():
        return f"{snippet}\n"
    plain = _TOKEN.sub(lambda match: match[0] if match[0][0] == '"' else " " * len(match[0]), text)
    try:
        current = json.loads(_without_trailing_commas(plain))
    except ValueError:
        current = None
    if not isinstance(current, dict):
        raise UsageError(f"cannot parse {path}: add these settings by hand\n{snippet}")
    missing = {}
    for key, value in additions.items():
        if key not in current:
            missing[key] = value
        elif not _contains(current[key], value):
            raise UsageError(f"{path} already sets {key}: add this by hand\n{snippet}")
    if not missing:
        return text
    start = plain.index("{") + 1
    added = json.dumps(missing, indent=2)[1:-2] + ("," if current else "")
    rest = text[start:]
    line_end = "" if rest[:1] in ("\r", "\n") else "\n"
    return f"{text[:start]}{added}{line_end}{rest}"


def _contains(current: Any, value: Any) -> bool:
    """Return whether an object or a list contains all members of another one."""
    if isinstance(value, dict):
        return isinstance(current, dict) and current == {**current, **value}
    return isinstance(current, list) and all(item in current for item in value)


def _without_trailing_commas(text: str) -> str:
    """Remove commas before a closing bracket, but not in strings."""
    return re.sub(r'("(?:[^"\\\n]++|\\.)*+"?)|,(?=\s*[}\]])', lambda match: match[1] or "", text)


def mapping(place: str, version: str) -> str:
    """Return the entry for a schema in the settings of a JetBrains project."""
    items = "".join(
        f"""
                  <Item>
                    <option name="pattern" value="true" />
                    <option name="path" value="{name}" />
                    <option name="mappingKind" value="Pattern" />
                  </Item>"""
        for name in NAMES
    )
    return f"""\
        <entry key="kasc {version}">
          <value>
            <SchemaInfo>
              <option name="generatedName" value="kasc {version}" />
              <option name="name" value="kasc {version}" />
              <option name="relativePathToSchema" value="{place}" />
              <option name="schemaVersion" value="JSON Schema version 7" />
              <option name="patterns">
                <list>{items}
                </list>
              </option>
            </SchemaInfo>
          </value>
        </entry>
"""


def with_mapping(text: str, entry: str, path: str) -> str:
    """Return settings with the entry. Raises UsageError with the entry if there are settings without it."""
    if not text.strip():
        return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<project version="4">
  <component name="JsonSchemaMappingsProjectConfiguration">
    <state>
      <map>
{entry}      </map>
    </state>
  </component>
</project>
"""
    if entry in text:
        return text
    raise UsageError(f"{path} already exists: add this to its <map> by hand\n{entry}")


def snippet(place: str) -> str:
    """Return the lines for Neovim's configuration, for the language servers yamlls and taplo."""
    yaml, toml = (", ".join(f'"{name}"' for name in names) for names in (YAML_FILES, TOML_FILES))
    return f"""\
-- kasc: in .nvim.lua of the project, or in init.lua
vim.lsp.config("yamlls", {{
  settings = {{ yaml = {{ schemas = {{ ["./{place}"] = {{ {yaml} }} }} }} }},
}})
vim.lsp.config("taplo", {{
  settings = {{
    evenBetterToml = {{
      rules = {{ {{ include = {{ {toml} }}, schema = {{ enabled = true, path = "{place}" }} }} }},
    }},
  }},
}})
vim.lsp.enable({{ "yamlls", "taplo" }})
"""


def run(options: Namespace) -> int:
    """Print one self-contained schema, or write all schemas of a version, which refer to one another."""
    try:
        version = version_of(options.kubernetes_version)
    except UsageError as error:
        return usage_error(error)
    known = names(version)
    if options.editor:
        if options.name is not None:
            return usage_error(f"--{options.editor} uses the schema of whole documents: remove {options.name}")
        return set_up(options.editor, options.out or ".", version, _read(known[EDITOR]))
    if options.out:
        return _write(options.out, sorted(set(known.values())), version)
    name = EDITOR if options.name is None else options.name
    path = known.get(name)
    if path is None:
        hint = did_you_mean(name, known)
        return usage_error(f"{name!r} is not a schema of {version}: {hint or f'schemas are {_listed(known)}'}")
    directory = f"v{version}"
    if path.startswith(f"{directory}{os.sep}"):
        inner = os.path.relpath(path, directory).removesuffix(SUFFIX)
        write_text(json.dumps(bundled(version, inner), indent=1, ensure_ascii=False) + "\n")
    else:
        write_text(_read(path))
    return FINE


def _write(target: str, paths: list[str], version: str) -> int:
    """Write schemas: those of the version to `target` itself, because they refer to one another, others below it."""
    files = {os.path.relpath(path, f"v{version}") if path.startswith("v") else path: _read(path) for path in paths}
    try:
        write_all(target, files)
    except OSError as error:
        return usage_error(f"cannot write {error.filename or target}: {reason(error)}")
    print(f"{target}: {len(files)} schemas of {version} written", file=sys.stderr)
    return FINE


def _listed(known: dict[str, str]) -> str:
    """Return the names of all schemas; of two spellings of one name, that of documents."""
    return ", ".join({path: name for name, path in known.items()}.values())


def _read(path: str) -> str:
    with open(os.path.join(schema_directory(), path), encoding="utf-8") as file:
        return file.read()
