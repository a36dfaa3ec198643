"""A resolved server as risks and policies look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.config_files.field import Field
    from compiler.diagnostics import Location
    from compiler.pipeline import Resolved


class View:
    """Options and resolved values of one server, with the places in its input."""

    def __init__(self, resolved: Resolved) -> None:
        self.options, self.config = resolved
        self.flags = self.options.flags
        self.catalog = self.options.catalog
        self.given = self.options.input

    @property
    def alone(self) -> bool:
        """Whether the input is a structured file, of whose server nothing is known."""
        return self.given.read_as == "config-file"

    @property
    def authorizers(self) -> list[str] | None:
        """The types of the authorizers in order; None where they are in a file that cannot be had."""
        chain = self.options.authorization.chain
        return None if chain is None else [str(one["type"]) for one in chain]

    def file(self, flag: str) -> Field | None:
        """The content of the structured file that a flag names; None where it cannot be had."""
        for found in self.options.config_files:
            if found.root.findings.flag == flag:
                return found.root
        return None

    def place(self, flag: str, element: int | None = None) -> tuple[str, Location | None]:
        """Path and location of a flag or an element of its list; where it is not given, those it would have."""
        spec = self.catalog.flags.get(flag)
        path = self.flags.path(flag, element) or self.given.path_of(flag, self.catalog)
        location = self.flags.location(flag, element)
        return path, location or self.given.section_location(spec.group if spec else "")
