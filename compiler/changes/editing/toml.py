"""Rewriting the text of a TOML document so that it contains other data, with everything else as it was."""

from __future__ import annotations

from typing import Any

from compiler.changes.editing.pieces import Replacement
from compiler.inputs.source.node import Node, Source


def rewrite_toml(source: Source, root: Node, data: Any) -> list[Replacement] | None:
    """Return the replacements in the text of a document after which it has other data; None if there is no way."""
    return None
