"""Flags in the script of a shell that is a string in a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.changes.editing import words
from compiler.changes.editing.pieces import applied
from compiler.changes.editing.trees import decoded_span
from compiler.changes.editing.values import assigned, is_name
from compiler.changes.editing.words import FlagWords, Span, flag_words, for_shell
from compiler.inputs.arguments import Argument
from compiler.inputs.source.node import Node

_NAME = re.compile(r"(?<![\w-])-[\w-]+", re.ASCII)


def is_script(text: str, use: Argument) -> bool:
    """Return whether a string has other words than a use of a flag."""
    parts = assigned(text, use.flag)
    if parts is not None:
        return parts[1] != use.text and re.search(r"\s-", parts[1]) is not None
    if text == use.text or is_name(text, use.flag) or use.name_location is None:
        return False
    return any(is_name(name, use.flag) for name in _NAME.findall(text))


def changed_scripts(node: Node, use: Argument, new: str | None) -> Iterator[str]:
    """Yield scripts in which a use has another value, or is removed for None; the best first."""
    text, flag = str(node.value), _flag(node, use)
    if flag is not None:
        ways = words.deletions(text, flag) if new is None else words.changes(text, flag, new, (for_shell,))
        yield from (applied(text, way) for way in ways)


def extended_scripts(node: Node, use: Argument, word: str) -> Iterator[str]:
    """Yield scripts with another word after a use of a flag; the best first."""
    text, flag = str(node.value), _flag(node, use)
    if flag is not None:
        yield from (applied(text, way) for way in words.insertions(text, flag, for_shell(word)))


def _flag(node: Node, use: Argument) -> FlagWords | None:
    """Return the words of a use in a string; None if its name is not in it."""
    name = decoded_span(node, use.name_location) if use.name_location is not None else None
    value = decoded_span(node, use.location) if use.location is not None else None
    if name is None:
        return None
    return flag_words(str(node.value), Span(*name), Span(*value) if value is not None else None)
