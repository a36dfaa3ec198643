"""An input under edit: the current texts of its files, and what kasc reads of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from compiler.changes.editing.pieces import EditedText, Replacement
from compiler.changes.editing.reading import Reading
from compiler.changes.editing.trees import Tree, parser_of
from compiler.changes.editing.words import Styles, for_environment, for_shell, for_unit, verbatim
from compiler.diagnostics import KascError
from compiler.inputs.arguments import Argument
from compiler.inputs.source.node import Source

Step: TypeAlias = dict[str, list[Replacement]]
"""Edits of the current texts of files, by name."""
TEXT_KINDS: Mapping[str, Styles] = {
    "argv": (verbatim,),
    "flags": (for_shell,),
    "microk8s": (verbatim,),
    "systemd": (for_unit, for_environment, for_shell),
}
"""The kinds of files that are not trees, and how words are written in them."""


class UseChange(NamedTuple):
    """A use of a flag and its new value as text of the command line; None if the use is removed."""

    use: Argument
    text: str | None


class Input:
    """The current texts of the files of an input, and what kasc reads of them."""

    def __init__(self, texts: Mapping[str, EditedText], reading: Reading) -> None:
        self.texts = texts
        self.reading = reading
        self._trees: dict[str, Tree | None] = {}

    @property
    def kind(self) -> str:
        """The kind of the input."""
        return self.reading.server.read_as

    def tree(self, name: str) -> Tree | None:
        """Return the tree of a file, None if it is not one."""
        if name not in self._trees:
            self._trees[name] = None
            if name in self.texts and self.kind not in TEXT_KINDS:
                with suppress(KascError):
                    self._trees[name] = Tree(Source(name, self.texts[name].after), parser_of(self.kind))
        return self._trees[name]
