"""The lines of a file as reports and diffs show them: with every value that may be a secret masked.

Secrets are recognized by their field, also through anchors and in single-line JSON. In a structured file that contains
secrets, values of unknown fields are masked as well, because the names may be misspelled. Files that cannot be parsed
are masked line by line.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location
from compiler.inputs.schema.decoding import kind_schema, schema_of_kind
from compiler.inputs.source import is_toml
from compiler.inputs.source.node import LINE_BREAK, Node, Source, Span
from compiler.text.redaction import (
    HIDDEN,
    Spans,
    credential_spans,
    is_secret_name,
    merged,
    named_spans,
    random_spans,
    resembles_secret_name,
    secret_spans,
    token_spans,
)
from compiler.upstream.catalog.facts import versions

_MAX_PARSED = 256 * 1024
"""Characters of a file up to which it is parsed; of a larger one only the keys are shown."""
_SECRET, _SECRET_DATA = "Secret", ("data", "stringData")
_SECRET_KINDS = ("EncryptionConfiguration", "EncryptionConfig", "Config")
_SECRET_FILE = r"EncryptionConfig|current-context|\bkind[\"']?\s*:\s*[\"']?(?:Config|Secret)\b|-----BEGIN"
_KEY_OF_NEXT_LINE = r"""(?<![\w.-])([A-Za-z_][\w.-]*)["']?\s*[:=]\s*(?:[|>][-+0-9]*\s*)?(?:#[\s\S]*)?$"""
_KEY = r"""[\s{\[]*(?:-\s+)*[{\[]?["']?[A-Za-z_][\w.-]{0,60}["']?\s*:(?:\s+|$)"""
_COMMENT = r"(?:^|\s)#"
_SHORT_TOKEN = "t"
"""The short name of the key token at the top of a configuration of k3s."""
_MAX_DEPTH = 3
"""Levels of files in files that are parsed, for example a structured file in a ConfigMap."""


class _Context(NamedTuple):
    """The context of a value: name and schema of its field, whether it is a secret (`secret`), and whether it is in a
    structured file that contains secrets (`guarded`).
    """

    name: str = ""
    schema: dict[str, Any] | None = None
    secret: bool = False
    guarded: bool = False


class Masked:
    """The masked lines of one file. `is_secret_file` means that the purpose of the file is to hold secrets."""

    def __init__(self, name: str, text: str, depth: int = 0) -> None:
        self.depth = depth
        self.lines = LINE_BREAK.split(text)
        self._secrets: dict[int, Spans] = {}
        self._spans: dict[int, Spans] = {}
        self._visited: set[tuple[int, int, bool, bool, bool]] = set()
        problems: list[Diagnostic] = []
        roots = _parsed(name, text, problems) if depth < _MAX_DEPTH else None
        self.is_parsed = roots is not None
        self.is_secret_file = roots is None and re.search(_SECRET_FILE, text) is not None
        for root in roots or ():
            self.is_secret_file |= _contains_secrets(_schema_of(root)) or _kind_of(root) == _SECRET
            self._visit(root, _Context())
        for problem in problems if roots is not None else ():
            if problem.code == rules.DUPLICATE_KEY.code and problem.location is not None:
                self._duplicate(problem.location)

    def line(self, index: int) -> str:
        """Return a line with its secrets masked."""
        parts, position = [], 0
        line = self.lines[index]
        for start, end in self.spans(index):
            parts += [line[position:start], HIDDEN]
            position = end
        return "".join((*parts, line[position:]))

    def text(self) -> str:
        """Return all lines, masked."""
        return "\n".join(map(self.line, range(len(self.lines))))

    def spans(self, index: int) -> Spans:
        """Return the masked spans of a line."""
        if index not in self._spans:
            self._spans[index] = merged(self._secrets.get(index, []) + self._by_line(index))
        return self._spans[index]

    def _by_line(self, index: int) -> Spans:
        """Return the spans of a line that may be secrets whatever their field is."""
        line = self.lines[index]
        if not self.is_parsed:
            return self._unparsed(index)
        spans = credential_spans(line) + token_spans(line) + random_spans(line)
        comment = re.search(_COMMENT, line)
        if comment:
            start = comment.end()
            spans += [(start + first, start + last) for first, last in named_spans(line[start:])]
        return spans

    def _unparsed(self, index: int) -> Spans:
        line = self.lines[index]
        if self.is_secret_file:
            key = re.match(_KEY, line)
            return [(key.end() if key else len(line) - len(line.lstrip()), len(line.rstrip()))]
        previous = next(
            (self.lines[at] for at in range(index - 1, max(-1, index - 100), -1) if self.lines[at].strip()), ""
        )
        named = re.search(_KEY_OF_NEXT_LINE, previous)
        if named and is_secret_name(named[1]):
            return [(len(line) - len(line.lstrip()), len(line))]
        return secret_spans(line)

    def _duplicate(self, key: Location) -> None:
        """Mask the value of a duplicate key, which the parsed document does not have."""
        index, indent = key.line - 1, key.column - 1
        self._add(index, named_spans(self.lines[index]))
        for at in range(key.line, len(self.lines)):
            line = self.lines[at]
            own = len(line) - len(line.lstrip())
            if line.strip() and own <= indent and not (own == indent and line[own] == "-"):
                break
            self._add(at, self._unparsed(at))

    def _visit(self, node: Node, context: _Context) -> None:
        visited = (id(node), id(context.schema), context.secret, context.guarded, context.name == "env")
        if visited in self._visited:
            return  # an alias
        self._visited.add(visited)
        value = node.value
        if isinstance(value, dict):
            self._mapping(node, value, context)
        elif isinstance(value, list):
            items = (context.schema or {}).get("items")
            context = context._replace(schema=items, secret=context.secret or _is_private(items))
            for item in value:
                self._visit(item, context)
        elif context.secret and value is not None and not isinstance(value, bool):
            self._hide(node.span)
        elif isinstance(value, str):
            self._string(node, value)

    def _mapping(self, node: Node, value: dict[str, Node], context: _Context) -> None:
        own = _schema_of(node)
        schema = own or context.schema or {}
        guarded = context.guarded or _contains_secrets(own)
        is_secret = _kind_of(node) == _SECRET
        for key, child in value.items():
            inner = schema.get("properties", {}).get(key)
            if inner is not None:
                hidden = _is_private(inner)
            else:
                others = schema.get("additionalProperties")
                inner = others if isinstance(others, dict) else None
                hidden = resembles_secret_name(key) or (guarded and others is False) or _is_private(inner)
            hidden |= not context.name and key == _SHORT_TOKEN
            hidden |= (key == "value" and _names_secret(node, context.name)) or (is_secret and key in _SECRET_DATA)
            if not (hidden and _is_reference(child)):
                self._visit(child, _Context(key, inner, context.secret or hidden, guarded))
            if node.keys is not None and key in node.keys and secret_spans(key):
                self._hide(node.keys[key])

    def _string(self, node: Node, value: str) -> None:
        """Mask secrets in the string of another field, which may be a file, a line of flags or a script."""
        line, column, end_line, end_column = node.span
        if line == end_line:
            raw = self.lines[line - 1][column - 1 : end_column - 1]
            self._add(line - 1, [(column - 1 + start, column - 1 + end) for start, end in named_spans(raw)])
            return
        lines = self.lines[line - 1 : end_line]
        if lines[0][column - 1 : column] not in ("|", ">"):
            if secret_spans(value):
                self._hide(node.span)
            return
        inside = lines[1:]
        indent = min((len(each) - len(each.lstrip(" ")) for each in inside if each.strip()), default=0)
        masked = Masked("", "\n".join(each[indent:] for each in inside), self.depth + 1)
        for index in range(len(inside)):
            self._add(line + index, [(indent + start, indent + end) for start, end in masked.spans(index)])

    def _hide(self, span: Span) -> None:
        line, column, end_line, end_column = span
        for number in range(line, end_line + 1):
            text = self.lines[number - 1] if number <= len(self.lines) else ""
            start = column - 1 if number == line else len(text) - len(text.lstrip())
            self._add(number - 1, [(start, end_column - 1 if number == end_line else len(text))])

    def _add(self, index: int, spans: Spans) -> None:
        if spans:
            self._secrets.setdefault(index, []).extend(spans)


def _parsed(name: str, text: str, problems: list[Diagnostic]) -> list[Node] | None:
    """Return the documents in a text; None if it cannot be parsed or is too large to be parsed again."""
    if len(text) > _MAX_PARSED:
        return None
    source = Source(name, text)
    try:
        if is_toml(source):
            from compiler.inputs.source.toml import parse_toml

            return [parse_toml(source, problems)]
        from compiler.inputs.source.yaml import parse_yaml_all

        roots = parse_yaml_all(source, problems)
    except KascError:
        return None
    return roots if any(isinstance(root.value, dict | list) for root in roots) else None


def _kind_of(node: Node) -> object:
    kind = node.get("kind")
    return kind.value if kind is not None else None


def _schema_of(node: Node) -> dict[str, Any] | None:
    """Return the schema of a structured file, wherever it is. A kubeconfig need not have a kind."""
    if _kind_of(node) is not None:
        return schema_of_kind(node, versions()[-1])
    is_kubeconfig = node.get("current-context") or (node.get("users") and node.get("clusters"))
    return kind_schema(versions()[-1], "Config") if is_kubeconfig else None


def _contains_secrets(schema: dict[str, Any] | None) -> bool:
    """Return whether a structured file with this schema contains secrets."""
    return schema is not None and schema["properties"]["kind"]["const"] in _SECRET_KINDS


def _names_secret(node: Node, name: str) -> bool:
    """Return whether the value of a name/value pair is a secret: any environment variable may be one."""
    variable = node.get("name")
    return variable is not None and (name == "env" or is_secret_name(str(variable.value)))


def _is_private(schema: dict[str, Any] | None) -> bool:
    """Return whether a field is for a secret, or for a value of any type."""
    return schema is not None and (bool(schema.get("writeOnly")) or not schema.keys() - {"description"})


def _is_reference(node: Node) -> bool:
    """Return whether a value refers to the source of a secret."""
    value = node.value
    return isinstance(value, dict) and len(value) == 1 and ("env" in value or "file" in value)
