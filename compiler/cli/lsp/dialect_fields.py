"""The keys that a manifest or the file of a distribution may have at the cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from compiler.cli.lsp.choices import Choice
from compiler.cli.lsp.cursor import Cursor, Path
from compiler.cli.lsp.session import Snapshot
from compiler.diagnostics import KascError, Problems
from compiler.inputs import DIALECT_KINDS
from compiler.inputs.dialects.fields import fields_of
from compiler.inputs.importers import read_detected
from compiler.inputs.importers.detect import Detected
from compiler.inputs.source.node import Node, text_of
from compiler.upstream.catalog.facts import pod_types

_LISTED = "a list"


def dialect_keys(cursor: Cursor, root: Node, snapshot: Snapshot) -> list[Choice]:
    """Return the keys that the mapping at the cursor may have and does not have yet; none if they are not known."""
    kind = text_of(root.get("kind"))
    if kind in pod_types():
        fields = _pod_fields(kind, cursor.path)
    elif snapshot.read_as in _ROOT_KEYS:
        fields = _ROOT_KEYS[snapshot.read_as](snapshot.read_as) if not cursor.path else {}
    else:
        fields = _observed_fields(cursor.path, root, snapshot)
    return [Choice(key, "field", _type(each)) for key, each in fields.items() if key not in {*cursor.siblings, "*"}]


def _pod_fields(kind: str, path: Path) -> Mapping[str, Any]:
    """Return the fields of a type of Kubernetes at a path below it."""
    types = pod_types()
    for step in path:
        if isinstance(step, int):
            continue
        kind = str(types[kind].get(step, [""])[0]).lstrip("[]*")
        if kind not in types:
            return {}
    return {name: row[0] for name, row in types[kind].items()}


def _observed_fields(path: Path, root: Node, snapshot: Snapshot) -> Mapping[str, Any]:
    """Return the fields that the importer of a dialect compares the mapping at a path with."""
    if snapshot.read_as not in DIALECT_KINDS:
        return {}
    detected, files = Detected(snapshot.read_as, [root]), snapshot.session.files()
    version, host, release = snapshot.settings.version, snapshot.settings.host, snapshot.settings.release
    with suppress(KascError):
        read_detected(detected, snapshot.source, snapshot.path, version, Problems(), files, host, release)
    for length in range(len(path), -1, -1):
        fields = fields_of(root.at(path[:length]))
        if isinstance(fields, Mapping):
            return _below(fields, path[length:])
    return {}


def _below(fields: Any, path: Path) -> Mapping[str, Any]:
    for step in path:
        if isinstance(fields, list) and isinstance(step, int):
            fields = fields[0]
        elif isinstance(fields, Mapping) and isinstance(step, str):
            fields = fields.get(step, fields.get("*"))
        else:
            return {}
    return fields if isinstance(fields, Mapping) else {}


def _type(fields: Any) -> str:
    if isinstance(fields, list):
        return _LISTED
    return "" if isinstance(fields, Mapping) else str(fields)


def _k3s_keys(kind: str) -> Mapping[str, Any]:
    from compiler.inputs.dialects.k3s.settings import known_keys

    return known_keys(kind)


def _kubespray_keys(_: str) -> Mapping[str, Any]:
    from compiler.inputs.dialects.kubespray.defaults import assumed_release, known_variables

    return dict.fromkeys(sorted(known_variables(assumed_release(None))), "")


_ROOT_KEYS: dict[str, Callable[[str], Mapping[str, Any]]] = {
    "k3s": _k3s_keys,
    "rke2": _k3s_keys,
    "kubespray": _kubespray_keys,
}
"""Dialects whose files are flat, and the function that returns their keys."""
