"""The content of a file that a flag or another file names, from the input itself or from the host's files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler import rules
from compiler.apiserver.context import ConfigFile, NamedFile, ServerContext
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs.schema.decoding import Decoder, as_encoding_json, kind_schema, root_field
from compiler.inputs.schema.field import Field, Findings
from compiler.inputs.server import NotInContainerError, UnreadableFileError
from compiler.inputs.source import is_json, parse_as_server
from compiler.inputs.source.node import Node, Source
from compiler.rules import Rule
from compiler.text import shown
from compiler.text.suggest import did_you_mean


class FileRules(NamedTuple):
    """The rules that a file breaks if it cannot be read, is empty (None: it may be), or cannot be decoded.

    `lenient` is the rule of the warning about unknown and repeated fields if the server only ignores them.
    `recognized` says that the server checks if the file is JSON before it reads it as YAML.
    """

    read: Rule
    empty: Rule | None
    decode: Rule
    lenient: Rule | None = None
    recognized: bool = True


def named_by_field(context: ServerContext, field: Field, path: str = "") -> NamedFile:
    """The file that a field of another file names; `path` where that is not the field's text itself."""
    return NamedFile(context, field.findings.flag, path or field.text, field.refuse)


def load_config(named: NamedFile, kinds: tuple[str, ...], file_rules: FileRules) -> ConfigFile | None:
    """Read and decode a structured file of one of some kinds; reports what the server would refuse.

    None where no mapping covers the path, and where nothing more can be said of the content. Kubernetes:
    apimachinery/pkg/runtime/serializer/codec_factory.go, UniversalDecoder.
    """
    context = named.context
    given = context.host.inline.get(named.path)
    # What a document carries, in itself or in a file beside it, becomes an artifact.
    inline = given is not None and context.input.read_as == "document"
    prefix = (
        f"{context.input.path_of(named.flag, context.catalog)}.content"
        if given is not None and not given.from_source
        else ""
    )
    findings = Findings(context.report, named.flag, prefix)
    problems = list(given.problems) if given is not None else []
    node = given.content if given is not None else read_node(named, file_rules, problems)
    if node is None:
        return None
    return decode_config(context, root_field(node, findings), kinds, file_rules, inline, problems)


def decode_config(
    context: ServerContext,
    root: Field,
    kinds: tuple[str, ...],
    file_rules: FileRules,
    inline: bool = False,
    problems: Iterable[Diagnostic] = (),
) -> ConfigFile | None:
    """Decode the content of a structured file; None after reporting that it is of another kind.

    `problems` are what was found while it was parsed.
    """
    findings = root.findings
    kind = _kind_of(context.catalog.version, root, kinds, file_rules)
    schema = kind_schema(context.catalog.version, kind) if kind else None
    strict = schema is None or schema["x-kasc-strict"]
    for found in problems:
        if strict or found.code != rules.DUPLICATE_KEY.code:
            _report(findings, file_rules.decode, found)
        elif file_rules.lenient:
            _report(findings, file_rules.lenient, found)
    if schema is None:
        return None
    if root.node is not None:
        if schema.get("x-kasc-any-case"):
            root.node = as_encoding_json(root.node, schema)
        Decoder(findings, file_rules.decode, strict, file_rules.lenient).decode(root.node, schema, root.path)
    config = ConfigFile(root, kind, _heading(root, "apiVersion")[-1].text, inline)
    context.config_files.append(config)
    return config


def _report(findings: Findings, rule: Rule, found: Diagnostic) -> None:
    """Report what the parser found as the break of a rule."""
    location = found.location or Location("", 1, 1, 1, 2)
    findings.report.add(diagnose(rule, found.message, found.hint, flag=findings.flag, location=location))


def _heading(root: Field, name: str) -> list[Field]:
    """The fields that the server takes for the kind or the apiVersion: null is as good as nothing there."""
    return [field for field in root.in_any_case(name) if field.given] or [root[name]]


def _kind_of(version: str, root: Field, kinds: tuple[str, ...], file_rules: FileRules) -> str:
    """The kind of a file, as its schema is called; empty after reporting that it is none of those expected."""
    known = {kind: schema for kind in kinds if (schema := kind_schema(version, kind))}
    wanted = next(iter(known))
    required = known[wanted]["x-kasc-required"]
    versions = {kind: schema["properties"]["apiVersion"]["enum"] for kind, schema in known.items()}
    named = {kind: kind.partition(".")[0] for kind in known}
    example = f"write apiVersion: {versions[wanted][0]} and kind: {named[wanted]}"
    if root.given and isinstance(root.node, Node) and not isinstance(root.node.value, dict):
        root.refuse(file_rules.decode, "the file is not a mapping", example)
        return ""
    kinds_given, apis_given = _heading(root, "kind"), _heading(root, "apiVersion")
    for field in kinds_given + apis_given:
        if field.given and not (field.node and isinstance(field.node.value, str)):
            field.refuse(file_rules.decode, f"{field.path} is not a text", example)
            return ""
    kind, api = kinds_given[-1], apis_given[-1]
    name = kind.text or ("" if "kind" in required else named[wanted])
    fitting = [each for each in known if named[each] == name]
    served = [each for each in fitting if api.text in versions[each] or known[each]["x-kasc-any-version"]]
    if not name:
        kind.refuse(file_rules.decode, "the file does not say its kind", example)
    elif not fitting:
        message = f"the kind is {shown(name)}, not {' or '.join(named.values())}"
        kind.refuse(file_rules.decode, message, did_you_mean(name, named.values()) or example)
    elif served or (not api.text and "apiVersion" not in required):
        return (served or fitting)[0]
    elif not api.text:
        api.refuse(file_rules.decode, "the file does not say its apiVersion", example)
    else:
        message = f"{shown(api.text)} is not an apiVersion of {name} that {version} reads"
        api.refuse(
            file_rules.decode, message, f"write {' or '.join(each for kind in fitting for each in versions[kind])}"
        )
    return ""


def read_node(named: NamedFile, file_rules: FileRules, problems: list[Diagnostic]) -> Node | None:
    """The parsed content of a file on the host; None where it is unknown, and after reporting why it cannot be had.

    What does not end the parsing is added to `problems`.
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
    """The text of a file on the host; None where it is unknown, and after reporting what is wrong."""
    data = read_bytes(named, file_rules.read)
    if data is None:
        return None
    if not data and file_rules.empty:
        named.refuse(file_rules.empty, f"{shown(named.path)} is empty", "write its content, or remove its name")
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="replace")
        if file_rules.recognized and is_json(text):
            return text  # Go's reader of JSON replaces what is not UTF-8 as well
        named.refuse(file_rules.decode, f"{shown(named.path)} is not text in UTF-8", "save it as UTF-8")
        return None


def read_bytes(named: NamedFile, rule: Rule) -> bytes | None:
    """The bytes of a file on the host; None where it is unknown, and after reporting that it cannot be read."""
    try:
        return named.context.host.read(named.path)
    except NotInContainerError as problem:
        named.refuse(
            rules.FILE_NOT_IN_CONTAINER, f"{shown(named.path)} is not in the container: {problem}", problem.hint
        )
        return None
    except UnreadableFileError as problem:
        named.refuse(rule, f"{shown(named.path)} cannot be read: {problem}", "make the file, or mend the path")
        return None
