"""Rewriting the text of a YAML or JSON file so that it contains other data, with everything else as it was.

The data before and after are compared, and each difference is an edit of the text at its place. The result is read
again: it has to contain exactly the data that was asked for, so an edit is never a guess. What an anchor shares is not
edited, because the data would change at another place as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product
from typing import Any

from compiler.changes.editing.data import CannotRewriteError, Parse, contains
from compiler.changes.editing.pieces import Replacement, narrowed, without_overlaps
from compiler.changes.editing.yaml_writer import YamlWriter
from compiler.inputs.source.node import Node, Source

_MOST_WAYS = 16


def rewrite(source: Source, documents: Sequence[Node], data: Sequence[Any], parse: Parse) -> list[Replacement] | None:
    """Return the replacements in the text of a file after which its documents are `data`; None if there is no way.

    `documents` are the parsed documents of the file, and `parse` returns those of another text.
    """
    writer = YamlWriter(source)
    try:
        if not documents:
            writer.append(data[0])
        for node, new in zip(documents, data, strict=bool(documents)):
            writer.change(node, new, in_flow=False)
    except CannotRewriteError:
        return None
    for ways in islice(product(*writer.edits), _MOST_WAYS):
        replacements = [narrowed(source.body, each) for way in ways for each in way]
        if without_overlaps(replacements) and contains(source, replacements, data, parse):
            return replacements
    return None
