"""A Shoot of Gardener, and the flags that its fields decide one by one."""

from __future__ import annotations

from typing import NamedTuple

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.releases import Release
from compiler.inputs.dialects.words import given, set_by
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.upstream.go.strconv import format_duration, parse_duration

TITLE = "Gardener"
SERVER = "spec.kubernetes.kubeAPIServer"


class Shoot(NamedTuple):
    """A Shoot: its document, the release of Gardener, the paths whose values cannot be used, and where it starts."""

    request: Request
    root: Node
    release: Release
    unusable: set[str]
    start: Location

    def field(self, path: str) -> Node | None:
        """Return the value at a path of keys, None if it is absent, null or cannot be used."""
        node = find(self.root, *path.split("."))
        broken = any(path == each or path.startswith(f"{each}.") for each in self.unusable)
        return node if node is not None and node.value is not None and not broken else None

    def server(self, path: str) -> Node | None:
        """Return the value at a path below `SERVER`."""
        return self.field(f"{SERVER}.{path}")

    def key(self, path: str) -> Location:
        """Return the location of the last key of a path."""
        *parents, key = path.split(".")
        parent = find(self.root, *parents) if parents else self.root
        return (parent or self.root).key_location(key)

    @property
    def workers(self) -> list[Node]:
        """The worker pools."""
        return items_of(find(self.root, "spec", "provider", "workers"))

    @property
    def self_hosted(self) -> bool:
        """Whether the control plane runs on nodes of the Shoot itself."""
        return any(find(worker, "controlPlane") is not None for worker in self.workers)

    def gate(self, name: str) -> bool:
        """Return whether a feature gate is enabled, as Gardener sees it: it is unless the Shoot disables it."""
        gates = self.server("featureGates")
        value = gates.get(name) if gates is not None else None
        return value is None or value.value is not False

    def annotation(self, name: str) -> str:
        """Return the value of an annotation, empty if there is none."""
        annotations = find(self.root, "metadata", "annotations")
        return text_of(annotations.get(name)) if annotations is not None else ""

    def fixed(self, flag: str, value: str) -> Word:
        """Return a flag that Gardener sets."""
        return set_by(flag, value, self.start, TITLE)

    def scalar(self, flag: str, path: str, default: str = "") -> list[Word]:
        """Return the flag that a field below `SERVER` decides, or that of the default if there is one."""
        node = self.server(path)
        if node is None:
            return [self.fixed(flag, default)] if default else []
        text = text_of(node) or node.text
        return [given(flag, text, f"{SERVER}.{path}", self.key(f"{SERVER}.{path}"), node.location)]

    def duration(self, flag: str, path: str, default: str = "") -> list[Word]:
        """Return the same for a duration, which Gardener writes as Go does."""
        node = self.server(path)
        if node is None:
            return [self.fixed(flag, default)] if default else []
        text = format_duration(parse_duration(text_of(node)))
        return [given(flag, text, f"{SERVER}.{path}", self.key(f"{SERVER}.{path}"), node.location)]
