"""Parts of a document's values that are known only at run time: variables of the container, and placeholders."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.inputs.arguments import Argument
from compiler.inputs.importers.container import references
from compiler.inputs.source.node import Node, items_of, text_of


class Placeholders:
    """The unknown parts of values that a section `deployment` declares.

    These are its `placeholders`, and `$(NAME)` for each variable in `env` with a `valueFrom`.
    """

    def __init__(self, deployment: Node | None) -> None:
        self.variables: frozenset[str] = frozenset()
        self.texts: tuple[str, ...] = ()
        if deployment is not None:
            self.variables = frozenset(
                text_of(entry.get("name"))
                for entry in items_of(deployment.get("env"))
                if entry.get("valueFrom") is not None
            )
            self.texts = tuple(filter(None, map(text_of, items_of(deployment.get("placeholders")))))

    def __bool__(self) -> bool:
        """Return whether any part is declared."""
        return bool(self.variables or self.texts)

    def first_in(self, text: str) -> str:
        """Return the first unknown part of a value; empty if the whole value is known."""
        if self.variables and "$(" in text:
            for reference in references(text):
                if reference.name in self.variables:
                    return text[reference.start : reference.end]
        return next((part for part in self.texts if part in text), "")

    def marked(self, arguments: Iterable[Argument]) -> list[Argument]:
        """Return the arguments; those with an unknown part in their values are marked as unknown."""
        if not self:
            return list(arguments)
        return [
            argument if argument.unknown else argument._replace(unknown=self.first_in(argument.text))
            for argument in arguments
        ]
