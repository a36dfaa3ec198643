"""Configuration files of the server, inline in the input or on the host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler import rules
from compiler.apiserver.context import ConfigFile, NamedFile, ServerContext
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs import InlineFile, NotInContainerError, UnreadableFileError
from compiler.inputs.schema.decoding import Decoder, as_encoding_json, kind_schema, root_field
from compiler.inputs.schema.field import Field, Findings
from compiler.inputs.source import is_json, parse_as_server
from compiler.inputs.source.node import Node, Source
from compiler.rules import Rule
from compiler.text import did_you_mean, shown


class FileRules(NamedTuple):
    """The rules for a file that cannot be read, is empty (None: an empty file is valid), or cannot be decoded.

    `lenient` is the rule of the warning about unknown and duplicate fields that the server ignores. `recognized` tells
    that the server checks whether the file is JSON before it parses it as YAML.
    """

    read: Rule
    empty: Rule | None
    decode: Rule
    lenient: Rule | None = None
    recognized: bool = True


def named_by_field(context: ServerContext, field: Field, path: str = "") -> NamedFile:
    """Return the file that a field of another file names; `path` if it differs from the value of the field."""
    return NamedFile(context, field.findings.flag, path or field.text, field.report)


def load_config(named: NamedFile, kinds: tuple[str, ...], file_rules: FileRules) -> ConfigFile | None:
    """Read and decode a structured file of one of several kinds; report errors of the server.

    Return None if no mapping covers the path, or the content cannot be checked further.
    Kubernetes: apimachinery/pkg/runtime/serializer/codec_factory.go, UniversalDecoder.
    """
    context = named.context
    inline_file = context.host.inline.get(named.path)
    # Content within a document, or in a source file of it, becomes an artifact.
    inline = inline_file is not None and context.input.read_as == "document"
    findings = Findings(context.report, named.flag, path_of_content(context, inline_file))
    problems = list(inline_file.problems) if inline_file is not None else []
    node = inline_file.content if inline_file is not None else read_node(named, file_rules, problems)
    if node is None:
        return None
    return decode_config(context, root_field(node, findings), kinds, file_rules, inline, problems)


def path_of_content(context: ServerContext, file: InlineFile | None) -> str:
    """Return the path of the content of an inline file in the input; empty for a separate file."""
    if file is None or file.from_source:
        return ""
    option = context.input.path_of(file.flag, context.catalog)
    return f"{option}.content" if option else file.prefix


def decode_config(
    context: ServerContext,
    root: Field,
    kinds: tuple[str, ...],
    file_rules: FileRules,
    inline: bool = False,
    problems: Iterable[Diagnostic] = (),
) -> ConfigFile | None:
    """Decode the content of a structured file; return None after reporting that it is of another kind.

    `problems` are the diagnostics of the parser.
    """
    findings = root.findings
    kind = _kind_of(context.catalog.version, root, kinds, file_rules)
    schema = kind_schema(context.catalog.version, kind) if kind else None
    strict = schema is None or schema["x-kasc-strict"]
    for problem in problems:
        if strict or problem.code != rules.DUPLICATE_KEY.code:
            _report(findings, file_rules.decode, problem)
        elif file_rules.lenient:
            _report(findings, file_rules.lenient, problem)
    if schema is None:
        return None
    if root.node is not None:
        if schema.get("x-kasc-any-case"):
            root.node = as_encoding_json(root.node, schema)
        Decoder(findings, file_rules.decode, strict, file_rules.lenient).decode(root.node, schema, root.path)
    config = ConfigFile(root, kind, _heading(root, "apiVersion")[-1].text, inline)
    context.config_files.append(config)
    return config


def _report(findings: Findings, rule: Rule, problem: Diagnostic) -> None:
    """Report a diagnostic of the parser under a rule."""
    location = problem.location or Location("", 1, 1, 1, 2)
    findings.report.add(diagnose(rule, problem.message, problem.hint, flag=findings.flag, location=location))


def _heading(root: Field, name: str) -> list[Field]:
    """Return the fields that the server decodes as kind or apiVersion; null is the same as missing."""
    return [field for field in root.in_any_case(name) if field.is_set] or [root[name]]


def _kind_of(version: str, root: Field, kinds: tuple[str, ...], file_rules: FileRules) -> str:
    """Return the name of the schema of a file's kind; empty after reporting an unexpected kind."""
    known = {kind: schema for kind in kinds if (schema := kind_schema(version, kind))}
    expected = next(iter(known))
    required = known[expected]["x-kasc-required"]
    versions = {kind: schema["properties"]["apiVersion"]["enum"] for kind, schema in known.items()}
    names = {kind: kind.partition(".")[0] for kind in known}
    example = f"write apiVersion: {versions[expected][0]} and kind: {names[expected]}"
    if root.is_set and isinstance(root.node, Node) and not isinstance(root.node.value, dict):
        root.report(file_rules.decode, "the file is not a mapping", example)
        return ""
    kind_fields, version_fields = _heading(root, "kind"), _heading(root, "apiVersion")
    for field in kind_fields + version_fields:
        if field.is_set and not (field.node and isinstance(field.node.value, str)):
            field.report(file_rules.decode, f"{field.path} is not a string", example)
            return ""
    kind, api = kind_fields[-1], version_fields[-1]
    name = kind.text or ("" if "kind" in required else names[expected])
    matching = [each for each in known if names[each] == name]
    served = [each for each in matching if api.text in versions[each] or known[each]["x-kasc-any-version"]]
    if not name:
        kind.report(file_rules.decode, "the file has no kind", example)
    elif not matching:
        message = f"kind is {shown(name)}, expected {' or '.join(names.values())}"
        kind.report(file_rules.decode, message, did_you_mean(name, names.values()) or example)
    elif served or (not api.text and "apiVersion" not in required):
        return (served or matching)[0]
    elif not api.text:
        api.report(file_rules.decode, "the file has no apiVersion", example)
    else:
        message = f"{version} does not support apiVersion {shown(api.text)} of {name}"
        api.report(
            file_rules.decode, message, f"write {' or '.join(each for kind in matching for each in versions[kind])}"
        )
    return ""


def read_node(named: NamedFile, file_rules: FileRules, problems: list[Diagnostic]) -> Node | None:
    """Return the parsed content of a file on the host; None if it is unknown, or after reporting an error.

    Problems that do not stop the parser are added to `problems`.
    """
    text = read_text(named, file_rules)
    if text is None:
        return None
    try:
        source = Source(named.context.host.local(named.path) or named.path, text)
        return parse_as_server(source, problems, file_rules.recognized)
    except KascError as error:
        _report(Findings(named.context.report, named.flag), file_rules.decode, error.diagnostic)
        return None


def read_text(named: NamedFile, file_rules: FileRules) -> str | None:
    """Return the text of a file on the host; None if it is unknown, or after reporting an error."""
    data = read_bytes(named, file_rules.read)
    if data is None:
        return None
    if not data and file_rules.empty:
        named.report(
            file_rules.empty, f"{shown(named.path)} is empty", "write its content, or remove the reference to it"
        )
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="replace")
        if file_rules.recognized and is_json(text):
            return text  # Go's JSON decoder also replaces invalid UTF-8
        named.report(file_rules.decode, f"{shown(named.path)} is not valid UTF-8", "save it as UTF-8")
        return None


def read_bytes(named: NamedFile, rule: Rule) -> bytes | None:
    """Return the content of a file on the host; None if it is unknown, or after reporting that it cannot be read."""
    try:
        return named.context.host.read(named.path)
    except NotInContainerError as error:
        named.report(rules.FILE_NOT_IN_CONTAINER, f"{shown(named.path)} is not in the container: {error}", error.hint)
        return None
    except UnreadableFileError as error:
        named.report(rule, f"{shown(named.path)} cannot be read: {error}", "create the file, or fix the path")
        return None
