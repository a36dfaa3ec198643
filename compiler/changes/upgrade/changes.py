"""The changes of an upgrade: those of two servers with one configuration, as an upgrade reports them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from compiler.artifacts.monitoring.metrics import Exported
from compiler.changes import diff
from compiler.changes.change import BEHAVIOUR, COSMETIC, Change, in_order
from compiler.changes.flags import refused
from compiler.changes.storage import can_decode, is_version
from compiler.changes.upgrade.hop import FLAG_DEFAULT, KINDS, METRIC, RESTORE, STORAGE_VERSION, Rollback
from compiler.changes.upgrade.knowledge import consequence_of, renamed_metrics, requirements, rollback_notes
from compiler.changes.version import NAME as VERSION

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

_GONE = "The metric is no longer exported. Alerts and dashboards that use it go silent."
_RELABELLED = "The metric has other labels. Alerts and dashboards that select or group by the old ones go silent."


def changes_between(old: Resolved, new: Resolved) -> tuple[Change, ...]:
    """Return what an upgrade changes and what it requires, most severe first.

    `old` and `new` are servers of consecutive minor versions with the same input. Refused values are not changes: they
    are diagnostics of the new version.
    """
    changes = [*requirements(old, new), *_of_servers(old, new), *_metrics(old, new)]
    return in_order([_known(change, old, new) for change in changes], KINDS)


def rollback_of(old: Resolved, new: Resolved, changes: Sequence[Change]) -> Rollback:
    """Return what limits the way back from the new version; `changes` are those of the upgrade."""
    moved = ((each.name, each.after) for each in changes if each.kind == STORAGE_VERSION)
    unreadable = (name for name, version in moved if not can_decode(old.context.catalog, name, version))
    return Rollback(tuple(unreadable), rollback_notes(old, new))


def _of_servers(old: Resolved, new: Resolved) -> Iterator[Change]:
    skipped = {VERSION, *refused(old, new)}
    for change in diff(old, new).changes:
        if change.kind == "health-check":
            yield from _by_endpoint(change)
        elif is_version(change):
            yield change._replace(kind=STORAGE_VERSION)
        elif change.name not in skipped:
            yield _restorable(change, old, new)


def _by_endpoint(change: Change) -> Iterator[Change]:
    """Yield a change of a health check for the endpoints that lose it and one for those that get it."""
    before, after = change.before or [], change.after or []
    for was, first, second in ((True, before, after), (False, after, before)):
        endpoints = [name for name in first if name not in second]
        if endpoints:
            yield change._replace(before=was, after=not was, values={"endpoints": endpoints})


def _restorable(change: Change, old: Resolved, new: Resolved) -> Change:
    """Return a change with the argument that restores the old behaviour, if there is one."""
    argument = ""
    if change.kind == "feature-gate":
        step = new.context.gates.step(change.name)
        if step is not None and not step.locked:
            argument = f"--feature-gates={change.name}={str(change.before).lower()}"
    elif change.kind == "admission-plugin":
        if change.name in new.context.catalog.plugins:
            argument = f"--{'disable' if change.after else 'enable'}-admission-plugins={change.name}"
    elif _is_default(change.name, old, new):
        argument = f"--{change.name}={old.context.catalog.flags[change.name].default}"
        change = change._replace(kind=FLAG_DEFAULT)
    return change._replace(values={RESTORE: argument} if argument else {})


def _is_default(flag: str, old: Resolved, new: Resolved) -> bool:
    """Return whether a name is that of a flag which neither of the servers sets."""
    return all(flag in server.context.catalog.flags and not server.context.flags.changed(flag) for server in (old, new))


def _metrics(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the metrics that monitoring uses and that are gone or have other labels, and those with another name."""
    before, after = Exported(old).labels, Exported(new).labels
    for name, labels in before.items():
        present = after.get(name)
        if present != labels:
            effect = _GONE if present is None else _RELABELLED
            yield _metric(name, _described(name, labels), present and _described(name, present), effect)
    for name, other in renamed_metrics(new).items():
        yield _metric(name, {"name": name}, {"name": other}, f"The metric is called {other}. {_GONE.split('. ')[1]}")


def _metric(name: str, before: Any, after: Any, effect: str) -> Change:
    return Change(METRIC, name, before, after, BEHAVIOUR, effect, True, values={})


def _described(name: str, labels: tuple[str, ...]) -> Mapping[str, Any]:
    return {"name": name, "labels": list(labels)}


def _known(change: Change, old: Resolved, new: Resolved) -> Change:
    """Return a change with severity and effect of its row, if there is one. Nothing restores a cosmetic change."""
    row = consequence_of(change, old, new)
    change = change if row is None else change._replace(severity=row[0], effect=row[1])
    values = {key: value for key, value in change.values.items() if key != RESTORE or change.severity != COSMETIC}
    return change._replace(values=values)
