"""YAML parsed strictly to nodes with positions, on libyaml's event stream."""

from __future__ import annotations

from collections.abc import Callable

from yaml import YAMLError

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, Problems, diagnose
from compiler.inputs.source.node import Node, Scalar, Source
from compiler.inputs.source.yaml_builder import Builder
from compiler.inputs.source.yaml_dialects import QuoteEscapes, with_last_break
from compiler.inputs.source.yaml_errors import check_characters, syntax_error
from compiler.inputs.source.yaml_scalars import resolve


def parse_yaml(source: Source, problems: list[Diagnostic]) -> Node:
    """Parse the only document of a YAML file.

    Errors that do not stop parsing (duplicate keys, tags, aliases, numbers out of bounds) are added to `problems`.
    Raises KascError: DOC-02 if a bound is exceeded, DOC-04 for a syntax error, DOC-09 for no or several documents.
    """
    documents = parse_yaml_all(source, problems)
    if len(documents) == 1:
        return documents[0]
    if documents:
        message = f"the file has {len(documents)} YAML documents, expected one"
        raise KascError(
            diagnose(
                rules.NOT_ONE_YAML_DOCUMENT,
                message,
                "put each document into a separate file",
                location=documents[1].location,
            )
        )
    where = Location(source.name, 1, 1, 1, 1)
    raise KascError(
        diagnose(
            rules.NOT_ONE_YAML_DOCUMENT, "the file has no YAML document", "start with 'key: value'", location=where
        )
    )


def parse_yaml_all(
    source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar] = resolve
) -> list[Node]:
    """Parse every document of a YAML file, in order, without the empty ones.

    `resolve_plain` returns the value of a plain scalar. Adds to `problems` and raises KascError (DOC-02, DOC-04) as
    `parse_yaml` does.
    """
    return _parse(source, problems, resolve_plain, only_first=False)


def parse_first_yaml(source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar]) -> Node:
    """Parse the first document of a YAML file, which may be empty; the rest of the file is not read.

    Adds to `problems` and raises KascError (DOC-02, DOC-04) as `parse_yaml` does.
    """
    documents = _parse(source, problems, resolve_plain, only_first=True)
    return documents[0] if documents else Node(None, source, (1, 1, 1, 1))


def _parse(
    source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar], only_first: bool
) -> list[Node]:
    text = source.body
    check_characters(source, text)
    parse_problems = Problems()
    as_server = resolve_plain is not resolve
    if not as_server:
        node = _json(source, text, problems) if text.lstrip(" \t\r\n").startswith("{") else None
        if node is not None:
            return [node]
        text = with_last_break(text)
    quotes = QuoteEscapes(text)
    try:
        while True:
            try:
                return Builder(source, quotes, parse_problems, resolve_plain).documents(only_first)
            except YAMLError as error:
                if not (as_server and quotes.replace(error)):
                    raise syntax_error(source, text, error) from None
                parse_problems.clear()
    except (ValueError, OverflowError):  # escapes that the pure Python parser does not check
        where = Location(source.name, 1, 1, 1, 1)
        message = "an escape or a version number is out of range"
        raise KascError(diagnose(rules.SYNTAX_ERROR, message, location=where)) from None
    finally:
        problems += parse_problems


def _json(source: Source, text: str, problems: list[Diagnostic]) -> Node | None:
    """Parse a document as JSON, not all of which libyaml accepts; return None if it is not JSON."""
    from compiler.inputs.source.json import JsonSyntaxError, parse_json

    json_problems = Problems()
    try:
        node = parse_json(Source(source.name, text), json_problems, as_server=False)
    except JsonSyntaxError:
        return None
    problems += json_problems
    return node
