"""The policy file of the ABAC authorizer: one JSON object a line.

Kubernetes: pkg/auth/authorizer/abac/abac.go, NewFromFile.
"""

from __future__ import annotations

from typing import Any

from compiler.config_files.decoding import Decoder, root_field
from compiler.config_files.field import Findings
from compiler.config_files.reading import NamedFile, parse_as_server, read_bytes
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.flags.text import shown
from compiler.source.node import Node, Source

_RULE = "AZ-09"
_GROUP = "abac.authorization.kubernetes.io"
_LONGEST_LINE = 64 * 1024
_TEXT = {"type": "string"}
_PLAIN: dict[str, Any] = {
    **dict.fromkeys(("apiVersion", "kind", "user", "group", "resource", "namespace"), _TEXT),
    "readonly": {"type": "boolean"},
}
_OLD = {"type": "object", "properties": _PLAIN, "additionalProperties": False}
_SPEC = {**_PLAIN, "apiGroup": _TEXT, "nonResourcePath": _TEXT}
_VERSIONED = {
    "type": "object",
    "properties": {"spec": {"type": "object", "properties": _SPEC, "additionalProperties": False}},
    "additionalProperties": False,
}


def load_abac_policy(named: NamedFile) -> None:
    """Report every line that the server would refuse."""
    data = read_bytes(named, _RULE)
    if data is None:
        return
    file = named.run.host.local(named.path) or named.path
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) >= _LONGEST_LINE:
            where = Location(file, number, 1, number, 2)
            message = f"the line is longer than {_LONGEST_LINE} bytes"
            named.run.report.add(diagnose(_RULE, message, "write a rule a line", flag=named.flag, location=where))
            return
        text = line.decode(errors="replace").strip()
        if text and not text.startswith("#"):
            # Empty lines before it give every finding the number of the line in the file.
            padded = "\n" * (number - 1) + line.decode(errors="replace").rstrip("\r")
            _check_line(named, Source(file, padded))


def _check_line(named: NamedFile, source: Source) -> None:
    findings = Findings(named.run.report, named.flag)
    problems: list[Diagnostic] = []
    try:
        node = parse_as_server(source, problems)
    except KascError as error:
        found = error.diagnostic
        hint = found.hint or "write a JSON object"
        named.run.report.add(diagnose(_RULE, found.message, hint, flag=named.flag, location=found.location))
        return
    schema = _schema(node, findings)
    if schema is not None:
        Decoder(findings, _RULE, strict=False).decode(node, schema)


def _schema(node: Node, findings: Findings) -> dict[str, Any] | None:
    """The form of a line; None after reporting that it has none."""
    root = root_field(node, findings)
    example = f'write {{"apiVersion": "{_GROUP}/v1beta1", "kind": "Policy", "spec": {{...}}}}'
    if root.given and not isinstance(node.value, dict):
        root.refuse(_RULE, "the line is not a mapping", example)
        return None
    version, kind = root["apiVersion"].text, root["kind"].text
    if version == f"{_GROUP}/v1beta1" and kind == "Policy":
        return _VERSIONED
    if version in ("", f"{_GROUP}/v0") and kind in ("", "Policy"):
        return _OLD
    place = root["kind"] if version.startswith(_GROUP) else root["apiVersion"]
    place.refuse(_RULE, f"the line is {shown(kind)} of {shown(version)}, which is no policy", example)
    return None
