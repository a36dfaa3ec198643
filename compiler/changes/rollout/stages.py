"""The stages of a rollout: one configuration of all servers each, from the old one to the new one.

Every recipe says which values its flags have in the stages `accept` and `switch`; in the stage `drop`, every flag has
its new value. Flags that need no stages of their own change as early as possible, or while all servers are stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler.changes.effects import whole_of
from compiler.changes.rollout.configuration import (
    UNSET,
    Configuration,
    Value,
    configuration_of,
    differing,
)
from compiler.changes.rollout.recipes import ACCEPT, BINARY, CHANGE, DROP, EMULATION, SWITCH, UPGRADE
from compiler.changes.rollout.uses import Use, uses_of
from compiler.changes.rollout.ways import Side, between
from compiler.inputs.arguments import Argument
from compiler.upstream.catalog import catalog

if TYPE_CHECKING:
    from compiler.changes.change import Comparison

_EMULATION_FLAG = "emulated-version"


class Stage(NamedTuple):
    """A step of recipes, and the version of the servers in it; `effective` is the one that they emulate."""

    step: str
    version: str
    effective: str

    @property
    def is_hop(self) -> bool:
        """Whether only the version changes."""
        return self.step in (BINARY, EMULATION, UPGRADE)


Tracks = Mapping[str, Mapping[str, Value]]
"""Flag -> stage -> value."""


class Plan:
    """What the stages between two servers are computed from.

    `uses` are the recipes, `tracks` the values of flags in the stages before the last, `stopped` the flags that change
    while all servers are stopped.
    """

    def __init__(self, comparison: Comparison, direct: frozenset[str] = frozenset()) -> None:
        """`direct` are flags that get their new value at once, while all servers are stopped."""
        self.comparison = comparison
        self.old, self.new = configuration_of(comparison.old), configuration_of(comparison.new)
        self.differing = differing(self.old, self.new)
        self.uses = uses_of(comparison.changes, self.differing)
        self.tracks: dict[str, dict[str, Value]] = {}
        self.stopped: set[str] = set()
        for use in self.uses:
            self._add(use, direct)
        self.stages = (*_hops(self.old.version, self.new.version), *self._steps())

    def _add(self, use: Use, direct: frozenset[str]) -> None:
        self.stopped.update(direct.intersection(use.flags))
        for flag, ways in use.flags.items():
            if flag in direct:
                continue
            sides = Side(self.comparison.old, self.old.value(flag)), Side(self.comparison.new, self.new.value(flag))
            values = {stage: value for stage, way in ways.items() if (value := between(way, flag, *sides)) is not None}
            if values:
                self.tracks.setdefault(flag, {}).update(values)
            elif use.needs_stop:
                self.stopped.add(flag)
        if use.needs_stop and not use.flags:
            # Which flags cause the change is not known.
            self.stopped.update(self.differing)

    def _steps(self) -> Iterator[Stage]:
        version = self.new.version
        for step in (ACCEPT, SWITCH, CHANGE, DROP):
            yield Stage(step, version, version)

    def starts(self) -> list[int]:
        """Return the stages in which flags without stages of their own may change, the best first."""
        last = len(self.stages) - 1
        moving = [
            index
            for index, stage in enumerate(self.stages)
            if stage.is_hop or any(stage.step in values for values in self.tracks.values())
        ]
        stopping = [last - 1] if self.stopped else []
        return list(dict.fromkeys((*moving[:1], *stopping, last)))

    def configurations(self, start: int) -> Iterator[tuple[Stage, Configuration]]:
        """Yield the configuration of each stage; flags without stages of their own change in the stage `start`."""
        for index, stage in enumerate(self.stages[:-1]):
            known = catalog(stage.version).flags
            values = {
                flag: value
                for flag in dict.fromkeys((*self.new.values, *self.old.values))
                if (value := self._value(flag, index, start)) != UNSET and (flag in known or not flag)
            }
            if stage.effective != stage.version and _EMULATION_FLAG in known and not self._sets_emulation():
                values[_EMULATION_FLAG] = Value((Argument(_EMULATION_FLAG, stage.effective),))
            yield stage, Configuration(stage.version, values)
        yield self.stages[-1], self.new

    def _value(self, flag: str, index: int, start: int) -> Value:
        stage = self.stages[index]
        if flag in self.tracks:
            steps = [step for step in (ACCEPT, SWITCH) if step in self.tracks[flag]]
            passed = [step for step in steps if not stage.is_hop and self._index(step) <= index]
            return self.tracks[flag][passed[-1]] if passed else self.old.value(flag)
        whole = whole_of(flag) or flag
        is_stopped = flag in self.stopped or whole in self.stopped
        return (self.new if index >= (self._index(CHANGE) if is_stopped else start) else self.old).value(flag)

    def _sets_emulation(self) -> bool:
        return any(side.value(_EMULATION_FLAG) != UNSET for side in (self.old, self.new))

    def _index(self, step: str) -> int:
        return next(index for index, stage in enumerate(self.stages) if stage.step == step)


def _hops(old: str, new: str) -> Sequence[Stage]:
    """Return the stages of another version, one minor version at a time: the newer binary emulates the older one."""
    before, after = (int(version.partition(".")[2]) for version in (old, new))
    stages: list[Stage] = []
    for minor in range(before + 1, after + 1):
        stages += (Stage(BINARY, f"1.{minor}", f"1.{minor - 1}"), Stage(EMULATION, f"1.{minor}", f"1.{minor}"))
    for minor in range(before, after, -1):
        stages += (Stage(EMULATION, f"1.{minor}", f"1.{minor - 1}"), Stage(UPGRADE, f"1.{minor - 1}", f"1.{minor - 1}"))
    return stages
