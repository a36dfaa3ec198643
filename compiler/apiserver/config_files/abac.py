"""The policy file of the ABAC authorizer: one policy a line, in JSON, or in what YAML fits on a line.

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
_LONGEST_LINE = 64 * 1024 - 1
_DEEPEST = 300
_TEXT = {"type": "string"}
_PLAIN: dict[str, Any] = {
    **dict.fromkeys(("user", "group", "resource", "namespace"), _TEXT),
    "readonly": {"type": "boolean"},
}
_OLD = {"type": "object", "properties": _PLAIN, "additionalProperties": {}}
_SPEC = {**_PLAIN, "apiGroup": _TEXT, "nonResourcePath": _TEXT}
_VERSIONED = {
    "type": "object",
    "properties": {"spec": {"type": "object", "properties": _SPEC, "additionalProperties": {}}},
    "additionalProperties": {},
}


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object in order; a name may stand twice."""


def load_abac_policy(named: NamedFile) -> None:
    """Report every line that the server would refuse."""
    data = read_bytes(named, _RULE)
    if data is None:
        return
    file = _PolicyFile(named)
    unfinished = False
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) > _LONGEST_LINE:
            message = f"the line is longer than {_LONGEST_LINE} bytes, and the server reads no further"
            file.refuse(Location(file.name, number, 1, number, 2), message, "write one policy a line")
            return
        text = line.removesuffix(b"\r").decode(errors="replace")
        start = trimmed(text)[:1]
        # The rest of an object that was broken into lines is the same mistake.
        unfinished = unfinished and start != "{"
        if start not in ("", "#") and not unfinished:
            if start != "{" and not _is_utf8(line):
                # JSON may hold anything, and gets it replaced.
                file.refuse(Location(file.name, number, 1, number, 2), "the line is not text in UTF-8", _EXAMPLE)
                continue
            unfinished = file.check(number, text)
        if file.found > MAX_FINDINGS:
            return


class _PolicyFile:
    def __init__(self, named: NamedFile) -> None:
        self.named = named
        self.name = named.context.host.local(named.path) or named.path
        self.found = 0

    def refuse(self, where: Location, message: str, hint: str, path: str = "") -> None:
        """Report at a place of the file."""
        self.found += 1
        self.named.context.report.add(diagnose(_RULE, message, hint, path=path, flag=self.named.flag, location=where))

    def check(self, number: int, text: str) -> bool:
        """Judge one line; whether it begins a JSON object that it does not end."""
        if trimmed(text)[:1] != "{":
            self._check_yaml(number, text)
            return False
        try:
            node = parse_json(Source(self.name, text), [], max_depth=_DEEPEST)
        except KascError:
            return False  # deeper than any policy, and the server can go deeper still
        except JsonSyntaxError as error:
            column = error.index + 1
            unfinished = column > len(text.rstrip())
            message = "the JSON object does not end on its line" if unfinished else f"the line is not JSON: {error}"
            self.refuse(
                Location(self.name, number, column, number, column + 1), message, "write each policy on one line"
            )
            return unfinished
        # Of repeated members each has to fit.
        if not _is_policy(json.loads(text, object_pairs_hook=_Members, parse_int=float)):
            self._explain(number, node)
        return False

    def _check_yaml(self, number: int, text: str) -> None:
        problems: list[Diagnostic] = []
        try:
            node = parse_first_yaml(Source(self.name, text), problems, resolve_as_server)
        except KascError as error:
            problems = [error.diagnostic]
        # The last of repeated keys counts.
        wrong = [found for found in problems if found.code != rules.DUPLICATE_KEY.code]
        for found in wrong:
            where = found.location or Location(self.name, 1, 1, 1, 2)
            self.refuse(_below(where, number), f"the line is no policy: {found.message}", _EXAMPLE)
        if not wrong and not _is_policy(_members(node)):
            self._explain(number, node)

    def _explain(self, number: int, node: Node) -> None:
        """Report where a line is not a policy."""
        findings = Findings(type(self.named.context.report)(), self.named.flag)
        schema = _schema(root_field(node, findings))
        if schema is not None:
            Decoder(findings, _RULE, strict=False).decode(node, schema)
        found = findings.report.diagnostics
        for one in found:
            where = one.location or Location(self.name, 1, 1, 1, 2)
            self.refuse(_below(where, number), one.message, one.hint, one.path)
        if not found:
            self.refuse(Location(self.name, number, 1, number, 2), "the line is no policy", _EXAMPLE)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _below(where: Location, number: int) -> Location:
    """The place in the file of a place in one line of it."""
    return where._replace(line=number, end_line=number)


def _members(node: Node) -> Any:
    """A node as JSON would give it."""
    if isinstance(node.value, dict):
        return _Members((key, _members(child)) for key, child in node.value.items())
    return [] if isinstance(node.value, list) else node.value


def _is_policy(line: Any) -> bool:
    """Whether the server takes a line, given as the members of an object."""
    if line is None:
        return True  # an old policy that says nothing, and allows everything
    if not isinstance(line, _Members):
        return False
    head = {"apiversion": "", "kind": ""}
    for key, value in line:
        if key.lower() in head and value is not None:
            if not isinstance(value, str):
                return False
            head[key.lower()] = value
    form = _form(head["apiversion"], head["kind"])
    return form is not None and _fits(line, form)


def _form(api_version: str, kind: str) -> dict[str, Any] | None:
    """The form of a policy of some version; None where there is no such policy."""
    if (api_version, kind) == (f"{_GROUP}/v1beta1", "Policy"):
        return _VERSIONED
    # What is left out is filled in, from the first version on.
    old = api_version in ("", "/", f"{_GROUP}/", f"{_GROUP}/v0") and kind in ("", "Policy")
    return _OLD if old else None


def _fits(members: _Members, form: dict[str, Any]) -> bool:
    for key, value in members:
        wanted = form["properties"].get(key, {}).get("type")
        if value is None or wanted is None:
            continue
        if wanted == "object":
            if not (isinstance(value, _Members) and _fits(value, form["properties"][key])):
                return False
        elif not isinstance(value, str if wanted == "string" else bool):
            return False
    return True


def _schema(root: Field) -> dict[str, Any] | None:
    """The form of a line; None after reporting that it has none."""
    if not isinstance(root.node, Node) or not isinstance(root.node.value, dict):
        root.refuse(_RULE, "the line is not a mapping", _EXAMPLE)
        return None
    fields = {name: root[name] for name in ("apiVersion", "kind")}
    for key in root.node.value:
        # The server reads these two whatever their case.
        fields |= {name: root[key] for name in fields if name.lower() == key.lower() and root[key].given}
    version, kind = fields["apiVersion"], fields["kind"]
    for field in fields.values():
        if field.given and not field.text:
            field.refuse(_RULE, f"{field.path} is not a text", _EXAMPLE)
            return None
    form = _form(version.text, kind.text)
    if form is None:
        place = kind if version.text.startswith(f"{_GROUP}/v") else version
        what = f"is {shown(kind.text)}" if kind.text else "does not say its kind, and is"
        place.refuse(_RULE, f"the line {what} of {shown(version.text)}, which is no policy", _EXAMPLE)
    return form
