"""Where and how objects are stored: etcd servers, overrides, storage versions, the media type of custom resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.apiserver.resource_config import DELEGATED_GROUPS
from compiler.apiserver.storage import stored_resources
from compiler.changes.change import Change
from compiler.changes.flags import is_known, meant

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.upstream.catalog import Catalog

SERVERS, OVERRIDES = "etcd-servers", "etcd-servers-overrides"
CUSTOM_RESOURCES = "custom resources"
EXPLAINS = frozenset((SERVERS, OVERRIDES))
_EVENTS = frozenset((("", "events"), ("events.k8s.io", "events")))


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the changes of servers, overrides, storage versions and the media type of custom resources."""
    if old.storage_factory == new.storage_factory and old.config.api_extensions == new.config.api_extensions:
        return
    if all(is_known(server, SERVERS) for server in (old, new)):
        yield from _servers(old, new)
        if all(is_known(server, OVERRIDES) for server in (old, new)):
            yield from _overrides(old, new)
    yield from _custom_media_type(old, new)
    yield from _versions(old, new)


def _servers(old: Resolved, new: Resolved) -> Iterator[Change]:
    before, after = old.storage_factory.servers, new.storage_factory.servers
    if before == after:
        return
    case = "members-reordered" if set(before) == set(after) else "members" if set(before) & set(after) else "servers"
    yield meant("storage", SERVERS, f"storage.{case}", old, new, SERVERS, before, after)


def _overrides(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the resources, or with `*` whole groups, that get other servers than by a change of all servers."""
    factories = old.storage_factory, new.storage_factory
    given = [{(each.group, each.resource): each.servers for each in factory.overrides} for factory in factories]
    for place in {**given[0], **given[1]}:
        before, after = (set(factory.servers_for(*place)) for factory in factories)
        if before == after:
            continue
        group, resource = place
        case = "members" if before & after else "events-moved" if place in _EVENTS else "resource-moved"
        name = f"{group}/{resource}".lstrip("/")
        shown = [list(factory.servers_for(*place)) for factory in factories]
        yield meant("storage", name, f"storage.{case}", old, new, OVERRIDES, *shown)


def _custom_media_type(old: Resolved, new: Resolved) -> Iterator[Change]:
    before, after = (server.config.api_extensions.custom_objects.media_type for server in (old, new))
    if before != after:
        case = "storage.custom-media-type"
        yield meant("storage", CUSTOM_RESOURCES, case, old, new, "feature-gates", before, after)


def _versions(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the resources that both servers store, in different versions."""
    first, second = (server.storage_factory.config for server in (old, new))
    if first == second:
        return
    flag = "min-compatibility-version" if new.context.flags.changed("min-compatibility-version") else "emulated-version"
    known = {resource.group_resource: version for resource, version, _ in stored_resources(first)}
    for resource, after, _ in stored_resources(second):
        name = resource.group_resource
        before = known.get(name, after)
        if before != after:
            is_readable = can_decode(first.catalog, name, after) and can_decode(second.catalog, name, before)
            case = "storage.version" if is_readable else "storage.version-unreadable"
            yield meant("storage", name, case, old, new, flag, before, after)


def can_decode(catalog: Catalog, name: str, version: str) -> bool:
    """Return whether servers of a Kubernetes version know a version of a resource, `resource.group`.

    The resources of the delegated servers have separate schemes, which are the same in every version.
    """
    resource = catalog.resources[name]
    return resource.group in DELEGATED_GROUPS or version in resource.served


def is_version(change: Change) -> bool:
    """Return whether a change is another storage version of a resource."""
    return change.kind == "storage" and isinstance(change.after, str) and change.name != CUSTOM_RESOURCES
