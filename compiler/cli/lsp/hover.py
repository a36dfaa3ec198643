"""What is at a place: the description of `kasc explain`, with the effective value and its origin."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from compiler.cli.explain.describe import describe, field_lines
from compiler.cli.explain.subjects import Subject, subjects_of
from compiler.cli.explain.values import values
from compiler.cli.lsp import choices
from compiler.cli.lsp.expected import Located, option_of, parts_at, schema_for
from compiler.cli.lsp.markdown import content
from compiler.cli.lsp.places import Spot, Word, arguments_at, spot_at, word_at
from compiler.cli.lsp.session import Snapshot
from compiler.inputs.arguments import ANY
from compiler.inputs.schema import Schema, dotted, flag_of
from compiler.rules import by_code
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import section_of

_MAX_SUBJECTS = 4
"""Flags of one place that are described: a field of a distribution may set many."""


def hover(snapshot: Snapshot, position: types.Position, markdown: bool) -> types.Hover | None:
    """Return what is at a position; None if nothing is known about it."""
    if not snapshot.read_as:
        return None
    line, column = snapshot.positions.place(position)
    word, spot = word_at(snapshot, line, column), spot_at(snapshot, line, column)
    lines = _field(spot, snapshot)
    if not lines:
        subjects = list(_subjects(snapshot, line, column, word, spot))[:_MAX_SUBJECTS]
        lines = [text for subject in subjects for text in _described(subject, snapshot)]
    if not lines:
        return None
    where = snapshot.positions.range(word.location) if word is not None else None
    return types.Hover(content(lines, markdown), where)


def _described(subject: Subject, snapshot: Snapshot) -> list[str]:
    lines = describe(subject, snapshot.version)
    examined = snapshot.examined
    if examined is not None and examined.resolved is not None:
        lines += values(subject, examined.resolved, examined.report)
    return lines


def _subjects(snapshot: Snapshot, line: int, column: int, word: Word | None, spot: Spot | None) -> Iterator[Subject]:
    """Yield the subjects at a place: a code, a name in the value of a flag, the flags, or an option group."""
    if word is not None and word.text in by_code():
        yield Subject("code", word.text)
        return
    arguments = arguments_at(snapshot, line, column)
    if spot is not None and spot.is_key:
        node = spot.root.at(spot.path)
        arguments += arguments_at(snapshot, *node.span[:2]) if not isinstance(node.value, dict) else []
    flags = list(dict.fromkeys(each.flag for each in arguments if each.flag != ANY))
    if spot is not None and not flags:
        # An option whose value is invalid is not passed to the server.
        as_document = flag_of(spot.path, snapshot.version) if snapshot.read_as == "document" else ""
        flags = [flag for flag in (as_document or option_of(spot.path, snapshot.version),) if flag]
    for flag in flags:
        if word is not None and (subject := _named(word.text, flag, snapshot.version)) is not None:
            yield subject
            return
    for flag in flags:
        yield from subjects_of(f"--{flag}", snapshot.version)
    if not flags and spot is not None and snapshot.read_as == "document" and len(spot.path) == 1:
        groups = catalog(snapshot.version).groups
        yield from (Subject("group", group) for group in groups if section_of(group) == spot.path[0])


def _named(word: str, flag: str, version: str) -> Subject | None:
    """Return the subject of a name in the value of a flag: a gate, plugin, API or resource."""
    for choice in choices.values(flag, version):
        if choice.label == word and choice.subject[0] not in ("", "flag"):
            return Subject(*choice.subject)
    return None


def _field(spot: Spot | None, snapshot: Snapshot) -> list[str]:
    """Return the description of a field of a document or file by its schema; empty for options, which are flags."""
    located = schema_for(spot.root, spot.path, snapshot) if spot is not None else None
    if located is None or not located.path or _is_name(located, snapshot.version):
        return []
    parts = parts_at(located.schema, located.path)
    part = next((part for part in parts if part.get("description")), None)
    return field_lines(dotted(located.path), part) if part is not None and not _is_option(part) else []


def _is_name(located: Located, version: str) -> bool:
    """Return whether a key of a document is a name in an option that is a map, for example a feature gate."""
    flag = flag_of(located.path, version) if located.is_document else ""
    return flag != "" and len(located.path) > 2 and choices.is_map(flag, version)


def _is_option(part: Schema) -> bool:
    return str(part.get("title", "")).startswith("--") or "properties" in part
