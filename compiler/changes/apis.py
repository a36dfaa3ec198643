"""Served APIs: group versions, and resources of group versions that both servers serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.apiserver.resource_config import introduced_in
from compiler.changes.change import Change
from compiler.changes.flags import is_known, meant

if TYPE_CHECKING:
    from compiler.apiserver.resource_config import ResourceConfig
    from compiler.apiserver.startup import Resolved

FLAG = "runtime-config"
_GATES = "feature-gates"
EXPLAINS = frozenset((FLAG,))
_Versions = dict[str, set[str]]
"""Version -> resources."""


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the group versions that one of the servers serves, then single resources, sorted."""
    if old.resource_config == new.resource_config or not all(is_known(server, FLAG) for server in (old, new)):
        return
    before, after = _served(old.resource_config), _served(new.resource_config)
    for group in sorted(before.keys() | after.keys()):
        first, second = before.get(group, {}), after.get(group, {})
        for version in sorted(first.keys() | second.keys()):
            yield from _changes(group, version, first, second, old, new)


def _changes(
    group: str, version: str, before: _Versions, after: _Versions, old: Resolved, new: Resolved
) -> Iterator[Change]:
    name = f"{group}/{version}".lstrip("/")
    first, second = before.get(version, set()), after.get(version, set())
    if first and second:
        changed = [(f"{name}/{resource}", {resource}) for resource in sorted(first ^ second)]
    else:
        changed = [(name, first or second)]
    for shown, resources in changed:
        is_served = resources <= second
        case = "added" if is_served else _case_of_removal(group, version, resources, after, old, new)
        flag = _GATES if any(_gate_differs(group, resource, old, new) for resource in resources) else FLAG
        yield meant("api", shown, f"api.{case}", old, new, flag, not is_served, is_served)


def _gate_differs(group: str, resource: str, old: Resolved, new: Resolved) -> bool:
    """Return whether the gate without which a resource is not served is enabled in only one of the servers."""
    name = f"{resource}.{group}"
    gates = {known.gate for server in (old, new) if (known := server.context.catalog.resources.get(name))}
    return any(old.context.gates.on(gate) != new.context.gates.on(gate) for gate in gates if gate)


def _case_of_removal(
    group: str, version: str, resources: set[str], after: _Versions, old: Resolved, new: Resolved
) -> str:
    """Return the case of resources that the new server does not serve in a version."""
    catalog, emulated = old.context.catalog, new.context.emulated
    introduced = [introduced_in(catalog, f"{group}/{version}/{resource}") for resource in resources]
    if all(minors and min(minors) > emulated for minors in introduced):
        return "newer"
    return "version-removed" if resources <= set[str]().union(*after.values()) else "removed"


def _served(config: ResourceConfig) -> dict[str, _Versions]:
    served: dict[str, _Versions] = {}
    for resource in config.catalog.resources.values():
        for version in config.served_versions(resource):
            served.setdefault(resource.group, {}).setdefault(version, set()).add(resource.resource)
    return served
