"""Migration of stored data between two configurations of one server, in a safe order.

A value changes only when it is written again, and while servers with both configurations run, each of them has to be
able to read what the other one writes. So a new provider is added as a reader everywhere before it writes anywhere,
and an old one is removed last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Row = dict[str, Any]
Count = Callable[[str], "int | None"]

_EPHEMERAL = frozenset(("events",))


class Step(NamedTuple):
    """One step for some resources; `keys` is the number of their objects in etcd, None without --etcd."""

    action: str
    resources: tuple[str, ...]
    description: str
    keys: int | None = None


def plan(old: Row, new: Row, count: Count = lambda prefix: None) -> list[Step]:
    """Return the steps from one storage manifest to another, in order; none if no stored data has to change.

    `count` returns the number of keys below a prefix in etcd.
    """
    pairs = list(_pairs(old, new))
    steps: list[Step] = []
    for phase in (_add_readers, _make_writers):
        steps += phase(pairs, count)
    steps += _move_all(old, new, count)
    steps += _moves(pairs, old, new, count)
    for phase in (_rewrite, _drop_readers):
        steps += phase(pairs, count)
    return steps


def _pairs(old: Row, new: Row) -> Iterator[tuple[str, Row, Row]]:
    """Yield the resources that both servers store, with both rows."""
    rows = {(row["group"], row["resource"]): row for row in old["resources"]}
    for row in new["resources"]:
        before = rows.get((row["group"], row["resource"]))
        if before is not None:
            name = f"{row['resource']}.{row['group']}" if row["group"] else row["resource"]
            yield name, before, row
    yield "custom resources", old["customObjects"], new["customObjects"]


def _sides(row: Row) -> tuple[str | None, list[str | None]]:
    """Return the encryption prefix for writes, and those for reads."""
    encryption = row["encryption"]
    return (None, [None]) if encryption is None else (encryption["write"], encryption["read"])


def _provider(prefix: str | None) -> str:
    return prefix.removeprefix("k8s:enc:").rstrip(":") if prefix else "identity"


def _grouped(action: str, groups: dict[str, list[tuple[str, Row]]], count: Count) -> list[Step]:
    """Return one step for each description, with its resources and, if they can be counted, their keys."""
    steps = []
    for description, rows in groups.items():
        counts = [count(row["keyPrefix"]) for _, row in rows if "{" not in row["keyPrefix"]]
        counted = [number for number in counts if number is not None]
        steps.append(Step(action, tuple(name for name, _ in rows), description, sum(counted) if counted else None))
    return steps


def _add_readers(pairs: list[tuple[str, Row, Row]], count: Count) -> list[Step]:
    groups: dict[str, list[tuple[str, Row]]] = {}
    for name, before, after in pairs:
        write = _sides(after)[0]
        if write not in _sides(before)[1]:
            description = (
                f"add {_provider(write)} after the current first provider, and roll this out to every API server"
            )
            groups.setdefault(description, []).append((name, after))
    return _grouped("add-reader", groups, lambda prefix: None)


def _make_writers(pairs: list[tuple[str, Row, Row]], count: Count) -> list[Step]:
    groups: dict[str, list[tuple[str, Row]]] = {}
    for name, before, after in pairs:
        write = _sides(after)[0]
        if write != _sides(before)[0]:
            description = (
                f"make {_provider(write)} the first provider, keep {_provider(_sides(before)[0])} after it, "
                "and roll this out to every API server"
            )
            groups.setdefault(description, []).append((name, after))
    return _grouped("make-writer", groups, lambda prefix: None)


def _move_all(old: Row, new: Row, count: Count) -> list[Step]:
    """Return the step to another etcd or prefix, for all resources without an override."""
    before, after = old["transport"], new["transport"]
    if before["servers"] == after["servers"] and before["prefix"] == after["prefix"]:
        return []
    places = [f"{each['prefix']} at {','.join(each['servers'])}" for each in (before, after)]
    description = (
        f"stop every API server, copy {places[0]} to {places[1]}, and start with the new configuration; "
        "if the servers are the same etcd under other names, there is nothing to copy"
    )
    return [Step("move", ("all resources without an override",), description, count(before["prefix"]))]


def _moves(pairs: list[tuple[str, Row, Row]], old: Row, new: Row, count: Count) -> list[Step]:
    """Return the steps for resources whose override changes."""
    groups: dict[str, list[tuple[str, Row]]] = {}
    commons = old["transport"]["servers"], new["transport"]["servers"]
    for name, before, after in pairs:
        servers = before["servers"], after["servers"]
        if servers[0] == servers[1] or servers == commons:
            continue
        source, target = (",".join(each) for each in servers)
        if name in _EPHEMERAL:
            description = f"roll out the new servers {target}; the objects at {source} expire automatically"
        else:
            description = (
                f"stop every API server, copy the keys from {source} to {target}, and start with the new configuration"
            )
        groups.setdefault(description, []).append((name, before))
    return _grouped("move", groups, count)


def _rewrite(pairs: list[tuple[str, Row, Row]], count: Count) -> list[Step]:
    groups: dict[str, list[tuple[str, Row]]] = {}
    for name, before, after in pairs:
        reasons = []
        if _sides(before)[0] != _sides(after)[0]:
            write = _sides(after)[0]
            reasons.append(f"encrypted by {_provider(write)}" if write else "stored unencrypted")
        if before["storageVersion"] != after["storageVersion"]:
            reasons.append(f"stored as {after['storageVersion']} instead of {before['storageVersion']}")
        if before["mediaType"] != after["mediaType"]:
            reasons.append(f"stored as {after['mediaType']} instead of {before['mediaType']}")
        if reasons and name not in _EPHEMERAL:
            description = f"rewrite all objects after every API server runs the new configuration: {', '.join(reasons)}"
            groups.setdefault(description, []).append((name, after))
    return _grouped("rewrite", groups, count)


def _drop_readers(pairs: list[tuple[str, Row, Row]], count: Count) -> list[Step]:
    groups: dict[str, list[tuple[str, Row]]] = {}
    for name, before, after in pairs:
        for prefix in _sides(before)[1]:
            if prefix not in _sides(after)[1]:
                description = f"remove {_provider(prefix)} once kasc verify --all finds nothing that it encrypted"
                groups.setdefault(description, []).append((name, after))
    return _grouped("drop-reader", groups, lambda prefix: None)


def as_text(steps: list[Step]) -> list[str]:
    """Return the plan as numbered lines."""
    if not steps:
        return ["no stored data has to change"]
    lines = []
    for number, step in enumerate(steps, 1):
        keys = f" ({step.keys} keys)" if step.keys is not None else ""
        lines.append(f"{number}. {step.action}{keys}: {step.description}")
        lines.append(f"   {', '.join(step.resources)}")
    return lines


def as_data(steps: list[Step]) -> list[dict[str, Any]]:
    """Return the plan as data for --output json."""
    return [
        {
            "step": number,
            "action": step.action,
            "resources": list(step.resources),
            "what": step.description,
            "keys": step.keys,
        }
        for number, step in enumerate(steps, 1)
    ]
