"""Where the flags of an input come from, as comments of the imported document."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.artifacts.resolved import relative
from compiler.inputs import ServerInput
from compiler.inputs.arguments import Argument


class Origins:
    """The origins of the flags of one input.

    A flag comes from the distribution, from a section of its file, or, if the input has several files, from one of
    their lines. The flags of other inputs have no comment.
    """

    def __init__(self, given: ServerInput) -> None:
        self._file = given.start.file
        self._dialect = given.dialect is not None
        files = {argument.location.file for argument in given.arguments if argument.location is not None}
        self._several = len(files) > 1

    def comment(self, uses: Iterable[Argument]) -> str:
        """Return the origins of the occurrences of one flag; empty if they are obvious."""
        return ", ".join(dict.fromkeys(filter(None, map(self._origin, uses))))

    def _origin(self, argument: Argument) -> str:
        section = section_of_path(argument)
        if argument.origin:
            return f"set by {argument.origin}{f' ({section})' if section else ''}"
        if self._several and argument.location is not None:
            return f"from {relative(argument.location.file, self._file)}:{argument.location.line}"
        return f"from {section}" if self._dialect and section else ""


def section_of_path(argument: Argument) -> str:
    """Return the path of the list or mapping in which a flag is set: without its index or its own name.

    >>> section_of_path(Argument("v", "2", path="apiServer.extraArgs[3]"))
    'apiServer.extraArgs'
    """
    path = argument.path.removesuffix(".value") if argument.path.endswith("].value") else argument.path
    while path.endswith("]") and path[path.rfind("[") + 1 : -1].isdecimal():
        path = path[: path.rfind("[")]
    parent, dot, name = path.rpartition(".")
    return parent if dot and name.replace("_", "-") == argument.flag else path
