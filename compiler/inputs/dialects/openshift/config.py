"""A KubeAPIServerConfig of OpenShift, and the flags that its fields decide one by one."""

from __future__ import annotations

from typing import NamedTuple

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.releases import Release
from compiler.inputs.dialects.words import given, set_by
from compiler.inputs.source.node import Node, find, items_of, text_of

TITLE = "OpenShift"


class Config(NamedTuple):
    """A KubeAPIServerConfig: its document, the release, and the paths whose values cannot be used."""

    request: Request
    root: Node
    release: Release
    unusable: set[str]

    @property
    def start(self) -> Location:
        """Where the configuration starts."""
        return self.root.key_location("kind")

    def field(self, path: str) -> Node | None:
        """Return the value at a path of keys, None if it is absent, null, empty or cannot be used."""
        node = find(self.root, *path.split("."))
        broken = any(path == each or path.startswith(f"{each}.") for each in self.unusable)
        return node if node is not None and node.value not in (None, "", [], 0) and not broken else None

    def key(self, path: str) -> Location:
        """Return the location of the last key of a path."""
        *parents, key = path.split(".")
        parent = find(self.root, *parents) if parents else self.root
        return (parent or self.root).key_location(key)

    def text(self, flag: str, path: str, default: str = "") -> list[Word]:
        """Return the flag that a string or number decides, or that of its default, which may be empty."""
        node = self.field(path)
        if node is None:
            return [set_by(flag, default, self.start, TITLE)]
        text = text_of(node) or str(node.value)
        return [given(flag, node if text_of(node) else text, path, self.key(path), node.location)]

    def each(self, flag: str, path: str, defaults: tuple[str, ...] = ()) -> list[Word]:
        """Return one flag for each item of a list, or for each default."""
        items = items_of(self.field(path))
        if not items:
            return [set_by(flag, text, self.start, TITLE) for text in defaults]
        return [given(flag, item, f"{path}[{index}]", self.key(path)) for index, item in enumerate(items)]
