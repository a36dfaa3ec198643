"""Policy file of the ABAC authorizer: one policy per line, in JSON or YAML.

Kubernetes: pkg/auth/authorizer/abac/abac.go, NewFromFile; pkg/apis/abac.
"""

from __future__ import annotations

import json
from typing import Any

from compiler import rules
from compiler.apiserver.config_files import read_bytes
from compiler.apiserver.context import NamedFile
from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs.schema.decoding import Decoder, root_field
from compiler.inputs.schema.field import Field, Findings
from compiler.inputs.source.json import JsonSyntaxError, parse_json
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.yaml import parse_first_yaml
from compiler.inputs.source.yaml_scalars import resolve_as_server
from compiler.text import shown, trimmed

_RULE = rules.INVALID_ABAC_POLICY
_GROUP = "abac.authorization.kubernetes.io"
_EXAMPLE = f'write {{"apiVersion": "{_GROUP}/v1beta1", "kind": "Policy", "spec": {{...}}}}'
_MAX_LINE = 64 * 1024 - 1
_MAX_DEPTH = 300
_STRING = {"type": "string"}
_COMMON: dict[str, Any] = {
    **dict.fromkeys(("user", "group", "resource", "namespace"), _STRING),
    "readonly": {"type": "boolean"},
}
_UNVERSIONED = {"type": "object", "properties": _COMMON, "additionalProperties": {}}
_SPEC = {**_COMMON, "apiGroup": _STRING, "nonResourcePath": _STRING}
_VERSIONED = {
    "type": "object",
    "properties": {"spec": {"type": "object", "properties": _SPEC, "additionalProperties": {}}},
    "additionalProperties": {},
}


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object in order, including duplicates."""


def load_abac_policy(named: NamedFile) -> None:
    """Report every invalid line."""
    data = read_bytes(named, _RULE)
    if data is None:
        return
    file = _PolicyFile(named)
    unfinished = False
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) > _MAX_LINE:
            message = f"the line is longer than {_MAX_LINE} bytes; the server stops reading here"
            file.report(Location(file.name, number, 1, number, 2), message, "write one policy per line")
            return
        text = line.removesuffix(b"\r").decode(errors="replace")
        start = trimmed(text)[:1]
        # The remaining lines of a multi-line object are part of the same error.
        unfinished = unfinished and start != "{"
        if start not in ("", "#") and not unfinished:
            if start != "{" and not _is_utf8(line):
                # In JSON, the server replaces invalid UTF-8.
                file.report(Location(file.name, number, 1, number, 2), "the line is not valid UTF-8", _EXAMPLE)
                continue
            unfinished = file.check(number, text)
        if file.count > MAX_FINDINGS:
            return


class _PolicyFile:
    def __init__(self, named: NamedFile) -> None:
        self.named = named
        self.name = named.context.host.local(named.path) or named.path
        self.count = 0

    def report(self, where: Location, message: str, hint: str, path: str = "") -> None:
        """Report an error at a location of the file."""
        self.count += 1
        self.named.context.report.add(diagnose(_RULE, message, hint, path=path, flag=self.named.flag, location=where))

    def check(self, number: int, text: str) -> bool:
        """Check one line; return whether it starts a JSON object without ending it."""
        if trimmed(text)[:1] != "{":
            self._check_yaml(number, text)
            return False
        try:
            node = parse_json(Source(self.name, text), [], max_depth=_MAX_DEPTH)
        except KascError:
            return False  # nested more deeply than any policy, which the server may still accept
        except JsonSyntaxError as error:
            column = error.index + 1
            unfinished = column > len(text.rstrip())
            message = "the JSON object does not end on its line" if unfinished else f"invalid JSON: {error}"
            self.report(
                Location(self.name, number, column, number, column + 1), message, "write each policy on one line"
            )
            return unfinished
        # Every one of duplicate members must be valid.
        if not _is_policy(json.loads(text, object_pairs_hook=_Members, parse_int=float)):
            self._explain(number, node)
        return False

    def _check_yaml(self, number: int, text: str) -> None:
        problems: list[Diagnostic] = []
        try:
            node = parse_first_yaml(Source(self.name, text), problems, resolve_as_server)
        except KascError as error:
            problems = [error.diagnostic]
        # The last of duplicate keys wins.
        errors = [problem for problem in problems if problem.code != rules.DUPLICATE_KEY.code]
        for problem in errors:
            where = problem.location or Location(self.name, 1, 1, 1, 2)
            self.report(_in_line(where, number), f"invalid policy: {problem.message}", _EXAMPLE)
        if not errors and not _is_policy(_members(node)):
            self._explain(number, node)

    def _explain(self, number: int, node: Node) -> None:
        """Report the errors of an invalid line."""
        findings = Findings(type(self.named.context.report)(), self.named.flag)
        schema = _schema(root_field(node, findings))
        if schema is not None:
            Decoder(findings, _RULE, strict=False).decode(node, schema)
        diagnostics = findings.report.diagnostics
        for diagnostic in diagnostics:
            where = diagnostic.location or Location(self.name, 1, 1, 1, 2)
            self.report(_in_line(where, number), diagnostic.message, diagnostic.hint, diagnostic.path)
        if not diagnostics:
            self.report(Location(self.name, number, 1, number, 2), "the line is not a valid policy", _EXAMPLE)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _in_line(where: Location, number: int) -> Location:
    """Return the location in the file of a location within one line."""
    return where._replace(line=number, end_line=number)


def _members(node: Node) -> Any:
    """Return a node as decoded from JSON."""
    if isinstance(node.value, dict):
        return _Members((key, _members(child)) for key, child in node.value.items())
    return [] if isinstance(node.value, list) else node.value


def _is_policy(line: Any) -> bool:
    """Return whether the server accepts a line, given as the members of an object."""
    if line is None:
        return True  # an empty unversioned policy, which allows everything
    if not isinstance(line, _Members):
        return False
    head = {"apiversion": "", "kind": ""}
    for key, value in line:
        if key.lower() in head and value is not None:
            if not isinstance(value, str):
                return False
            head[key.lower()] = value
    schema = _schema_of(head["apiversion"], head["kind"])
    return schema is not None and _conforms(line, schema)


def _schema_of(api_version: str, kind: str) -> dict[str, Any] | None:
    """Return the schema of a policy version, None if it does not exist."""
    if (api_version, kind) == (f"{_GROUP}/v1beta1", "Policy"):
        return _VERSIONED
    # Missing parts default to those of v0.
    unversioned = api_version in ("", "/", f"{_GROUP}/", f"{_GROUP}/v0") and kind in ("", "Policy")
    return _UNVERSIONED if unversioned else None


def _conforms(members: _Members, schema: dict[str, Any]) -> bool:
    for key, value in members:
        expected = schema["properties"].get(key, {}).get("type")
        if value is None or expected is None:
            continue
        if expected == "object":
            if not (isinstance(value, _Members) and _conforms(value, schema["properties"][key])):
                return False
        elif not isinstance(value, str if expected == "string" else bool):
            return False
    return True


def _schema(root: Field) -> dict[str, Any] | None:
    """Return the schema of a line, None after reporting that it has none."""
    if not isinstance(root.node, Node) or not isinstance(root.node.value, dict):
        root.report(_RULE, "the line is not a mapping", _EXAMPLE)
        return None
    fields = {name: root[name] for name in ("apiVersion", "kind")}
    for key in root.node.value:
        # The server decodes these two regardless of case.
        fields |= {name: root[key] for name in fields if name.lower() == key.lower() and root[key].is_set}
    version, kind = fields["apiVersion"], fields["kind"]
    for field in fields.values():
        if field.is_set and not field.text:
            field.report(_RULE, f"{field.path} is not a string", _EXAMPLE)
            return None
    schema = _schema_of(version.text, kind.text)
    if schema is None:
        place = kind if version.text.startswith(f"{_GROUP}/v") else version
        actual = f"kind {shown(kind.text)}" if kind.text else "a missing kind"
        place.report(_RULE, f"unsupported policy: {actual} with apiVersion {shown(version.text)}", _EXAMPLE)
    return schema
