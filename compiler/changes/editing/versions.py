"""Setting the Kubernetes version of an input, in the file that states it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.changes.editing.inputs import Input, Step
from compiler.changes.editing.pieces import Replacement
from compiler.changes.editing.trees import assign, value_at
from compiler.inputs.source.node import Lines

_VERSION = re.compile(r"(?P<v>v?)1\.[0-9]{1,3}(?P<patch>\.[0-9]{1,4})?(?![0-9.])")


def version_steps(given: Input, version: str) -> Iterator[Step]:
    """Yield ways to write another version where the input states its own; with a patch number if that has one."""
    location = given.reading.server.version_location
    if location is None or location.file not in given.texts:
        return
    tree = given.tree(location.file)
    path = tree.path_of(location) if tree is not None else None
    current = value_at(tree.data, path) if tree is not None and path is not None else None
    if tree is not None and path is not None and isinstance(current, str):
        new = _replaced(current, version)
        edits = tree.with_data(lambda data: assign(data, path, new)) if new else None
        if edits:
            yield {location.file: edits}
        return
    text = given.texts[location.file].after
    start, end = Lines(text).span(location)
    if (new := _replaced(text[start:end], version)) and not (tree and path and tree.is_repeated(path)):
        yield {location.file: [Replacement(start, end, new)]}


def _replaced(text: str, version: str) -> str:
    """Return a text with another version, empty if it has none.

    >>> _replaced("registry.k8s.io/kube-apiserver:v1.35.2", "1.36"), _replaced("1.35", "1.36")
    ('registry.k8s.io/kube-apiserver:v1.36.0', '1.36')
    """
    matches = list(_VERSION.finditer(text))
    if not matches or "@" in text:
        return ""
    match = matches[-1]
    number = version.removeprefix("v")
    if match["patch"] and number.count(".") == 1:
        number += ".0"
    elif not match["patch"]:
        number = ".".join(number.split(".")[:2])
    return text[: match.start()] + match["v"] + number + text[match.end() :]
