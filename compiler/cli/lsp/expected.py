"""What may be written at the cursor: by the schema of a document, the fields of a dialect, or the server's flags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler.cli.lsp import choices
from compiler.cli.lsp.choices import Choice
from compiler.cli.lsp.cursor import Cursor, Path
from compiler.cli.lsp.dialect_fields import dialect_keys
from compiler.cli.lsp.session import Snapshot
from compiler.inputs.importers.detect import has_header
from compiler.inputs.schema import Schema, flag_of
from compiler.inputs.schema.decoding import kind_schema
from compiler.inputs.source import is_toml
from compiler.inputs.source.node import Node, text_of
from compiler.rules import by_code
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import key_of

FLAG_PLACES: tuple[tuple[str, Path], ...] = (
    ("", ("apiServer", "extraArgs")),
    ("", ("api", "extraArgs")),
    ("", ("api", "rawArgs")),
    ("", ("kube-apiserver-arg",)),
    ("", ("kube-apiserver-arg+",)),
    ("", ("extra-node-kube-apiserver-args",)),
    ("", ("kube_kubeadm_apiserver_extra_args",)),
    ("", ("extraArgs", "apiServer")),
    ("", ("apiServerArguments",)),
    ("", ("extraFlags",)),
    ("KubeAPIServerConfig", ("extraArgs",)),
)
"""Where files have flags by name: the kind of the object (empty for any), and the end of the path."""
_WITH_DASHES = frozenset(("extra-node-kube-apiserver-args", "apiServer", "rawArgs"))
"""Keys below which flags are written with their dashes."""
_OPTION_SECTIONS = ("kubeAPIServer",)
"""Keys below which dialects have options that are spelled as in a kasc document."""
_DOCUMENT = "APIServer"
_SUPPRESSION = r"#[ \t]*kasc:[ \t]*ignore\b[^:]*$"
_LINES_OF_FLAGS = frozenset(("argv", "flags", "microk8s"))


class Expected(NamedTuple):
    """What may be written, and what follows it on a line that ends there."""

    choices: list[Choice]
    suffix: str = ""


NOTHING = Expected([])


def expected(cursor: Cursor, snapshot: Snapshot) -> Expected:
    """Return what may be written at the cursor."""
    version = snapshot.version
    if re.search(_SUPPRESSION, cursor.line):
        return Expected([Choice(rule.code, "code", rule.title, "", ("code", rule.code)) for rule in by_code().values()])
    if not cursor.is_key:
        word = re.split(r"[\s'\"]", cursor.written)[-1]
        if word.startswith("-") or (not word and snapshot.read_as in _LINES_OF_FLAGS):
            return _flag_text(word, version, "--")
    if cursor.root is None:
        return NOTHING
    place = _flag_place(cursor.path, cursor.root)
    if place is not None:
        return _at_flags(cursor, cursor.root, place, snapshot)
    return _by_schema(cursor, cursor.root, snapshot) or _by_dialect(cursor, cursor.root, snapshot)


def _flag_text(text: str, version: str, prefix: str = "") -> Expected:
    """Return what may follow the start of `--flag=value`."""
    name, equals, value = text.partition("=")
    if not equals:
        return Expected(choices.flags(version, prefix), "=")
    return _value_text(name.lstrip("-").replace("_", "-"), value, version)


def _value_text(flag: str, text: str, version: str) -> Expected:
    """Return what may follow the start of a flag's value."""
    separator = choices.separator_of(flag, version)
    element = text.rpartition(",")[2]
    if separator and separator in element:
        return Expected(choices.values_in_map(flag, element.partition(separator)[0], version))
    return Expected(choices.values(flag, version), separator)


def _flag_place(path: Path, root: Node) -> tuple[Path, str] | None:
    """Return the rest of a path after a place of flags, and the last key of that place; None if it is not in one."""
    kind = text_of(root.get("kind"))
    for of_kind, end in FLAG_PLACES:
        if of_kind and (of_kind != kind or path[: len(end)] != end):
            continue
        for length in range(len(end), len(path) + 1):
            if path[length - len(end) : length] == end:
                return path[length:], str(end[-1])
    return None


def _at_flags(cursor: Cursor, root: Node, place: tuple[Path, str], snapshot: Snapshot) -> Expected:
    """Return what may be written in a map of flags, a list of names and values, or a list of arguments."""
    (rest, key), version = place, snapshot.version
    separator = _separator(snapshot)
    dashes = "--" if key in _WITH_DASHES else ""
    match rest:
        case ():
            return Expected(choices.flags(version, dashes), separator)
        case (int(), "name"):
            return Expected(choices.flags(version))
        case (int(), "value"):
            name = text_of(root.at((*cursor.path[:-1], "name")))
            return _value_text(name, cursor.written, version)
        case (int(),) if cursor.is_key:
            return Expected([Choice("name", "field"), Choice("value", "field")], separator)
        case (int(),):
            return _flag_text(cursor.written, version, dashes)
        case (str(flag), *_):
            return _value_text(flag.lstrip("-"), cursor.written, version)
    return NOTHING


def _separator(snapshot: Snapshot) -> str:
    return " = " if is_toml(snapshot.source) else ": "


def _by_schema(cursor: Cursor, root: Node, snapshot: Snapshot) -> Expected | None:
    """Return what the schema of a document or structured file allows; None if no schema applies."""
    located = schema_for(root, cursor.path, snapshot)
    if located is None:
        return None
    keys: dict[str, Choice] = {}
    words: list[Choice] = []
    for part in parts_at(located.schema, located.path):
        keys |= {name: _key(name, field) for name, field in part.get("properties", {}).items()}
        words += _values(part)
    names, is_map = _names(located, snapshot.version)
    if is_map:
        keys = {each.label: each for each in names}
    else:
        words = names or words
    fields = [each for each in keys.values() if each.label not in cursor.siblings]
    if cursor.is_key:
        return Expected(fields, _separator(snapshot))
    # A mapping of which no key is written yet.
    return Expected(fields, _separator(snapshot)) if fields and not cursor.before else Expected(words)


class Located(NamedTuple):
    """A path below an object, its schema, and the kind of the object: `APIServer` or that of a structured file."""

    schema: Schema
    path: Path
    kind: str

    @property
    def is_document(self) -> bool:
        """Whether the object is a kasc document."""
        return self.kind == _DOCUMENT


def schema_for(root: Node, path: Path, snapshot: Snapshot) -> Located | None:
    """Return the schema of the innermost object of a known kind on a path; None if there is none."""
    for length in range(len(path), -1, -1):
        kind = text_of(root.at(path[:length]).get("kind"))
        if re.fullmatch(r"[A-Za-z.]+", kind) and kind_schema(snapshot.version, kind) is not None:
            return Located(choices.file_schema(kind, snapshot.version), path[length:], kind)
    if snapshot.read_as == "document" and (has_header(root) or root.get("kind") is None):
        return Located(choices.document_schema(snapshot.version), path, _DOCUMENT)
    return None


def _names(located: Located, version: str) -> tuple[list[Choice], bool]:
    """Return the names in the catalog that a value may have, or the keys of a map; whether they are keys."""
    keys = tuple(step for step in located.path if isinstance(step, str))
    listed = choices.NAMES_IN_FILES.get((located.kind, keys))
    if listed is not None:
        return list(listed(catalog(version))), False
    flag = flag_of(located.path, version) if located.is_document else ""
    if not flag:
        return [], False
    is_map = choices.is_map(flag, version)
    if len(keys) == 3 and is_map:
        return choices.values_in_map(flag, keys[2], version), False
    return (choices.values(flag, version), is_map) if len(keys) == 2 else ([], False)


def parts_at(schema: Schema, path: Path) -> Iterator[Schema]:
    """Yield the schemas of the value at a path: one, and those of its alternatives."""
    return _parts(schema, schema, path)


def _parts(schema: Schema, whole: Schema, path: Path) -> Iterator[Schema]:
    reference = schema.get("$ref", "")
    if reference.startswith("#/$defs/"):
        schema = {**whole["$defs"][reference.rpartition("/")[2]], **{k: v for k, v in schema.items() if k != "$ref"}}
    for branch in schema.get("oneOf", ()):
        yield from _parts(branch, whole, path)
    if not path:
        yield schema
        return
    step, rest = path[0], path[1:]
    child = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
    if child is None and isinstance(step, str):
        child = schema.get("additionalProperties")
    if isinstance(child, dict):
        yield from _parts(child, whole, rest)


def _key(name: str, field: dict[str, Any]) -> Choice:
    title = str(field.get("title", ""))
    kinds = field.get("type", "")
    detail = kinds if isinstance(kinds, str) else " or ".join(kinds)
    if title.startswith("--"):
        return Choice(name, "field", f"{title}, {detail}", "", ("flag", title[2:]))
    return Choice(name, "field", detail, field.get("description", ""))


def _values(part: dict[str, Any]) -> list[Choice]:
    if isinstance(part.get("items"), dict):
        part = part["items"]
    words = [part["const"]] if "const" in part else part.get("enum", ())
    if part.get("type") == "boolean":
        words = ("true", "false")
    return [Choice(str(word), "value", "", part.get("description", "")) for word in words if word not in ("", None)]


def _by_dialect(cursor: Cursor, root: Node, snapshot: Snapshot) -> Expected:
    flag = option_of(cursor.path, snapshot.version)
    if flag:
        suffix = _separator(snapshot) if choices.is_map(flag, snapshot.version) else ""
        return Expected(choices.values(flag, snapshot.version), suffix)
    keys = dialect_keys(cursor, root, snapshot)
    return Expected(keys, _separator(snapshot)) if cursor.is_key or not cursor.before else NOTHING


def option_of(path: Path, version: str) -> str:
    """Return the flag of an option in a section that spells options as a kasc document does; empty if none."""
    keys = [step for step in path if isinstance(step, str)]
    if not any(section in keys[-3:-1] for section in _OPTION_SECTIONS):
        return ""
    return next((name for name in catalog(version).flags if key_of(name) == keys[-1]), "")
