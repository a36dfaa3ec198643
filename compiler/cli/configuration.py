"""`.kasc.toml`, and the table `[tool.kasc]` of a pyproject.toml: how findings are reported, for a whole project."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from compiler.cli.common import UsageError
from compiler.cli.main import FORMS, POLICIES
from compiler.cli.reporters import matches
from compiler.diagnostics import KascError, Location
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.toml import parse_toml
from compiler.rules import by_code
from compiler.text import shown
from compiler.text.suggest import did_you_mean

KEYS = {
    "output": "text",
    "quiet": "switch",
    "strict": "switch",
    "select": "codes",
    "ignore": "codes",
    "policy": "text",
}
"""The options of the same names, each with its kind of value."""


def read_configuration(path: str, text: str) -> dict[str, Any]:
    """The options that a file sets. Raises UsageError, with the place, for what it cannot hold."""
    name = os.path.relpath(path)
    try:
        table: Node | None = parse_toml(Source(name, text), [])
    except KascError as error:
        found = error.diagnostic
        raise _refusal(found.location, found.message, found.hint) from None
    if os.path.basename(path) == "pyproject.toml":
        for key in ("tool", "kasc"):
            table = table.get(key) if table is not None else None
    if table is None:
        return {}
    if not isinstance(table.value, dict):
        raise _refusal(table.location, "tool.kasc is no table", "write [tool.kasc]")
    return {key: _value(table, key, node) for key, node in table.value.items()}


def _value(table: Node, key: str, node: Node) -> Any:
    kind = KEYS.get(key)
    if kind is None:
        hint = did_you_mean(key, KEYS) or f"known are {', '.join(KEYS)}"
        raise _refusal(table.key_location(key), f"{shown(key)} is not an option of kasc", hint)
    value = node.plain()
    if kind == "switch" and not isinstance(value, bool):
        raise _refusal(node.location, f"{key} is neither true nor false", f"write {key} = true")
    if kind == "codes":
        if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
            raise _refusal(node.location, f"{key} is not a list of codes", f'write {key} = ["KASC-ETCD-002"]')
        try:
            return checked_codes(key, value)
        except UsageError as problem:
            raise _refusal(node.location, str(problem)) from None
    words = FORMS if key == "output" else POLICIES
    if kind == "text" and value not in words:
        hint = did_you_mean(str(value), words) or f"write {', '.join(words)}"
        raise _refusal(node.location, f"{key} cannot be {shown(str(value))}", hint)
    return value


def _refusal(location: Location | None, message: str, hint: str = "") -> UsageError:
    where = f"{location.file}:{location.line}:{location.column}: " if location else ""
    return UsageError(f"{where}{message}{f': {hint}' if hint else ''}")


def checked_codes(option: str, given: Iterable[str]) -> list[str]:
    """Codes and beginnings of codes, which may also stand in one text with commas between them.

    Raises UsageError for one that is neither.
    """
    known = list(by_code())
    codes = [code.strip() for text in given for code in text.split(",") if code.strip()]
    for code in codes:
        if not any(matches(each, code) for each in known):
            families = {each.rpartition("-")[0] for each in known}
            hint = did_you_mean(code, [*known, *families]) or "write for example KASC-ETCD-002, or KASC-ETCD for all"
            if any(matches(each, f"KASC-{code.upper()}") for each in known):
                hint = f"write KASC-{code.upper()}"
            raise UsageError(f"{option}: {shown(code)} is not a code: {hint}")
    return codes
