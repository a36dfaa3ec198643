"""The uses of a flag in a tree, and ways to give them another value or to remove them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from compiler.changes.editing.inputs import Input, Step, UseChange
from compiler.changes.editing.scripts import changed_scripts, is_script
from compiler.changes.editing.trees import Path, Tree, assign, in_documents, remove, value_at
from compiler.changes.editing.values import assigned, is_name, written_values
from compiler.inputs.arguments import Argument

_STEP = re.compile(r"\[([0-9]{1,6})\]|([^.\[\]]+)")


class Place(NamedTuple):
    """The paths of a use in a tree: of its value, and of its name, the same if that is not another scalar."""

    tree: Tree
    value: Path
    name: Path


def place_of(tree: Tree, use: Argument) -> Place | None:
    """Return the place of a use in a file, or in a file that a string of it contains; None if there is none."""
    value = tree.path_of(use.location) if use.location is not None else None
    if value is None or use.location is None:
        return None
    inner = tree.inner(value)
    path = inner.path_of(use.location) if inner is not None else None
    if inner is not None and path is not None and len(path) > 1:
        name = inner.path_of(use.name_location) if use.name_location is not None else None
        return Place(inner, path, name or path)
    if isinstance(value_at(tree.data, value), dict) and (stated := _stated(tree, use.path)):
        # The distribution adds to the value, which is located at the section as a whole.
        return Place(tree, stated, stated)
    name = tree.path_of(use.name_location) if use.name_location is not None else None
    return Place(tree, value, name or value)


def _stated(tree: Tree, path: str) -> Path | None:
    """Return a path as `spec.items[0].key` in the first document that has it."""
    steps: list[str | int] = [int(index) if index else key for index, key in _STEP.findall(path)]
    paths = in_documents(tree, tuple(steps)) if steps else iter(())
    return next((each for each in paths if value_at(tree.data, each) is not None), None)


def in_tree(given: Input, tree: Tree, changes: Sequence[UseChange], most: int) -> Iterator[Step]:
    """Yield ways to change uses of one flag that are all in one file, the best first."""
    places = [place_of(tree, change.use) for change in changes]
    located = [(place, change) for place, change in zip(places, changes, strict=True) if place is not None]
    owners = [place.tree for place, _ in located]
    if len(located) != len(changes) or len({each.source.text for each in owners}) != 1:
        return
    # Later items of a list are removed before earlier ones.
    located.sort(key=lambda pair: [step for step in pair[0].value if isinstance(step, int)], reverse=True)
    for variant in range(most):
        data = owners[0].data
        if all(_changes(given, place, data, change, variant) for place, change in located):
            edits = owners[0].replacements(data)
            if edits:
                yield {tree.source.name: edits}


def _changes(given: Input, place: Place, data: list[Any], change: UseChange, variant: int) -> bool:
    """Apply one of the variants of a change to the data; return whether there is this variant."""
    if len(place.value) < 2:
        return False
    current, node = value_at(data, place.value), place.tree.node(place.value)
    if isinstance(current, str) and node is not None and is_script(current, change.use):
        values: Iterator[Any] = changed_scripts(node, change.use, change.text)
    elif change.text is None:
        return variant == 0 and _remove(place, data, change.use)
    else:
        values = written_values(given.reading, place.value, current, change.use, change.text)
    value = next(islice(values, variant, None), None)
    if isinstance(value, list | dict) and not value:
        return _remove(place, data, change.use)
    return value is not None and assign(data, place.value, value)


def _remove(place: Place, data: list[Any], use: Argument) -> bool:
    """Remove a use: its entry, its item, or the pair of a name and a value."""
    parent = place.value[:-1]
    container = value_at(data, parent)
    is_pair = isinstance(container, dict) and is_name(str(container.get("name")), use.flag)
    if is_pair and (place.value[-1] == "value" or place.name == place.value):
        return remove(data, parent)
    if isinstance(container, list) and place.name != place.value and place.name[:-1] == parent:
        # The name is another item, in front of the value.
        return remove(data, place.value) and remove(data, place.name)
    return remove(data, place.value)


def repeated_in_tree(tree: Tree, use: Argument, text: str) -> Iterator[Step]:
    """Yield ways to add another use of a flag after one, in the same form."""
    place = place_of(tree, use)
    if place is None or len(place.value) < 3:
        return
    data = place.tree.data
    items_at, item = _item_of(place, data, use, text)
    items = value_at(data, items_at[:-1])
    last = items_at[-1]
    if isinstance(items, list) and isinstance(last, int):
        name = [value_at(data, place.name)] if place.name != place.value and place.name[:-1] == items_at[:-1] else []
        changed = assign(data, items_at[:-1], [*items[: last + 1], *name, item, *items[last + 1 :]])
    else:
        changed = assign(data, place.value, [value_at(data, place.value), text])
    edits = place.tree.replacements(data) if changed else None
    if edits:
        yield {tree.source.name: edits}


def _item_of(place: Place, data: list[Any], use: Argument, text: str) -> tuple[Path, Any]:
    """Return the path of the item of a list that is a use, and another item of this form."""
    parent = value_at(data, place.value[:-1])
    if isinstance(parent, dict) and is_name(str(parent.get("name")), use.flag) and place.value[-1] == "value":
        return place.value[:-1], {**parent, "value": text}
    current = value_at(data, place.value)
    parts = assigned(current, use.flag) if isinstance(current, str) else None
    return place.value, f"{parts[0]}{text}" if parts else text


def is_shared(given: Input, use: Argument) -> bool:
    """Return whether the value of a use is in a part of its file that has an anchor, to which another part refers."""
    tree = given.tree(use.location.file) if use.location is not None else None
    place = place_of(tree, use) if tree is not None else None
    return place is not None and place.tree.is_repeated(place.value)
