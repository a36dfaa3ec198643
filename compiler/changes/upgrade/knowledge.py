"""What is known about each upgrade by one minor version: the rows of data/hops.yaml, and their conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from compiler.changes.change import Change
from compiler.changes.flags import is_known
from compiler.changes.tables import table_of
from compiler.changes.upgrade.hop import REQUIREMENT

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved


def requirements(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield what has to be done before the upgrade, of what concerns this server."""
    for name, conditions, severity, effect in _of(new)["requirements"]:
        if _hold(conditions, old, new):
            yield Change(REQUIREMENT, name, None, None, severity, effect, True)


def consequence_of(change: Change, old: Resolved, new: Resolved) -> tuple[str, str] | None:
    """Return severity and effect of a change by the upgrade; None if there is no row about it and this server."""
    row = _of(new)["changes"].get(f"{change.kind} {change.name}")
    return (row[1], row[2]) if row and _hold(row[0], old, new) else None


def rollback_notes(old: Resolved, new: Resolved) -> tuple[str, ...]:
    """Return what limits the way back, apart from stored versions."""
    return tuple(effect for conditions, effect in _of(new)["rollback"] if _hold(conditions, old, new))


def renamed_metrics(new: Resolved) -> dict[str, str]:
    """Return old name -> new name of metrics that monitoring of kasc does not use."""
    renamed: dict[str, str] = _of(new)["metrics"]
    return renamed


def _of(new: Resolved) -> dict[str, Any]:
    rows: dict[str, Any] = table_of("hops")[new.context.catalog.version]
    return rows


def _hold(conditions: Sequence[Sequence[str]], old: Resolved, new: Resolved) -> bool:
    return all(CONDITIONS[name](old, new, words) for name, *words in conditions)


def _stores(old: Resolved, new: Resolved, words: Sequence[str]) -> bool:
    """Return whether the old server stores a resource, in a version if one is named."""
    resource = old.context.catalog.resources.get(words[0])
    if resource is None or not resource.stored or not old.resource_config.served_versions(resource):
        return False
    return len(words) == 1 or old.storage_factory.config.storage_version(resource) == words[1]


def _serves(old: Resolved, new: Resolved, words: Sequence[str]) -> bool:
    """Return whether the old server serves a group version, or a resource in it."""
    group, version, *names = words[0].split("/")
    return any(
        version in old.resource_config.served_versions(resource)
        for resource in old.context.catalog.resources_of.get(group, ())
        if not names or resource.resource == names[0]
    )


def _gains(old: Resolved, new: Resolved, words: Sequence[str]) -> bool:
    """Return whether the upgrade enables a gate; whatever it was, if the gates are not known."""
    return new.context.gates.on(words[0]) and not old.context.gates.on(words[0])


def _has_authorizer(old: Resolved, new: Resolved, words: Sequence[str]) -> bool:
    authorizers = old.config.authorization.authorizers
    return authorizers is None or any(authorizer.type == words[0] for authorizer in authorizers)


def _is_set(old: Resolved, new: Resolved, words: Sequence[str]) -> bool:
    """Return whether a flag is set to a value that is not empty, or may be."""
    return bool(old.context.flags.value(words[0])) or not is_known(old, words[0])


def _is_unset(old: Resolved, new: Resolved, words: Sequence[str]) -> bool:
    return not old.context.flags.changed(words[0])


def _is_unseen(old: Resolved, new: Resolved, words: Sequence[str]) -> bool:
    """Return whether the file that a flag names is not available."""
    flags, host = old.context.flags, old.context.host
    return flags.changed(words[0]) and host.local(flags.given(words[0])) is None


CONDITIONS: dict[str, Callable[[Resolved, Resolved, Sequence[str]], bool]] = {
    "stores": _stores,
    "serves": _serves,
    "gains": _gains,
    "gate": lambda old, new, words: old.context.gates.on(words[0]),
    "plugin": lambda old, new, words: words[0] in old.config.admission.plugins,
    "authorizer": _has_authorizer,
    "set": _is_set,
    "unset": _is_unset,
    "unseen": _is_unseen,
}
"""Conditions on the servers before and after an upgrade, with their words. What is unknown counts as true."""
