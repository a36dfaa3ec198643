"""`.kasc.toml`, and the table `[tool.kasc]` of pyproject.toml: report options for a whole project."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from compiler.cli.arguments import UsageError
from compiler.cli.reporters import FORMATS
from compiler.diagnostics import KascError, Location, matches
from compiler.filesystem import root_of
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.toml import parse_toml
from compiler.rules import by_code
from compiler.rules.rule import is_own, is_shipped
from compiler.text import did_you_mean, shown

KEYS = {
    "output": "text",
    "quiet": "switch",
    "strict": "switch",
    "select": "codes",
    "ignore": "codes",
    "policy": "policies",
}
"""Option -> type of its value."""


def read_configuration(path: str, text: str) -> dict[str, Any]:
    """Return the options that a file sets. Raises UsageError, with the position, for invalid content."""
    name = os.path.relpath(path)
    try:
        table: Node | None = parse_toml(Source(name, text), [])
    except KascError as error:
        diagnostic = error.diagnostic
        raise _error(diagnostic.location, diagnostic.message, diagnostic.hint) from None
    if os.path.basename(path) == "pyproject.toml":
        for key in ("tool", "kasc"):
            table = table.get(key) if table is not None else None
    if table is None:
        return {}
    if not isinstance(table.value, dict):
        raise _error(table.location, "tool.kasc is not a table", "write [tool.kasc]")
    return {key: _value(table, key, node) for key, node in table.value.items()}


def _value(table: Node, key: str, node: Node) -> Any:
    kind = KEYS.get(key)
    if kind is None:
        hint = did_you_mean(key, KEYS) or f"options are {', '.join(KEYS)}"
        raise _error(table.key_location(key), f"unknown option {shown(key)}", hint)
    value = node.plain()
    if kind == "switch" and not isinstance(value, bool):
        raise _error(node.location, f"{key} must be true or false", f"write {key} = true")
    if kind == "codes":
        if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
            raise _error(node.location, f"{key} must be a list of codes", f'write {key} = ["KASC-ETCD-002"]')
        try:
            return checked_codes(key, value)
        except UsageError as error:
            raise _error(node.location, str(error)) from None
    if kind == "policies":
        return _policies(key, node)
    if kind == "text" and value not in FORMATS:
        hint = did_you_mean(str(value), FORMATS) or f"use {', '.join(FORMATS)}"
        raise _error(node.location, f"invalid value {shown(str(value))} for {key}", hint)
    return value


def _policies(key: str, node: Node) -> list[str]:
    """Return the names of policies; files and directories are relative to the configuration file, in its work tree."""
    value = node.plain()
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise _error(
            node.location, f"{key} must be a list of policies", 'write policy = ["cis", "policies/audit.yaml"]'
        )
    file = node.source.name
    paths = [name if is_shipped(name) else os.path.join(os.path.dirname(file), name) for name in names]
    for path in paths:
        if not is_shipped(path) and (refusal := root_of(file).refusal(path)):
            raise _error(node.location, f"cannot read {shown(path)}: {refusal}", "pass it with --policy")
    return paths


def _error(location: Location | None, message: str, hint: str = "") -> UsageError:
    where = f"{location.file}:{location.line}:{location.column}: " if location else ""
    return UsageError(f"{where}{message}{f': {hint}' if hint else ''}")


def checked_codes(option: str, values: Iterable[str]) -> list[str]:
    """Return the codes and code prefixes in values, which may be comma-separated lists.

    Raises UsageError for an unknown code.
    """
    known = list(by_code())
    ids = {rule.id: rule.code for rule in by_code().values()}
    codes = [code.strip() for value in values for code in value.split(",") if code.strip()]
    for code in codes:
        if code in ids:
            raise UsageError(f"{option}: {code} is the id of a rule, not a code: write {ids[code]}")
        if not is_own(code) and not any(matches(each, code) for each in known):
            families = {each.rpartition("-")[0] for each in known}
            hint = did_you_mean(code, [*known, *families]) or "write for example KASC-ETCD-002, or KASC-ETCD for all"
            if any(matches(each, f"KASC-{code.upper()}") for each in known):
                hint = f"write KASC-{code.upper()}"
            raise UsageError(f"{option}: unknown code {shown(code)}: {hint}")
    return codes
