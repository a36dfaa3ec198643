"""What has to be rewritten between two configurations of one server, and in which order it is safe.

A value changes at its next write only, and while servers of both configurations run, each has to read what the other
writes. So a new provider is a reader everywhere before it writes anywhere, and an old one goes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Row = dict[str, Any]
Count = Callable[[str], "int | None"]

_EPHEMERAL = frozenset(("events",))


class Step(NamedTuple):
    """One step for some resources; `keys` counts their objects in the etcd that was asked, None where none was."""

    action: str
    resources: tuple[str, ...]
    what: str
    keys: int | None = None


def plan(old: Row, new: Row, count: Count = lambda prefix: None) -> list[Step]:
    """The steps from one storage manifest to another, in order; empty where nothing stored has to change.

    `count` tells how many keys an etcd holds below a prefix.
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
    """Resources that both servers store, with both rows."""
    rows = {(row["group"], row["resource"]): row for row in old["resources"]}
    for row in new["resources"]:
        before = rows.get((row["group"], row["resource"]))
        if before is not None:
            name = f"{row['resource']}.{row['group']}" if row["group"] else row["resource"]
            yield name, before, row
    yield "custom resources", old["customObjects"], new["customObjects"]


def _sides(row: Row) -> tuple[str | None, list[str | None]]:
    """The prefix that a row writes, and those that it reads."""
    encryption = row["encryption"]
    return (None, [None]) if encryption is None else (encryption["write"], encryption["read"])


def _provider(prefix: str | None) -> str:
    return prefix.removeprefix("k8s:enc:").rstrip(":") if prefix else "identity"


def _grouped(action: str, found: dict[str, list[tuple[str, Row]]], count: Count) -> list[Step]:
    """One step for each text, over its resources, with their keys where they can be counted."""
    steps = []
    for what, rows in found.items():
        counts = [count(row["keyPrefix"]) for _, row in rows if "{" not in row["keyPrefix"]]
        known = [number for number in counts if number is not None]
        steps.append(Step(action, tuple(name for name, _ in rows), what, sum(known) if known else None))
    return steps


def _add_readers(pairs: list[tuple[str, Row, Row]], count: Count) -> list[Step]:
    found: dict[str, list[tuple[str, Row]]] = {}
    for name, before, after in pairs:
        write = _sides(after)[0]
        if write not in _sides(before)[1]:
            what = f"add {_provider(write)} behind the present first provider, and roll that out to every API server"
            found.setdefault(what, []).append((name, after))
    return _grouped("add-reader", found, lambda prefix: None)


def _make_writers(pairs: list[tuple[str, Row, Row]], count: Count) -> list[Step]:
    found: dict[str, list[tuple[str, Row]]] = {}
    for name, before, after in pairs:
        write = _sides(after)[0]
        if write != _sides(before)[0]:
            what = (
                f"make {_provider(write)} the first provider, keep {_provider(_sides(before)[0])} behind it, "
                "and roll that out to every API server"
            )
            found.setdefault(what, []).append((name, after))
    return _grouped("make-writer", found, lambda prefix: None)


def _move_all(old: Row, new: Row, count: Count) -> list[Step]:
    """The step for another etcd or prefix for all resources that have no override."""
    before, after = old["transport"], new["transport"]
    if before["servers"] == after["servers"] and before["prefix"] == after["prefix"]:
        return []
    places = [f"{each['prefix']} at {','.join(each['servers'])}" for each in (before, after)]
    what = (
        f"stop every API server, copy {places[0]} to {places[1]}, and start with the new configuration; "
        "where the same etcd only goes by another name, there is nothing to copy"
    )
    return [Step("move", ("everything that has no override",), what, count(before["prefix"]))]


def _moves(pairs: list[tuple[str, Row, Row]], old: Row, new: Row, count: Count) -> list[Step]:
    """The steps for resources that an override sends elsewhere, or no longer does."""
    found: dict[str, list[tuple[str, Row]]] = {}
    commons = old["transport"]["servers"], new["transport"]["servers"]
    for name, before, after in pairs:
        servers = before["servers"], after["servers"]
        if servers[0] == servers[1] or servers == commons:
            continue
        from_, to = (",".join(each) for each in servers)
        if name in _EPHEMERAL:
            what = f"roll out the new servers {to}; what is at {from_} expires by itself"
        else:
            what = f"stop every API server, copy the keys from {from_} to {to}, and start with the new configuration"
        found.setdefault(what, []).append((name, before))
    return _grouped("move", found, count)


def _rewrite(pairs: list[tuple[str, Row, Row]], count: Count) -> list[Step]:
    found: dict[str, list[tuple[str, Row]]] = {}
    for name, before, after in pairs:
        reasons = []
        if _sides(before)[0] != _sides(after)[0]:
            write = _sides(after)[0]
            reasons.append(f"encrypted by {_provider(write)}" if write else "stored in plain")
        if before["storageVersion"] != after["storageVersion"]:
            reasons.append(f"stored as {after['storageVersion']} instead of {before['storageVersion']}")
        if before["mediaType"] != after["mediaType"]:
            reasons.append(f"stored as {after['mediaType']} instead of {before['mediaType']}")
        if reasons and name not in _EPHEMERAL:
            what = f"rewrite all objects once every API server runs the new configuration: {', '.join(reasons)}"
            found.setdefault(what, []).append((name, after))
    return _grouped("rewrite", found, count)


def _drop_readers(pairs: list[tuple[str, Row, Row]], count: Count) -> list[Step]:
    found: dict[str, list[tuple[str, Row]]] = {}
    for name, before, after in pairs:
        for prefix in _sides(before)[1]:
            if prefix not in _sides(after)[1]:
                what = f"drop {_provider(prefix)}, after kasc verify --all finds nothing that it encrypted"
                found.setdefault(what, []).append((name, after))
    return _grouped("drop-reader", found, lambda prefix: None)


def as_text(steps: list[Step]) -> list[str]:
    """The plan as numbered lines."""
    if not steps:
        return ["nothing that is stored has to change"]
    lines = []
    for number, step in enumerate(steps, 1):
        keys = f" ({step.keys} keys)" if step.keys is not None else ""
        lines.append(f"{number}. {step.action}{keys}: {step.what}")
        lines.append(f"   {', '.join(step.resources)}")
    return lines


def as_data(steps: list[Step]) -> list[dict[str, Any]]:
    """The plan for programs."""
    return [
        {"step": number, "action": step.action, "resources": list(step.resources), "what": step.what, "keys": step.keys}
        for number, step in enumerate(steps, 1)
    ]
