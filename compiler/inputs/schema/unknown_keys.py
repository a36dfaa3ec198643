"""Diagnostics for unknown keys of a document: misspelled, misplaced, renamed or removed ones."""

from __future__ import annotations

from typing import Any

from compiler import rules
from compiler.diagnostics import Diagnostic, diagnose
from compiler.inputs.schema import Path, top_level_keys, wrapped_keys
from compiler.inputs.source.node import Node
from compiler.text import shown
from compiler.text.suggest import Suggestion, Suggestions
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import key_of, section_of, span, versions
from compiler.upstream.catalog.history import flag_advice, removal, removed_names
from compiler.upstream.flag_kinds import STRUCTURED


def unknown_key(
    node: Node, path: Path, key: str, known: dict[str, Any], version: str, suggestions: Suggestions
) -> Diagnostic:
    """Return SCHEMA-01 for an unknown key of a mapping."""
    message, hint = _key_message(path, key, known, catalog(version), suggestions)
    child = node.get(key)
    if child is not None and not hint.startswith("did you mean"):
        hint = _placement_hint(path, key, child, version) or hint
    if isinstance(hint, Suggestion) and _is_taken(node, key, hint.new):
        hint = str(hint)
    full = (*path, key)
    return diagnose(
        rules.UNKNOWN_KEY,
        message,
        hint,
        path=dotted(full),
        flag=flag_of(full, version),
        location=node.key_location(key),
    )


def _is_taken(node: Node, key: str, name: str) -> bool:
    """Return whether renaming a key to `name` would make a duplicate key in the same layer.

    TOML may define the parts of a list or table in several places.
    """
    other, renamed = node.get(name), node.get(key)
    if other is None or renamed is None or other.source is not renamed.source:
        return False
    return not (isinstance(other.value, list | dict) and renamed.source.name.endswith(".toml"))


def _placement_hint(path: Path, key: str, child: Node, version: str) -> str:
    """Return the hint for a key, or a mapping around keys, that belongs elsewhere; empty if it does not."""
    wrapped = wrapped_keys(child, version)
    if not path and wrapped:
        return f"move {', '.join(wrapped)} out of {key}, to the top level"
    if len(path) == 2 and flag_of(path, version) in STRUCTURED:
        return f"move {key} under content"
    if key in top_level_keys(version):
        return f"move {key} one level up: it is a top-level key"
    flags = catalog(version).flags
    if not path and isinstance(child.value, dict) and any(name.lstrip("-") in flags for name in child.value):
        return "write flags by their names under extraFlags"
    return ""


def _key_message(
    path: Path, key: str, known: dict[str, Any], current: Catalog, suggestions: Suggestions
) -> tuple[str, str]:
    place = f"{dotted(path)}." if path else ""
    message = f"unknown key {shown(key)} in {dotted(path) or 'the document'}"
    if len(path) > 1 or (path and path[0] in ("metadata", "deployment", "extraFlags")):
        return message, suggestions.did_you_mean(key, known) or f"known keys are {', '.join(known)}"
    spelled = key_of(key.replace("_", "-").lstrip("-")) if "-" in key or "_" in key else key
    if spelled in known:
        return message, Suggestion(f"write {place}{spelled}", key, spelled)
    for group, options in current.groups.items():
        if spelled in options:
            return message, f"write it in the group {section_of(group)}: {section_of(group)}.{spelled}"
    for version in versions():
        for options in catalog(version).groups.values():
            if spelled in options:
                return _other_version(spelled, options[spelled].name, current.version)
    removed_flags = {key_of(name): name for name in removed_names("flags")}
    if spelled in removed_flags:
        entry = removal("flags", removed_flags[spelled], current.version) or {}
        message = f"--{removed_flags[spelled]} was removed in {entry['removed']}" if "removed" in entry else message
        use, advice = entry.get("replacement", ""), flag_advice(removed_flags[spelled])
        successor = key_of(use) if entry.get("successor") else ""
        if successor in known:
            return message, Suggestion(f"use {use}: write {place}{successor}", key, successor)
        return message, advice or (f"use {use}" if use else "remove it")
    if not path and key in ("name", "labels"):
        return message, f"write metadata.{key}"
    candidates = [
        *known,
        *(f"{section_of(group)}.{name}" for group, options in current.groups.items() for name in options),
    ]
    short = suggestions.did_you_mean(key, known)
    return message, short or suggestions.did_you_mean(
        f"{place}{key}", candidates
    ) or "see `kasc explain` for the keys of a group"


def _other_version(key: str, flag: str, version: str) -> tuple[str, str]:
    supported = [each for each in versions() if flag in catalog(each).flags]
    entry = removal("flags", flag, version)
    message = f"{key} (--{flag}) exists in {span(supported)}, not in {version}"
    use = (entry or {}).get("replacement", "")
    return message, f"use {use}" if use else "remove it, or compile for a version that has it"


def dotted(path: Path) -> str:
    """Return a path in a document as `etcd.etcdServers[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def flag_of(path: Path, version: str) -> str:
    """Return the flag of a path in a document, empty if it has none."""
    if len(path) < 2:
        return ""
    for group, options in catalog(version).groups.items():
        if section_of(group) == path[0] and path[1] in options:
            return options[str(path[1])].name
    return ""
