"""Migration of stored data: what the phases of a rollout mean for the objects in etcd.

A value changes only when it is written again, and while servers with two configurations run, each of them has to be
able to read what the other one writes. The phases see to that; this describes them resource by resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from compiler.artifacts.storage import manifest
from compiler.changes.change import Comparison
from compiler.changes.rollout import rollout_of
from compiler.changes.rollout.phases import ALL_AT_ONCE

Row = dict[str, Any]
Count = Callable[[str], "int | None"]

_EPHEMERAL = frozenset(("events",))


class Step(NamedTuple):
    """A step for some resources in a phase of the rollout; `keys` is the number of their objects in etcd, if known."""

    phase: int
    action: str
    resources: tuple[str, ...]
    description: str
    keys: int | None = None


class _Pair(NamedTuple):
    """A resource that both servers store, with its rows of the storage manifests."""

    name: str
    before: Row
    after: Row


_Rows = Iterator[tuple[str, str, Row]]
"""Description, resource, and the row whose keys are counted."""


def migration(comparison: Comparison, count: Count | None = None) -> list[Step]:
    """Return the steps that stored data needs, in order; none if it can stay as it is.

    `count` returns the number of keys below a prefix in etcd.
    """
    steps: list[Step] = []
    before = manifest(comparison.old)
    for number, phase in enumerate(rollout_of(comparison).phases, 1):
        after = manifest(phase.state.server)
        steps += _Phase(number, before, after, phase.servers == ALL_AT_ONCE, count).steps()
        before = after
    return steps


class _Phase:
    """The steps of one phase."""

    def __init__(self, number: int, before: Row, after: Row, stops: bool, count: Count | None) -> None:
        self.number = number
        self.before, self.after = before, after
        self.pairs = list(_pairs(before, after))
        self.how = (
            "start every API server with it once all are stopped" if stops else "roll this out to every API server"
        )
        self.count = count

    def steps(self) -> Iterator[Step]:
        """Yield the steps: the objects are moved before they are rewritten, and providers are removed first."""
        yield from self._grouped("drop-reader", self._dropped())
        yield from self._grouped("add-reader", self._added())
        yield from self._grouped("make-writer", self._writers())
        yield from self._whole_move()
        yield from self._grouped("move", self._moves(), counted=True)
        yield from self._grouped("rewrite", self._rewrites(), counted=True)

    def _grouped(self, action: str, rows: _Rows, counted: bool = False) -> Iterator[Step]:
        """Yield one step for each description, with its resources and, if they are counted, their keys."""
        groups: dict[str, list[tuple[str, Row]]] = {}
        for description, name, row in rows:
            groups.setdefault(description, []).append((name, row))
        for description, alike in groups.items():
            keys = self._keys(row["keyPrefix"] for _, row in alike if "{" not in row["keyPrefix"]) if counted else None
            yield Step(self.number, action, tuple(name for name, _ in alike), description, keys)

    def _keys(self, prefixes: Iterable[str]) -> int | None:
        numbers = [number for prefix in prefixes if self.count and (number := self.count(prefix)) is not None]
        return sum(numbers) if numbers else None

    def _dropped(self) -> _Rows:
        for name, before, after in self.pairs:
            for prefix in _reads(before):
                if prefix not in _reads(after):
                    yield (
                        f"remove {_provider(prefix)} once kasc verify --all finds nothing that it encrypted",
                        name,
                        after,
                    )

    def _added(self) -> _Rows:
        for name, before, after in self.pairs:
            for prefix in _reads(after):
                if prefix not in _reads(before) and prefix != _write(after):
                    yield f"add {_provider(prefix)} after the current first provider, and {self.how}", name, after

    def _writers(self) -> _Rows:
        for name, before, after in self.pairs:
            write = _write(after)
            if write != _write(before):
                keep = f", keep {_provider(_write(before))} after it" if _write(before) in _reads(after) else ""
                yield f"make {_provider(write)} the first provider{keep}, and {self.how}", name, after

    def _whole_move(self) -> Iterator[Step]:
        """Yield the step to another etcd or prefix, for all resources without an override."""
        before, after = self.before["transport"], self.after["transport"]
        if before["servers"] == after["servers"] and before["prefix"] == after["prefix"]:
            return
        places = [f"{each['prefix']} at {','.join(each['servers'])}" for each in (before, after)]
        description = f"stop every API server, copy {places[0]} to {places[1]}, and start with the new configuration"
        if before["prefix"] == after["prefix"]:
            description += "; if the servers are the same etcd under other names, there is nothing to copy"
        resources = ("all resources without an override",)
        yield Step(self.number, "move", resources, description, self._keys([before["prefix"]]))

    def _moves(self) -> _Rows:
        """Yield the resources whose override changes."""
        commons = self.before["transport"]["servers"], self.after["transport"]["servers"]
        for name, before, after in self.pairs:
            servers = before["servers"], after["servers"]
            if servers[0] == servers[1] or servers == commons:
                continue
            source, target = (",".join(each) for each in servers)
            if name in _EPHEMERAL:
                how = f"roll out the new servers {target}; the objects at {source} expire automatically"
            else:
                copy = f"copy the keys from {source} to {target}"
                how = f"stop every API server, {copy}, and start with the new configuration"
            yield how, name, before

    def _rewrites(self) -> _Rows:
        for name, before, after in self.pairs:
            reasons = []
            if _write(before) != _write(after):
                write = _write(after)
                reasons.append(f"encrypted by {_provider(write)}" if write else "stored unencrypted")
            fields = [field for field in ("storageVersion", "mediaType") if before[field] != after[field]]
            reasons += [f"stored as {after[field]} instead of {before[field]}" for field in fields]
            if reasons and name not in _EPHEMERAL:
                when = "after every API server runs this configuration"
                yield f"rewrite all objects {when}: {', '.join(reasons)}", name, after


def _pairs(before: Row, after: Row) -> Iterator[_Pair]:
    rows = {(row["group"], row["resource"]): row for row in before["resources"]}
    for row in after["resources"]:
        known = rows.get((row["group"], row["resource"]))
        if known is not None:
            yield _Pair(f"{row['resource']}.{row['group']}" if row["group"] else row["resource"], known, row)
    yield _Pair("custom resources", before["customObjects"], after["customObjects"])


def _write(row: Row) -> str | None:
    """Return the encryption prefix of new values, None if they are not encrypted."""
    return None if row["encryption"] is None else row["encryption"]["write"]


def _reads(row: Row) -> list[str | None]:
    """Return the encryption prefixes of values that can be read."""
    return [None] if row["encryption"] is None else row["encryption"]["read"]


def _provider(prefix: str | None) -> str:
    return prefix.removeprefix("k8s:enc:").rstrip(":") if prefix else "identity"


def as_text(steps: list[Step]) -> list[str]:
    """Return the steps as numbered lines."""
    if not steps:
        return ["no stored data has to change"]
    lines = []
    for number, step in enumerate(steps, 1):
        keys = f" ({step.keys} keys)" if step.keys is not None else ""
        lines.append(f"{number}. {step.action}{keys}: {step.description}")
        lines.append(f"   phase {step.phase}: {', '.join(step.resources)}")
    return lines


def as_data(steps: list[Step]) -> list[dict[str, Any]]:
    """Return the steps as data for --output json."""
    return [
        {
            "step": number,
            "phase": step.phase,
            "action": step.action,
            "resources": list(step.resources),
            "what": step.description,
            "keys": step.keys,
        }
        for number, step in enumerate(steps, 1)
    ]
