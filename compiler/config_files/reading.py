"""The content of a structured file that a flag names, from the input itself or from the host's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.config_files.decoding import Decoder, kind_schema, root_field
from compiler.config_files.field import Field, Findings
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.flags.text import shown
from compiler.host import MissingFile
from compiler.source.node import Node, Source
from compiler.suggest import did_you_mean

if TYPE_CHECKING:
    from compiler.options.group import OptionGroup


class ConfigFile(NamedTuple):
    """A structured file that could be read. `inline` tells that its content stands in a kasc document."""

    root: Field
    kind: str
    api_version: str
    inline: bool


class FileRules(NamedTuple):
    """What a flag's file breaks where it cannot be read, where it is empty, and where it cannot be decoded.

    `lenient` is the rule of the warning about unknown fields where the server only ignores them.
    """

    read: str
    empty: str
    decode: str
    lenient: str = ""


def load_config(
    group: OptionGroup, flag: str, path: str, kinds: tuple[str, ...], rules: FileRules, element: int | None = None
) -> ConfigFile | None:
    """Read and decode the file that a flag names, one of some kinds; reports what the server would refuse.

    None where no mapping covers the path, and where nothing more can be said of the content. Kubernetes:
    apimachinery/pkg/runtime/serializer/codec_factory.go, UniversalDecoder.
    """
    run = group.run
    given = run.host.inline.get(path)
    inline = given is not None and not given.beside
    prefix = f"{run.input.path_of(flag, run.catalog)}.content" if inline else ""
    findings = Findings(run.report, flag, prefix)
    node = given.content if given is not None else read_node(group, flag, path, rules, element)
    if node is None:
        return None
    kind = _kind_of(group, node, kinds, rules.decode, findings)
    schema = kind_schema(run.catalog.version, kind) if kind else None
    if schema is None:
        return None
    Decoder(findings, rules.decode, schema["x-kasc-strict"], rules.lenient).decode(node, schema)
    root = root_field(node, findings)
    return ConfigFile(root, kind, root["apiVersion"].text, inline)


def _kind_of(group: OptionGroup, node: Node, kinds: tuple[str, ...], rule: str, findings: Findings) -> str:
    """The kind of a file; empty after reporting that it is none of those that are expected."""
    root = root_field(node, findings)
    known = {kind: schema for kind in kinds if (schema := kind_schema(group.run.catalog.version, kind))}
    wanted = next(iter(known))
    versions = {kind: schema["properties"]["apiVersion"]["enum"] for kind, schema in known.items()}
    example = f"write apiVersion: {versions[wanted][0]} and kind: {wanted}"
    if not isinstance(node.value, dict):
        root.refuse(rule, "the file is not a mapping", example)
        return ""
    kind, version = root["kind"], root["apiVersion"]
    if not kind.text:
        kind.refuse(rule, "the file does not say its kind", example)
    elif not version.text:
        version.refuse(rule, "the file does not say its apiVersion", example)
    elif kind.text not in known:
        message = f"the kind is {shown(kind.text)}, not {' or '.join(known)}"
        kind.refuse(rule, message, did_you_mean(kind.text, known) or example)
    elif version.text not in versions[kind.text]:
        message = f"{shown(version.text)} is not an apiVersion of {kind.text} that {group.run.catalog.version} reads"
        version.refuse(rule, message, f"write {' or '.join(versions[kind.text])}")
    else:
        return kind.text
    return ""


def read_node(group: OptionGroup, flag: str, path: str, rules: FileRules, element: int | None = None) -> Node | None:
    """The parsed content of a file on the host; None where it is unknown, and after reporting what is wrong."""
    data = read_bytes(group, flag, path, rules.read, element)
    if data is None:
        return None
    if not data:
        message = f"--{flag}: {shown(path)} is empty"
        group.refuse(rules.empty, message, "write its content, or remove the flag", flag, element)
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        message = f"--{flag}: {shown(path)} is not text in UTF-8"
        group.refuse(rules.decode, message, "save it as UTF-8", flag, element)
        return None
    problems: list[Diagnostic] = []
    try:
        node = parse_as_server(Source(group.run.host.local(path) or path, text), problems)
    except KascError as error:
        problems.append(error.diagnostic)
        node = None
    for found in problems:
        location = found.location or Location(path, 1, 1, 1, 2)
        group.run.report.add(diagnose(rules.decode, found.message, found.hint, flag=flag, location=location))
    return node


def read_bytes(group: OptionGroup, flag: str, path: str, rule: str, element: int | None = None) -> bytes | None:
    """The bytes of a file on the host; None where it is unknown, and after reporting that it cannot be read."""
    try:
        return group.run.host.read(path)
    except MissingFile as problem:
        message = f"--{flag}: {shown(path)} cannot be read: {problem}"
        group.refuse(rule, message, "make the file, or mend the path", flag, element)
        return None


def parse_as_server(source: Source, problems: list[Diagnostic]) -> Node:
    """The first document of a file, its scalars as the server reads them.

    What begins with a brace has to be JSON. Adds to `problems` and raises KascError as `parse_yaml` does. Kubernetes:
    apimachinery/pkg/runtime/serializer/recognizer/recognizer.go, Decode.
    """
    from compiler.source.yaml_scalars import resolve_as_server
    from compiler.source.yaml_source import parse_first_yaml

    if source.text.lstrip().startswith("{"):
        _check_json(source)
    return parse_first_yaml(source, problems, resolve_as_server)


def _check_json(source: Source) -> None:
    import json

    try:
        json.loads(source.text)
    except RecursionError:
        return  # the bound on depth says it better
    except ValueError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        where = Location(source.name, line, column, line, column + 1)
        reason = getattr(error, "msg", "malformed")
        message = f"the file begins with a brace and is not JSON: {reason[:1].lower()}{reason[1:]}"
        hint = "mend the JSON, or write it as YAML that does not begin with a brace"
        raise KascError(diagnose("DOC-04", message, hint, location=where)) from None
