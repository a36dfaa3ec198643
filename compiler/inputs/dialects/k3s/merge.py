"""How K3s merges the user's arguments of kube-apiserver into its own. K3s: pkg/util/args.go."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.k3s.file import Item
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node

_HYPHENS = "--"
_OPERATORS = "-+"


def argument_name(text: str) -> str:
    """Return the name in `name=value`, with the operator that may follow it, without two leading hyphens."""
    return text.removeprefix(_HYPHENS).partition("=")[0]


def merge(own: dict[str, Word], given: Sequence[Item | tuple[str, Word]]) -> list[Word]:
    """Return the whole command line, sorted by names.

    `own` are the flags that the distribution sets, by name. `given` are items `name=value` of the user, and further
    flags with their names. An item replaces the distribution's own flag of its name, and is added to former items;
    with `name+=` it is added after the own flag, with `name-=` before it. K3s: GetArgs.
    """
    own = dict(own)
    words: dict[str, deque[Word]] = {}
    for each in given:
        name = argument_name(each.text) if isinstance(each, Item) else each[0]
        clean = name.rstrip(_OPERATORS)
        word = _word(each, name, clean) if isinstance(each, Item) else each[1]
        default = own.pop(clean, None)
        uses = words.setdefault(clean, deque())
        if default is not None and name.endswith(("+", "-")):
            uses.append(default)
        if name.endswith("-"):
            uses.appendleft(word)
        else:
            uses.append(word)
    ordered = sorted({*own, *words})
    return [word for name in ordered for word in words.get(name, ()) or [own[name]]]


def _word(item: Item, name: str, clean: str) -> Word:
    """Return the argument of an item, with the positions of its name and value in the file."""
    printed = clean.removeprefix(_HYPHENS)
    _, equals, value = item.text.removeprefix(_HYPHENS).partition("=")
    text = f"{_HYPHENS}{printed}={value if equals else 'true'}"
    node = item.node
    if not equals or not isinstance(node.value, str):
        return Word(text, node.location, item.path, partial(_whole, node))
    name_at = node.value.index(name) + len(clean) - len(printed) if printed else 0
    value_at = node.value.index("=") + 1
    return Word(text, node.location, item.path, partial(_trace, node, len(printed) + 2, name_at, value_at))


def _whole(node: Node, _start: int, _end: int) -> Location:
    return node.location


def _trace(node: Node, length: int, name_at: int, value_at: int, start: int, end: int) -> Location:
    """Return the location of a range of `--name=value`, whose name ends at `length`."""

    text = str(node.value)
    least = -len(_HYPHENS) if text[:name_at].endswith(_HYPHENS) else 0

    def place(index: int) -> int:
        return max(index - len(_HYPHENS), least) + name_at if index <= length else index - length - 1 + value_at

    return place_in(node, place(start), max(place(end), place(start)))
