"""The command line that Talos passes to kube-apiserver: its own flags, merged with the user's extraArgs.

Talos: pkg/argsbuilder/argsbuilder_args.go, Args.Merge and Args.Args.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.talos.documents import TITLE, Findings, Place, scalar_text
from compiler.inputs.dialects.talos.facts import Policies
from compiler.inputs.dialects.words import given
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node
from compiler.text import shown

Words = dict[str, list[Word]]
"""Flag -> its uses, in order."""
_VARIABLE = r"\$\([A-Za-z_.-][A-Za-z0-9_.-]*\)"
"""A reference that the kubelet replaces in the command of a container."""


class ExtraArg(NamedTuple):
    """A key of extraArgs: its location and path, its values in order, none if the value removes the flag."""

    name_at: Location
    path: str
    values: list[Node]


class Item(NamedTuple):
    """An item of a list in one flag: `node` and `offset` are where the user wrote it, `at` is where Talos adds it."""

    text: str
    node: Node | None = None
    offset: int = 0
    at: Location | None = None


def extra_args(section: Place, lists: bool, findings: Findings) -> dict[str, ExtraArg]:
    """Return the user's flags; `lists` is set if the release takes lists, and removes a flag by an empty value.

    Talos: pkg/machinery/config/types/meta/args.go, ArgValue; before 1.13 a map of strings.
    """
    if not section.is_set or section.node is None:
        return {}
    if not isinstance(section.node.value, dict):
        message = "extraArgs is not a mapping: Talos cannot read the file"
        findings.refuse(message, "write name: value for each flag", section.path, section.location)
        return {}
    result = {}
    for key, node in section.node.value.items():
        path = f"{section.path}.{key}"
        values = _values(node, path, lists, findings)
        if values is not None:
            result[key] = ExtraArg(section.node.key_location(key), path, values)
    return result


def _values(node: Node, path: str, lists: bool, findings: Findings) -> list[Node] | None:
    """Return the values of a flag; None after reporting that Talos cannot decode them."""
    value = node.value
    is_list = isinstance(value, list) and not any(isinstance(item.value, dict | list) for item in value)
    if isinstance(value, dict | list) and not (lists and is_list):
        name = path.rpartition(".")[2]
        accepted = "a string or a list of strings" if lists else "a string"
        hint = f"write {accepted}"
        if is_list:
            hint = "join the values by commas; lists are accepted from Talos 1.13 on"
        findings.refuse(f"{name} is not {accepted}: Talos cannot read the file", hint, path, node.location)
        return None
    if isinstance(value, list):
        return list(value)
    return [node] if scalar_text(node) or not lists else []


def merge(
    defaults: Words, extra: dict[str, ExtraArg], policies: Policies, lists: bool, findings: Findings
) -> list[Word]:
    """Return the whole command line, sorted by flag; report the flags that the user may not set."""
    merged = dict(defaults)
    for flag, argument in extra.items():
        if flag in policies.denied:
            message = f"Talos does not allow {shown(flag)} in extraArgs"
            findings.refuse(message, "remove it: Talos sets this flag itself", argument.path, argument.name_at)
        elif flag in policies.additive:
            merged[flag] = [_extended(flag, defaults.get(flag, []), argument, lists)]
        else:
            merged[flag] = [_given(flag, argument, index) for index in range(len(argument.values))]
    return [word for flag in sorted(merged) for word in merged[flag]]


def _given(flag: str, argument: ExtraArg, index: int) -> Word:
    node = argument.values[index]
    path = f"{argument.path}[{index}]" if len(argument.values) > 1 else argument.path
    return given(flag, node if node.value is not None else "", path, argument.name_at, node.location, _variable(node))


def _variable(*nodes: Node) -> str:
    """Return the first variable in values that the kubelet replaces, empty if there is none."""
    match = next((match for node in nodes if (match := re.search(_VARIABLE, scalar_text(node)))), None)
    return match[0] if match else ""


def _extended(flag: str, defaults: Sequence[Word], argument: ExtraArg, lists: bool) -> Word:
    """Return the flag of Talos with the user's items after its own.

    From 1.13 on, empty and repeated items are dropped; before, only items that Talos has itself.
    """
    own = [Item(text, at=word.location) for word in defaults for text in word.text.partition("=")[2].split(",")]
    defined = {item.text.strip() for item in own} or {""}
    items = [item for item in own if item.text]
    for node in argument.values:
        for item in _split(node):
            if item.text not in defined and (item.text or not lists):
                items.append(item)
                if lists:
                    defined.add(item.text)
    if all(item.node is None for item in items) and defaults:
        return defaults[0]
    return joined(flag, items, argument.name_at, argument.path, "", _variable(*argument.values))


def _split(node: Node) -> list[Item]:
    """Return the items of a value that are separated by commas, without white space around them."""
    items, start = [], 0
    for part in scalar_text(node).split(","):
        text = part.strip()
        items.append(Item(text, node, start + (part.index(text) if text else 0)))
        start += len(part) + 1
    return items


def joined(
    flag: str, items: Sequence[Item], name_at: Location, path: str, origin: str = TITLE, unknown: str = ""
) -> Word:
    """Return a flag whose items are at different places; those without one are at that of the name."""
    text = f"--{flag}="
    starts = []
    for index, item in enumerate(items):
        text += "," if index else ""
        starts.append(len(text))
        text += item.text
    return Word(text, name_at, path, partial(_trace, items, starts, name_at), unknown, origin)


def _trace(items: Sequence[Item], starts: Sequence[int], name_at: Location, first: int, last: int) -> Location:
    """Return the location of a range of characters of a word of `joined`."""
    for item, start in zip(items, starts, strict=True):
        end = start + len(item.text)
        if start <= first <= end:
            if item.node is None:
                return item.at or name_at
            return place_in(item.node, first - start + item.offset, min(last, end) - start + item.offset)
    return name_at
