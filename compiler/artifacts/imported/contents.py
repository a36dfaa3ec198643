"""Structured files for a document: read where the input found them, with references in place of secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler.apiserver.context import ServerContext
from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs import UnreadableFileError
from compiler.inputs.importers.key_material import literal_secrets
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.node import Node, Source, node_of
from compiler.text import shown_bare
from compiler.upstream.catalog.facts import STRUCTURED

_ENCRYPTION = "EncryptionConfiguration"


class Content(NamedTuple):
    """The content of a structured file; `secrets` describes the secrets that references replace, one line each.

    `content` is None if the document can only name the file; `problem` is the reason, empty if the file is not there.
    """

    content: dict[str, Any] | None
    secrets: tuple[str, ...] = ()
    problem: str = ""


def content_of(context: ServerContext, flag: str, path: str, variables: dict[str, str]) -> Content:
    """Return the content of the structured file that a flag names.

    `variables` are the environment variables that stand for keys, by key; those that are needed are added to it.
    """
    problems: list[Diagnostic] = []
    root = _read(context, flag, path, problems)
    if root is None or not isinstance(root.value, dict):
        return Content(None)
    if problems:
        return Content(None, problem="the file has duplicate keys or is malformed")
    kind = STRUCTURED[flag]
    content = _without_nulls(root.plain())
    secrets = _reference_keys(content, variables) if kind == _ENCRYPTION else []
    rest = literal_secrets(node_of(content), context.catalog.version, kind)
    if rest:
        return Content(None, problem=f"the file contains a secret ({rest[0].description}) that has no reference")
    return Content(content, tuple(secrets))


def _read(context: ServerContext, flag: str, path: str, problems: list[Diagnostic]) -> Node | None:
    """Return the content of a file of the server, which may be in the input; None if it cannot be read."""
    inline = context.input.files.get(path)
    if inline is not None:
        problems += inline.problems
        return inline.content if inline.flag == flag else None
    try:
        data = context.host.read(path)
        if data is None:
            return None
        return parse_as_server(Source(context.host.local(path) or path, data.decode()), problems)
    except (UnreadableFileError, UnicodeDecodeError, KascError):
        return None


def _without_nulls(value: Any) -> Any:
    """Return plain data without null fields, which the server reads as missing and an overlay as removed."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _reference_keys(content: Any, names: dict[str, str]) -> list[str]:
    """Replace the literal keys of an EncryptionConfiguration with variables; return a description of each new one."""
    described = []
    for resources, provider, name, key in _keys(content):
        secret = key["secret"]
        if secret not in names:
            names[secret] = _variable(provider, name, set(names.values()))
            of = f"{shown_bare(provider)} key {shown_bare(name)} of {shown_bare(', '.join(resources))}"
            described.append(f"set the environment variable {names[secret]} to the {of}")
        key["secret"] = {"env": names[secret]}
    return described


def _keys(content: Any) -> Iterator[tuple[list[str], str, str, dict[str, Any]]]:
    """Yield the resources, the provider, the name and the mapping of each literal key."""
    for entry in _mappings(content, "resources"):
        resources = entry.get("resources")
        names = [str(name) for name in resources] if isinstance(resources, list) else []
        for providers in _mappings(entry, "providers"):
            for provider, settings in providers.items():
                for key in _mappings(settings, "keys"):
                    if isinstance(key.get("secret"), str) and key["secret"]:
                        yield names, str(provider), str(key.get("name", "")), key


def _mappings(value: Any, key: str) -> list[dict[str, Any]]:
    """Return the mappings in the list under a key."""
    items = value.get(key) if isinstance(value, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _variable(provider: str, name: str, taken: set[str]) -> str:
    """Return the name of an environment variable for a key: `AESCBC_KEY1`."""
    stem = re.sub("[^A-Z0-9]+", "_", f"{provider}_{name}".upper()).strip("_")[:60]
    stem = stem if stem[:1].isalpha() else f"KEY_{stem}"
    number, variable = 1, stem
    while variable in taken:
        number, variable = number + 1, f"{stem}_{number + 1}"
    return variable
