"""The resolved config: what the server would run with, and where each value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.upstream.flag_values import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.health.checks import HealthChecks
    from compiler.apiserver.storage.factory import StorageFactory
    from compiler.apiserver.storage.resource_config import ResourceConfig


class Provenance(NamedTuple):
    """The step that set a value, and the flags that it was reckoned from."""

    step: str
    flags: tuple[str, ...]


Origin = tuple[str, tuple[str, ...]]
"""The same as a bare tuple, of which every server has some hundreds."""


class ResolvedConfig:
    """Everything effective, under dotted paths in the order in which the start-up sets it.

    `values` holds plain data. What later steps and the artifacts compute with has a field of its own: the health
    checks, the resource config, the storage factory. `origins` has step and flags of each value, as `Provenance`.
    """

    def __init__(self) -> None:
        self.step = ""
        self.values: dict[str, Any] = {}
        self.origins: dict[str, Origin] = {}
        self.health: HealthChecks | None = None
        self.resource_config: ResourceConfig | None = None
        self.storage_factory: StorageFactory | None = None

    def set(self, path: str, value: Any, *flags: str) -> None:
        """Set a value; `flags` are those it was reckoned from."""
        self.values[path] = value
        self.origins[path] = (self.step, flags)

    @property
    def provenance(self) -> dict[str, Provenance]:
        """What set each value."""
        return {path: Provenance(*origin) for path, origin in self.origins.items()}

    def flags_of(self, path: str) -> tuple[str, ...]:
        """The flags that a value was reckoned from."""
        return self.origins[path][1]

    def set_duration(self, path: str, nanoseconds: int, *flags: str) -> None:
        """Set a duration, in Go's spelling (`1m0s`)."""
        self.set(path, format_duration(nanoseconds), *flags)

    def get(self, path: str, default: Any = None) -> Any:
        """A value that an earlier step set."""
        return self.values.get(path, default)

    def tree(self) -> dict[str, Any]:
        """The values as nested maps."""
        return nested(self.values)


def nested(values: dict[str, Any]) -> dict[str, Any]:
    """Values under dotted paths as nested maps, in the order in which the paths first come to each of them."""
    root: dict[str, Any] = {}
    levels: dict[str, dict[str, Any]] = {"": root}
    for path, value in values.items():
        parent, _, leaf = path.rpartition(".")
        level = levels.get(parent)
        if level is None:
            level = root
            for name in parent.split("."):
                level = level.setdefault(name, {})
            levels[parent] = level
        level[leaf] = value
    return root
