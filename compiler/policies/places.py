"""From a value that a rule sees back to the input: the flag that decides it, the line that sets it, or its section."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.apiserver.startup import Resolved
from compiler.inputs.schema import dotted
from compiler.inputs.source.node import Node
from compiler.policies.instance import MEMBERS, Instance
from compiler.policies.outcomes import Path
from compiler.review import View
from compiler.upstream.names import parse_group_resource

if TYPE_CHECKING:
    from compiler.diagnostics import Location
    from compiler.inputs.schema.field import Field

_ENCRYPTION = "encryption-provider-config"


class Place(NamedTuple):
    """Where a value of the instance comes from; `subject` names it in messages."""

    subject: str
    path: str
    flag: str
    location: Location | None


def place_of(resolved: Resolved, instance: Instance, part: str, path: Path) -> Place:
    """Return the place of a value below a part of the instance."""
    view = View(resolved)
    if part == "flags" and path:
        return _flag(view, str(path[0]), path[1:])
    if part == "config" and path:
        return _config(view, instance, path)
    if part == "storage" and path:
        return _row(resolved, view, path)
    given = view.input
    if part == "cluster" and path[:1] == ("kubernetesVersion",):
        return Place("the Kubernetes version", "kubernetesVersion", "", given.version_location or given.start)
    if part == "cluster":
        node = given.metadata.at(tuple(path)) if given.metadata is not None else None
        subject = "the name" if path[:1] == ("name",) else dotted(path) or "the cluster"
        is_inside = node is not None and node is not given.metadata
        where = f"metadata.{dotted(path)}" if is_inside and given.read_as == "document" else ""
        return Place(subject, where, "", node.location if node is not None and is_inside else given.start)
    return Place(dotted((part, *path)), "", "", given.start)


def _flag(view: View, flag: str, inner: Path) -> Place:
    element, subject = None, f"--{flag}"
    if inner and isinstance(inner[0], int):
        element = inner[0]
        subject = f"element {element + 1} of --{flag}"
    elif inner:
        element = view.flags.entry(flag, str(inner[0]))
        subject = f"{inner[0]} in --{flag}"
    path, location = view.place(flag, element)
    return Place(subject, path, flag, location)


def _config(view: View, instance: Instance, path: Path) -> Place:
    """Return the place in the file that decides the value, else of the flag that is set."""
    flags = instance.flags_of([step for step in path if isinstance(step, str)])
    for flag in flags:
        root = view.file(flag)
        found = _in_file(root, path) if root is not None else None
        if root is not None and found is not None:
            return Place(dotted(path), root.findings.full_path(dotted(found[0])), flag, found[1].location)
    flag = _deciding(view, flags)
    where, location = view.place(flag) if flag else ("", view.input.start)
    return Place(dotted(path), where, flag, location)


def _deciding(view: View, flags: tuple[str, ...]) -> str:
    """Return the flag that sets a value: the first that is set in the option group of the first one, else that."""
    known = [flag for flag in flags if flag in view.catalog.flags]
    if not known:
        return ""
    group = view.catalog.flags[known[0]].group
    return next(
        (flag for flag in known if view.flags.changed(flag) and view.catalog.flags[flag].group == group), known[0]
    )


def _in_file(root: Field, path: Path) -> tuple[Path, Node] | None:
    """Return the value of a structured file that a value of the config is made of, None if none of its names is there.

    The names are those of the file, but there are fewer levels in the file or more.
    """
    node = root.node
    way: Path = ()
    if node is None:
        return None
    if "kms" in path:
        plugins = list(_plugins(node))
        index = next((step for step in path if isinstance(step, int)), 0)
        if index < len(plugins):
            way, node = plugins[index]
            path = path[path.index("kms") + 2 :]
    for step in path:
        below = _step(node, step)
        if below is not None:
            way, node = (*way, *below[0]), below[1]
    return (way, node) if way else None


def _step(node: Node, step: str | int) -> tuple[Path, Node] | None:
    """Return the value below a name or an index, perhaps one level further down."""
    if isinstance(step, int):
        inside = isinstance(node.value, list) and step < len(node.value)
        return ((step,), node.at((step,))) if inside else None
    child = node.get(step)
    if child is not None:
        return (step,), child
    for name, each in node.value.items() if isinstance(node.value, dict) else ():
        inner = each.get(step)
        if inner is not None:
            return (name, step), inner
    return None


def _plugins(root: Node) -> list[tuple[Path, Node]]:
    """Return the KMS plugins of an encryption config in order."""
    found: list[tuple[Path, Node]] = []
    entries = root.get("resources")
    for number, entry in enumerate(entries.value if entries is not None and isinstance(entries.value, list) else ()):
        providers = entry.get("providers")
        for index, each in enumerate(providers.value if providers and isinstance(providers.value, list) else ()):
            plugin = each.get("kms")
            if plugin is not None:
                found.append((("resources", number, "providers", index, "kms"), plugin))
    return found


def _row(resolved: Resolved, view: View, path: Path) -> Place:
    """Return the place that decides a member of a row of the storage manifest."""
    rows = resolved.storage_factory.rows()
    row = rows[path[0]] if isinstance(path[0], int) and path[0] < len(rows) else None
    name = f"{row.resource}.{row.group}" if row is not None and row.group else row.resource if row is not None else ""
    inner = dotted(path[1:])
    subject = f"{inner} of {name}" if inner else name
    flags = MEMBERS.get(str(path[1]), ()) if len(path) > 1 else ()
    root = view.file(_ENCRYPTION) if _ENCRYPTION in flags else None
    if root is not None:
        entry = _entry_of(root, name)
        return Place(subject, entry.findings.full_path(entry.path), _ENCRYPTION, entry.location)
    flag = _deciding(view, flags)
    where, location = view.place(flag) if flag else ("", view.input.start)
    return Place(subject, where, flag, location)


def _entry_of(root: Field, name: str) -> Field:
    """Return the first provider of the entry that a resource is encrypted with; the list of entries without one."""
    group = name.partition(".")[2]
    for wanted in (name, f"*.{group}", "*.*"):
        for entry in root["resources"].items():
            if any(str(parse_group_resource(each.text)) == wanted for each in entry["resources"].items()):
                providers = entry["providers"].items()
                return providers[0] if providers else entry
    return root["resources"]
