"""`kasc schema [NAME]`: print or write the JSON Schemas, or configure an editor to use them."""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import Namespace
from typing import Any

from compiler.artifacts.fileset import write_all
from compiler.cli.common import FINE, UsageError, reason, usage_error, version_of, write_text
from compiler.filesystem import read_file
from compiler.inputs.schema import schema_directory
from compiler.inputs.schema.bundle import NAME as EDITOR
from compiler.inputs.schema.bundle import OWN_NAMES, SUFFIX, bundled, names
from compiler.text.suggest import did_you_mean

NAMES = ("apiserver.yaml", "apiserver.yml", "apiserver.toml", *OWN_NAMES)
"""Names of documents; `kube-apiserver.yaml`, the static Pod, is none."""
YAML_FILES = [name for name in NAMES if not name.endswith(".toml")]
TOML_FILES = [f"**/{name}" for name in NAMES if name.endswith(".toml")]

_TOKEN = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)


def set_up(editor: str, folder: str, version: str, schema: str) -> int:
    """Write the schema and the editor's settings below a folder, or print them. Returns the exit code."""
    place = f".kasc/schemas/v{version}.schema.json"
    files = {place: schema}
    try:
        if editor == "vscode":
            files |= _changed(folder, ".vscode/settings.json", settings(place), merged)
        elif editor == "jetbrains":
            files |= _changed(folder, ".idea/jsonSchemas.xml", mapping(place, version), with_mapping)
        write_all(folder, files)
    except UsageError as error:
        return usage_error(error)
    except OSError as error:
        return usage_error(f"{error.filename or folder} cannot be written: {reason(error)}")
    for name in files:
        print(f"{os.path.join(folder, name)} written", file=sys.stderr)
    if editor == "neovim":
        write_text(snippet(place))
    return FINE


def _changed(folder: str, name: str, wanted: Any, merge: Any) -> dict[str, str]:
    """The file with what is wanted in it; nothing where it is there already."""
    path = os.path.join(folder, name)
    try:
        before = read_file(path, follow=False).decode()
    except FileNotFoundError:
        before = ""
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None
    after = merge(before, wanted, path)
    return {} if after == before else {name: after}


def settings(place: str) -> dict[str, Any]:
    """What Visual Studio Code is to know, for the extensions YAML (Red Hat) and Even Better TOML.

    Of `evenBetterToml.schema.associations`, the latter takes relative paths from the folder above the project; a rule
    starts in the project.
    """
    return {
        "yaml.schemas": {f"./{place}": YAML_FILES},
        "evenBetterToml.rules": [{"include": TOML_FILES, "schema": {"enabled": True, "path": place}}],
    }


def merged(text: str, wanted: dict[str, Any], path: str) -> str:
    """Settings (JSON with comments) with others added in front; nothing else of the text changes.

    Raises UsageError, which shows what to add, where the text is no mapping or has other values of these settings.
    """
    if not text.strip():
        return json.dumps(wanted, indent=2) + "\n"
    shown = json.dumps(wanted, indent=2)
    plain = _TOKEN.sub(lambda found: found[0] if found[0][0] == '"' else " " * len(found[0]), text)
    try:
        there = json.loads(_without_last_commas(plain))
    except ValueError:
        there = None
    if not isinstance(there, dict):
        raise UsageError(f"{path} cannot be read as settings: add this to it by hand\n{shown}")
    missing = {}
    for key, value in wanted.items():
        if key not in there:
            missing[key] = value
        elif not _holds(there[key], value):
            raise UsageError(f"{path} has {key} already: add this to it by hand\n{shown}")
    if not missing:
        return text
    start = plain.index("{") + 1
    added = json.dumps(missing, indent=2)[1:-2] + ("," if there else "")
    rest = text[start:]
    line_end = "" if rest[:1] in ("\r", "\n") else "\n"
    return f"{text[:start]}{added}{line_end}{rest}"


def _holds(there: Any, value: Any) -> bool:
    """Whether a mapping or a list has what another one has."""
    if isinstance(value, dict):
        return isinstance(there, dict) and there == {**there, **value}
    return isinstance(there, list) and all(item in there for item in value)


def _without_last_commas(text: str) -> str:
    """Commas before a closing bracket left out; those in strings stay."""
    return re.sub(r'("(?:[^"\\\n]++|\\.)*+"?)|,(?=\s*[}\]])', lambda found: found[1] or "", text)


def mapping(place: str, version: str) -> str:
    """The entry of a schema in the settings of a JetBrains project."""
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
    """The settings with the entry. Raises UsageError, which shows it, where there are settings without it."""
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
    raise UsageError(f"{path} is there already: add this to its <map> by hand\n{entry}")


def snippet(place: str) -> str:
    """What Neovim's configuration is to hold, for the language servers yamlls and taplo."""
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
    """Print one schema, whole in itself; or write all those of a version, which refer to one another."""
    try:
        version = version_of(options.kubernetes_version)
    except UsageError as error:
        return usage_error(error)
    known = names(version)
    if options.editor:
        if options.name is not None:
            return usage_error(f"--{options.editor} is about whole documents: leave out {options.name}")
        return set_up(options.editor, options.out or ".", version, _read(known[EDITOR]))
    if options.out:
        return _write(options.out, sorted(set(known.values())), version)
    name = EDITOR if options.name is None else options.name
    path = known.get(name)
    if path is None:
        hint = did_you_mean(name, known)
        return usage_error(f"{name!r} is not a schema of {version}: {hint or f'known are {_listed(known)}'}")
    folder = f"v{version}"
    if path.startswith(f"{folder}{os.sep}"):
        inner = os.path.relpath(path, folder).removesuffix(SUFFIX)
        write_text(json.dumps(bundled(version, inner), indent=1, ensure_ascii=False) + "\n")
    else:
        write_text(_read(path))
    return FINE


def _write(target: str, paths: list[str], version: str) -> int:
    """The schemas of the version lie together, since they refer to one another; the others are found beside them."""
    files = {os.path.relpath(path, f"v{version}") if path.startswith("v") else path: _read(path) for path in paths}
    try:
        write_all(target, files)
    except OSError as error:
        return usage_error(f"{error.filename or target} cannot be written: {reason(error)}")
    print(f"{target}: {len(files)} schemas of {version} written", file=sys.stderr)
    return FINE


def _listed(known: dict[str, str]) -> str:
    """Each schema once: where it goes by two spellings, that of documents."""
    return ", ".join({path: name for name, path in known.items()}.values())


def _read(path: str) -> str:
    with open(os.path.join(schema_directory(), path), encoding="utf-8") as file:
        return file.read()
