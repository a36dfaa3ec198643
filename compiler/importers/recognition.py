"""What only resembles a kasc document or flags of kube-apiserver: files of other tools have some words in common."""

from __future__ import annotations

import re
from functools import cache

from compiler.catalog import catalog, key_of, nearest, removed_names, section_of, versions
from compiler.source.node import Node

_OWN = frozenset(("kubernetesVersion", "metadata", "extends", "extraFlags", "deployment"))
_METADATA = frozenset(("name",))
_COMMON = frozenset(("help", "version", "v"))
"""Options whose names say nothing about the tool."""
_FLAG = r"""(?:^|[\s"'=])--([A-Za-z][A-Za-z0-9_-]*)"""


def seems_document(root: Node) -> bool:
    """Whether a mapping without apiVersion and kind may be a kasc document.

    It has two or more of kasc's own keys and nothing that belongs to another tool: no other key at the top, and no
    option group without a single option in it.
    """
    if not isinstance(root.value, dict):
        return False
    known = _OWN | _sections()
    own = {key: node for key, node in root.value.items() if key in known}
    if len(own) < 2 or any(_is_foreign(key, node) for key, node in own.items()):
        return False
    return all(key in known or _resembles(key, known) for key in root.value)


def are_flags(text: str) -> bool | None:
    """Whether a text certainly has flags of kube-apiserver, which takes most of them, or only may have; None for two or
    more flags of which no kube-apiserver takes any, correctly spelled or not.
    """
    names = {name.replace("_", "-") for name in re.findall(_FLAG, text)}
    known = _flags()
    if len(names) > 1 and names.isdisjoint(known) and not any(_resembles(name, known) for name in names):
        return None
    return 2 * len(names & known) > len(names)


def _is_foreign(key: str, node: Node) -> bool:
    """Whether a value under one of kasc's own keys holds something else than kasc has there."""
    if not isinstance(node.value, dict) or not node.value or key == "extraFlags":
        return False
    inside = _METADATA if key == "metadata" else _deployment() if key == "deployment" else _keys()
    return inside.isdisjoint(node.value) and not any(_resembles(name, inside) for name in node.value)


def _resembles(name: str, known: frozenset[str]) -> bool:
    from compiler.suggest import closest

    return len(name) < 80 and bool(closest(name, known))


@cache
def _sections() -> frozenset[str]:
    return frozenset(section_of(group) for version in versions() for group in catalog(version).groups)


@cache
def _flags() -> frozenset[str]:
    return frozenset((*(name for version in versions() for name in catalog(version).flags), *removed_names("flags")))


@cache
def _keys() -> frozenset[str]:
    """The keys of all options of all versions, whatever their group: a wrong group is a common mistake."""
    return frozenset(key_of(name) for version in versions() for name in catalog(version).flags) - _COMMON


@cache
def _deployment() -> frozenset[str]:
    from compiler.schema.apply import load_schema

    return frozenset(load_schema(nearest(None), "apiserver.schema.json")["properties"]["deployment"]["properties"])
