"""Literal secrets in an input: they are rejected, because artifacts are generated from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Diagnostic, KascError, diagnose
from compiler.inputs import InlineFile
from compiler.inputs.schema.decoding import kind_schema, schema_of_kind
from compiler.inputs.source.node import Node, Source
from compiler.text.redaction import has_credentials, is_key_material, is_secret_name, named_spans, resembles_secret_name
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import STRUCTURED, section_of

if TYPE_CHECKING:
    from compiler.inputs.schema.decoding import Schema


_WITH_REFERENCES = "EncryptionConfiguration"
_REFERENCE = "write {env: NAME} or {file: PATH}, and keep the key out of the document"
_FILE = "store it in a file and set tokenFile or client-key to its path, or use exec"
_ELSEWHERE = "store it in a file on the server, and name that file"
_NO_USER = "remove the user and password from the URL"
_EXEC = "set it in the environment of the server, or let the program read a file"

_REFERENCE_KEY = r"(?i)env|file|path|kind|name|namespace|.*(?:name|ref|file|path|from|id)"
"""Keys of a reference to a secret, below the name of the secret."""
_MAX_FILE_DEPTH = 3
"""Levels of files embedded in strings that are searched."""
_MAX_FILES = 200
"""Strings that are parsed as files; any others with the name of a secret are reported unparsed."""
_MAX_KEY = 100

# Values of exec plugins that are certainly not secrets; all others are reported.
_SAFE_LABEL = (
    r"(?i)(?:^|[-_])(?:file|path|dir|home|region|profile|name|id|url|uri|endpoints?|arn|proxy|config|cluster|mode)$"
)
_SAFE_SHORT = ("-i", "-r", "-c", "-n")
_SAFE_VALUE = r"true|false|[0-9]{1,6}|/[\w.-]+(?:/[\w.@-]+)*|https?://[\w.:/-]+"
_SAFE_ARGUMENT = r"--?[a-z][a-z-]{0,40}|[a-z]{2,20}(?:[-.][a-z]{2,20}){0,5}"


class Literal(NamedTuple):
    """A literal secret: its path in the file, its node, its description, and the hint."""

    path: str
    node: Node
    description: str
    hint: str


class Place(NamedTuple):
    """A path in a file: the path of the parent, and the key or index in it."""

    parent: Place | None
    part: str | int

    def __str__(self) -> str:
        parts = []
        place: Place | None = self
        while place is not None:
            part = place.part
            parts.append(f"[{part}]" if isinstance(part, int) else f".{part[:_MAX_KEY]}")
            place = place.parent
        return "".join(reversed(parts)).removeprefix(".")

    @property
    def name(self) -> str:
        """The innermost key."""
        return self.part if isinstance(self.part, str) else self.parent.name if self.parent is not None else ""


def literal_secrets(content: Node, version: str, kind: str = "") -> list[Literal]:
    """Return the literal secrets in a file, up to `MAX_FINDINGS`; `kind` is the expected kind of the file."""
    key = ("literal secrets", version, kind)
    secrets: list[Literal] | None = content.memoized(key)
    if secrets is None:
        schema = kind_schema(version, kind) if kind else None
        search = _Search(version, kind == _WITH_REFERENCES).visit(content, schema, None)
        secrets = list(islice(search, MAX_FINDINGS))
        content.memoize(key, secrets)
    return secrets


def secret_nodes(content: Node, version: str, kind: str) -> set[int]:
    """Return the ids of the nodes of all literal secrets in a file; `kind` is the expected kind of the file."""
    search = _Search(version, kind == _WITH_REFERENCES).visit(content, kind_schema(version, kind), None)
    return {id(literal.node) for literal in search}


class _Search:
    """A search for literal secrets; nodes repeated by aliases are searched once.

    `has_references` is set if mappings in place of a secret are references, which are validated elsewhere. `depth` is
    the depth of the file in embedded files.
    """

    def __init__(self, version: str, has_references: bool, depth: int = 0) -> None:
        self.version = version
        self.has_references = has_references
        self.depth = depth
        self.files = 0
        self.searched: set[tuple[int, int, bool]] = set()

    def visit(self, node: Node, schema: Schema | None, place: Place | None) -> Iterator[Literal]:
        """Yield the secrets in a value that is not a secret itself; without `schema`, fields are matched by name."""
        value = node.value
        in_exec = place is not None and place.part == "exec"
        searched = (id(node), id(schema), in_exec)
        if not isinstance(value, str | list | dict) or not value or searched in self.searched:
            return
        self.searched.add(searched)
        if isinstance(value, dict):
            if in_exec:
                yield from _of_exec(node, place)
            yield from self._mapping(node, value, schema, place)
        elif isinstance(value, list):
            items = schema.get("items") if schema else None
            for index, item in enumerate(value):
                yield from self.visit(item, items, Place(place, index))
        else:
            yield from _by_value(node, value, place)
            if not schema or "type" not in schema:
                yield from self._embedded_file(node, value, place)

    def _mapping(
        self, node: Node, value: dict[str, Node], schema: Schema | None, place: Place | None
    ) -> Iterator[Literal]:
        schema = schema_of_kind(node, self.version) or schema
        known: dict[str, Any] = schema.get("properties", {}) if schema else {}
        others = schema.get("additionalProperties") if schema else None
        in_exec = place is not None and place.part == "exec"
        variable = node.get("name")
        for key, child in value.items():
            if in_exec and key in ("env", "args"):
                continue
            here = Place(place, key)
            inner = known.get(key) or (others if isinstance(others, dict) else None)
            if key in known:
                is_secret = bool(known[key].get("writeOnly"))
            else:
                # In a file with references, a misspelled name is reported as an unknown field.
                is_secret = is_secret_name(key) if self.has_references else resembles_secret_name(key)
            if key == "value" and variable is not None and is_secret_name(str(variable.value)):
                yield from _below(child, here, str(variable.value)[:_MAX_KEY])
            elif is_secret and not (self.has_references and isinstance(child.value, dict) and inner):
                yield from _below(child, here, key[:_MAX_KEY])
            else:
                yield from self.visit(child, inner, here)

    def _embedded_file(self, node: Node, text: str, place: Place | None) -> Iterator[Literal]:
        """Yield the first secret of a file embedded in a string, at the location of the string."""
        is_file = "\n" in text.strip() or text.lstrip().startswith("{")
        if self.depth >= _MAX_FILE_DEPTH or not is_file or not named_spans(text):
            return
        self.files += 1
        if self.files > _MAX_FILES:
            yield Literal(str(place), node, "value of a secret", _ELSEWHERE)
            return
        from compiler.inputs.source.yaml import parse_yaml_all

        try:
            roots = parse_yaml_all(Source(node.source.name, text), [])
        except KascError:
            return
        search = _Search(self.version, False, self.depth + 1)
        for root in roots:
            secret = next(search.visit(root, None, None), None) if isinstance(root.value, dict) else None
            if secret is not None:
                yield Literal(str(place), node, secret.description, secret.hint)
                return


def _below(node: Node, place: Place, name: str) -> Iterator[Literal]:
    """Yield the values of a secret field; a mapping with a name or path is a reference, not a value."""
    value = node.value
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _below(item, Place(place, index), name)
    elif isinstance(value, dict):
        for key, child in value.items():
            if not re.fullmatch(_REFERENCE_KEY, key) and not (key == "key" and "name" in value):
                yield from _below(child, Place(place, key), name)
    elif value is not None and value != "" and not isinstance(value, bool):
        path = str(place)
        hint = _REFERENCE if name == "secret" else _FILE if ".user." in f".{path}" else _ELSEWHERE
        yield Literal(path, node, "key" if name == "secret" else name, hint)


def _by_value(node: Node, value: str, place: Place | None) -> Iterator[Literal]:
    if has_credentials(value):
        yield Literal(str(place), node, "password of a URL", _NO_USER)
    elif is_key_material(value):
        name = place.name[:_MAX_KEY] if place is not None else ""
        yield Literal(str(place), node, f"key or token in {name or 'a value'}", _ELSEWHERE)


def _of_exec(node: Node, place: Place | None) -> Iterator[Literal]:
    """Yield the variables and arguments of an exec plugin that may be secrets."""
    variables, arguments = (_items(node, key) for key in ("env", "args"))
    for index, variable in enumerate(variables):
        name, value = variable.get("name"), variable.get("value")
        label = str(name.value) if name is not None else ""
        if value is not None and not _is_safe(_text(value), label):
            path = f"{place}.env[{index}].value"
            yield Literal(path, value, f"variable {label[:_MAX_KEY]}", _EXEC)
    before = ""
    for index, argument in enumerate(arguments):
        text = _text(argument)
        option, equals, value_text = text.partition("=")
        safe = _is_safe(value_text, option) if equals and text.startswith("-") else _is_safe(text, before)
        if not safe and not re.fullmatch(_SAFE_ARGUMENT, text):
            yield Literal(f"{place}.args[{index}]", argument, "argument of exec", _EXEC)
        before = text if text.startswith("-") else ""


def _items(node: Node, key: str) -> list[Node]:
    child = node.get(key)
    return child.value if child is not None and isinstance(child.value, list) else []


def _text(node: Node) -> str:
    return "" if node.value is None or isinstance(node.value, dict | list) else node.text or str(node.value)


def _is_safe(text: str, label: str) -> bool:
    """Return whether a value with a label (the name of a variable or option) is certainly not a secret."""
    if not text:
        return True
    if is_secret_name(label) or has_credentials(text) or is_key_material(text):
        return False
    return (
        label in _SAFE_SHORT or re.search(_SAFE_LABEL, label) is not None or re.fullmatch(_SAFE_VALUE, text) is not None
    )


def find_secrets(files: dict[str, InlineFile], deployment: Node | None, catalog: Catalog) -> Iterator[Diagnostic]:
    """Yield SEC-01 for secrets in structured files, whether the server reads them or not, and in the deployment."""
    for file in files.values():
        spec = catalog.flags[file.flag]
        prefix = "" if file.from_source else f"{section_of(spec.group)}.{spec.key}.content"
        for literal in literal_secrets(file.content, catalog.version, STRUCTURED[file.flag]):
            yield _refusal(literal, prefix, file.flag)
    if deployment is not None:
        for literal in literal_secrets(deployment, catalog.version):
            yield _refusal(literal, "deployment", "")


def _refusal(literal: Literal, prefix: str, flag: str) -> Diagnostic:
    message = f"literal secret in the document: {literal.description}"
    path = f"{prefix}.{literal.path}".strip(".")
    return diagnose(
        rules.SECRET_IN_DOCUMENT, message, literal.hint, path=path, flag=flag, location=literal.node.location
    )
